#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Relays on both sides of sluice each lose, double and reorder 1 % of all frames. All
# transfers and short connections must be complete, in both families, and sluice must drop
# no segment that its receiver needed. Captures decide on that (drop_oracle.py), not
# sluice's own counters.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin netem relay
# shellcheck source=capture_check.sh
. "$NET_TOOLS/capture_check.sh"
net_relay --loss 1 --duplicate 1 --reorder 1
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 80, 5001 } accept
	}
}'

capture_begin
peer cli lan
peer srv wan
for host in "$WAN4" "$WAN6"; do
	ok "connected to $host" connected cli srv 5001 "$host"
	say srv sendn 20000000
	say cli drain
	sent=$(hear srv)
	tell srv close >/dev/null
	is "20 MB down" "$(hear cli)" "$sent"
	tell cli close >/dev/null
	ok "connected to $host" connected cli srv 5001 "$host"
	say srv drain
	sent=$(tell cli sendn 20000000)
	tell cli close >/dev/null
	is "20 MB up" "$(hear srv)" "$sent"
	tell srv close >/dev/null
done

net_spawn wan "$PYTHON" "$NET_TOOLS/peer.py" serve 80 >"$NET_DIR/serve.log"
wait_until 5 grep -q ready "$NET_DIR/serve.log"
for host in "$WAN4" "$WAN6"; do
	is "200 short connections to $host" \
		"$(net_exec lan "$PYTHON" "$NET_TOOLS/peer.py" storm \
		"$host" 80 200 20 20000 2>&1 | tail -n 1)" "200 of 200 good*"
done

tell cli timeout 1.5 >/dev/null
is "and a port of no rule stays shut" "$(tell cli connect "$WAN4" 81)" TIMEOUT
ok "counted" dropped policy_drop 1

capture_end --shut 81
live_end
