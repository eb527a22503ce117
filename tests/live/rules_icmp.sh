#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# `ct state` of ICMP messages must be what it is in the kernel (rules_icmp.py).
set -u
BUILD=${BUILD:-build}
here=$(dirname "$0")
replay=$BUILD/app/replay/sluice-replay

for need in "$replay" /dev/net/tun; do
	if ! [ -e "$need" ]; then
		echo "1..0 # SKIP rules_icmp: there is no $need"
		exit 0
	fi
done
if [ "$(id -u)" -ne 0 ] || ! unshare --net true 2>/dev/null; then
	echo "1..0 # SKIP rules_icmp: no namespaces here"
	exit 0
fi
exec unshare --net python3 "$here/rules_icmp.py" "$(realpath "$replay")"
