#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# For random rules and random packets, what lib/policy does with a packet and keeps of it
# must equal what the kernel's nftables does and keeps (rules_kernel.py).
# Waits more than it works.
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
exec python3 "$here/rules_kernel.py" "$@" "$eval_program"
