#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every frame offered to sluice is counted: as passed, dropped, or missed before sluice
# received it. Sluice is stopped for a while, so that the rings of the kernel overflow,
# with each driver.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

FRAMES=20000

live_begin missed

# number PATH: print a number of `sluicectl stats`, for example "ports.lan.rx_missed"
number()
{
	ctl -o json stats | "$PYTHON" -c '
import json, sys
value = json.load(sys.stdin)["stats"]
for key in sys.argv[1].split("."):
    value = value[key]
print(value)' "$1"
}

# Print the number of frames that the sender has dropped, before they reached the port.
lost_before()
{
	net_exec lan ip -s -j link show a0 | "$PYTHON" -c '
import json, sys
print(json.load(sys.stdin)[0]["stats64"]["tx"]["dropped"])'
}

# shellcheck disable=SC2317 # called by soon
all_told()
{
	packets=$(($(number packets) - first))
	missed=$(number ports.lan.rx_missed)
	[ $((packets + missed)) -ge "$offered" ]
}

# shellcheck disable=SC2317 # called by soon
balanced()
{
	ctl -o json stats | "$PYTHON" -c '
import json, sys
s = json.load(sys.stdin)["stats"]
sys.exit(s["packets"] != s["passed"] + s["dropped"] + s["fragments"])'
}

for PLANE_DRIVERS in net_af_xdp net_af_packet; do
	live_plane 'table inet filter {
		chain forward { type filter hook forward priority filter; policy accept; }
	}' 'ipfrag_high_thresh: 0'
	ok "the hosts know each other" net_neighbours
	wait_until 10 ctl stats
	sleep 1 # neighbour discovery and other packets of the hosts' own
	first=$(number packets) lost=$(lost_before)
	kill -STOP "$PLANE_PID"
	net_exec lan "$PYTHON" "$NET_TOOLS/frames.py" fragments a0 "$(_net_mac wan b0)" \
		"$LAN4" "$WAN4" $FRAMES >/dev/null
	kill -CONT "$PLANE_PID"
	offered=$((FRAMES - $(lost_before) + lost))
	soon 10 "$PLANE_DRIVER: all of $offered frames are told of" all_told
	note "$packets came in, $missed missed"
	ok "most were missed" test "$missed" -gt $((offered / 2))
	ok "and no more than there were" test $((packets + missed)) -le $((offered + 50))
	soon 3 "what came in has passed or was dropped" balanced
	plane_stop
done
live_end
