#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Compares sluice with other connection trackers, each in the same run: with OVS-DPDK on
# captures that are replayed in a loop (pcap_io.sh), with OVS's connection tracking alone,
# and with the kernel's over veths (veth.sh; xdp.sh for a wire with XDP). The benchmark
# `table` compares with rte_hash. Programs that are not installed are named and skipped.
set -u
usage="usage: bench/peers.sh [-o text|json] [-r rounds] [-c connections]"

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../build}
pass=() format=text rounds=5
while getopts o:r:c:h letter; do
	case $letter in
	o) format=$OPTARG; pass+=(-o "$OPTARG") ;;
	r) rounds=$OPTARG; pass+=(-r "$OPTARG") ;;
	c) pass+=(-c "$OPTARG") ;;
	h) echo "$usage"; exit 0 ;;
	*) echo "$usage" >&2; exit 2 ;;
	esac
done

# ovstest_ns CONNECTIONS: print the nanoseconds for each packet by ovstest's own
# benchmarks: of one UDP connection in bursts of 32, or of many, one packet at a time.
ovstest_ns()
{
	local connections=$1 packets=4000000 ms

	if [ "$connections" -gt 1 ]; then
		ovstest test-conntrack benchmark-zones "$connections" 1 3 |
			awk -F '|' -v n="$connections" '/Avg/ { print $4 * 1000 / n }'
		return
	fi
	ms=$(ovstest test-conntrack benchmark 1 "$packets" 32 | grep -oE '[0-9]+ ms') &&
		awk "BEGIN { print ${ms% ms} * 1e6 / $packets }"
}

# engine_ns CONNECTIONS: print the nanoseconds for each packet of our engine with so many
# connections: the last row of `bench-engine -s`.
engine_ns()
{
	"$build/bench/bench-engine" -s -c "$1" -r 1 -o json |
		sed -nE 's/.*"engine alone",.*"value":([0-9.]+).*/\1/p' | tail -n 1
}

# library PARAMETERS CONNECTIONS OURS: print rows that compare ovstest with our engine
library()
{
	local ovs='' engine='' round

	for ((round = 0; round < rounds; round++)); do
		ovs="$ovs $(ovstest_ns "$2")" && engine="$engine $(engine_ns "$3")" ||
			return
	done
	"${PYTHON:-python3}" "$here/rows.py" "$format" library "$1" ns \
		ovs-conntrack "$ovs" engine "$engine" engine/ovs-conntrack ""
}

libraries()
{
	if ! command -v ovstest >/dev/null; then
		echo "# ovstest: skipped, not installed (no package of Debian 12 has \
it)" >&2
		return 0
	fi
	library "connections=1 burst=32" 1 1 &&
		library "connections=500000 ours=1000000" 500000 1000000
}

failed=0
BUILD=$build "$here/pcap_io.sh" -p "${pass[@]}" || failed=1
libraries || failed=1
BUILD=$build "$here/veth.sh" "${pass[@]}" || failed=1
BUILD=$build "$here/xdp.sh" "${pass[@]}" || failed=1
exit $failed
