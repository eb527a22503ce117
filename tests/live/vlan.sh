#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Frames with one and with two VLAN tags cross with their tags, and the rules are
# evaluated for the packet inside. The relays (impair.c) add the tags, since some kernels
# have no VLAN devices.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin vlan relay
net_relay --tag 8100:100
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 80 accept
		iifname "lan" tcp dport 23 reject with tcp reset
	}
}'
peer cli lan
peer srv wan
peer other wan
tell other listen 23 >/dev/null

for tags in "--tag 8100:100" "--tag 88a8:7 --tag 8100:100"; do
	read -ra words <<<"$tags"
	ok "cables with $tags" net_relay "${words[@]}"
	for host in "$WAN4" "$WAN6"; do
		ok "connected to $host" connected cli srv 80 "$host"
		say srv sendn 5000000
		say cli drain
		sent=$(hear srv)
		tell srv close >/dev/null
		is "5 MB" "$(hear cli)" "$sent"
		tell cli close >/dev/null
		is "a port that is rejected: refused, though a server listens" \
			"$(tell cli connect "$host" 23)" ECONNREFUSED
	done
	before=$(drops policy_drop)
	tell srv timeout 0.7 >/dev/null
	is "unsolicited from the outside: silence" "$(tell srv connect "$LAN4" 80)" \
		TIMEOUT
	ok "counted" dropped policy_drop $((before + 1))
	tell srv timeout 20 >/dev/null
done
ok "dropped nothing else" no_drops_but policy_reject
live_end
