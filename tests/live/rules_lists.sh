#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Long lists of addresses: sluice-rules gives the JSON and the messages that nft gives for
# the same file, and needs less time for it than nft.
set -u
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

RULES=$BUILD/app/rules/sluice-rules
LISTS=$(dirname "$0")/rules_lists.py

if ! [ -x "$RULES" ]; then
	echo "1..0 # SKIP rules_lists: sluice-rules is not built"
	exit 0
fi
if ! unshare --net nft list ruleset 2>/dev/null; then
	echo "1..0 # SKIP rules_lists: no nft or no namespaces here"
	exit 0
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Whether sluice-rules prints the sets that nft prints.
# shellcheck disable=SC2317 # called by ok()
sets_equal()
{
	"$RULES" "$1" >"$dir/ours" 2>"$dir/err" &&
		unshare --net sh -c "nft -f '$1' && nft -j list ruleset" >"$dir/theirs" &&
		"$LISTS" compare "$dir/ours" "$dir/theirs" && ! [ -s "$dir/err" ]
}

# Whether sluice-rules refuses the file, and begins with the line that nft begins with.
# shellcheck disable=SC2317 # called by ok()
refused_alike()
{
	! "$RULES" "$1" >/dev/null 2>"$dir/ours" &&
		! unshare --net nft -f "$1" 2>"$dir/theirs" &&
		[ "$(head -n 1 "$dir/ours")" = "$(head -n 1 "$dir/theirs")" ]
}

# The CPU time of a command, in milliseconds.
cpu_ms()
{
	local TIMEFORMAT='%U %S' times

	times=$({ time "$@" >/dev/null 2>&1; } 2>&1)
	awk '{ printf "%d", ($1 + $2) * 1000 }' <<<"$times"
}

for seed in 1 2; do
	for family in 4 6; do
		for kind in plain single repeated merged; do
			"$LISTS" draw $seed $family $kind >"$dir/lists.nft"
			ok "IPv$family, $kind, draw $seed: as nft" \
				sets_equal "$dir/lists.nft"
		done
	done
done

"$LISTS" draw 1 4 plain >"$dir/plain.nft"
element=$(grep -om1 '[0-9.]*/[0-9]*' "$dir/plain.nft")
for more in "add element inet t s { 250.0.0.1 }" "add element inet t s { 240.0.1.4 }" \
	"delete element inet t s { $element }" "flush set inet t s" \
	"delete table inet t; add table inet t"; do
	{
		cat "$dir/plain.nft"
		echo "$more"
	} >"$dir/more.nft"
	ok "a list, and '${more%% \{*}': as nft" sets_equal "$dir/more.nft"
done
{
	cat "$dir/plain.nft"
	echo "add element inet t s { $element }"
	echo "delete element inet t s { $element }"
} >"$dir/more.nft"
ok "a list, and an element added again and deleted: as nft" sets_equal "$dir/more.nft"
for more in "timeout 1h;" "counter;"; do
	sed "s/# more/$more/" "$dir/plain.nft" >"$dir/more.nft"
	is "a set with '$more': all elements have it" \
		"$("$RULES" "$dir/more.nft" | grep -o '"val"' | wc -l)" \
		"$("$RULES" "$dir/plain.nft" | "$LISTS" count)"
done

"$LISTS" draw 1 4 overlapping >"$dir/bad.nft"
ok "ranges that overlap: refused with nft's message" refused_alike "$dir/bad.nft"
sed 's/flags interval/# &/' "$dir/plain.nft" >"$dir/bad.nft"
ok "no flag interval: refused with nft's message" refused_alike "$dir/bad.nft"
sed 's/# more/size 10;/' "$dir/plain.nft" >"$dir/bad.nft"
ok "a size that is too small: refused with nft's message" refused_alike "$dir/bad.nft"
sed 's/policy drop/policy dropp/' "$dir/plain.nft" >"$dir/bad.nft"
ok "another error: refused with nft's message" refused_alike "$dir/bad.nft"

"$LISTS" draw 3 4 plain 50000 >"$dir/long.nft"
ours=$(cpu_ms "$RULES" "$dir/long.nft")
theirs=$(cpu_ms unshare --net nft -f "$dir/long.nft")
note "50,000 elements: $ours ms of CPU, nft -f $theirs ms"
ok "50,000 elements cost less CPU time than in nft" [ "$ours" -lt "$theirs" ]

live_end
