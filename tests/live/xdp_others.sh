#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Other live tests, on a wire with xdp: what they expect is the same there.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

xdp_begin xdp_others
export PLANE_DRIVERS=xdp
count=0 status=0
for name in halfclose killed; do
	while read -r line; do
		case $line in
		"ok "* | "not ok "*)
			count=$((count + 1))
			echo "${line%%ok *}ok $count - $name: ${line#* - }"
			[[ $line == ok* ]] || status=1
			;;
		"1.."*) [[ $line != *SKIP* ]] || echo "# $name: $line" ;;
		*) echo "$line" ;;
		esac
	done < <("$NET_TOOLS/$name.sh")
done
if [ $count -eq 0 ]; then
	echo "1..0 # SKIP xdp_others: none of them could run"
	exit 0
fi
echo "1..$count"
exit $status
