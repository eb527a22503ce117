#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# 50 reloads at full traffic lose no packet, no connection and no element of a set; one in
# five of them fails. The senders have a window, so that the wire alone loses none.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

RELOADS=50
FLOWS=16
WINDOW=8

# rules NUMBER: print a ruleset that differs by its number. The echo port takes no part in
# `established`, so that the rules are evaluated for each packet.
rules()
{
	cat <<-END
		table inet filter {
			set seen {
				type ipv4_addr . inet_service; size 1000
				flags dynamic,timeout; timeout 1h
			}
			set listed {
				type ipv4_addr; flags interval
				elements = { 192.0.2.0/24, 198.51.$1.0/24 }
			}
			counter echoes { }
			chain forward {
				type filter hook forward priority filter; policy drop
				ip saddr @listed drop
				udp dport 7 counter name echoes
				udp dport 7 update @seen { ip saddr . udp sport }
				tcp dport $((1000 + $1)) accept
				ct state established,related accept
				iifname "lan" udp dport { 7, 9 } accept
				iifname "lan" tcp dport { 80, 81 } accept
			}
		}
	END
}

# Print the ids of connections.
ids()
{
	ctl -o json list "$@" | grep -o '"id":[0-9]*' | sort
}

elements()
{
	ctl set list seen | awk '{ print $1, $3 }' | sort
}

# shellcheck disable=SC2317 # called by wait_until
answers_after()
{
	local now

	now=$(tell load count)
	[ "${now#ok }" -gt $(($1 + FLOWS * WINDOW)) ]
}

# Reload with rules of this number, and wait until packets that were sent after it began
# have come back.
reload()
{
	local before

	before=$(tell load count)
	if [ $(($1 % 5)) -eq 0 ]; then
		echo "table inet filter { broken" >"$NET_DIR/rules.nft"
		ctl reload >/dev/null 2>&1
		[ $? -eq 3 ] && failed=$((failed + 1))
	else
		rules "$1" >"$NET_DIR/rules.nft"
		[[ $(ctl reload 2>&1) == "rules reloaded: "* ]] && good=$((good + 1))
	fi
	wait_until 20 answers_after "${before#ok }" && passing=$((passing + 1))
}

# reload_all WORKERS: the test with so many workers
reload_all()
{
	# shellcheck disable=SC2034 # net.sh
	local PLANE_WORKERS=$1
	local connections seen all sent answered wrong i
	local good=0 failed=0 passing=0

	live_plane "$(rules 0)"
	ok "a TCP connection" connected cli srv $((79 + $1))
	peer load lan reload_echo.py run "$WAN4" 7 $FLOWS $WINDOW
	soon 20 "traffic passes" answers_after 1000
	connections=$(ids)
	seen=$(elements)
	is "it has connections" "$(ids --dport 7 | wc -l)" $FLOWS
	is "and elements" "$(wc -l <<<"$seen")" $FLOWS

	for ((i = 1; i <= RELOADS; i++)); do
		reload $i
	done
	is "reloads that load" $good $((RELOADS * 4 / 5))
	is "reloads that fail" $failed $((RELOADS / 5))
	is "reloads with traffic before and after" $passing $RELOADS

	all=$(tell load stop)
	note "$all"
	read -r _ sent _ answered _ wrong <<<"$all"
	is "each datagram has come back" "$answered" "$sent"
	is "once, and unchanged" "$wrong" 0
	ok "sluice has dropped nothing" no_drops_but
	is "the connections are the same" "$(ids)" "$connections"
	is "the elements are the same" "$(elements)" "$seen"
	is "the last rules are in force" "$(ctl rules)" "*tcp dport 1049 accept*"
	ok "the TCP connection goes on" carries cli srv hello
	tell cli vanish >/dev/null # no FIN reaches the next sluice
	tell srv vanish >/dev/null
	ok "sluice is still alive" _plane_alive
	plane_stop
}

live_begin reload
peer cli lan
peer srv wan
peer echo wan reload_echo.py serve 7
is "an echo server" "$(hear echo)" ok
reload_all 1
reload_all 2
live_end
