#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Compares the packet rate of sluice with that of dpdk-testpmd's io forwarding and, with
# -p, of OVS-DPDK's connection tracking: on one core, with 64-byte packets, between two
# net_pcap ports that replay many connections in a loop.
#
# All programs are started and then run in turn; the others are stopped (SIGSTOP)
# meanwhile. The connections are picked up in mid-stream (tcp_loose; OVS always does
# that), see frames.py. Before the measurement each connection is established in sluice
# and OVS, and both check windows and checksums.
set -u
usage="usage: bench/pcap_io.sh [-p] [-o text|json] [-r rounds] [-c connections] [-t \
seconds a round]"

# shellcheck source=../tests/live/net.sh
. "$(dirname "$0")/../tests/live/net.sh"
# shellcheck source=ovs.sh
. "$NET_ROOT/bench/ovs.sh"
# shellcheck source=options.sh
. "$NET_ROOT/bench/options.sh"

format=text rounds=5 seconds=1 connections=100000
bench_options p "$@"
most=$connections peers=$flagged

declare -A pids=()
pages_before=
pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
prefix=sluice-bench-$$
runtime=/var/run/dpdk # directory for files of the EAL
[ "$(id -u)" -eq 0 ] || runtime=${XDG_RUNTIME_DIR:-/tmp}/dpdk
work=$(mktemp -d "/tmp/$prefix.XXXXXX") || exit

stop_all()
{
	local pid

	for pid in "${pids[@]}"; do
		kill -CONT "$pid" 2>/dev/null
	done
	for pid in "${pids[@]}"; do
		net_end "$pid"
	done
	ovs_stop
	pids=()
	rm -rf "$runtime/$prefix"-*
}

tidy()
{
	stop_all
	[ -z "$pages_before" ] || echo "$pages_before" >$pages
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkfifo "$work/silence"

# fail PROGRAM TEXT: print an error and the end of the log of a program, and exit
fail()
{
	local log=$work/$1.log

	[ "$1" != ovs-dpdk ] || log=$work/ovs/log
	echo "bench/pcap_io.sh: $1: $2" >&2
	[ ! -e "$log" ] || tail -n 15 "$log" | sed 's/^/#   /' >&2
	exit 1
}

command -v dpdk-testpmd >/dev/null || fail dpdk-testpmd "not installed"
programs=(testpmd sluice)
if [ -n "$peers" ]; then
	obstacle=$(ovs_obstacle)
	if [ -z "$obstacle" ]; then
		programs+=(ovs-dpdk)
	else
		echo "# ovs-dpdk: skipped, $obstacle" >&2
	fi
fi

# All programs get the same memory: 2 MiB pages if there are enough or can be reserved,
# else small pages, of which each packet buffer takes one. --legacy-mem, which --no-huge
# implies, keeps OVS from adding --in-memory.
memory=(--no-huge --legacy-mem -m 1536)
kind=4KiB
needed=$((${#programs[@]} * 640))
if [ -w $pages ] && [ "$(<$pages)" -lt $needed ]; then
	pages_before=$(<$pages)
	echo $needed >$pages
fi
if [ "$(cat "${pages%/*}/free_hugepages" 2>/dev/null || echo 0)" -ge $needed ]; then
	memory=(--in-memory --single-file-segments -m 1024)
	kind=2MiB
elif [ -n "$pages_before" ]; then
	echo "$pages_before" >$pages
fi
cores=(-l "0,1")
pmd=0x2
if [ "$(nproc)" -eq 1 ]; then
	cores=("--lcores=0@0,1@0")
	pmd=0x1
fi
devices=("net_pcap0,rx_pcap=$work/lan.pcap,infinite_rx=1"
	"net_pcap1,rx_pcap=$work/wan.pcap,infinite_rx=1")

cat >"$work/rules.nft" <<-'END'
	table inet filter {
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established,related accept
			iifname "lan" oifname "wan" tcp dport 443 accept
			iifname "wan" oifname "lan" tcp sport 443 accept
		}
	}
END
cat >"$work/sluice.yaml" <<-END
	ports:
	  - {name: lan, device: net_pcap0}
	  - {name: wan, device: net_pcap1}
	wires:
	  - [lan, wan]
	workers: 1
	mbufs: 262144
	rules: $work/rules.nft
	control: $work/control.sock
	conntrack:
	  max: 131072
	  max_ipv6: 1
	  tcp_loose: true
END

# launch PROGRAM: start it; wait until it has all connections established or, if it does
# not track, until it forwards
launch()
{
	local program=$1 eal=("${memory[@]}" --no-pci "--file-prefix=$prefix-$1"
		--log-level=lib.eal:4)

	case $program in
	testpmd)
		# testpmd ends when its standard input does.
		dpdk-testpmd "${eal[@]}" "${cores[@]}" "${devices[@]/#/--vdev=}" -- \
			--forward-mode=io --auto-start --no-mlockall \
			--total-num-mbufs=262144 >"$work/testpmd.log" 2>&1 \
				<>"$work/silence" &
		pids[$program]=$!
		;;
	sluice)
		"$SLUICE" "${eal[@]}" "${cores[@]}" "${devices[@]/#/--vdev=}" -- \
			-c "$work/sluice.yaml" >"$work/sluice.log" 2>&1 </dev/null &
		pids[$program]=$!
		;;
	ovs-dpdk)
		rm -rf "$work/ovs"
		ovs_start "$work/ovs" $pmd "${devices[@]}" "${eal[@]}" ||
			fail "$program" "did not start"
		pids[$program]=$OVS_PID
		;;
	esac
	if ! wait_until 60 ready "$program" || _net_gone "${pids[$program]}"; then
		fail "$program" "did not come to $connections established connections"
	fi
}

# For wait_until: true when the program is ready, or has ended.
ready()
{
	_net_gone "${pids[$1]}" && return
	forwards "$1" && [ "$(established "$1")" -eq "$connections" ]
}

# rate PROGRAM SECONDS: print the millions of packets received and sent per second of CPU
# time
rate()
{
	"$PYTHON" "$NET_ROOT/bench/rate.py" "$prefix-$1" "$2" "${pids[$1]}"
}

forwards()
{
	local got

	got=$(rate "$1" 0.2) && [ "${got% *}" != 0.0000 ]
}

control()
{
	"$SLUICECTL" -s "$work/control.sock" "$@" 2>/dev/null
}

# established PROGRAM: print the number of connections with packets from both sides
established()
{
	case $1 in
	testpmd) echo "$connections" ;;
	sluice) control list --state ESTABLISHED | wc -l ;;
	ovs-dpdk) ovs_connections ;;
	esac
}

# verify PROGRAM: check that since the counts in `before` only packets of established
# connections have passed, none was dropped, and no connection was removed
verify()
{
	local dropped

	[ "$(established "$1")" -eq "$connections" ] ||
		fail "$1" "the figure does not count, connections are missing"
	case $1 in
	sluice)
		control -o json drops >"$work/drops" || fail sluice "no drop counters"
		dropped=$("$PYTHON" "$NET_TOOLS/ctl_json.py" drops <"$work/drops")
		[ -z "$dropped" ] || fail sluice \
			"the figure does not count, dropped: $dropped"
		;;
	ovs-dpdk)
		sleep 2 # its threads update the counters once a second
		[ "$(ovs_packets others)" -eq "${before[others]}" ] &&
			[ "$(ovs_packets established)" -gt "${before[established]}" ] ||
			fail ovs-dpdk \
				"the figure does not count, packets were new or invalid"
		;;
	esac
}

turn()
{
	local program=$1 in out

	kill -CONT "${pids[$program]}"
	sleep 0.1
	read -r in out <<<"$(rate "$program" "$seconds")"
	kill -STOP "${pids[$program]}"
	awk "BEGIN { exit !($out >= 0.99 * $in && $in > 0) }" ||
		fail "$program" "received $in Mpps and sent $out"
	values[$program]="${values[$program]:-} $in"
}

measure()
{
	local program round

	"$PYTHON" "$NET_ROOT/bench/frames.py" "$connections" "$work/lan.pcap" \
		"$work/wan.pcap" || fail frames.py "no captures"
	for program in "${programs[@]}"; do
		launch "$program"
		if [ "$program" = ovs-dpdk ]; then
			sleep 2
			before[others]=$(ovs_packets others)
			before[established]=$(ovs_packets established)
		fi
		kill -STOP "${pids[$program]}"
	done
	for ((round = 0; round < rounds; round++)); do
		for program in "${programs[@]}"; do
			turn "$program"
		done
	done
	for program in "${programs[@]}"; do
		kill -CONT "${pids[$program]}"
		verify "$program"
		kill -STOP "${pids[$program]}"
	done
	stop_all
}

sizes=("$most")
[ -z "$peers" ] || sizes=(1000 10000 100000)
heading=
for connections in "${sizes[@]}"; do
	[ "$connections" -le "$most" ] || continue
	declare -A values=() before=()
	measure
	rows=()
	for program in "${programs[@]}"; do
		rows+=("$program" "${values[$program]}")
	done
	[ -z "${values[ovs-dpdk]:-}" ] || rows+=(sluice/ovs-dpdk "")
	"$PYTHON" "$NET_ROOT/bench/rows.py" ${heading:+"$heading"} "$format" pcap_io \
		"connections=$connections pages=$kind loose=1" Mpps "${rows[@]}"
	heading=--no-heading
done
