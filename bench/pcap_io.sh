#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole way of a packet of 64 bytes, between two net_pcap ports that replay 60,000
# connections without end, on one core: how much of what dpdk-testpmd's io forwarding does on
# the same ports? Both take turns. The connections are picked up in mid-stream (tcp_loose),
# which frames.py explains; after the first turn of the captures every packet is of an
# established connection, and windows and checksums are checked.
set -u
usage="usage: bench/pcap_io.sh [-o text|json] [-r rounds] [-c connections] [-t seconds a round]"

# shellcheck source=../tests/live/net.sh
. "$(dirname "$0")/../tests/live/net.sh"

# As many as the mbufs of 32,768 descriptors a port can hold: net_pcap keeps a frame in each.
format=text rounds=5 seconds=2 connections=60000
while getopts o:r:t:c:h letter; do
	case $letter in
	o) format=$OPTARG ;;
	r) rounds=$OPTARG ;;
	t) seconds=$OPTARG ;;
	c) connections=$((OPTARG < connections ? OPTARG : connections)) ;;
	h) echo "$usage"; exit 0 ;;
	*) echo "$usage" >&2; exit 2 ;;
	esac
done

pid=
pages_before=
pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
prefix=sluice-bench-$$
work=$(mktemp -d "/tmp/$prefix.XXXXXX") || exit
tidy()
{
	[ -z "$pid" ] || net_end "$pid"
	[ -z "$pages_before" ] || echo "$pages_before" >$pages
	rm -rf "$work" "/var/run/dpdk/$prefix"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkfifo "$work/silence"

fail()
{
	echo "bench/pcap_io.sh: $*" >&2
	[ ! -e "$work/log" ] || tail -n 15 "$work/log" | sed 's/^/#   /' >&2
	exit 1
}

# Both programs get the same memory: 2 MiB pages if they are there or can be reserved.
memory=(--no-huge)
kind=4KiB
megabytes=1280
if [ -w $pages ] && [ "$(<$pages)" -lt $((megabytes / 2)) ]; then
	pages_before=$(<$pages)
	echo $((megabytes / 2)) >$pages
fi
free=$(cat "${pages%/*}/free_hugepages" 2>/dev/null || echo 0)
if [ "$free" -ge $((megabytes / 2)) ]; then
	memory=(--in-memory --single-file-segments)
	kind=2MiB
fi
eal=("${memory[@]}" -m 1024 --no-pci "--file-prefix=$prefix" --log-level=lib.eal:4)
if [ "$(nproc)" -gt 1 ]; then
	eal+=(-l "0,1")
else
	eal+=("--lcores=0@0,1@0")
fi
eal+=("--vdev=net_pcap0,rx_pcap=$work/lan.pcap,infinite_rx=1"
	"--vdev=net_pcap1,rx_pcap=$work/wan.pcap,infinite_rx=1")

command -v dpdk-testpmd >/dev/null || fail "needs dpdk-testpmd"
"$PYTHON" "$NET_ROOT/bench/frames.py" "$connections" "$work/lan.pcap" "$work/wan.pcap" ||
	fail "no captures"
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
	  - {name: lan, device: net_pcap0, rx_descriptors: 32768, tx_descriptors: 32768}
	  - {name: wan, device: net_pcap1, rx_descriptors: 32768, tx_descriptors: 32768}
	wires:
	  - [lan, wan]
	workers: 1
	rules: $work/rules.nft
	control: $work/control.sock
	conntrack:
	  max: 131072
	  tcp_loose: true
END

# launch PROGRAM: until its ports count packets
launch()
{
	local command

	case $1 in
	testpmd) command=(dpdk-testpmd "${eal[@]}" -- --forward-mode=io --auto-start
		--no-mlockall --total-num-mbufs=270000) ;;
	sluice) command=("$SLUICE" "${eal[@]}" -- -c "$work/sluice.yaml") ;;
	esac
	# dpdk-testpmd ends when its input does.
	"${command[@]}" >"$work/log" 2>&1 <>"$work/silence" &
	pid=$!
	if ! wait_until 30 running || _net_gone "$pid"; then
		fail "$1 did not start"
	fi
}

# It forwards, or it has ended.
running()
{
	local got

	_net_gone "$pid" && return
	got=$("$PYTHON" "$NET_ROOT/bench/rate.py" "$prefix" 0.2) || return
	[ "${got% *}" != 0.0000 ]
}

declare -A values=([testpmd]='' [sluice]='')
for ((round = 0; round < rounds; round++)); do
	for program in testpmd sluice; do
		launch $program
		read -r in out <<<"$("$PYTHON" "$NET_ROOT/bench/rate.py" "$prefix" "$seconds")"
		if [ $program = sluice ]; then
			"$SLUICECTL" -s "$work/control.sock" -o json drops >"$work/drops" ||
				fail "no drop counters"
			dropped=$("$PYTHON" "$NET_TOOLS/said.py" drops <"$work/drops")
			[ -z "$dropped" ] || fail "the figure does not count, dropped: $dropped"
		fi
		awk "BEGIN { exit !($out >= 0.99 * $in && $in > 0) }" ||
			fail "$program received $in Mpps and sent $out"
		values[$program]="${values[$program]} $in"
		net_end "$pid"
		pid=
	done
done
"$PYTHON" "$NET_ROOT/bench/rows.py" "$format" pcap_io \
	"connections=$connections pages=$kind loose=1" Mpps \
	testpmd "${values[testpmd]}" sluice "${values[sluice]}"
