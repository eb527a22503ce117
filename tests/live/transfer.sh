#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# One connection transfers a gigabyte, almost a quarter of the sequence space, and an IPv6
# one less in the other direction: no byte may differ, and no segment may be dropped.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin transfer
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 5001 accept
	}
}'
peer cli lan
peer srv wan

ok "connected" connected cli srv 5001
begin=$(date +%s%N)
say srv sendn 1000000000
say cli drain
sent=$(hear srv)
tell srv close >/dev/null
got=$(hear cli)
took=$(($(date +%s%N) - begin))
note "1 GB in $((took / 1000000)) ms: $((8000000000000 / took)) Mbit/s"
is "1 GB down: sent" "$sent" "1000000000 *"
is "1 GB down: what came is what was sent" "$got" "$sent"
soon 10 "server closed, client has not: FIN_WAIT_2 and CLOSE_WAIT" \
	states 'orig=CLOSE_WAIT reply=FIN_WAIT_2' --dport 5001
tell cli close >/dev/null
soon 10 "both closed: CLOSED and TIME_WAIT" states 'orig=CLOSED reply=TIME_WAIT' --dport \
	5001

ok "connected over IPv6" connected cli srv 5001 "$WAN6"
say srv drain
sent=$(tell cli sendn 200000000)
tell cli close >/dev/null
is "200 MB up: what came is what was sent" "$(hear srv)" "$sent"
tell srv close >/dev/null
soon 10 "TIME_WAIT at the client" states 'orig=TIME_WAIT reply=CLOSED' --dport 5001 \
	--dst "$WAN6"
ok "nothing dropped" no_drops_but
live_end
