#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# DPDK's tools attach to a sluice that has huge pages: dpdk-dumpcap writes down what
# crosses a port, comes and goes, and may be killed; dpdk-proc-info and dpdk-telemetry.py
# show counters. Ports of a wire with xdp, and a sluice without huge pages, have no
# captures.
# Adds huge pages for as long as it runs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PAGES=200 # of 2 MiB, for sluice and dpdk-dumpcap
pages=/proc/sys/vm/nr_hugepages

skip()
{
	echo "1..0 # SKIP dpdk_tools: $1"
	exit 0
}

for tool in dpdk-dumpcap dpdk-proc-info dpdk-telemetry.py; do
	command -v $tool >/dev/null || skip "needs $tool"
done
grep -q '^Hugepagesize: *2048 kB' /proc/meminfo || skip "no huge pages of 2 MiB"

pages_free()
{
	awk '/^HugePages_Free/ { print $2 }' /proc/meminfo
}

added=0
# shellcheck disable=SC2317 # called by the trap
finish()
{
	plane_stop
	[ -z "$NET_DIR" ] || umount "$NET_DIR/huge" 2>/dev/null
	[ "$added" -eq 0 ] || echo $(($(cat "$pages") - added)) >"$pages"
	net_teardown
}

live_begin dpdk_tools
trap finish EXIT
before=$(cat "$pages")
if [ "$(pages_free)" -lt $PAGES ]; then
	echo $((before + PAGES)) 2>/dev/null >"$pages"
	added=$(($(cat "$pages") - before))
fi
[ "$(pages_free)" -ge $PAGES ] || skip "the system has no $PAGES huge pages"
mkdir "$NET_DIR/huge"
mount -t hugetlbfs -o pagesize=2M none "$NET_DIR/huge" || skip "cannot mount hugetlbfs"

rules='table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 80, 81 } accept
	}
}'

# dumpcap WORDS: attach to sluice
dumpcap()
{
	timeout 60 dpdk-dumpcap "--file-prefix=$NET_NAME" "$@" </dev/null 2>&1
}

# capture DEVICE FILE: capture in the background; sets CAPTURE. Waits until it runs.
capture()
{
	rm -f "$NET_DIR/$2" "$NET_DIR/$2.log"
	dpdk-dumpcap "--file-prefix=$NET_NAME" -i "$1" -w "$NET_DIR/$2" \
		>"$NET_DIR/$2.log" 2>&1 </dev/null &
	CAPTURE=$!
	wait_until 20 grep -q "^Packets captured:" "$NET_DIR/$2.log"
}

# has FILE TEXT: a packet with this text was written
has()
{
	grep -aq "$2" "$NET_DIR/$1"
}

# telemetry COMMAND: what dpdk-telemetry.py prints
telemetry()
{
	echo "$1" | timeout 20 dpdk-telemetry.py -f "$NET_NAME"
}

PLANE_MEMORY="--huge-dir=$NET_DIR/huge -m 256"
# shellcheck disable=SC2034 # net.sh reads it
PLANE_TOP='poll: adaptive'
peer cli lan
peer srv wan

tried=
for driver in $PLANE_DRIVERS; do
	[ "$driver" != xdp ] || continue
	PLANE_DRIVERS=$driver
	printf '%s\n' "$rules" >"$NET_DIR/rules.nft"
	if ! plane_start "$NET_DIR/rules.nft"; then
		note "sluice does not start over $driver"
		plane_complaint
		continue
	fi
	tried+=" $driver"
	is "$driver: dpdk-dumpcap lists the ports" "$(dumpcap -D)" "*0. ${driver}0
1. ${driver}1*"
	ok "$driver: a connection" connected cli srv 80
	ok "$driver: a capture starts" capture "${driver}0" one.pcapng
	ok "$driver: data passes meanwhile" carries cli srv "$driver-meanwhile"
	ok "$driver: and back" carries srv cli "$driver-answer"
	soon 10 "$driver: the capture has what was received" has one.pcapng \
		"$driver-meanwhile"
	soon 10 "$driver: and what was sent" has one.pcapng "$driver-answer"
	net_end "$CAPTURE"
	ok "$driver: data passes after its end" carries cli srv "$driver-after"
	ok "$driver: which is not in the file" eval "! has one.pcapng $driver-after"
	is "$driver: the file is sound" \
		"$("$PYTHON" "$NET_TOOLS/pcapng_read.py" "$NET_DIR/one.pcapng" 2>&1)" \
		"* $LAN4 $WAN4 * $WAN4 $LAN4 *"

	ok "$driver: another capture starts" capture "${driver}1" two.pcapng
	ok "$driver: data passes" carries cli srv "$driver-again"
	soon 10 "$driver: and is captured" has two.pcapng "$driver-again"
	kill -KILL "$CAPTURE"
	wait "$CAPTURE" 2>/dev/null
	for ((i = 0; i < 20; i++)); do
		carries cli srv "$driver-$i" || break
	done
	is "$driver: when a capture is killed, data passes" $i 20
	is "$driver: but its port has no capture any more" \
		"$(dumpcap -i "${driver}1" -c 1 -w "$NET_DIR/three.pcapng")" \
		"*Packet dump enable failed*"
	ok "$driver: the other port has" capture "${driver}0" four.pcapng
	ok "$driver: data passes once more" carries cli srv "$driver-more"
	soon 10 "$driver: and is captured" has four.pcapng "$driver-more"

	is "$driver: dpdk-proc-info shows the counters" \
		"$(timeout 20 dpdk-proc-info "--file-prefix=$NET_NAME" --no-pci -- \
			--stats 2>&1)" "*NIC statistics for port 0 *RX-packets: [1-9]*"
	is "$driver: dpdk-telemetry.py shows those of sluice" \
		"$(telemetry /sluice/stats)" '*{"/sluice/stats": {"packets": [1-9]*'
	is "$driver: and those of the ports" "$(telemetry /ethdev/stats,0)" \
		'*{"/ethdev/stats": {"ipackets": [1-9]*'
	is "$driver: and lists the commands" "$(telemetry / | grep -o '/sluice/[a-z]*' |
		xargs)" "/sluice/conntrack /sluice/drops /sluice/stats /sluice/workers"
	plane_stop
	soon 20 "$driver: a capture ends when sluice does" _net_gone "$CAPTURE"
	net_end "$CAPTURE"
	tell cli reset >/dev/null
	tell srv reset >/dev/null
done
ok "there was a driver" test -n "$tried"

# ---- ports of a wire with xdp are none of DPDK's ----

PLANE_DRIVERS=xdp
if plane_start "$NET_DIR/rules.nft"; then
	# it ends with an error where it finds a card that sluice does not have
	unlike "xdp: dpdk-dumpcap lists no port" "$(dumpcap -D)" "*0. *"
	is "xdp: dpdk-telemetry.py works" "$(telemetry /sluice/stats)" \
		'*{"/sluice/stats": {"packets": *'
	ok "xdp: a connection" connected cli srv 81
	ok "xdp: data passes" carries cli srv hello
	plane_stop
else
	note "there is no wire with xdp here"
fi

# ---- without huge pages ----

PLANE_DRIVERS=${tried##* }
PLANE_MEMORY="--no-huge -m 256"
ok "sluice starts without huge pages" plane_start "$NET_DIR/rules.nft"
is "dpdk-dumpcap cannot attach" "$(dumpcap -D)" \
	"*is primary process running*"
is "but dpdk-telemetry.py works" "$(telemetry /sluice/stats)" \
	'*{"/sluice/stats": {"packets": *'

live_end
