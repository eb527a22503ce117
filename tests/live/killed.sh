#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An end of a connection crashes and connects again from the same port, while the other
# end and sluice still have the old connection. The new one must be established at once.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin killed
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 21, 22, 23 } accept
	}
}'

peer cli lan
peer srv wan

# The client crashes. The server, which still has the old connection, answers the new SYN
# with a challenge ACK. The RST of the client ends the old connection, and its next SYN
# opens the new one (RFC 9293, figure 9).
ok "connected" connected cli srv 21 "$WAN4" 40021
ok "it speaks" carries cli srv hello
tell cli vanish >/dev/null
ok "the client is gone, sluice cannot know" \
	states 'orig=ESTABLISHED reply=ESTABLISHED' --sport 40021
begin=$(date +%s%N)
is "the client comes back on the same port" "$(tell cli connect "$WAN4" 21 40021)" \
	"ok 40021"
note "after $((($(date +%s%N) - begin) / 1000000)) ms"
is "the server's old connection was reset" "$(tell srv recv 100)" ECONNRESET
is "the server has the new one" "$(tell srv accept)" "ok 40021"
ok "it speaks" carries cli srv again
ok "in both directions" carries srv cli again
ok "both ESTABLISHED" states 'orig=ESTABLISHED reply=ESTABLISHED' --sport 40021
tell cli close >/dev/null
tell srv close >/dev/null

# The server crashes: its stack answers what the client still sends with a RST.
ok "connected" connected cli srv 22 "$WAN4" 40022
ok "it speaks" carries srv cli hello
tell srv vanish >/dev/null
ok "the server is gone, sluice cannot know" \
	states 'orig=ESTABLISHED reply=ESTABLISHED' --sport 40022
tell cli send anybody >/dev/null
is "the client speaks and is reset" "$(tell cli recv 100)" ECONNRESET
soon 10 "CLOSED, or gone" closed --sport 40022
tell cli close >/dev/null
ok "connected again on the same port" connected cli srv 22 "$WAN4" 40022
ok "it speaks" carries cli srv again
tell cli close >/dev/null
tell srv close >/dev/null

# Both ends crash and only sluice has the connection: a new handshake must not be taken
# for segments of the old connection.
ok "connected" connected cli srv 23 "$WAN6" 40023
ok "it speaks" carries srv cli hello
tell srv vanish >/dev/null
tell cli vanish >/dev/null
ok "connected again on the same port" connected cli srv 23 "$WAN6" 40023
ok "it speaks" carries cli srv again
ok "in both directions" carries srv cli again
ok "both ESTABLISHED" states 'orig=ESTABLISHED reply=ESTABLISHED' --sport 40023

tell srv timeout 0.7 >/dev/null
is "the outside still gets nowhere" "$(tell srv connect "$LAN6" 23 40024)" TIMEOUT
ok "counted" dropped policy_drop 1
ok "dropped nothing else" no_drops_but
live_end
