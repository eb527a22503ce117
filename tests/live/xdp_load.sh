#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A wire with XDP under load: a table full of established connections refuses new ones
# and says so, while those that it has go on in the kernel; and a flood of SYNs, which all
# go to the process, leaves established traffic alone. Each frame is counted.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PLANE_DRIVERS=xdp
PLANE_MAX=256 # connections
FLOOD_MIN=2000
live_begin xdp_load
xdp_begin xdp_load
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 5001-5009 } accept
		iifname "lan" oifname "wan" icmp type echo-request accept
	}
}'
net_neighbours
for name in cli cli2 cli3; do
	peer $name lan
	peer ${name/cli/srv} wan
done
peer pool lan conn_pool.py connect
peer there wan conn_pool.py serve 5002
server=$SPAWNED

alone() # packets that the kernel has passed
{
	counter xdp_passed
}

# For soon, since counters may be 100 ms old: the kernel has passed so many more than
# $before.
# shellcheck disable=SC2317
alone_more()
{
	[ $(($(alone) - before)) -ge "$1" ]
}

# ---- a full table ----

ok "connected" connected cli srv 5001
is "the others of $PLANE_MAX connections" \
	"$(tell pool open "$WAN4" 5002 20000 $((PLANE_MAX - 1)))" \
	"$((PLANE_MAX - 1)) ok in *"
is "the table is full" "$(counter connections)" $PLANE_MAX
tell cli2 timeout 2 >/dev/null
tell srv2 listen 5003 >/dev/null
unlike "one more is refused" "$(tell cli2 connect "$WAN4" 5003)" "ok*"
ok "and counted: table_full" dropped table_full 1
ok "nothing else was dropped" no_drops_but table_full
before=$(alone)
is "established connections go on" "$(tell pool say)" "$((PLANE_MAX - 1)) ok"
is "all of them" "$(tell pool hear)" "$((PLANE_MAX - 1)) ok"
soon 5 "in the kernel" alone_more $((PLANE_MAX - 1))
is "the table is as full as before" "$(counter connections)" $PLANE_MAX

# shellcheck disable=SC2317 # called by soon
none_established()
{
	! conns --dport 5002 | grep -q ESTABLISHED
}
tell pool close >/dev/null
net_end "$server"
soon 20 "the others are closed" none_established
ok "closed connections make room" connected cli3 srv3 5004
ok "the first connection goes on" carries cli srv "among others"

# ---- a flood of SYNs ----

received() # frames that the sockets have got, or lost
{
	ctl -o json stats | "$PYTHON" -c '
import json, sys
ports = json.load(sys.stdin)["stats"]["ports"].values()
print(sum(port["rx_packets"] + port["rx_missed"] for port in ports))'
}

# shellcheck disable=SC2317 # called by soon
all_counted()
{
	[ "$(counter xdp_up)" -eq $(($(received) + $(counter xdp_lost))) ]
}

up=$(counter xdp_up) before=$(alone)
net_spawn lan "$PYTHON" "$NET_TOOLS/frames.py" syns a0 "$(_net_mac wan b0)" "$WAN4" 5009 \
	>"$NET_DIR/flood"
flood=$SPAWNED
# shellcheck disable=SC2317 # called by soon
flooded()
{
	[ $(($(counter xdp_up) - up)) -ge "$FLOOD_MIN" ]
}
soon 20 "a flood of SYNs comes to the process" flooded
said=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	carries cli srv "message $i" && carries srv cli "answer $i" && said=$((said + 1))
done
is "beside it, an established connection speaks" $said 20
soon 5 "its packets are passed by the kernel" alone_more 40
before=$(alone)
say srv3 drain
sent=$(tell cli3 sendn 20000000)
tell cli3 close >/dev/null
is "and another transfers 20 MB" "$(hear srv3)" "$sent"
ok "the flood has lasted all the time" kill -0 "$flood"
kill -TERM "$flood"
wait "$flood"
syns=$(cat "$NET_DIR/flood")
note "$syns SYNs"
# 20 MB are 13,800 segments of 1,448 bytes
soon 5 "in the kernel, nearly all" alone_more 13000
soon 20 "each frame that the kernel left is received, or counted as lost" all_counted
ok "the SYNs beyond the table are counted" dropped table_full 1
ok "nothing else is dropped" \
	no_drops_but table_full table_crowded tcp_ack_old tcp_paws tcp_seq_left
ok "the table holds no more than it may" test "$(counter connections)" -le $PLANE_MAX
is "the first connection is ESTABLISHED" "$(conns --dport 5001)" \
	"orig=ESTABLISHED reply=ESTABLISHED *"
soon 10 "a new connection finds room when the flood is over" connected cli2 srv2 5005
live_end
