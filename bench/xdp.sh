#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Compares a wire with XDP over veths with a bare XDP redirect, with the kernel's
# nf_conntrack, and with sluice on plain AF_XDP: whole connections and packets of
# established ones (xdp.c generates both, in turn through all), the CPU time of an idle
# wire, and iperf3 beside the bare redirect (iperf.sh -x). Needs root.
set -u
usage="usage: bench/xdp.sh [-o text|json] [-r rounds] [-c connections] [-t seconds of \
iperf3 a round]"

# shellcheck source=../tests/live/net.sh
. "$(dirname "$0")/../tests/live/net.sh"
# shellcheck source=options.sh
. "$(dirname "$0")/options.sh"
# shellcheck source=router.sh
. "$(dirname "$0")/router.sh"

format=text rounds=15 seconds=2 connections=100000
bench_options '' "$@"
IDLE_S=5

fail()
{
	local log

	echo "bench/xdp.sh: $*" >&2
	for log in "$NET_DIR"/*.log; do
		[ ! -s "$log" ] || tail -n 5 "$log" |
			sed "s/^/# $(basename "$log"): /" >&2
	done
	exit 1
}

obstacle=$(net_obstacle)
command -v nft >/dev/null || obstacle=${obstacle:-nft is not installed}
[ -x "$BUILD/bench/bench-xdp" ] ||
	obstacle=${obstacle:-bench-xdp is not built (clang, bpftool, libbpf)}
if [ -n "$obstacle" ]; then
	echo "# xdp: skipped, $obstacle" >&2
	exit 0
fi

# ctl_of NAME COMMAND...
ctl_of()
{
	"$SLUICECTL" -s "$NET_DIR/$1.sock" "${@:2}"
}

# For wait_until: true when a sluice answers, and also when it has ended.
# shellcheck disable=SC2317
_answers()
{
	_net_gone "$2" || ctl_of "$1" stats
}

# sluice_start NAME WIRE DEVICE0 DEVICE1 [EAL OPTIONS..]: start a sluice on the interfaces
# NAMEa and NAMEb of the namespace wire; sets SPAWNED
sluice_start()
{
	local name=$1 wire=$2 first=$3 second=$4 words='' option

	shift 4
	_net_cable lan "${name}0" wire "${name}a" &&
		_net_cable lan "${name}1" wire "${name}b" || return
	for option in "--lcores=0@0,1@$(($(nproc) > 1))" --no-huge -m 512 --no-pci \
		"--file-prefix=$NET_NAME-$name" --log-level=lib.eal:4 "$@"; do
		words="$words${words:+, }\"$option\""
	done
	cat >"$NET_DIR/$name.yaml" <<-END
		eal: [$words]
		ports:
		  - {name: lan, device: $first}
		  - {name: wan, device: $second}
		wires:
		  - $wire
		rules: $NET_DIR/rules.nft
		workers: 1
		control: $NET_DIR/$name.sock
		conntrack: {max: 262144, tcp_timeout_time_wait: 1}
	END
	net_spawn wire "$SLUICE" -- -c "$NET_DIR/$name.yaml" >"$NET_DIR/$name.log" 2>&1
	wait_until 20 _answers "$name" "$SPAWNED" && ! _net_gone "$SPAWNED"
}

# kernel_start END0 END1: a new router
kernel_start()
{
	local name

	router "$1" "$2" || fail "no router"
	# without it, a veth takes no frames from a program
	for name in cr dr; do
		net_exec wan ethtool -K $name gro on || fail "no GRO"
	done
}

# Have the router forward established connections by a flowtable, if the kernel can.
flowtable()
{
	net_exec wan nft -f - 2>/dev/null <<-'END'
		table inet filter {
			flowtable fast {
				hook ingress priority 0
				devices = { cr, dr }
			}
			chain offload {
				type filter hook forward priority filter - 1
				ct state established flow add @fast
			}
		}
	END
}

planes()
{
	net_setup wire || fail "the network could not be made"
	trap tidy EXIT
	net_exec lan sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	router_rules lan wan >"$NET_DIR/rules.nft"
	_net_cable lan redirect0 lan rfar0 && _net_cable lan redirect1 lan rfar1 ||
		fail "no veths"
	kernel_start kernel0 kernel1
	sluice_start afxdp '[lan, wan]' net_af_xdp0 net_af_xdp1 \
		"--vdev=net_af_xdp0,iface=afxdpa,busy_budget=0" \
		"--vdev=net_af_xdp1,iface=afxdpb,busy_budget=0" ||
		fail "sluice did not start over AF_XDP"
	afxdp=$SPAWNED
	sluice_start xdp '{ports: [lan, wan], xdp: true}' xdpa xdpb ||
		fail "sluice did not start with XDP"
	xdp=$SPAWNED
}

# Print the CPU time of all threads of a process, in ns.
cpu_ns()
{
	awk '{ sum += $1 } END { printf "%.0f\n", sum }' /proc/"$1"/task/*/schedstat
}

# The share of a core that a wire uses while there is no traffic, a value a round.
idle()
{
	local round before shares=''

	for ((round = 0; round < 3; round++)); do
		before=$(cpu_ns "$xdp")
		sleep $IDLE_S
		shares="$shares $(awk "BEGIN {
			print ($(cpu_ns "$xdp") - $before) / $IDLE_S / 1e7 }")"
	done
	"$PYTHON" "$NET_ROOT/bench/rows.py" --no-heading "$format" xdp \
		"what=idle seconds=$IDLE_S" percent xdp "$shares"
}

# Continue a stopped sluice, which could not react to SIGTERM otherwise; then remove
# everything.
tidy()
{
	local pid

	for pid in $afxdp $xdp; do
		kill -CONT "$pid" 2>/dev/null
		net_end "$pid"
	done
	afxdp='' xdp=''
	net_teardown
	rm -rf "/var/run/dpdk/$NET_NAME-xdp" "/var/run/dpdk/$NET_NAME-afxdp"
}

# generate MODE [VARIABLE=VALUE]: run bench-xdp on the first core
generate()
{
	net_exec lan env "${@:2}" taskset -c 0 "$BUILD/bench/bench-xdp" "$1" \
		-o "$format" -r "$rounds" -c "$connections"
}

afxdp='' xdp=''
planes
# The kernel's work on the second core, as sluice's.
[ "$(nproc)" -eq 1 ] || router_core 2 ||
	echo "# xdp: the kernel works on the core of the generator" >&2
generate connections AFXDP_PID="$afxdp" || fail "whole connections"
kill -CONT "$afxdp"
net_end "$afxdp"
afxdp=
for name in afxdp0 afxdp1; do
	net_exec lan ip link delete $name
done
router_core 0
generate segments || fail "packets of established connections"
idle
kernel_start flowtable0 flowtable1
if flowtable; then
	ctl_of xdp flush >/dev/null
	generate segments || fail "packets of established connections, flowtable"
else
	echo "# xdp: flowtable: skipped, the kernel has none" >&2
fi
tidy
"$(dirname "$0")/iperf.sh" -x -o "$format" -r $((rounds > 5 ? 5 : rounds)) -t "$seconds"
