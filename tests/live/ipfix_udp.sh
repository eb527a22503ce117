#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Records of connections over UDP, at a collector that begins late and goes away: what it
# has not taken is counted as lost, and it gets the templates each time it comes back.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin ipfix_udp
# shellcheck disable=SC2034 # net.sh reads it
PLANE_TOP='ipfix: 127.0.0.1:4739'
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy accept
	}
}' "acct: true"

# end_of PORT: a connection to this port begins, and is deleted
end_of()
{
	net_exec lan "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('$WAN4', $1))"
	wait_until 10 ctl delete -p udp --dport "$1"
}

collect() # FILE
{
	net_spawn wire "$PYTHON" "$NET_TOOLS/ipfix_read.py" udp 127.0.0.1 4739 \
		>"$NET_DIR/$1" 2>&1
	collector=$SPAWNED
	wait_until 10 net_exec wire sh -c 'ss -Hlun sport = :4739 | grep -q .'
}

# shellcheck disable=SC2317 # called by soon()
counts() # PATTERN: the counts of `stats` are these
{
	ctl -o json stats | grep -qE "\"ipfix\":\{$1\}"
}

# shellcheck disable=SC2317
has() # FILE PATTERN: the collector has printed such a line
{
	grep -qE "$2" "$NET_DIR/$1"
}

ok "a connection ends without a collector" end_of 4001
soon 20 "its record is lost, and the error counted" counts \
	'"sent":0,"lost":1,"errors":1'
is "there is one warning" "$(grep -c '^warning: ipfix' "$NET_DIR/plane.log")" 1
is "it says why" "$(grep '^warning: ipfix' "$NET_DIR/plane.log")" \
	'warning: ipfix: 127.0.0.1:4739: Connection refused: records are lost until *'

collect first
ok "one ends with a collector" end_of 4002
soon 20 "it gets the record, after the template" has first \
	"^record 256 .* octets=29 packets=1 .* src=$LAN4 dst=$WAN4 .* dport=4002 .* \
proto=17 end_reason=4 biflow=1 .* why=deleted"
soon 20 "which counts as sent" counts '"sent":1,"lost":1,"errors":1'

net_end "$collector"
ok "one ends while the collector is away" end_of 4003
soon 20 "its record is lost" counts '"sent":1,"lost":2,"errors":2'
is "there is a second warning" "$(grep -c '^warning: ipfix' "$NET_DIR/plane.log")" 2
collect second
ok "one ends when it is back" end_of 4004
soon 20 "it gets the record" has second '^record 256 .* dport=4004 '
soon 20 "which counts as sent" counts '"sent":2,"lost":2,"errors":2'
plane_stop

# ---- a host that does not answer ----

net_exec wire ip link add away type veth peer name away_end
net_exec wire ip address add 10.99.0.1/24 dev away
net_exec wire ip link set away_end up
net_exec wire ip link set away up
PLANE_TOP='ipfix: 10.99.0.2:4739'
live_plane "$(<"$NET_DIR/rules.nft")" "acct: true"
ok "a connection ends" end_of 4005
soon 20 "its record is lost when the host has not answered ARP" counts \
	'"sent":0,"lost":1,"errors":1'
is "the warning says why" "$(grep '^warning: ipfix' "$NET_DIR/plane.log")" \
	'warning: ipfix: 10.99.0.2:4739: No route to host: records are lost until *'
live_end
