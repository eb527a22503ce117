#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Each exit status of the table in docs/operate.md occurs as it says. Status 5 is that of
# a port that is lost, which link.sh tests. Needs neither root nor hugepages.
set -u
# shellcheck source=null.sh
. "$(dirname "$0")/null.sh"

null_begin statuses

# status_of COMMAND: print its exit status
status_of()
{
	"$@" >/dev/null 2>&1 </dev/null
	echo $?
}

table=$(sed -n '/^## Exit statuses/,/^## In/p' "$(dirname "$0")/../../docs/operate.md")
is "the table has these" \
	"$(grep -oE '^\| [0-9]+' <<<"$table" | tr -d '| \n')" 012345

rules "" >"$dir/rules.nft"
null_config "rules: rules.nft" >"$dir/null.yaml"
ok "it starts" launch "$dir/null.yaml"
is "0: an answer" "$(status_of ask stats)" 0
is "0: health" "$(status_of ask health)" 0
is "1: nothing to delete" "$(status_of ask delete --dport 1)" 1
is "1: a reload that is refused, since nothing ends" "$(status_of ask reload --reset)" 1
is "2: a reload that ends and keeps" "$(status_of ask reload --keep --reset)" 2
echo nonsense >>"$dir/rules.nft"
is "3: a reload of wrong rules" "$(status_of ask reload)" 3
is "1: health is not ok then" "$(status_of ask health)" 1
is "3: a check of wrong rules" \
	"$(status_of timeout 30 "$SLUICE" -- -c "$dir/null.yaml" --check)" 3
rm "$dir/rules.nft"
mkfifo "$dir/rules.nft"
ask reload >/dev/null 2>&1 &
first=$!
# shellcheck disable=SC2317 # called by wait_until()
loading()
{
	pgrep -P "$pid" -f sluice-rules >/dev/null
}
wait_until 10 loading
is "4: a reload while another one waits for its file" "$(status_of ask reload)" 4
rules "" >"$dir/rules.nft" # to the pipe
wait $first
is "0: that other one, and" "$?" 0
rm "$dir/rules.nft"
rules "" >"$dir/rules.nft"
is "0: the next" "$(status_of ask reload)" 0
is "4: a second sluice" "$(status_of timeout 30 "$SLUICE" -- -c "$dir/null.yaml")" 4
echo "nonsense: x" >>"$dir/null.yaml"
is "2: a wrong configuration" "$(status_of timeout 30 "$SLUICE" -- -c "$dir/null.yaml")" 2
is "3: a reload of it" "$(status_of ask reload)" 3
is "2: a wrong command line" "$(status_of ask stats --nonsense)" 2
stop TERM
is "0: ended by a signal" "$status" 0
is "4: no sluice answers" "$(status_of ask stats)" 4

# ---- a signal while the answer is awaited ----

# ended SIGNAL WORDS..: send it to sluicectl once it has asked; sets $status and $out
ended()
{
	local server asker

	rm -f "$dir/silent" "$dir/asked"
	python3 "$NET_TOOLS/sluice_aid.py" silent "$dir/silent" >"$dir/asked" &
	server=$!
	wait_until 10 grep -qx listening "$dir/asked"
	"$SLUICECTL" -s "$dir/silent" -t 30 "${@:2}" >"$dir/out" 2>&1 </dev/null &
	asker=$!
	wait_until 10 grep -q request "$dir/asked"
	kill "-$1" $asker
	wait $asker
	status=$?
	out=$(<"$dir/out")
	kill $server 2>/dev/null
	wait $server 2>/dev/null
}
ended INT top
is "0: top, ended by SIGINT while it samples, with not a word" "$status $out" "0 "
ended TERM top -b
is "0: by SIGTERM, too" "$status $out" "0 "

null_end
