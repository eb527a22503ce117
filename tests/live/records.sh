#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Records of packets that hosts have sent and sluice has dropped or passed: in the flight
# recorder (`drops`), as a stream (`drops --follow`), and as an annotated capture
# (`capture`).
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# raw SEQ: send a segment with ACK from lan, of the connection of cli and srv
raw()
{
	net_exec lan "$PYTHON" - "$LAN4" "$WAN4" "$port" "$1" <<-'END'
		import socket, struct, sys
		source, target, port, seq = sys.argv[1:]
		data = b"0123456789"
		head = struct.pack("!HHIIBBHHH", int(port), 80, int(seq), 1, 0x50, 0x10,
		                   500, 0, 0)
		pseudo = socket.inet_aton(source) + socket.inet_aton(target)
		pseudo += struct.pack("!HH", 6, len(head + data)) + head + data
		total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
		while total >> 16:
		    total = (total & 0xffff) + (total >> 16)
		head = head[:16] + struct.pack("!H", ~total & 0xffff) + head[18:]
		raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
		raw.sendto(head + data, (target, 0))
	END
}

# reads FILE PATTERN: a background reader has printed exactly PATTERN so far
reads()
{
	# shellcheck disable=SC2053 # the second one is a pattern
	[[ $(<"$1") == $2 ]]
}

follows() # NUMBER: sluice has accepted the requests of NUMBER readers
{
	[ "$(ctl -o json stats | grep -c '"readers":'"$1"'[,}]')" -eq 1 ]
}

# the rules log port 19, since plane_start sends probes to port 9
live_begin records
# shellcheck disable=SC2034 # net.sh reads it
PLANE_TOP="record_log: $NET_DIR/records.json"
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 80 accept
		iifname "lan" udp dport 7 drop
		iifname "lan" udp dport 19 log prefix "nine: " level notice drop
	}
}'
peer cli lan
peer srv wan
peer other wan

is "at first nothing is recorded" "$(ctl drops -v --reason tcp_seq_right 2>&1)" \
	"*no dropped packet is recorded that matches"
ok "a connection" connected cli srv 80
port=$(ctl -o json list --dport 80 | grep -oE '"sport":[0-9]+' | head -n 1)
port=${port#*:}

# background readers; not started with ctl, whose process is a shell that ignores SIGINT
ctl=("$SLUICECTL" -s "$NET_DIR/control.sock")
"${ctl[@]}" drops --follow >"$NET_DIR/all" 2>"$NET_DIR/all.err" &
all=$!
"${ctl[@]}" drops --follow --reason policy_drop -o json -c 1 >"$NET_DIR/one" 2>&1 &
one=$!
"${ctl[@]}" capture -w "$NET_DIR/drops.pcapng" -p tcp 2>"$NET_DIR/capture.err" &
capture=$!
soon 5 "three readers follow, beside the log" follows 4

ok "data passes" carries cli srv hello
ok "a segment far beyond the window" raw 4000000000
tell other timeout 0.5 >/dev/null
is "an unsolicited connection from the outside" "$(tell other connect "$LAN4" 4444)" \
	TIMEOUT

soon 5 "the tracker's drop: numbers, states and reason" reads "$NET_DIR/all" \
	"* tcp_seq_* lan tcp $LAN4:$port > $WAN4:80 flags A seq 4000000000 ack * len 10,\
 *, connection * orig, orig=ESTABLISHED reply=ESTABLISHED*: sequence *;\
 SEQ 4000000000 is b* *"
soon 5 "the drop of the rules: which rule" reads "$NET_DIR/all" \
	"* policy_drop wan tcp $WAN4:* > $LAN4:4444 flags S *, by the policy of the chain\
 (ct state new): *"
ok "a reader with --count ends" wait $one
is "and has read one object with the reason" "$(cat "$NET_DIR/one")" \
	'{"follow":"subscribed"}
{"drop":{"time_ns":*"reason":"policy_drop"*"dport":4444*}}'

kill -INT $capture
ok "a capture ends with SIGINT" wait $capture
is "and says how many" "$(cat "$NET_DIR/capture.err")" \
	"*packets written to $NET_DIR/drops.pcapng"
packets=$("$PYTHON" "$NET_TOOLS/pcapng_read.py" "$NET_DIR/drops.pcapng")
is "its packets have port, time, bytes and a comment" "$packets" \
	"*lan $(date +%s | cut -c 1-7)* 64 64 6 $LAN4 $WAN4 $port>80 | sluice: drop\
 tcp_seq_*: sequence *; SEQ 4000000000 is *; before: orig ESTABLISHED, reply ESTABLISHED;\
 after: orig ESTABLISHED, reply ESTABLISHED; connection 1*"
is "what passes is in it, too" "$packets" "lan * 71 71 6 $LAN4 $WAN4 $port>80 | sluice:\
 pass; rule 2: forward: *tcp dport 80 accept; before: orig ESTABLISHED, reply\
 ESTABLISHED; after: orig ESTABLISHED, reply ESTABLISHED; connection 1
*"
is "of either port" "$packets" \
	"*wan * 6 $WAN4 $LAN4 *>4444 | sluice: drop policy_drop: *; rule: the chain*"
is "and statistics" "$packets" "*statistics * 0"
if command -v tcpdump >/dev/null; then
	is "tcpdump reads it" "$(tcpdump -nr "$NET_DIR/drops.pcapng" 2>&1)" \
		"*$LAN4.$port > $WAN4.80*"
fi
"${ctl[@]}" capture -w - -c 1 --verdict drop >"$NET_DIR/pipe.pcapng" 2>/dev/null &
capture=$!
soon 5 "a capture to a pipe" follows 3
ok "data passes, which is not for it" carries cli srv hello
tell other connect "$LAN4" 4445 >/dev/null
ok "ends after its packet" wait $capture
packets=$("$PYTHON" "$NET_TOOLS/pcapng_read.py" "$NET_DIR/pipe.pcapng")
is "which is there" "$packets" "wan *>4445 | sluice: drop *"
"${ctl[@]}" capture -w "$NET_DIR/pass.pcapng" -c 1 --verdict pass --dport 80 \
	2>/dev/null &
capture=$!
soon 5 "a capture of what passes to a port" follows 3
tell other connect "$LAN4" 4446 >/dev/null
ok "data passes to it" carries cli srv hello
ok "it ends after its packet" wait $capture
packets=$("$PYTHON" "$NET_TOOLS/pcapng_read.py" "$NET_DIR/pass.pcapng")
is "which is there, alone" "$packets" "lan * $port>80 | sluice: pass; *
statistics 1 0"
is "such records are counted" "$(ctl -o json stats)" '*"passed":{"made":[1-9]*}*'

# ---- a trace through the rules ----

"${ctl[@]}" trace -c 2 -p tcp --dport 80 >"$NET_DIR/trace" 2>&1 &
trace=$!
soon 5 "a reader of a trace" follows 3
ok "data passes" carries cli srv hello
ok "data passes" carries cli srv hello
ok "the trace ends after its packets" wait $trace
is "each packet has the rules that it matches" "$(<"$NET_DIR/trace")" \
	"* pass lan tcp $LAN4:$port > $WAN4:80 *
chain forward
    rule 1, forward: ct state established,related accept
        matches: accept
accept, by rule 1; *
* pass lan tcp *"

net_exec lan "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x' * 500, ('$WAN4', 7))"
soon 5 "a drop by a rule has its number" reads "$NET_DIR/all" \
	"*udp *:7, 542 bytes, by rule 3 *"
recorder=$(ctl drops -v)
is "the flight recorder: first the counters" "$recorder" "reason *packets *policy_drop *"
is "then the packets of each reason" "$recorder" \
	"*tcp_seq_* lan tcp *policy_drop wan tcp *"
is "in JSON with a count" "$(ctl -o json drops -v --dport 7 --reason policy_drop)" \
	'*{"drop":{*"dport":7,"bytes":542*}}
{"recorded":1}'
is "a filter that nothing matches" "$(ctl drops -v --dport 10 2>&1)" \
	"*no dropped packet is recorded that matches"
"${ctl[@]}" log -c 1 >"$NET_DIR/log" 2>&1 &
log=$!
soon 5 "a reader of logs" follows 3
net_exec lan "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('$WAN4', 19))"
ok "it ends after its record" wait $log
is "which has level, prefix and rule of the log statement" "$(cat "$NET_DIR/log")" \
	"* notice \"nine: \" lan udp $LAN4:* > $WAN4:19, 43 bytes, by rule 4 (ct state *"
soon 5 "sluice itself logs it to a file" reads "$NET_DIR/records.json" \
	'{"log":{*"prefix":"nine: ","level":"notice","rule":4,*"dport":19,*}}'
mv "$NET_DIR/records.json" "$NET_DIR/records.1"
kill -HUP "$PLANE_PID"
net_exec lan "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'xy', ('$WAN4', 19))"
soon 5 "and after SIGHUP to a new one" reads "$NET_DIR/records.json" \
	'{"log":{*"bytes":44*}}'
is "with which the old one has ended" "$(wc -l <"$NET_DIR/records.1")" 1
kill -INT $all
ok "a reader ends with SIGINT" wait $all
is "without a loss" "$(cat "$NET_DIR/all.err")" ""
soon 5 "no reader is left but the log" follows 1
live_end
