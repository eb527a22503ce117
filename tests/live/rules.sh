#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sluice-rules translates nft text to JSON in a network namespace of its own, reports
# nft's errors, and does not change the rules of the machine.
set -u
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

RULES=$BUILD/app/rules/sluice-rules

if ! [ -x "$RULES" ]; then
	echo "1..0 # SKIP rules: sluice-rules is not built"
	exit 0
fi
if ! unshare --net true 2>/dev/null && ! unshare --user --net true 2>/dev/null; then
	echo "1..0 # SKIP rules: no namespaces here"
	exit 0
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# run ARGUMENTS: sets $status, $out (standard output) and $err (messages)
run()
{
	"$RULES" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	out=$(<"$dir/out")
	err=$(<"$dir/err")
}

# Print the rules of the machine itself; nothing without the permission.
host_rules()
{
	nft list ruleset 2>/dev/null
}

# shellcheck disable=SC2317 # called by ok()
is_json()
{
	python3 -c 'import json, sys; json.load(sys.stdin)["nftables"]' <"$dir/out"
}

cat >"$dir/good.nft" <<'EOF'
table inet t {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		iifname "lan" tcp dport 22 accept
	}
}
EOF
before=$(host_rules)

run "$dir/good.nft"
is "a good file: status 0" "$status" 0
is "a good file: nothing is said" "$err" ""
ok "a good file: JSON comes out" is_json
is "a good file: with its rules" "$out" '*"chain": "forward"*"right": 22*'

run --check "$dir/good.nft"
is "--check: status 0" "$status" 0
is "--check: what it holds" "$out" '*2 rules in 1 chain*'
is "--check: what needs no look" "$out" '*established *accept, without a look*'

run --check --ports wan,dmz "$dir/good.nft"
is "--ports: an unknown name is a warning" "$status $err" '0 *warning*"lan"*'

{
	cat "$dir/good.nft"
	echo 'table inet u { chain c { tcp dprt 22 accept; }; }'
} >"$dir/syntax.nft"
run "$dir/syntax.nft"
is "a syntax error: status 3" "$status" 3
is "a syntax error: nft's message, with file, line and column" "$err" \
	"*$dir/syntax.nft:8:30-33: Error:*tcp dprt 22 accept*"
is "a syntax error: nothing comes out" "$out" ""

sed 's/tcp dport 22 accept/tcp dport 22 synproxy mss 1460 wscale 7/' "$dir/good.nft" \
	>"$dir/synproxy.nft"
run --check "$dir/synproxy.nft"
is "an unsupported statement: status 3" "$status" 3
rule='"iifname "lan" tcp dport 22 synproxy mss 1460 wscale 7"'
is "an unsupported statement: its place and its rule's text" "$err" \
	"*synproxy.nft:5: *chain forward, rule $rule: 'synproxy' is not supported*"

sed 's/hook forward/hook input/' "$dir/good.nft" >"$dir/input.nft"
run --check "$dir/input.nft"
is "a file of the host alone: refused" "$status $err" \
	'3 *notice: *not evaluated*forward (hook input)*no base chain*'

: >"$dir/empty.nft"
run --check "$dir/empty.nft"
is "an empty file: status 3" "$status" 3
is "an empty file: what was expected" "$err" "*type filter hook forward*"

run "$dir/missing.nft"
is "a missing file: status 3" "$status" 3
is "a missing file: which" "$err" "*$dir/missing.nft: No such file or directory"
run "$dir"
is "a directory: refused" "$status $err" "3 *is a directory*"
run /dev/zero
is "a file without end: refused" "$status $err" "3 */dev/zero: is a device*"
truncate -s 65M "$dir/huge.nft"
run "$dir/huge.nft"
is "a huge file: refused" "$status $err" "3 *huge.nft: is larger than 64 MiB*"
mkfifo "$dir/fifo.nft"
run --seconds 1 "$dir/fifo.nft"
is "a pipe without a writer: until the time is over" "$status $err" \
	"3 *the time is over*"
echo 'include "fifo.nft"' >"$dir/waits.nft"
run --seconds 1 "$dir/waits.nft"
is "an include of it, too" "$status $err" "3 *the time is over*"
# Simulate a crash of libnftables: send SIGSEGV while the library reads.
"$RULES" "$dir/waits.nft" 2>"$dir/err" &
waiting=$!
# shellcheck disable=SC2317 # called by soon()
in_namespace()
{
	[ "$(readlink "/proc/$waiting/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
soon 5 "a file that nft waits for" in_namespace
kill -SEGV "$waiting"
wait "$waiting"
is "a file on which nft crashes: refused, and told so" "$? $(<"$dir/err")" \
	"3 sluice-rules: *waits.nft: nft crashes on this file*"
run --seconds 1x "$dir/good.nft"
is "--seconds of no number: usage" "$status $err" \
	"2 sluice-rules: --seconds 1x: a number from 1 to 86400 is expected*"

run "$dir/good.nft"
cp "$dir/out" "$dir/good.json"
run "$dir/good.json"
is "JSON: status 0" "$status" 0
ok "JSON: passed on as it is" cmp -s "$dir/out" "$dir/good.json"
run --check "$dir/good.json"
is "JSON: can be checked" "$status $out" '0 *2 rules*'
head -c 100 "$dir/good.json" >"$dir/short.json"
run "$dir/short.json"
is "JSON cut off: refused with line and column" "$status $err" \
	"3 *$dir/short.json:[0-9]*:[0-9]*: not JSON*"

mkdir "$dir/parts"
echo 'define SSH = 22' >"$dir/parts/ports.nft"
{
	echo 'include "parts/ports.nft"'
	# shellcheck disable=SC2016 # nft's variable
	sed 's/dport 22/dport $SSH/' "$dir/good.nft"
} >"$dir/include.nft"
run "$dir/include.nft"
is "include: found beside the file" "$status $out" '0 *"right": 22*'

# ---- messages quote files below the folder of the rule file, and no others ----

secret=$(mktemp)
echo 'secret:word:in a file of root' >"$secret"
hidden="*:1:*: Error: what is wrong is not shown: the file is not below the folder of \
the rules*"
# without: the message names the file and line of the error, but quotes nothing of the
# file
# shellcheck disable=SC2317 # called by ok()
without()
{
	# shellcheck disable=SC2053 # a pattern
	[[ $err == $hidden ]] && [[ $err != *word* ]] && [ -z "$out" ]
}
echo "include \"$secret\"" >"$dir/outside.nft"
run "$dir/outside.nft"
ok "an include of a file elsewhere is not quoted" without
is "but its place is told" "$err" "In file included from $dir/outside.nft:1:*$secret:1:*"
ln -s "$secret" "$dir/link.nft"
echo 'include "link.nft"' >"$dir/linked.nft"
run "$dir/linked.nft"
ok "nor by a link" without
run "$dir/link.nft"
ok "nor a rule file that is a link" without
echo '{ "secret": word' >"$secret"
run "$dir/link.nft"
is "nor what is no JSON there" "$status $err" \
	"3 sluice-rules: $dir/link.nft:1:16: not JSON"
mkdir "$dir/below"
echo 'table inet t { what }' >"$dir/below/bad.nft"
echo 'include "below/bad.nft"' >"$dir/inside.nft"
run "$dir/inside.nft"
is "a file below the folder is quoted" "$err" "*below/bad.nft:1:*table inet t { what }*"
printf 'table inet t {\n chain f {\n' >"$dir/below/open.nft"
echo 'include "below/open.nft"' >"$dir/open.nft"
run "$dir/below/open.nft"
is "what is missing at its end is told" "$err" \
	"*below/open.nft:3:*unexpected end of file*"
run "$dir/open.nft"
is "behind an include, too" "$err" "$dir/open.nft:2:*unexpected end of file*"
cd "$dir" || exit 1
run inside.nft
is "from within the folder, too" "$err" "*below/bad.nft:1:*table inet t { what }*"
run outside.nft
ok "and what is elsewhere is not" without
cd - >/dev/null || exit 1
echo 'secret:word:in a file of root' >"$secret"
cd "$dir" || exit 1
echo "include \"../$(basename "$secret")\"" >up.nft
run up.nft
ok "nor what a way up leads to" without
run "$dir/up.nft"
ok "nor by a whole path" without
echo 'include "./below/bad.nft"' >here.nft
run "$dir/here.nft"
is "./ is quoted" "$err" "*./below/bad.nft:1:*table inet t { what }*"
cd - >/dev/null || exit 1
rm -f "$secret"

"$RULES" - <"$dir/good.nft" >"$dir/out" 2>"$dir/err"
is "standard input: status 0" "$?" 0
ok "standard input: JSON comes out" is_json
"$RULES" - <"$dir/syntax.nft" >"$dir/out" 2>"$dir/err"
is "standard input: an error has its line" "$? $(<"$dir/err")" "3 *:8:30-33: Error:*"

run
is "no file: misuse, status 2" "$status $err" "2 sluice-rules: no FILE*--help*"
run --frobnicate "$dir/good.nft"
is "an unknown option: misuse, status 2" "$status $err" \
	"2 sluice-rules: unknown option --frobnicate*"
run --chekc "$dir/good.nft"
is "a misspelt one: the nearest" "$status $err" "2 *did you mean --check?*"
run --help
is "--help: status 0" "$status $out" "0 usage:*"

for file in "$NET_ROOT"/conf/rulesets/*.nft; do
	run --check --ports lan,wan "$file"
	is "$(basename "$file"), as shipped: is taken" "$status" 0
	is "and the only words are on chains that are not evaluated" \
		"$(grep -v 'not evaluated' "$dir/err")" ""
done

echo 'flush ruleset' | cat - "$dir/good.nft" >"$dir/flush.nft"
run "$dir/flush.nft"
is "flush ruleset: status 0" "$status" 0
is "the machine's own rules are what they were" "$(host_rules)" "$before"

# On a machine with rules (simulated by a namespace) they stay unchanged.
own=(--net)
[ "$(id -u)" -eq 0 ] || own+=(--user --map-root-user)
# shellcheck disable=SC2016 # for the inner shell
kept=$(unshare "${own[@]}" bash -c '
	nft add table inet mine && before=$(nft list ruleset) &&
		"$1" "$2" >/dev/null && [ "$before" = "$(nft list ruleset)" ] &&
		echo kept' \
	bash "$RULES" "$dir/flush.nft" 2>/dev/null)
if [ "$(id -u)" -eq 0 ] || [ -n "$kept" ]; then
	is "flush ruleset empties only its own namespace" "$kept" kept
fi

live_end
