#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The rulesets of conf/rulesets: the kernel and sluice take each without a change, and
# judge random packets about its addresses and ports alike.
# Waits more than it works.
set -u
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

RULES=$BUILD/app/rules/sluice-rules
EVAL=$BUILD/tests/rules/rules-eval
here=$(dirname "$0")
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

for need in "$RULES" "$EVAL" /dev/net/tun; do
	if ! [ -e "$need" ]; then
		echo "1..0 # SKIP rules_examples: there is no $need"
		exit 0
	fi
done
if ! unshare --net true 2>/dev/null; then
	echo "1..0 # SKIP rules_examples: no namespaces here"
	exit 0
fi

for file in "$here"/../../conf/rulesets/*.nft; do
	name=$(basename "$file")
	is "$name: the kernel takes it" \
		"$(unshare --net nft -c -f "$file" 2>&1)" ""
	"$RULES" --check --ports lan,wan "$file" >/dev/null 2>"$TMP/messages"
	is "$name: sluice takes it" "$?" 0
	is "$name: no name that no port has" \
		"$(grep -c 'no port' "$TMP/messages")" 0
	python3 "$here/rules_kernel.py" "$EVAL" "$file" >"$TMP/oracle"
	status=$?
	grep '^#' "$TMP/oracle"
	is "$name: kernel and sluice agree on 400 packets" "$status" 0
done

live_end
