#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# `dup` sends copies by a port that is in no wire: a host there sees the data, byte for
# byte, and the receiver still gets it. What cannot send copies is refused at the start;
# the wire goes on when the mirror port is gone.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin mirror
if ! net_mirror; then
	echo "1..0 # SKIP mirror: the network could not be made"
	exit 0
fi
rules='table ip filter {
	chain forward {
		type filter hook forward priority filter; policy accept
		tcp dport 80 dup to 192.0.2.9 device "ids"
	}
}'

# seen TEXT: the host at the mirror port has seen this text, and nothing else, since the
# last call
seen()
{
	local all='' end=$((SECONDS + 10))

	while [ "$all" != "$1" ] && [ "$SECONDS" -lt "$end" ]; do
		all+=$(tell ids)
	done
	[ "$all" = "$1" ] || note "seen: '$all'"
	[ "$all" = "$1" ]
}

mirrored()
{
	peer ids ids frames.py payload c0 80
	is "the host at the mirror port listens" "$(hear ids)" ready
	ok "a connection, $1" connected cli srv 80
	ok "its data arrives" carries cli srv "copied-text"
	ok "the copy arrives" seen "copied-text"
	ok "what comes back arrives" carries srv cli "answer"
	ok "more data arrives" carries cli srv "and-more"
	ok "of which there is a copy; the rule copies no answer" seen "and-more"
	ok "sluice has counted copies" test "$(counter copies)" -ge 5
	is "and lost none" "$(counter copies_lost)" 0
	tell cli close >/dev/null
	tell srv close >/dev/null
	ok "a connection to another port" connected cli srv 81
	ok "has its data" carries cli srv "other"
	tell cli close >/dev/null
	tell srv close >/dev/null
	ok "a connection to the first port" connected cli srv 80
	ok "has its data" carries cli srv "marker"
	ok "there is a copy of the latter only" seen "marker"
	tell cli close >/dev/null
	tell srv close >/dev/null
}

peer cli lan
peer srv wan
PLANE_MIRROR=iface=cp
live_plane "$rules"
mirrored "one worker"
is "its counters" "$(ctl stats)" "*ids*"

# ---- the mirror port goes away ----

net_exec wire ip link delete cp
soon 10 "sluice says that copies are lost" grep -q \
	"port ids (cp): .*copies (dup) are lost" "$NET_DIR/plane.log"
ok "a connection then" connected cli srv 80
ok "has its data" carries cli srv "without-copies"
ok "the copies are counted as lost" test "$(counter copies_lost)" -gt 0
ok "sluice is alive" _plane_alive
tell cli close >/dev/null
tell srv close >/dev/null
plane_stop

# ---- the mirror port sends slower than copies are made ----

ip netns delete "$NET_NAME-ids"
net_mirror
if net_exec wire tc qdisc add dev cp root tbf rate 8kbit burst 1600 latency 1000s; then
	PLANE_MIRROR=iface=cp,qdisc_bypass=0 PLANE_DRIVERS=net_af_packet
	live_plane "$rules"
	ok "a connection" connected cli srv 80
	ok "has its data" carries cli srv "begin"
	say srv drain
	sum=$(tell cli sendn 2000000)
	tell cli close >/dev/null
	is "2 MB arrive, half an hour of the mirror port" "$(hear srv)" "$sum"
	ok "copies are lost, and counted" test "$(counter copies_lost)" -gt 0
	ok "others are sent" test "$(counter copies)" -gt 0
	tell srv close >/dev/null
	plane_stop
	PLANE_DRIVERS="net_af_xdp net_af_packet"
fi

# ---- several workers ----

ip netns delete "$NET_NAME-ids"
net_mirror
if [ "$(nproc)" -gt 1 ]; then
	PLANE_WORKERS=2
	printf '%s\n' "$rules" >"$NET_DIR/rules.nft"
	plane_start "$NET_DIR/rules.nft"
	is "one transmit queue for two workers: refused" $? 1
	ok "says why" grep -q \
		"port 'ids' is in no wire.* has 1 transmit queue, and each of the 2" \
		"$NET_DIR/plane.log"
	PLANE_MIRROR=iface=cp,qpairs=2
	live_plane "$rules"
	mirrored "two workers"
	plane_stop
fi

# ---- a wire with XDP ----

PLANE_WORKERS=1 PLANE_MIRROR=iface=cp PLANE_DRIVERS=xdp
if ! grep -q "this build has no XDP" "$SLUICE" && [ -r /sys/kernel/btf/vmlinux ]; then
	live_plane "$rules"
	mirrored "a wire with xdp"
fi
live_end
