#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Cables on both sides of sluice lose, double and reorder 1 % of all frames, each. Every
# transfer and every short connection comes through whole, in both families, and sluice drops
# no segment that its receiver needed; which is judged by captures, not by sluice itself.
# (LIVE_TRACE=DIR keeps them: a2 and b2 go to sluice-replay.)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin netem relay
net_relay --loss 1 --duplicate 1 --reorder 1
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 80, 5001 } accept
	}
}'

# The ports of sluice, and the hosts: what went in, what came out, what arrived.
traces=${LIVE_TRACE:-$NET_DIR}
capture()
{
	net_spawn "$1" tcpdump -i "$2" -n -w "$traces/$2.pcap" -B 65536 -s 0 tcp \
		2>"$traces/$2.log"
	CAPTURES+=("$SPAWNED")
	wait_until 10 grep -q listening "$traces/$2.log"
}
CAPTURES=()
capture wire a2
capture wire b2
capture lan a0
capture wan b0

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
	is "200 short connections to $host" "$(net_exec lan "$PYTHON" "$NET_TOOLS/peer.py" storm \
		"$host" 80 200 20 20000 2>&1 | tail -n 1)" "200 of 200 good*"
done

tell cli timeout 1.5 >/dev/null
is "and a port of no rule stays shut" "$(tell cli connect "$WAN4" 81)" TIMEOUT
ok "counted" dropped policy_drop 1

net_unrelay | sed 's/^/# /'
for pid in "${CAPTURES[@]}"; do
	net_end "$pid"
done
is "the captures are complete" \
	"$(grep -h 'dropped by kernel' "$traces"/*.log | sort -u)" "0 packets dropped by kernel"
verdict=$("$PYTHON" "$NET_TOOLS/needed.py" "$LAN4,$LAN6" "$traces"/{a2,b2,a0,b0}.pcap)
ok "sluice dropped no segment that its receiver needed" test $? -eq 0
note "$verdict"
note "by sluice's count: $(drops_but)"
# Late copies, which their receiver would not have taken either.
# What is late is old: by its timestamp or ACK, or as a RST (ACC-4, ACC-6, RST-4, RST-8).
ok "nor for a reason but these" no_drops_but tcp_paws tcp_ack_old tcp_rst_time_wait tcp_rst_seq
live_end
