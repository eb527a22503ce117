#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Whole rule files, as users have them: tests/rules/files/*.nft. The first comments of a
# file say whether sluice loads it. A line "# says: PATTERN" is a shell pattern that the
# messages must contain; without such a line the file must be loaded without a message.
set -u
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

RULES=$BUILD/app/rules/sluice-rules
files=$(dirname "$0")/../rules/files

if ! [ -x "$RULES" ]; then
	echo "1..0 # SKIP rules_files: sluice-rules is not built"
	exit 0
fi
if ! unshare --net true 2>/dev/null && ! unshare --user --net true 2>/dev/null; then
	echo "1..0 # SKIP rules_files: no namespaces here"
	exit 0
fi

for file in "$files"/*.nft; do
	name=$(basename "$file" .nft)
	messages=$("$RULES" --check --ports lan,wan "$file" 2>&1 >/dev/null)
	status=$?
	case $(sed -n 's/^# expect: //p' "$file") in
	taken) is "$name: taken" "$status $messages" "0 *" ;;
	refused) is "$name: refused" "$status $messages" "3 *" ;;
	*) ok "$name: has a line '# expect: taken' or 'refused'" false ;;
	esac
	said=0
	while read -r pattern; do
		said=$((said + 1))
		is "$name: message $said" "$messages" "*${pattern//[/\\[}*"
	done < <(sed -n 's/^# says: //p' "$file")
	if [ "$said" -eq 0 ]; then
		is "$name: no message" "$messages" ""
	fi
done

live_end
