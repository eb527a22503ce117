#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Interfaces with the kernel's default offloads: GRO, VLAN tags stripped from frames, and
# veth peers that leave checksums, segmentation and tags to the receiver. sluice must
# switch off offloads that change frames, and log it; with `offloads: warn` it only logs
# them.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin offloads
rules='table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'

reset()
{
	local host

	net_exec wire ethtool -K ap gro on rxvlan on txvlan on >/dev/null
	net_exec wire ethtool -K bp gro on rxvlan on txvlan on >/dev/null
	for host in "lan a0" "wan b0"; do
		# shellcheck disable=SC2086 # words
		net_exec ${host% *} ethtool -K ${host#* } sg on tx on tso on gso on \
			txvlan on \
			rxvlan on >/dev/null
	done
}

# shellcheck disable=SC2317 # called by ok
is_off() # HOST INTERFACE FEATURE
{
	net_exec "$1" ethtool -k "$2" | grep -qE "^\s*$3: off"
}

# shellcheck disable=SC2317 # called by ok and soon
logged()
{
	grep -qE -- "$1" "$NET_DIR/plane.log"
}

port=80
for PLANE_DRIVERS in net_af_xdp net_af_packet; do
	reset
	live_plane "$rules"
	wait_until 10 ctl stats
	ok "$PLANE_DRIVER: GRO is switched off" is_off wire ap generic-receive-offload
	ok "and rxvlan" is_off wire ap rx-vlan-offload
	ok "at the other end txvlan" is_off lan a0 tx-vlan-offload
	ok "checksums" is_off lan a0 tx-checksumming
	ok "and segmentation" is_off wan b0 tcp-segmentation-offload
	ok "this is said" logged \
		"^port lan: offloads switched off: ethtool -K ap .*rx-gro off"
	ok "of the other end as well" logged \
		"^port wan: offloads switched off: ethtool -K b0 .*tx-vlan-hw-insert off"
	peer cli lan
	peer srv wan
	ok "connected" connected cli srv $((port += 1))
	say srv sendn 5000000
	say cli drain
	sent=$(hear srv)
	tell srv close >/dev/null
	is "5 MB by hosts as they are made" "$(hear cli)" "$sent"
	# hosts may still be closing connections of the previous driver, which this sluice
	# does not know
	ok "no segment was merged" no_drops_but tcp_no_connection
	net_exec wire ethtool -K bp gro on
	soon 3 "what is switched on later is switched off" is_off wire bp \
		generic-receive-offload
	plane_stop
done

reset
PLANE_TOP="offloads: warn"
live_plane "$rules"
ok "warn: it says what is on" logged \
	"^warning: port lan: interface ap changes frames .*: ethtool -K ap .*rx-gro off"
ok "at the other end, too" logged "^warning: port lan: a0, the other end of ap, leaves \
.*: ethtool -K a0 .*tx-vlan-hw-insert off"
ok "and leaves it on" test -z "$(is_off wire ap generic-receive-offload && echo off)"
live_end
