#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sluice-page serves its page within bounds, asks its sluice only to read, and shows in a
# browser what the control socket answers, hostile texts as texts. First with a socket
# that answers fixed values (page_fake.py), then with a sluice on devices without traffic.
# shellcheck source=null.sh
. "$(dirname "$0")/null.sh"
# shellcheck source=page_lib.sh
. "$(dirname "$0")/page_lib.sh"

page_begin page
null_begin page
fake_pid=
trap 'page_end; fake_end; null_finish' EXIT

fake_end()
{
	[ -z "$fake_pid" ] || { kill -CONT "$fake_pid"; net_end "$fake_pid"; }
	fake_pid=
}

# page OPTIONS: run sluice-page; it ends by itself
page()
{
	timeout 20 "$program" "$@" 2>&1
}

is "the version" "$(page --version)" "sluice-page *"
is "a name to listen at" "$(page --listen localhost:8080; echo $?)" \
	"sluice-page: --listen localhost:8080: a numeric address *2"
is "an unknown option" "$(page --lisen 1; echo $?)" "*--listen*2"

"$PYTHON" "$NET_TOOLS/page_fake.py" "$dir/fake.sock" "$dir/fake.log" &
fake_pid=$!
wait_until 20 [ -S "$dir/fake.sock" ]
ok "sluice-page starts" page_start "$dir/fake.sock" "$dir/page.log" || live_end
is "a port that another has" "$(page --listen "127.0.0.1:$port"; echo $?)" \
	"sluice-page: 127.0.0.1:$port: *Address already in use*4"
is "an address that others reach: a warning" "$(page --listen "0.0.0.0:$port")" \
	"sluice-page: warning: --listen 0.0.0.0:$port: other machines can read*"

ok "files, for GET and HEAD" check files
ok "headers that keep scripts out" check headers
ok "other methods and paths, wrong queries, long headers" check refusals
ok "the names of other sites as Host" check host
ok "requests of other sites get no data" check sites
ok "/connections and /rules are the answers of the socket" check answers
ok "/stream has an event a second, whatever the number of readers" check stream
ok "/ladder has both directions of a connection" check ladder
ok "8 streams, 100 connections, slow clients" check limits
if browser_exists; then
	ok "the page in a browser, 1280 pixels wide" check browser "$dir" 1280 light
	ok "the page in a browser, 800 pixels wide and dark" check browser "$dir" 800 dark
else
	note "skipped: a browser shows the page; chromium is not installed"
fi
ok "only requests that read were sent to the socket" check requests "$dir/fake.log"
kill -USR1 "$fake_pid"
ok "a late answer to states is an error of that request" check late
kill -STOP "$fake_pid"
ok "sluice does not answer: /stream says that it is away" check hung "$dir/fake.sock"
check under_way >"$dir/under_way" 2>&1 &
under_way_pid=$!
soon 20 "requests wait for it" grep -q ready "$dir/under_way"
begin=$(date +%s%N)
kill -TERM "$page_pid"
wait "$page_pid"
is "SIGTERM ends it" "$?" 0
took_ms=$((($(date +%s%N) - begin) / 1000000))
[ "$took_ms" -lt 2000 ]
is "in less than 2 s ($took_ms ms)" "$?" 0
page_pid=
wait "$under_way_pid"
fake_end

mkdir -p "$dir/run"
rules '' >"$dir/rules.nft"
null_config "rules: $dir/rules.nft" >"$dir/sluice.yaml"
page_start "$socket" "$dir/page.log" || note "$(<"$dir/page.log")"
ok "a sluice that is away" check away "$socket"
if browser_exists; then
	check banner "$socket" >"$dir/banner" 2>&1 &
	banner_pid=$!
	wait_until 60 grep -q away "$dir/banner"
	launch "$dir/sluice.yaml"
	ok "the page says so, and goes on when it is back" wait "$banner_pid"
	sed 's/^/# /' "$dir/banner"
else
	launch "$dir/sluice.yaml"
fi
ask -o json stats >"$dir/stats"
ask -o json drops >"$dir/drops"
ok "the values of a sluice" check real "$dir/stats" "$dir/drops"
stop TERM
ok "it has ended, and the page stays" check away "$socket"
null_end
