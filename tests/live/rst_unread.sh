#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A server that closes its socket with unread data sends a RST: the RST reaches the
# client, and afterwards neither the stacks nor sluice have the connection. A forged RST
# whose sequence number is not exact ends no connection.
# Waits more than it works.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# no_sockets HOST PORT: the host has no socket on this port except a listening one
no_sockets()
{
	local all

	all=$(net_exec "$1" ss -Htan "sport = :$2 or dport = :$2") || return
	! grep -v LISTEN <<<"$all" | grep -q .
}

unread()
{
	net_exec wan ss -Htan "sport = :80" | grep -q 'ESTAB *[1-9]'
}

live_begin rst_unread
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 80 accept
	}
}' 'tcp_timeout_close: 2'

peer cli lan
peer srv wan

for host in "$WAN4" "$WAN6"; do
	ok "connected to $host" connected cli srv 80 "$host"
	tell cli send unread >/dev/null
	soon 10 "what the client said waits in the server's queue" unread
	tell srv close >/dev/null
	is "client: connection reset" "$(tell cli recv 100)" ECONNRESET
	soon 10 "CLOSED on both sides, or gone" closed --dst "$host"
	ok "the client's stack agrees" no_sockets lan 80
	ok "the server's stack agrees" no_sockets wan 80
	soon 10 "the entry goes" no_conns --dst "$host"
	tell cli close >/dev/null
done
ok "nothing dropped" no_drops_but

ok "connected" connected cli srv 80 "$WAN4" 40080
ok "it speaks" carries srv cli hello
read -r next _ <<<"$(tell srv numbers)"
forge()
{
	net_exec wan "$PYTHON" "$NET_TOOLS/peer.py" forge "$WAN4" 80 "$LAN4" 40080 "$@"
}
forge R $((next + 3000000000)) 0
soon 10 "a forged RST far outside the window is dropped" dropped tcp_rst_seq 1
forge R $((next + 100)) 0
ok "still ESTABLISHED" states 'orig=ESTABLISHED reply=ESTABLISHED' --sport 40080
ok "a forged RST in the window ends nothing" carries srv cli alive
ok "nor in the other direction" carries cli srv alive
forge R "$((next + 5))" 0 # "alive" was 5 bytes: exact, so a receiver must believe it
is "an exact one is believed by the client" "$(tell cli recv 100)" ECONNRESET
soon 10 "and by sluice" closed --sport 40080
live_end
