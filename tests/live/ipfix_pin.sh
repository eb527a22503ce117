#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# xdp_pin and IPFIX: a restart adopts connections. What the process before has reported of
# a connection is not reported again; one that it has not reported is counted from its
# beginning.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # by net.sh
PLANE_DRIVERS=xdp
live_begin ipfix_pin
xdp_pins ipfix_pin
rules='table inet filter {
	chain forward {
		type filter hook forward priority filter; policy accept
	}
}'
# shellcheck disable=SC2034 # by net.sh
PLANE_TOP="xdp_pin: $pins/sluice
ipfix: 127.0.0.1:4739
ipfix_active_timeout: 10"
net_spawn wire "$PYTHON" "$NET_TOOLS/ipfix_read.py" udp 127.0.0.1 4739 \
	>"$NET_DIR/records" 2>&1
live_plane "$rules" "acct: true"
for name in cli cli2; do
	peer $name lan
	peer ${name/cli/srv} wan
done

packets() # PORT: print the packets of the initiator, by all records
{
	echo $((0$(grep " dport=$1 " "$NET_DIR/records" | grep -oP ' packets=\K\d+' |
		sed 's/^/+/' | tr -d '\n')))
}

# shellcheck disable=SC2317 # called by soon()
records() # PORT NUMBER: so many records have come
{
	[ "$(grep -c " dport=$1 " "$NET_DIR/records")" -ge "$2" ]
}

listed() # PORT: print the packets of the initiator, by the list
{
	ctl -o json list -p tcp --dport "$1" | _ctl_json counted | cut -d ' ' -f 1
}

ok "a connection" connected cli srv 5001
ok "speaks" carries cli srv hello
soon 30 "and has a record when it is old" records 5001 1
ok "a second connection" connected cli2 srv2 5002
ok "speaks" carries cli2 srv2 hello
reported=$(packets 5001)
plane_stop
live_plane "$rules" "acct: true"
is "both are adopted" \
	"$(grep -oE '^connections: [0-9]+ taken over' "$NET_DIR/plane.log")" \
	"connections: [1-9]* taken over"
at_start=$(listed 5001)
ok "the first goes on" carries cli srv again
ok "and the second" carries cli2 srv2 again
soon 30 "the second has a record when it is old" records 5002 1
soon 30 "and the first one, a time-out after the restart" records 5001 2
is "what was sent before the restart is counted once" \
	"$(($(packets 5001) - reported))" "$(($(listed 5001) - at_start))"
ok "which is something" test "$at_start" -gt 0
is "the second is counted from its beginning" "$(packets 5002)" "$(listed 5002)"
live_end
