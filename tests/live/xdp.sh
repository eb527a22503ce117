#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A wire with XDP: the kernel passes established traffic alone, and the states, the close,
# a reset, a time-out, the list and a reload of the rules are as without XDP.
# An idle wire sleeps, and wakes up for a first packet at once.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PLANE_DRIVERS=xdp
live_begin xdp
xdp_begin xdp
rules='table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 5001-5009 } accept
		iifname "lan" oifname "wan" udp dport 5353 accept
	}
}'
live_plane "$rules" 'tcp_timeout_close: 1' 'udp_timeout: 2' 'udp_timeout_stream: 2' \
	'acct: true'
ok "each port says how it runs the program" test \
	"$(grep -cE 'XDP (native|generic): ' "$NET_DIR/plane.log")" -eq 2
net_neighbours
for name in cli cli2 cli3; do
	peer $name lan
	peer ${name/cli/srv} wan
done

# ---- sleep, before there is any traffic ----

ticks() # of the process, 10 ms each
{
	awk '{ print $14 + $15 }' "/proc/$PLANE_PID/stat"
}

sleep 0.5
before=$(ticks)
sleep 3
idle=$(($(ticks) - before))
note "idle for 3 s: $((idle * 10)) ms of a core"
ok "an idle wire costs at most 1 % of a core, measured in steps of 10 ms" \
	test $idle -le 4

# A connection crosses the slow path two times before connect() returns.
first_packets() # the fastest of nine handshakes, each after a pause, microseconds
{
	net_exec wan "$PYTHON" "$NET_TOOLS/peer.py" serve 5009 >/dev/null 2>&1 &
	net_exec lan "$PYTHON" - "$WAN4" <<-'END'
		import socket, sys, time
		took = []
		while len(took) < 9:
		    time.sleep(0.15)
		    begin = time.monotonic_ns()
		    try:
		        with socket.create_connection((sys.argv[1], 5009), timeout=5):
		            took.append((time.monotonic_ns() - begin) // 1000)
		    except ConnectionRefusedError:
		        pass
		print(min(took))
	END
}
took=$(first_packets)
note "SYN and SYN+ACK of an idle wire: $took us"
ok "a first packet waits for less than 1 ms, a handshake has two" test "$took" -le 2000

# ---- transfer in both directions ----

alone() # packets that the kernel has passed
{
	counter xdp_passed
}

# transfer ADDRESS PORT MEGABYTES: down, then up in a second connection
transfer()
{
	local sent bytes=${3}000000

	ok "$1: connected" connected cli srv "$2" "$1"
	ok "$1: and again" connected cli2 srv2 $(($2 + 1)) "$1"
	say srv sendn "$bytes"
	say cli drain
	sent=$(hear srv)
	tell srv close >/dev/null
	is "$1: what came down is what was sent" "$(hear cli)" "$sent"
	say srv2 drain
	sent=$(tell cli2 sendn "$bytes")
	tell cli2 close >/dev/null
	is "$1: what came up is what was sent" "$(hear srv2)" "$sent"
	soon 10 "$1: the server closed first: FIN_WAIT_2 and CLOSE_WAIT" \
		states 'orig=CLOSE_WAIT reply=FIN_WAIT_2' --dport "$2" --dst "$1"
	tell cli close >/dev/null
	tell srv2 close >/dev/null
	soon 10 "$1: both have closed: TIME_WAIT at the server" \
		states 'orig=CLOSED reply=TIME_WAIT' --dport "$2" --dst "$1"
	soon 10 "$1: TIME_WAIT at the client" \
		states 'orig=TIME_WAIT reply=CLOSED' --dport $(($2 + 1)) --dst "$1"
}

for address in "$WAN4" "$WAN6"; do
	before=$(alone)
	transfer "$address" 5001 30
	after=$(alone)
	note "$address: the kernel passed $((after - before)) packets alone"
	# 60 MB are 41,000 segments of 1,448 bytes
	ok "$address: most packets of 60 MB" test $((after - before)) -gt 30000
done
# When the process gets no core for long, a segment that it has is overtaken by what the
# kernel passes, and by its own retransmission: it comes too late, and is dropped as old.
ok "nothing dropped but what came late" no_drops_but tcp_ack_old tcp_paws tcp_seq_left

# ---- the list shows what the kernel passes ----

ok "connected" connected cli srv 5003
ok "it speaks" carries cli srv hello
before=$(alone)
bytes=$(ctl list --dport 5003 2>/dev/null | grep -oE 'bytes=[0-9]+' | head -n 1)
for i in 1 2 3 4 5 6 7 8; do
	carries cli srv "message $i" && carries srv cli "answer $i"
done
ok "messages go by the kernel" test "$(($(alone) - before))" -ge 16
unlike "the list has their bytes" \
	"$(ctl list --dport 5003 2>/dev/null | grep -oE 'bytes=[0-9]+' | head -n 1)" \
	"$bytes"

# ---- UDP ----

datagrams() # COUNT: questions and answers; prints how many answers came
{
	net_exec wan timeout 20 "$PYTHON" - "$WAN4" "$1" <<-'END' &
		import socket, sys
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
		    s.bind((sys.argv[1], 5353))
		    for _ in range(int(sys.argv[2])):
		        data, peer = s.recvfrom(100)
		        s.sendto(data, peer)
	END
	net_exec lan timeout 20 "$PYTHON" - "$WAN4" "$1" <<-'END'
		import socket, sys, time
		got = 0
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
		    s.settimeout(2)
		    s.connect((sys.argv[1], 5353))
		    while got < int(sys.argv[2]):
		        try:
		            s.send(b"question %d" % got)
		            got += s.recv(100) == b"question %d" % got
		        except ConnectionRefusedError:
		            time.sleep(0.05)
		print(got)
	END
}
before=$(alone)
is "datagrams of UDP and their answers" "$(datagrams 100)" 100
note "the kernel passed $(($(alone) - before)) of 200 alone"
ok "most by the kernel" test $(($(alone) - before)) -gt 100
soon 10 "an idle one times out" no_conns -p udp --dport 5353

# ---- reset ----

ok "connected" connected cli2 srv2 5004
ok "it speaks" carries cli2 srv2 hello
tell cli2 reset >/dev/null
is "a reset gets through" "$(tell srv2 recv 10)" ECONNRESET
soon 10 "and the connection times out" no_conns --dport 5004

# ---- rules that refuse now ----

ok "connected" connected cli3 srv3 5005
ok "it speaks" carries cli3 srv3 hello
printf '%s\n' 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		tcp dport 5005 counter drop
		tcp sport 5005 counter drop
		ct state established,related accept
	}
}' >"$NET_DIR/rules.nft"
ok "other rules, which do not let it be" ctl reload
tell cli3 send refused >/dev/null
tell srv3 timeout 1 >/dev/null
is "an established connection is cut at once" "$(tell srv3 recv 10)" TIMEOUT
ok "by the rules" dropped policy_drop 1
ok "another one is not" carries cli srv "after the reload"
printf '%s\n' "$rules" >"$NET_DIR/rules.nft"
ok "the first rules again" ctl reload
tell srv3 timeout 20 >/dev/null
is "what was held back is sent again" "$(tell srv3 recv 10)" refused
before=$(alone)
ok "it speaks" carries srv3 cli3 again
ok "by the kernel" test "$(alone)" -gt "$before"

# ---- the process is stopped ----

before=$(alone)
kill -STOP "$PLANE_PID"
tell srv2 listen 5006 >/dev/null
say cli2 connect "$WAN4" 5006
went=0
for i in 1 2 3 4; do
	carries cli srv "stopped $i" && carries srv cli "still $i" && went=$((went + 1))
	sleep 0.5
done
kill -CONT "$PLANE_PID"
is "while the process is stopped for 2 s, an established connection goes on" $went 4
is "a new one has waited for it" "$(hear cli2)" "ok *"
ok "the list has both" states 'orig=ESTABLISHED reply=ESTABLISHED' --dport 5003
ok "the list has the new one" states 'orig=ESTABLISHED reply=ESTABLISHED' --dport 5006
ok "and the counters" test $(($(alone) - before)) -ge 8

# ---- the end ----

plane_stop
is "a clean stop takes the programs off" \
	"$(net_exec wire ip -o link show | grep -c xdp)" 0
live_end
