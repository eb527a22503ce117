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
	net_spawn "$1" tcpdump -i "$2" -n -w "$traces/$2.pcap" -B 65536 -s 128 tcp \
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
needed()
{
	"$PYTHON" "$NET_TOOLS/needed.py" "$LAN4,$LAN6" "$@" --shut 81
}
verdict=$(needed "$traces"/{a2,b2,a0,b0}.pcap)
ok "sluice dropped no segment that its receiver needed" test $? -eq 0
note "${verdict//$'\n'/$'\n# '}"
count=$(drops_but policy_drop)
note "by sluice's count: $count"
by_tcp=$(($(grep -oE 'tcp_[a-z_]+=[0-9]+' <<<"$count" | sed 's/.*=/+/' | tr -d '\n')))
is "and the captures show all that it dropped" "$verdict" "*passed, $by_tcp dropped*"

# Had the FINs of the clients not come out of sluice, that would have been noticed.
for name in a2 a0 b0; do
	tcpdump -r "$traces/$name.pcap" -w "$NET_DIR/$name-80.pcap" "port 80" 2>/dev/null
done
tcpdump -r "$traces/b2.pcap" -w "$NET_DIR/b2-80.pcap" \
	"port 80 and not (ip and dst port 80 and tcp[tcpflags] & tcp-fin != 0)" 2>/dev/null
verdict=$(needed "$NET_DIR"/{a2,b2,a0,b0}-80.pcap)
is "a FIN that had not come out would be needed" "$? $(tail -n 1 <<<"$verdict")" \
	"1 * dropped, [1-9][0-9]* of them needed"
live_end
