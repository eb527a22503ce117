#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# How much of what a bare wire carries does sluice carry? One TCP stream of iperf3 between
# two namespaces, over AF_XDP, through sluice and through dpdk-testpmd's io forwarding on
# the same ports in turn. Needs root.
set -u
usage="usage: bench/iperf.sh [-o text|json] [-r rounds] [-t seconds a round]"

# shellcheck source=../tests/live/net.sh
. "$(dirname "$0")/../tests/live/net.sh"
# shellcheck source=options.sh
. "$(dirname "$0")/options.sh"

format=text rounds=5 seconds=4 connections=0 # -c is for other programs
bench_options '' "$@"

fail()
{
	echo "bench/iperf.sh: $*" >&2
	plane_complaint >&2
	exit 1
}

# Mbit/s that arrived.
measure()
{
	net_exec lan iperf3 -J -c "$WAN4" -t "$seconds" | "$PYTHON" -c '
import json, sys
print("%.0f" % (json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e6))'
}

obstacle=$(net_obstacle)
if [ -n "$obstacle" ]; then
	echo "# iperf: skipped, $obstacle" >&2
	exit 0
fi
for tool in dpdk-testpmd iperf3; do
	command -v $tool >/dev/null || fail "needs $tool"
done
net_setup wire || fail "the network could not be made"
cat >"$NET_DIR/rules.nft" <<-'END'
	table inet filter {
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established,related accept
			iifname "lan" oifname "wan" tcp dport 5201 accept
		}
	}
END
net_spawn wan iperf3 -s >"$NET_DIR/iperf.log" 2>&1

declare -A values=([testpmd]='' [sluice]='')
drivers=
for ((round = 0; round < rounds; round++)); do
	for plane in testpmd sluice; do
		if [ $plane = testpmd ]; then
			testpmd_start || fail "dpdk-testpmd did not start"
		else
			plane_start "$NET_DIR/rules.nft" || fail "sluice did not start"
		fi
		drivers="$drivers $PLANE_DRIVER"
		got=$(measure) || fail "iperf3 through $plane failed"
		values[$plane]="${values[$plane]} $got"
		plane_stop
	done
done
driver=$(tr ' ' '\n' <<<"$drivers" | sed '/^$/d' | sort -u)
[ "$(wc -l <<<"$driver")" -eq 1 ] || fail "not always over the same driver:$drivers"
"$PYTHON" "$NET_ROOT/bench/rows.py" "$format" iperf "driver=$driver seconds=$seconds" \
	Mbit/s \
	testpmd "${values[testpmd]}" sluice "${values[sluice]}"
