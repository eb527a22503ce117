#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Control and termination of a running sluice must work in spite of a reload that hangs,
# broken helper programs, idle clients, and a socket file of another process. Needs
# neither root nor hugepages.
set -u
# shellcheck source=null.sh
. "$(dirname "$0")/null.sh"

null_begin control
aid=$NET_TOOLS/sluice_aid.py

second=4000 # milliseconds for what should take a second at most, on a busy machine

milliseconds()
{
	echo $(($(date +%s%N) / 1000000))
}

# quick TEXT COMMAND: a test: COMMAND succeeds within $second milliseconds
quick()
{
	local text=$1 before

	shift
	before=$(milliseconds)
	ok "$text" "$@"
	ok ".. at once" test $(($(milliseconds) - before)) -lt $second
}

# shellcheck disable=SC2317 # called by quick()
answers()
{
	[[ $(ask -o json stats) == '{"stats":'* ]]
}

# shellcheck disable=SC2317 # called by soon()
logged()
{
	grep -qF -- "$1" "$dir/log"
}

# Return whether the sluice under test has a child process sluice-rules.
# shellcheck disable=SC2317 # called by soon()
loading()
{
	pgrep -P "$pid" -f sluice-rules >/dev/null
}
# shellcheck disable=SC2317 # called by ok()
not_loading()
{
	! pgrep -f "sluice-rules.*$dir" >/dev/null
}

# ---- a reload that waits for a file ----

rules >"$dir/rules.nft"
null_config "rules: rules.nft
rules_timeout: 3" >"$dir/null.yaml"
ok "it starts" launch "$dir/null.yaml"
rm "$dir/rules.nft"
mkfifo "$dir/rules.nft"
ask reload >"$dir/first" 2>&1 &
first=$!
soon 5 "a reload from a pipe without a writer waits" loading
quick "others are answered meanwhile" answers
is "a second one is told that it is busy" "$(ask reload 2>&1) $?" \
	"sluicectl: a reload of the rules is in progress: try again when it has ended 4"
rules "udp dport 77 accept" >"$dir/new.nft"
kill -HUP "$pid"
mv "$dir/new.nft" "$dir/rules.nft"
wait $first
is "the first ends with the time, and says why" "$? $(<"$dir/first")" \
	"3 sluicectl: rules not reloaded, the old ones stay in force: *rules.nft: not \
read and loaded within 3 s:*"
soon 10 "and SIGHUP, sent meanwhile, is done after it" logged "rules reloaded: "
is "its rules are in force" "$(ask rules)" "*udp dport 77*"

rm "$dir/rules.nft"
mkfifo "$dir/rules.nft"
kill -HUP "$pid"
soon 5 "another waits" loading
before=$(milliseconds)
stop TERM
is "SIGTERM ends sluice meanwhile" "$status" 0
ok ".. within a second, as far as others let it run" test $(($(milliseconds) - before)) \
	-lt $second
ok "and the loading with it" wait_until 2 not_loading
rm "$dir/rules.nft"

# ---- a rule file that takes long to load ----

rules "$(for ((i = 0; i < 20000; i++)); do
	echo "ip saddr 10.1.$((i / 256)).$((i % 256)) tcp dport 80 counter accept"
done)" >"$dir/many.nft"
rules >"$dir/rules.nft"
sed 's/rules_timeout: 3/rules_timeout: 60/' "$dir/null.yaml" >"$dir/long.yaml"
ok "it starts" launch "$dir/long.yaml"
cp "$dir/many.nft" "$dir/rules.nft"
timeout 100 "$SLUICECTL" -s "$socket" reload >"$dir/first" 2>&1 &
first=$!
soon 5 "20,000 rules are loaded" loading
slowest=0 asked=0
while kill -0 $first 2>/dev/null; do
	before=$(milliseconds)
	answers || break
	took=$(($(milliseconds) - before))
	[ $took -le $slowest ] || slowest=$took
	asked=$((asked + 1))
done
wait $first
is "with success" "$? $(<"$dir/first")" "0 rules reloaded: *rules.nft: 20002 rules"
note "asked $asked times meanwhile, the slowest answer took $slowest ms"
ok "others are answered all the time" test $asked -gt 3 -a $slowest -lt $second
stop TERM
is "it ends" "$status" 0

ok "it starts" launch "$dir/long.yaml"
timeout 100 "$SLUICECTL" -s "$socket" reload >"$dir/first" 2>&1 &
first=$!
soon 5 "once more" loading
# the child has printed the rules; sluice is compiling them
ok "to where they are compiled" wait_until 60 not_loading
before=$(milliseconds)
stop TERM
is "SIGTERM ends it" "$status" 0
ok ".. within a second, as far as others let it run" test $(($(milliseconds) - before)) \
	-lt $second
wait $first

# ---- helper programs that misbehave ----

mkdir "$dir/bin"
cp "$SLUICE" "$dir/bin/sluice"
rules >"$dir/rules.nft"
# helper SCRIPT [MODE]: run a copy of sluice with SCRIPT as its sluice-rules; sets $status
# and $err
helper()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$dir/bin/sluice-rules"
	chmod "${2:-700}" "$dir/bin/sluice-rules"
	PATH=/usr/bin:/bin timeout 20 "$dir/bin/sluice" -- -c "$dir/null.yaml" --check \
		>"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	err=$(<"$dir/err")
}
helper 'echo "{garbage"'
is "garbage" "$status $err" "3 sluice: *rules.nft: *line 1, column *"
helper 'printf "\377\033"'
is "garbage of other bytes" "$status $err" "3 sluice: *rules.nft: *"
helper 'exec cat /dev/zero >&2'
is "messages without end" "$status $err" \
	"3 sluice: *rules.nft: *sluice-rules prints without end"
helper 'exec sleep 100'
is "one that hangs" "$status $err" \
	"3 sluice: *rules.nft: not read and loaded within 3 s:*"
helper 'kill -SEGV $$'
is "one that dies" "$status $err" \
	"3 sluice: *sluice-rules was killed by signal 11 (Segmentation fault)"
helper 'exit 0'
is "one that says nothing" "$status $err" "3 sluice: *rules.nft: *"
rm "$dir/bin/sluice-rules"
mkdir "$dir/bin/sluice-rules"
PATH=/usr/bin:/bin timeout 20 "$dir/bin/sluice" -- -c "$dir/null.yaml" --check \
	>/dev/null 2>"$dir/err"
is "none" "$? $(<"$dir/err")" "3 sluice: *sluice-rules*"

# ---- idle clients, and a sluice that is stopped ----

# With this limit sluice fails if a thread has the clients' buffers on its stack.
ulimit -S -s 512
ok "it starts" launch "$dir/null.yaml"
python3 "$aid" idle "$socket" 60 &
idle=$!
# shellcheck disable=SC2317 # called by soon()
one_is_in()
{
	answers
}
soon 10 "sixty clients that send nothing do not lock others out" one_is_in
kill $idle
wait $idle 2>/dev/null

if command -v prlimit >/dev/null; then
	# descriptors that sluice has opened, not those that it has inherited
	last=$(find "/proc/$pid/fd" -lname 'anon_inode:*eventfd*' -printf '%f\n' |
		sort -n | tail -n 1)
	old=$(prlimit -p "$pid" -o SOFT --noheadings --nofile)
	prlimit -p "$pid" --nofile="$((last + 1)):"
	python3 "$aid" idle "$socket" 30 & # use up the descriptor numbers below the limit
	idle=$!
	# shellcheck disable=SC2317 # called by soon()
	refused()
	{
		[[ "$(ask stats 2>&1) $?" == \
			"sluicectl: sluice has no file descriptors left"*" 1" ]]
	}
	soon 10 "without descriptors it says so" refused
	prlimit -p "$pid" --nofile="${old// /}:"
	soon 5 "with them it answers again" answers
	kill $idle
	wait $idle 2>/dev/null
fi

is "brackets without end" "$(python3 "$aid" say "$socket" "$(printf '[%.0s' \
	{1..4000})")" \
	'{"error":"a JSON object expected: maximum parsing depth reached*'

kill -STOP "$pid"
before=$(milliseconds)
is "a stopped sluice: sluicectl gives up" \
	"$("$SLUICECTL" -s "$socket" -t 1 stats 2>&1) $?" \
	"sluicectl: *: no answer within 1 s; --timeout says how long to wait 4"
python3 "$aid" idle "$socket" 200 &
idle=$!
sleep 0.5 # until the backlog of the socket is full
is "so it does behind a full backlog" "$("$SLUICECTL" -s "$socket" -t 1 stats 2>&1) $?" \
	"sluicectl: *--timeout* 4"
ok ".. soon" test $(($(milliseconds) - before)) -lt 8000
sed "s/$prefix/$prefix-2/" "$dir/null.yaml" >"$dir/second.yaml"
timeout 20 "$SLUICE" -- -c "$dir/second.yaml" >"$dir/out" 2>"$dir/err" </dev/null
is "and a second sluice does not wait for it" "$? $(<"$dir/err")" \
	"4 *sluice: control socket $socket: *"
kill -CONT "$pid"
kill $idle
wait $idle 2>/dev/null
soon 10 "it goes on" answers

# ---- the group of the socket ----

stop TERM
rm -rf "$dir/run"
group=$(id -G | tr ' ' '\n' | tail -n 1) # root may set the group to any group
[ "$(id -u)" -ne 0 ] || group=12345
null_config "control_group: $group" >"$dir/group.yaml"
ok "it starts with a group for the socket" launch "$dir/group.yaml"
is "the folder is for the group" "$(stat -c '%a %g' "$dir/run")" "750 $group"
is "and the socket" "$(stat -c '%a %g' "$socket")" "660 $group"
ok "there is nothing to warn of" test -z "$(grep -F 'may not enter' "$dir/log")"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$dir"
	cp "$SLUICECTL" "$dir/ctl" # in a directory that all users can read
	member()
	{
		setpriv --reuid 4711 --regid "$1" --clear-groups "$dir/ctl" -s "$socket" \
			-o json stats 2>&1
	}
	is "a member of the group may use it" "$(member "$group")" '{"stats":*'
	is "another may not" "$(member 12346) $?" \
		"sluicectl: *permission denied: run as root*4"
	chmod 700 "$dir"
fi
stop TERM
chmod 700 "$dir/run"
ok "it starts with a folder that is closed to the group" launch "$dir/group.yaml"
soon 5 "which it warns of" logged "warning: the group of $socket may not enter its folder"
stop TERM
null_config "control_group: nobody-has-this" >"$dir/bad.yaml"
timeout 20 "$SLUICE" -- -c "$dir/bad.yaml" --check >/dev/null 2>"$dir/err"
is "a group that is not there" "$? $(<"$dir/err")" \
	"2 sluice: *bad.yaml: control_group: there is no group 'nobody-has-this'*"
rm -rf "$dir/run"

# ---- metrics over HTTP ----

# http WORDS: run the command http of sluice_aid.py
http()
{
	python3 "$aid" http "$port" "$@"
}
# shellcheck disable=SC2317 # called by soon()
scraped()
{
	[[ $(http GET /metrics) == "200 "*"# EOF" ]]
}

port=$((20000 + $$ % 20000))
null_config "metrics: 127.0.0.1:$port" >"$dir/metrics.yaml"
ok "it starts" launch "$dir/metrics.yaml"
ok "metrics are served" scraped
is "HEAD: no page" "$(http HEAD /metrics)" "200 * "
is "another method" "$(http POST /metrics)" "405 * GET expected"
is "with a body that does not end" "$(http PUT /metrics 1 1000000000)" \
	"405 * GET expected"
is "another page" "$(http GET /x)" "404 * /metrics expected"
is "a body where none is expected" "$(http GET /metrics 1 100000)" "200 * # EOF"
is "headers of 100,000 bytes" "$(http GET /metrics 100000)" "4[13][0-9] *"
python3 "$aid" slow "$port" 10 &
slow=$!
quick "ten slow clients do not delay others" scraped
kill $slow
wait $slow 2>/dev/null
python3 "$aid" slow "$port" 200 &
slow=$!
sleep 1 # until all have connected
ok "nor do two hundred" wait_until 4 scraped
quick "others are asked meanwhile" answers
before=$(milliseconds)
stop TERM
is "SIGTERM ends it meanwhile" "$status" 0
ok ".. within a second, as far as others let it run" test $(($(milliseconds) - before)) \
	-lt $second
kill $slow
wait $slow 2>/dev/null
ok "it starts again" launch "$dir/null.yaml"

# ---- the file of the socket ----

is "its folder is for owner and group" "$(stat -c %a "$dir/run")" 750
mv "$socket" "$socket.moved"
python3 "$aid" listen "$socket" &
other=$!
ok "another takes its place" wait_until 5 test -S "$socket"
stop TERM
is "it ends" "$status" 0
ok "and leaves the other's socket" test -S "$socket"
kill $other
wait $other 2>/dev/null

null_end
