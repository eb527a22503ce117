#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Standard streams that are closed, full, or not read by anyone; and text from outside
# that contains terminal control sequences. Needs neither root nor hugepages.
set -u
# shellcheck source=null.sh
. "$(dirname "$0")/null.sh"

null_begin streams
RULES=$BUILD/app/rules/sluice-rules
REPLAY=$BUILD/app/replay/sluice-replay

# to FILE PROGRAM..: run it with standard output to FILE; sets $status and $err (its
# messages)
to()
{
	timeout 20 "${@:2}" >"$1" 2>"$dir/err" </dev/null
	status=$?
	err=$(<"$dir/err")
}

# closed PROGRAM..: run it with all standard streams closed except the one for messages
closed()
{
	timeout 20 "$@" <&- 2>"$dir/err" >&-
	status=$?
	err=$(<"$dir/err")
}

rules >"$dir/rules.nft"
null_config "rules: rules.nft" >"$dir/null.yaml"
python3 "$NET_TOOLS/sluice_aid.py" captures "$dir"

# ---- output that is lost is an error ----

replay=("$REPLAY" -c "$dir/null.yaml" --port "lan=$dir/lan.pcap" --out "$dir/out")
lost="standard output cannot be written*: output is lost"
to /dev/full "$RULES" "$dir/rules.nft"
is "sluice-rules, no room: a status and a message" "$status $err" "3 sluice-rules: $lost"
closed "$RULES" "$dir/rules.nft"
is "sluice-rules, closed" "$status $err" "3 sluice-rules: $lost"
to /dev/full "$SLUICECTL" --help
is "sluicectl, no room" "$status $err" "1 sluicectl: $lost"
closed "$SLUICECTL" --help
is "sluicectl, closed" "$status $err" "1 sluicectl: $lost"
to /dev/full "${replay[@]}"
is "sluice-replay, no room" "$status $err" "4 *sluice-replay: $lost"
closed "${replay[@]}"
is "sluice-replay, closed" "$status $err" "4 *sluice-replay: $lost"
is "and all verdicts are there" "$(wc -l <"$dir/out/verdicts.jsonl")" 75
to /dev/full "$SLUICE" -- -c "$dir/null.yaml" --check
is "sluice --check, no room" "$status $err" "1 *sluice: $lost"
closed "$SLUICE" -- -c "$dir/null.yaml" --check
is "sluice --check, closed" "$status $err" "1 *sluice: $lost"
timeout 20 "$RULES" "$dir/none.nft" >&- 2>&- <&-
is "with no stream at all: the status" "$?" 3
to /dev/null "$SLUICECTL" --help
is "where all can be written: 0, and not a word" "$status $err" "0 "

# ---- terminal control sequences ----

esc=$'\e'
# raw FILE..: print bytes that are not safe for a terminal
raw()
{
	LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$@"
}
# shellcheck disable=SC2317 # called by ok()
harmless()
{
	! raw "$@"
}
rules "udp dport 53 counter accept comment \"${esc}]0;mine${esc}[2J\"" >"$dir/rules.nft"
ok "the rule has such bytes" raw "$dir/rules.nft"
to "$dir/stdout" "$SLUICE" -- -c "$dir/null.yaml" --check
ok "sluice --check prints none" harmless "$dir/stdout" "$dir/err"
ok "sluice starts with it" launch "$dir/null.yaml"
ask rules >"$dir/stdout"
is "sluicectl rules shows them escaped" "$(<"$dir/stdout")" \
	'*comment "\\x1b\]0;mine\\x1b\[2J"*'
ok "and no other way" harmless "$dir/stdout"
ask -o json rules >"$dir/stdout"
ok "-o json too" harmless "$dir/stdout"
is "which is JSON that holds them" "$(python3 -c '
import json, sys
print(sum("\x1b]0;mine\x1b[2J" in r["text"] for r in json.load(sys.stdin)["rules"]))' \
	<"$dir/stdout")" 1
rules "udp dport 53 what ${esc}[31m $(printf '\xff')" >"$dir/rules.nft"
ask reload >"$dir/stdout" 2>"$dir/err"
is "a reload that fails quotes nothing raw" "$? $(<"$dir/err")" \
	'3 *what \\x1b\[31m \\xff*'
ok "nor does the log" harmless "$dir/err" "$dir/log"
to "$dir/stdout" "$RULES" --check "$dir/rules.nft"
ok "nor sluice-rules" harmless "$dir/stdout" "$dir/err"
to "$dir/stdout" "$REPLAY" -c "$dir/null.yaml" --port "lan=$dir/x$esc" --out "$dir/out"
is "nor sluice-replay" "$status $err" '4 *x\\x1b: No such file*'
to "$dir/stdout" "$SLUICECTL" -s "$dir/x$esc" list
is "nor sluicectl" "$status $err" '4 sluicectl: *x\\x1b: is not there*'
stop TERM

# ---- a reader that does not read ----

rules >"$dir/rules.nft"
mkfifo "$dir/pipe"
exec {reader}<>"$dir/pipe"
"$SLUICE" -- -c "$dir/null.yaml" >"$dir/pipe" 2>&1 </dev/null &
pid=$!
ok "with its output in a pipe it starts" wait_until 30 ask stats
# shellcheck disable=SC2317 # called by ok()
reloads()
{
	local i

	for ((i = 0; i < 150; i++)); do
		timeout 20 "$SLUICECTL" -s "$socket" reload >/dev/null || return
	done
}
head -c 60000 /dev/zero | tr '\0' '\n' >"$dir/pipe" # of a pipe of 65,536 bytes
ok "150 reloads are done though no client reads" reloads
is "and it is asked as before" "$(ask -o json stats)" '{"stats":*'
before=$(date +%s%N)
stop TERM
is "SIGTERM: status 0" "$status" 0
ok "within a second, or four where others have the processor" \
	test $((($(date +%s%N) - before) / 1000000)) -lt 4000
exec {reader}<&-

"$SLUICE" -- -c "$dir/null.yaml" >&- 2>&- <&- &
pid=$!
ok "without standard streams it runs" wait_until 30 ask stats
stop TERM
is "and ends: status 0" "$status" 0

null_end
