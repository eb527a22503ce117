#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Two hosts that sign their segments (TCP-MD5, SIG-1): no forged segment ends their
# connection, be it unsigned or wrongly signed. Nor does an idle time longer than
# tcp_timeout_established, since such a connection cannot be probed. Without signatures
# the same forged RST ends the connection.
# Waits more than it works.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin signed
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 179, 180, 181 } accept
	}
}' 'tcp_timeout_established: 3'

for name in cli plain gone; do
	peer $name lan
	peer ${name}_srv wan
done

# forge PORT-OF-WAN PORT-OF-LAN FLAGS SEQ ACK [OPTIONS]: from wan's address to lan
forge()
{
	net_exec wan "$PYTHON" "$NET_TOOLS/peer.py" forge "$WAN4" "$1" "$LAN4" "${@:2}"
}

if [ "$(tell cli sign "$WAN4" secret)" != ok ]; then
	echo "1..$TAP_COUNT # SKIP this kernel has no TCP-MD5"
	exit 0
fi
tell cli_srv sign "$LAN4" secret >/dev/null
ok "connected, signed" connected cli cli_srv 179 "$WAN4" 40179
ok "it speaks" carries cli cli_srv hello
ok "in both directions" carries cli_srv cli hello
alive()
{
	ok "$1: ESTABLISHED" states 'orig=ESTABLISHED reply=ESTABLISHED' --dport 179
	ok "$1: it speaks" carries cli cli_srv still
	ok "$1: in both directions" carries cli_srv cli still
}

next=$(tell cli_srv numbers)
read -r next ack <<<"$next"
forge 179 40179 R "$next" 0
soon 10 "an exact RST without signature is dropped" dropped tcp_unsigned 1
forge 179 40179 FA "$next" "$ack"
soon 10 "so is a FIN" dropped tcp_unsigned 2
alive "after both"

read -r next _ <<<"$(tell cli_srv numbers)"
forge 179 40179 R "$next" 0 "131200112233445566778899aabbccddeeff0000"
alive "after an exact RST with a wrong signature"

# Another, unsigned connection, whose ends are gone, is removed after its probes; this
# shows that its time-out has passed.
ok "a session whose ends are gone" connected gone gone_srv 181
tell gone vanish >/dev/null
tell gone_srv vanish >/dev/null
soon 30 "it is forgotten" no_conns --dport 181
alive "after a silence"

ok "connected, not signed" connected plain plain_srv 180 "$WAN4" 40180
ok "it speaks" carries plain_srv plain hello
read -r next _ <<<"$(tell plain_srv numbers)"
forge 180 40180 R "$next" 0
is "there an exact RST is believed" "$(tell plain recv 100)" ECONNRESET
ok "dropped nothing else" no_drops_but tcp_unsigned tcp_no_connection
live_end
