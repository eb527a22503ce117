#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The page in a browser while hosts send: the state diagram has the endpoints of a
# connection and their transitions, and the ladder its packets, a dropped one too.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=page_lib.sh
. "$(dirname "$0")/page_lib.sh"

page_begin page_traffic
if ! browser_exists; then
	echo "1..0 # SKIP page_traffic: chromium is not installed"
	exit 0
fi
live_begin page_traffic
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 80 accept
	}
}'
ok "sluice-page starts" page_start "$NET_DIR/control.sock" "$NET_DIR/page.log"
peer cli lan
peer srv wan

source=40123
check traffic $source >"$NET_DIR/check" 2>&1 &
checking=$!
soon 60 "a browser shows that there is no connection" grep -q ready "$NET_DIR/check"
ok "a connection" connected cli srv 80 "$WAN4" $source
soon 60 "its states, transitions and the table" grep -q follows "$NET_DIR/check"
ok "data passes" carries cli srv hello
ok "a segment far beyond the window" net_exec lan "$PYTHON" "$NET_TOOLS/page_check.py" 0 \
	far_segment "$LAN4" "$WAN4" $source
ok "both are in the ladder" wait $checking
sed 's/^/# /' "$NET_DIR/check"
page_end
live_end
