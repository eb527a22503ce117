#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Compares the throughput of sluice with that of a wire without a firewall: one TCP stream
# of iperf3 between two namespaces, over AF_XDP, in turn through sluice and through
# dpdk-testpmd's io forwarding on the same ports. With -x, in turn through a wire with XDP
# and through a bare XDP redirect (bench-xdp), in both directions. Needs root.
set -u
usage="usage: bench/iperf.sh [-x] [-o text|json] [-r rounds] [-t seconds a round]"

# shellcheck source=../tests/live/net.sh
. "$(dirname "$0")/../tests/live/net.sh"
# shellcheck source=options.sh
. "$(dirname "$0")/options.sh"

format=text rounds=5 seconds=4 connections=0 # -c is not used here
bench_options x "$@"

fail()
{
	echo "bench/iperf.sh: $*" >&2
	plane_complaint >&2
	exit 1
}

# measure [-R]: print the Mbit/s that arrived.
measure()
{
	net_exec lan iperf3 -J -c "$WAN4" -t "$seconds" "$@" | "$PYTHON" -c '
import json, sys
print("%.0f" % (json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e6))'
}

obstacle=$(net_obstacle)
if [ -n "$obstacle" ]; then
	echo "# iperf: skipped, $obstacle" >&2
	exit 0
fi
tools=(dpdk-testpmd iperf3) bare=testpmd
if [ -n "$flagged" ]; then
	tools=("$BUILD/bench/bench-xdp" iperf3) bare=redirect
	PLANE_DRIVERS=xdp
fi
for tool in "${tools[@]}"; do
	command -v "$tool" >/dev/null || fail "needs $tool"
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

# Be a wire without a firewall.
bare_start()
{
	if [ $bare = testpmd ]; then
		testpmd_start
		return
	fi
	# A veth takes frames from a program only if its other end has GRO or a program.
	net_exec lan ethtool -K a0 gro on && net_exec wan ethtool -K b0 gro on || return
	PLANE_DRIVER=xdp
	_plane_launch "$BUILD/bench/bench-xdp" redirect ap bp
}

declare -A values=()
drivers=
for ((round = 0; round < rounds; round++)); do
	for plane in $bare sluice; do
		if [ "$plane" = $bare ]; then
			bare_start || fail "the wire without a firewall did not start"
		else
			plane_start "$NET_DIR/rules.nft" || fail "sluice did not start"
		fi
		drivers="$drivers $PLANE_DRIVER"
		got=$(measure) || fail "iperf3 through $plane failed"
		values[$plane]="${values[$plane]:-} $got"
		if [ -n "$flagged" ]; then
			got=$(measure -R) || fail "iperf3 -R through $plane failed"
			values[$plane-R]="${values[$plane-R]:-} $got"
		fi
		plane_stop
	done
done
driver=$(tr ' ' '\n' <<<"$drivers" | sed '/^$/d' | sort -u)
[ "$(wc -l <<<"$driver")" -eq 1 ] || fail "not always over the same driver:$drivers"

# print_rows PARAMETERS [SUFFIX]
print_rows()
{
	"$PYTHON" "$NET_ROOT/bench/rows.py" ${heading:+"$heading"} "$format" iperf \
		"driver=$driver seconds=$seconds$1" Mbit/s \
		$bare "${values[$bare${2:-}]}" sluice "${values[sluice${2:-}]}"
	heading=--no-heading
}
heading=
print_rows "${flagged:+ to=wan}"
[ -z "$flagged" ] || print_rows " to=lan" -R
