#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# No packet buffer is lost or damaged when all buffers of the pool have been used several
# times: with each driver, one worker and two, small pages and hugepages. Fragments of
# incomplete datagrams hold buffers and release them in another order, so that the driver
# gets every buffer. Afterwards both ports must still receive.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin pool
huge_before=$(cat /proc/sys/vm/nr_hugepages)
# shellcheck disable=SC2317 # called by the trap
finish()
{
	net_teardown
	echo "$huge_before" >/proc/sys/vm/nr_hugepages
}
trap finish EXIT

# shellcheck disable=SC2317 # called by ok
asked() # HOST ADDRESS: a datagram is answered
{
	net_exec "$1" "$PYTHON" - "$2" <<-'END'
		import socket, sys
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
		    sock.settimeout(1)
		    sock.sendto(b"?", (sys.argv[1], 53))
		    sock.recv(10)
	END
}

answer()
{
	net_spawn "$1" "$PYTHON" -c '
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind(("", 53))
    while True:
        data, peer = sock.recvfrom(100)
        sock.sendto(data, peer)'
}

packets()
{
	ctl -o json stats | "$PYTHON" -c \
		'import json, sys; print(json.load(sys.stdin)["stats"]["packets"])'
}

# shellcheck disable=SC2317 # called by wait_until
huge_free()
{
	[ "$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)" -ge "$1" ]
}

# shellcheck disable=SC2317 # called by wait_until
none_waits()
{
	ctl -o json stats | grep -q '"fragments":0,'
}

flood() # HOST INTERFACE MAC SOURCE DESTINATION FRAMES
{
	net_exec "$1" "$PYTHON" "$NET_TOOLS/frames.py" fragments "${@:2}" >/dev/null
}

# turn_over TEXT: send bursts of fragments, each of which holds half of the buffers until
# the fragments' timeout.
turn_over()
{
	local what="$PLANE_DRIVER, $PLANE_WORKERS workers, $1" before mbufs burst

	ok "$what: the hosts know each other" net_neighbours
	wait_until 10 ctl stats
	before=$(packets)
	mbufs=$(sed -nE 's/^packet buffers: ([0-9]+) .*/\1/p' "$NET_DIR/plane.log")
	for burst in 1 2 3 4 5 6 7 8; do
		flood lan a0 "$(_net_mac wan b0)" "$LAN4" "$WAN4" $((mbufs / 4)) &
		flood wan b0 "$(_net_mac lan a0)" "$WAN4" "$LAN4" $((mbufs / 4))
		wait $!
		wait_until 10 none_waits ||
			note "$what: fragments of burst $burst still wait"
	done
	note "$what: $(($(packets) - before)) fragments came in, $mbufs buffers"
	ok "$what: the pool was turned over" test "$(($(packets) - before))" \
		-ge $((2 * mbufs))
	soon 5 "$what: lan is answered" asked lan "$WAN4"
	soon 5 "$what: wan is answered" asked wan "$LAN4"
}

answer lan
answer wan
rules='table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'
fragments=("ipfrag_time: 1" "ipfrag_high_thresh: 33554432")
for PLANE_WORKERS in 1 2; do
	PLANE_MEMORY="--no-huge -m 512"
	for PLANE_DRIVERS in net_af_xdp net_af_packet; do
		live_plane "$rules" "${fragments[@]}"
		turn_over "small pages"
		ok "sluice is still alive" _plane_alive
		plane_stop
	done
	PLANE_DRIVERS=net_af_xdp # the other copies out of the kernel's own ring
	PLANE_MEMORY="--in-memory -m 320"
	echo 160 >/proc/sys/vm/nr_hugepages
	if wait_until 5 huge_free 160; then
		live_plane "$rules" "${fragments[@]}"
		turn_over "huge pages"
		ok "sluice is still alive" _plane_alive
		plane_stop
	else
		note "no huge pages to be had: not tried with them"
	fi
done
live_end
