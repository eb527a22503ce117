#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Random rules, random packets: what the kernel does with a packet that it forwards from
# one tun device to the other, and what it counts, is what lib/policy says and counts.
set -u
BUILD=${BUILD:-build}
here=$(dirname "$0")
eval_program=$BUILD/tests/rules/rules-eval

for need in "$eval_program" /dev/net/tun; do
	if ! [ -e "$need" ]; then
		echo "1..0 # SKIP rules_kernel: there is no $need"
		exit 0
	fi
done
if [ "$(id -u)" -ne 0 ] || ! unshare --net true 2>/dev/null; then
	echo "1..0 # SKIP rules_kernel: no namespaces here"
	exit 0
fi
exec unshare --net python3 "$here/rules_kernel.py" "$eval_program" "$@"
