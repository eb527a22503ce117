#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Records of connections at an IPFIX collector, nfcapd: what has ended, with the packets
# of both directions.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v nfcapd >/dev/null || ! command -v nfdump >/dev/null; then
	echo "1..0 # SKIP nfcapd is not installed (package nfdump)"
	exit 0
fi

# udp HOST ADDRESS PORT: send a datagram
udp()
{
	net_exec "$1" "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('$2', $3))"
}

collect() # begin to collect into $NET_DIR/flows
{
	mkdir -p "$NET_DIR/flows"
	net_spawn wire nfcapd -l "$NET_DIR/flows" -b 127.0.0.1 -p 4739 -t 2 \
		>>"$NET_DIR/nfcapd.log" 2>&1
}

# shellcheck disable=SC2317 # called by soon()
flow() # PATTERN: a record has been collected whose line has this form
{
	nfdump -R "$NET_DIR/flows" -q -o \
		'fmt:%pr %sap %dap %ipkt %opkt %in %out' 2>/dev/null |
		tr -s ' ' | grep -qE "$1"
}

# shellcheck disable=SC2317
sent() # NUMBER: so many records have been sent
{
	[ "$(ctl -o json stats | grep -oP '"ipfix":\{"sent":\K[0-9]+')" -ge "$1" ]
}

live_begin ipfix
# shellcheck disable=SC2034 # net.sh reads it
PLANE_TOP='ipfix: 127.0.0.1:4739'
net_exec wire ip link set lo up
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy accept
	}
}' "acct: true"
peer srv wan

is "nothing is sent at first" "$(ctl -o json stats)" \
	'*"ipfix":{"sent":0,"lost":0,"errors":0}*'
collect
udp lan "$WAN4" 4002
soon 10 "a connection is deleted" ctl delete -p udp --dport 4002
soon 20 "and its record is sent" sent 1
soon 20 "the collector has it, with its packets" flow \
	"UDP .*$LAN4:[0-9]+ $WAN4:4002 1 0 1 2"
live_end
