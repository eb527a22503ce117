#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# With `poll: adaptive`, an idle sluice needs a small part of a core, also while an
# interface is down; timers fire, and packets pass after a pause, also those that one
# worker hands over to another.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=idle_lib.sh
. "$(dirname "$0")/idle_lib.sh"

if ! command -v strace >/dev/null; then
	echo "1..0 # SKIP poll: needs strace"
	exit 0
fi
# shellcheck disable=SC2034 # net.sh reads it
PLANE_TOP='poll: adaptive'
live_begin poll
rules='table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" accept
	}
}'
live_plane "$rules" 'udp_timeout: 2'
peer cli lan
peer srv wan

ok "a connection" connected cli srv 80
ok "data passes" carries cli srv hello
for word in one two three; do
	# sluice has nothing to do meanwhile
	net_exec lan "$PYTHON" -c "import time; time.sleep(0.3)"
	ok "data passes after a pause" carries cli srv "$word"
done
net_exec lan "$PYTHON" -c "
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('$WAN4', 4000))"
soon 5 "a connection of UDP" states . -p udp --dport 4000
soon 20 "ends by its time-out" no_conns -p udp --dport 4000
# The driver has sockets, at which the worker waits.
percent=$(idle)
note "idle: $percent % of a core"
ok "an idle sluice needs at most 5 % of a core" test "$percent" -le 5
ok "data passes after it" carries srv cli again

# The socket of an interface that is down is always ready.
net_exec wire ip link set ap down
percent=$(idle)
note "an interface is down: $percent % of a core"
ok "then it needs a small part of a core" test "$percent" -lt 25
net_exec wire ip link set ap up
soon 20 "frames cross when it is up again" _plane_crosses
ok "data passes" carries cli srv end
plane_stop

# ---- two workers of one wire: the one that receives wakes the other ----

# shellcheck disable=SC2034 # net.sh reads it
PLANE_WORKERS=2
live_plane "$rules"
for port in 81 82 83 84 85 86 87 88; do
	peer "cli$port" lan
	peer "srv$port" wan
	connected "cli$port" "srv$port" "$port" || break
done
is "two workers: eight connections" "$port" 88
is "packets of some are handed over" "$(ctl -o json stats)" '*"handed_over":[1-9]*'
ok "they wait" waits_begin
for port in 81 82 83 84 85 86 87 88; do
	net_exec lan "$PYTHON" -c "import time; time.sleep(0.1)"
	carries "cli$port" "srv$port" "after a pause" || break
done
is "data of each passes after a pause" "$port" 88
# the first descriptor of a worker is its eventfd
woken=$(waits_end 'ppoll(\[{fd=\([0-9]*\),.* ([[]{fd=\1,')
ok "packets that are handed over have ended a wait" test "$woken" -ge 1
percent=$(idle)
note "idle, two workers: $percent % of a core"
ok "each needs at most 5 % of a core" test "$percent" -le 10

live_end
