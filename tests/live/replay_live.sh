#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The verdicts of sluice-replay are those of the running sluice. Two hosts exchange
# packets over sluice, whose verdicts `sluicectl capture` writes down, while tcpdump
# captures what each host sends. sluice-replay gets these captures, and must give each
# packet the same verdict, reason and states.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

replay=$BUILD/app/replay/sluice-replay
if ! command -v tcpdump >/dev/null; then
	echo "1..0 # SKIP replay_live: needs tcpdump"
	exit 0
fi
live_begin replay_live
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		icmp type echo-request accept
		iifname "lan" oifname "wan" tcp dport { 80, 81 } accept
		iifname "lan" tcp dport 22 reject with tcp reset
		iifname "lan" udp dport 53 accept
	}
}'
net_neighbours
peer cli lan
peer srv wan
peer other wan

# tcpdump_of HOST DEVICE: capture what the host sends, into $NET_DIR/HOST.pcap
tcpdump_of()
{
	net_spawn "$1" tcpdump -i "$2" -Q out -U --immediate-mode \
		--time-stamp-precision=nano -w "$NET_DIR/$1.pcap" \
		ip 2>"$NET_DIR/$1.log"
	eval "pid_$1=$SPAWNED"
	wait_until 10 grep -q 'listening on' "$NET_DIR/$1.log"
}

# raw FLAGS SEQ ACK: send a segment from lan, of the connection of cli and srv
raw()
{
	net_exec lan "$PYTHON" "$NET_TOOLS/peer.py" forge "$LAN4" "$port" "$WAN4" 80 "$@"
}

# udp PORT TEXT: send a datagram from lan to wan
udp()
{
	net_exec lan "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'$2', ('$WAN4', $1))"
}

# decisions FILE: print the packets of IPv4 and their comments, without what differs
# between the two: interfaces, times, sequence numbers that are relative in a replay,
# numbers of connections, which in a replay count dropped ones too
decisions()
{
	"$PYTHON" "$NET_TOOLS/pcapng_read.py" "$1" | sed -nE \
		-e 's/^[^ ]+ [0-9]+ [0-9]+ ([0-9]+ [0-9]+ [0-9.]+ )/\1/' \
		-e 's/; [^;]*(SEQ|ACK) [0-9]+ [^;]*//' -e 's/; connection [0-9]+//' \
		-e 's/; mark: [a-z_]+//g' -e '/ \| sluice: /{/ - \| /!p}'
}

last="the last packet of $$"

ok "tcpdump runs at lan" tcpdump_of lan a0
ok "tcpdump runs at wan" tcpdump_of wan b0
"$SLUICECTL" -s "$NET_DIR/control.sock" capture -w "$NET_DIR/live.pcapng" \
	2>"$NET_DIR/capture.err" &
capture=$!
reader() { ctl -o json stats | grep -q '"readers":1[,}]'; }
soon 5 "sluicectl captures" reader

ok "a connection" connected cli srv 80
port=$(ctl -o json list --dport 80 | grep -oE '"sport":[0-9]+' | head -n 1)
port=${port#*:}
ok "data passes" carries cli srv hello
ok "and back" carries srv cli "hello yourself"
ok "a segment far beyond the window" raw A 4000000000 1
ok "a reset with a wrong number" raw R 4000000000 0
ok "a segment with flags that no sender sets" raw SF 1 0
tell other timeout 0.5 >/dev/null
is "an unsolicited connection from the outside" "$(tell other connect "$LAN4" 4444)" \
	TIMEOUT
peer second lan
is "a connection that a rule rejects" "$(tell second connect "$WAN4" 22)" "*REFUSED*"
is "one to a port where no server is" "$(tell second connect "$WAN4" 81)" "*REFUSED*"
ok "a query that passes, and an ICMP error as its answer" udp 53 query
ok "one that no rule accepts" udp 54 query
is "both ends close" "$(tell srv close) $(tell cli recv 1) $(tell cli close)" "ok * ok"
soon 5 "the connection is closed" states TIME_WAIT --dport 80
ok "a last packet" udp 55 "$last"
soon 10 "sluicectl has captured it" grep -q "$last" "$NET_DIR/live.pcapng"
soon 10 "tcpdump, too" grep -q "$last" "$NET_DIR/lan.pcap"
kill -INT $capture
ok "the live capture ends" wait $capture
for host in lan wan; do
	pid=pid_$host
	net_end "${!pid}"
done
is "no record was left out" \
	"$(ctl -o json stats | grep -oE '"(limited|lost)":[1-9]')" ""

ok "the captures of the hosts are replayed" "$replay" --config "$NET_DIR/sluice.yaml" \
	--rules "$NET_DIR/rules.nft" --report none --out "$NET_DIR/out" \
	"$NET_DIR/lan.pcap" "$NET_DIR/wan.pcap"
decisions "$NET_DIR/live.pcapng" >"$NET_DIR/live.txt"
decisions "$NET_DIR/out/annotated.pcapng" >"$NET_DIR/replayed.txt"
note "$(wc -l <"$NET_DIR/live.txt") packets, $(grep -c drop "$NET_DIR/live.txt") dropped"
is "the live capture has packets of each kind" "$(<"$NET_DIR/live.txt")" \
	"*drop tcp_rst_seq*drop tcp_flags*drop policy_drop*answered with rst*771>*"
ok "sluice-replay gives each packet the verdict and states that sluice gave" \
	diff "$NET_DIR/live.txt" "$NET_DIR/replayed.txt"
live_end
