#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Records of connections over TCP, at a collector with an IPv6 address: connections over
# IPv4 and IPv6, long ones with a record in each active time-out, and a collector that
# goes away and comes back.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin ipfix_tcp
# shellcheck disable=SC2034 # net.sh reads it
PLANE_TOP='ipfix: "[::1]:4739"
ipfix_transport: tcp
ipfix_active_timeout: 10
ipfix_domain: 7'
net_exec wire sh -c 'echo 0 >/proc/sys/net/ipv6/conf/lo/disable_ipv6' || exit

collect() # FILE
{
	net_spawn wire "$PYTHON" "$NET_TOOLS/ipfix_read.py" tcp ::1 4739 \
		>"$NET_DIR/$1" 2>&1
	collector=$SPAWNED
	wait_until 10 net_exec wire sh -c 'ss -Hltn sport = :4739 | grep -q .'
}

# shellcheck disable=SC2317 # called by soon()
has() # FILE PATTERN: the collector has printed such a line
{
	grep -qE "$2" "$NET_DIR/$1"
}

# shellcheck disable=SC2317
counts() # PATTERN: the counts of `stats` are these
{
	ctl -o json stats | grep -qE "\"ipfix\":\{$1\}"
}

ends() # PORT: the connection to this port is deleted
{
	wait_until 10 ctl delete -p tcp --dport "$1"
}

field() # NAME LINES: print the values of an element, a line each
{
	grep -oP " $1=\K\S+" <<<"$2"
}

total() # NAME LINES: print the sum of an element
{
	echo $(($(field "$1" "$2" | paste -sd+)))
}

collect first
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy accept
	}
}' "acct: true"
for name in cli cli2 cli3; do
	peer $name lan
	peer ${name/cli/srv} wan
done

# ---- a long connection over IPv4, one over IPv6 ----

ok "a connection over IPv4" connected cli srv 5001
ok "and one over IPv6" connected cli2 srv2 5002 "$WAN6"
ok "they speak" carries cli2 srv2 hello
ok "the one over IPv6 ends" ends 5002
soon 20 "its record has its addresses and states" has first \
	"^record 257 .* octets=[0-9]{3} packets=[34] reverse_octets=[0-9]{3} \
reverse_packets=[23] dropped=0 reverse_dropped=0 in=1 out=2 src=$LAN6 dst=$WAN6 \
sport=[0-9]+ dport=5002 .* proto=6 end_reason=4 biflow=1 initiator=ESTABLISHED \
responder=ESTABLISHED why=deleted drop_reason=$"

# shellcheck disable=SC2317
# speaks_until NUMBER: send data over the long connection; whether at least NUMBER records
# of it have come
speaks_until()
{
	carries cli srv hello && [ "$(grep -c ' dport=5001 ' "$NET_DIR/first")" -ge "$1" ]
}
soon 60 "one that goes on has two records" speaks_until 2
say srv timeout 1 && hear srv >/dev/null
is "it says no more" "$(tell srv recv 1)" TIMEOUT
read -r seq ack <<<"$(tell cli numbers)"
net_exec lan "$PYTHON" "$NET_TOOLS/peer.py" forge "$LAN4" \
	"$(conns -p tcp --dport 5001 | grep -oP ' sport=\K\d+')" "$WAN4" 5001 A \
	$((seq + 10000000)) "$ack"
soon 10 "a segment beyond the window is dropped" dropped tcp_seq_right 1
counted=$(ctl -o json list -p tcp --dport 5001 | _ctl_json counted)
ok "it ends" ends 5001
soon 20 "and has a third" has first ' dport=5001 .* end_reason=4 '
records=$(grep ' dport=5001 ' "$NET_DIR/first")
is "the reasons: it goes on, twice; then its end" \
	"$(field end_reason "$records" | paste -sd' ')" "2 2 4"
is "the states are told" "$(field initiator "$records" | sort -u)" ESTABLISHED
starts=$(field start "$records")
ok "each begins where the one before has ended, 10 s later" awk '
	NR > 1 && ($1 - last < 9900 || $1 - last > 12000) { exit 1 }
	{ last = $1 } END { exit NR != 3 }' <<<"$starts"
is "packets and octets of both directions add up" \
	"$(total packets "$records") $(total octets "$records") $(total \
		reverse_packets "$records") $(total reverse_octets "$records")" "$counted"

is "one packet of the initiator was dropped" \
	"$(total dropped "$records") $(total reverse_dropped "$records")" "1 0"
is "the last record has the reason" "${records##*drop_reason=}" tcp_seq_right

# ---- a collector that goes away and comes back ----

# shellcheck disable=SC2317 # called by soon()
all_sent() # what counts as sent is what the collector has
{
	counts "\"sent\":$(grep -c ^record "$NET_DIR/first"),\"lost\":0,\"errors\":0"
}
soon 20 "so far all were sent" all_sent
net_end "$collector"
soon 20 "that the collector has gone is noticed without a record" counts \
	'.*"lost":0,"errors":1'
is "there is one warning" "$(grep -c '^warning: ipfix' "$NET_DIR/plane.log")" 1
is "it says why" "$(grep '^warning: ipfix' "$NET_DIR/plane.log")" \
	'warning: ipfix: \[::1\]:4739: *: records are lost until it can be reached'
ok "a connection" connected cli3 srv3 5003
ok "ends meanwhile" ends 5003
soon 20 "its record is lost" counts '.*"lost":[1-9],"errors":[1-9]'
collect second

# shellcheck disable=SC2317
tried_again() # a connection ends until the collector has been tried again
{
	connected cli3 srv3 5004 && ends 5004 && has second ^record
}
soon 60 "it gets records when it is back" tried_again
ok "after the templates of both families" test \
	"$(head -n 3 "$NET_DIR/second" | cut -d ' ' -f 1,2 | paste -sd' ')" = \
	"connected template 256 template 257"
live_end
