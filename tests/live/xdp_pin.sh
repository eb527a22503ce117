#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# xdp_pin: the process is killed, and established connections go on without it and with
# the next one, which takes them over: their states, a close, a reset. After a clean stop
# the next one has them too. Pinned connections of another configuration are refused.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PLANE_DRIVERS=xdp
live_begin xdp_pin
xdp_pins xdp_pin
rules='table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 5001-5009 accept
	}
}'
# shellcheck disable=SC2034 # by net.sh
PLANE_TOP="xdp_pin: $pins/sluice"
live_plane "$rules"
for name in cli cli2 cli3 cli4; do
	peer $name lan
	peer ${name/cli/srv} wan
done
ok "connected" connected cli srv 5001
ok "connected over IPv6" connected cli2 srv2 5002 "$WAN6"
ok "connected" connected cli3 srv3 5003
ok "they speak" carries cli srv hello
ok "they speak" carries cli2 srv2 hello
ok "they speak" carries cli3 srv3 hello

goes_on() # TEXT: text crosses in both directions
{
	carries cli srv "$1" && carries srv cli "$1, too" && carries cli2 srv2 "$1" &&
		carries srv2 cli2 "$1, too"
}

killed()
{
	kill -KILL "$PLANE_PID"
	wait "$PLANE_PID" 2>/dev/null
	PLANE_PID=
}

killed
ok "killed: established connections go on" goes_on "without a process"
sleep 1
ok "and on" goes_on "after a second"

live_plane "$rules"
is "the next process takes them over" \
	"$(grep -c '^connections: 3 taken over from ' "$NET_DIR/plane.log")" 1
is "and the programs are replaced where they are" \
	"$(grep -c ': XDP: took over the link ' "$NET_DIR/plane.log")" 2
ok "they go on" goes_on "with the next"
ok "all three are ESTABLISHED" test \
	"$(conns -p tcp | grep -c 'orig=ESTABLISHED reply=ESTABLISHED')" -eq 3
ok "a new one" connected cli4 srv4 5004
tell srv close >/dev/null
soon 10 "a close is followed: FIN_WAIT_2 and CLOSE_WAIT" \
	states 'orig=CLOSE_WAIT reply=FIN_WAIT_2' --dport 5001
tell cli close >/dev/null
soon 10 "TIME_WAIT" states 'orig=CLOSED reply=TIME_WAIT' --dport 5001
tell cli3 reset >/dev/null
is "a reset gets through" "$(tell srv3 recv 10)" ECONNRESET
ok "dropped nothing" no_drops_but

# ---- other configurations ----

plane_stop
is "a clean stop takes the programs off" \
	"$(net_exec wire ip -o link show | grep -c xdp)" 0

refused() # TEXT PATTERN SED...
{
	sed "${@:3}" "$NET_DIR/sluice.yaml" >"$NET_DIR/bad.yaml"
	is "$1" "$(net_exec wire timeout 30 "$SLUICE" -- -c "$NET_DIR/bad.yaml" 2>&1 \
		</dev/null
		echo "status $?")" "$2"
}
refused "another size of the table" \
	"*sluice: xdp_pin: the connections in $pins/sluice are of another configuration: \
conntrack.max is 65536 there and 1000 here: *status 4" -e 's/max: 65536/max: 1000/'
refused "accounting" "*: conntrack.acct * is 0 there and 1 here: *status 4" \
	-e 's/^conntrack:/&\n  acct: true/'
refused "other interfaces" \
	"*are of other interfaces or groups: port 0 has the interface with index *: *" \
	-e 's/device: ap/device: BP/' -e 's/device: bp/device: ap/' -e 's/BP/bp/'
refused "a directory outside of a bpffs" \
	"*sluice: xdp_pin: $NET_DIR/plain is in no bpffs, *status 4" \
	-e "s|^xdp_pin:.*|xdp_pin: $NET_DIR/plain|"
refused "a directory that cannot be" \
	"*sluice: xdp_pin: /nowhere/at/all cannot be created: *status 4" \
	-e "s|^xdp_pin:.*|xdp_pin: /nowhere/at/all|"

live_plane "$rules"
ok "after a clean stop, too, they are taken over" \
	grep -q '^connections: [234] taken over from ' "$NET_DIR/plane.log"
ok "and go on" carries cli2 srv2 "after a restart"
ok "both" carries srv4 cli4 "after a restart"
live_end
