#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A half-closed connection: the host that has sent its FIN receives for as long as the
# other one sends, and sluice shows the states. The connection is neither removed nor
# stopped meanwhile. Both sides close first in turn.
# Waits more than it works.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin halfclose
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 80, 81 } accept
	}
}' 'tcp_timeout_established: 2' 'tcp_timeout_fin_wait: 2' 'tcp_timeout_last_ack: 2'

for name in cli cli2; do peer $name lan; done
for name in srv srv2; do peer $name wan; done

ok "connected" connected cli srv 80
ok "a request" carries cli srv request
tell cli shut >/dev/null
is "the client closes its half" "$(tell srv recv 100)" EOF
soon 10 "client FIN_WAIT_2, server CLOSE_WAIT" states 'orig=FIN_WAIT_2 reply=CLOSE_WAIT' \
	--dport 80

# Show that more than tcp_timeout_established has passed: another connection, whose ends
# are gone, is removed meanwhile.
ok "another connection" connected cli2 srv2 81
tell cli2 vanish >/dev/null
tell srv2 vanish >/dev/null
soon 15 "is forgotten when idle" no_conns --dport 81
ok "the half-closed one is not" states 'orig=FIN_WAIT_2 reply=CLOSE_WAIT' --dport 80
say srv sendn 20000000
say cli drain
sent=$(hear srv)
tell srv close >/dev/null
is "the answer is whole" "$(hear cli)" "$sent"
tell cli close >/dev/null
soon 10 "client TIME_WAIT, server CLOSED" states 'orig=TIME_WAIT reply=CLOSED' --dport 80

ok "connected" connected cli srv 80 "$WAN6"
tell srv shut >/dev/null
is "the server closes its half" "$(tell cli recv 100)" EOF
soon 10 "client CLOSE_WAIT, server FIN_WAIT_2" \
	states 'orig=CLOSE_WAIT reply=FIN_WAIT_2' --dport 80 --dst "$WAN6"
say srv drain
sent=$(tell cli sendn 20000000)
tell cli close >/dev/null
is "what the client still sends is whole" "$(hear srv)" "$sent"
tell srv close >/dev/null
soon 10 "client CLOSED, server TIME_WAIT" \
	states 'orig=CLOSED reply=TIME_WAIT' --dport 80 --dst "$WAN6"
# RST-8: a RST toward TIME_WAIT is dropped on purpose
ok "nothing dropped" no_drops_but tcp_rst_time_wait
live_end
