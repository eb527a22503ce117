#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Whether each driver of kernel interfaces passes frames unchanged: frames of all lengths,
# with and without tags, fragments, IP and not IP, are compared byte for byte before and
# after sluice, in both directions. The table of docs/drivers.md states the results. A
# configuration that a driver cannot serve must be refused when sluice starts.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin drivers
rules='table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'

# Print which kinds of frames to send (frames.py). Not with an 802.1ad tag through
# AF_PACKET, which replaces it by an 802.1Q tag.
kinds()
{
	case $PLANE_DRIVER in
	net_af_packet) echo no-ad ;;
	*) echo all ;;
	esac
}

same() # FROM INTERFACE TO INTERFACE SIZE: "N of N"
{
	rm -f "$NET_DIR/same" # the last call's is ready, too
	net_exec "$3" "$PYTHON" "$NET_TOOLS/frames.py" expect "$4" "$5" "$(kinds)" \
		>"$NET_DIR/same" &
	wait_until 10 grep -q ready "$NET_DIR/same"
	net_exec "$1" "$PYTHON" "$NET_TOOLS/frames.py" kinds "$2" "$5" "$(kinds)" \
		>/dev/null
	wait $!
	tail -n 1 "$NET_DIR/same"
}

mtu() # mtu BYTES: set the MTU of all four interfaces
{
	local host

	for host in "lan a0" "wire ap" "wire bp" "wan b0"; do
		net_exec "${host% *}" ip link set "${host#* }" mtu "$1"
	done
}

both() # WHAT SIZE
{
	local n

	n=$("$PYTHON" "$NET_TOOLS/frames.py" number "$2" "$(kinds)")
	is "$PLANE_DRIVER, $1: from lan to wan as they were" \
		"$(same lan a0 wan b0 "$2")" "$n of $n"
	is "$PLANE_DRIVER, $1: from wan to lan" "$(same wan b0 lan a0 "$2")" "$n of $n"
	ok "$PLANE_DRIVER, $1: nothing dropped" no_drops_but
}

refused() # TEXT PATTERN
{
	# shellcheck disable=SC2153
	printf '%s\n' "$rules" >"$NET_DIR/rules.nft"
	PLANE_DRIVER=$PLANE_DRIVERS
	_plane_yaml "$NET_DIR/rules.nft" >"$NET_DIR/sluice.yaml"
	is "$1" "$(net_exec wire timeout 20 "$SLUICE" -- \
		-c "$NET_DIR/sluice.yaml" 2>&1 </dev/null
		echo "status $?")" "$2"
}

for PLANE_DRIVERS in net_af_xdp net_af_packet; do
	mtu 1500
	PLANE_TOP="bypass: [arp, lldp, non_ip]"
	live_plane "$rules"
	net_neighbours
	ok "promiscuous, as frames to others show" grep -q ", promiscuous," \
		"$NET_DIR/plane.log"
	both "MTU 1500" 1500
	is "$PLANE_DRIVER: tags of 802.1ad are said to change, where they do" \
		"$(grep -c '802.1ad' "$NET_DIR/plane.log")" \
		"$([ "$PLANE_DRIVER" = net_af_packet ] && echo 2 || echo 0)"
	plane_stop
done

# ---- jumbo frames ----

PLANE_DRIVERS=net_af_xdp
mtu 3430
live_plane "$rules"
both "MTU 3430" 3430
plane_stop
mtu 9000
refused "AF_XDP refuses an MTU of 9000" \
	"*sluice: port 'lan': interface ap has an MTU of 9000, AF_XDP takes 3430 at most \
here*status 4"
PLANE_DRIVERS=net_af_packet
refused "AF_PACKET does, without larger frames" \
	"*sluice: port 'lan': interface ap has an MTU of 9000, * add \
blocksz=36864,framesz=9216 *status 4"
PLANE_PACKET=",blocksz=36864,framesz=9216"
live_plane "$rules"
both "MTU 9000" 9000
plane_stop
mtu 1500
PLANE_PACKET=",framesz=1920"
refused "frames that do not fill a block are refused" \
	"*blocksz=4096 of net_af_packet0 is not a multiple of framesz=1920*status 4"
PLANE_PACKET=",qpairs=2"
refused "a second queue is refused" \
	"*net_af_packet0 has 2 queues, * remove qpairs from its --vdev*status 4"
live_end
