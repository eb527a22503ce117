#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# `ct timeout set` gives a connection the time-outs of an object: sluicectl shows what is
# left of them, the connection expires, and after a reload that removes the object it has
# those of the configuration. The same on a wire with XDP.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin timeouts
rules='table inet filter {
	ct timeout short {
		protocol tcp
		l3proto ip
		policy = { established : 600, close : 2 }
	}
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport 80 ct timeout set "short" accept
		iifname "lan" oifname "wan" tcp dport 81 accept
	}
}'

# left PORT LOW HIGH: the connection to a port expires in LOW to HIGH seconds
left()
{
	local seconds

	seconds=$(ctl -o json list --dport "$1" | grep -oE '"timeout": ?[0-9]+' |
		grep -oE '[0-9]+')
	note "port $1: '$seconds' s left"
	[ -n "$seconds" ] && [ "$seconds" -ge "$2" ] && [ "$seconds" -le "$3" ]
}

timeouts()
{
	ok "a connection with time-outs of its own, $1" connected cli srv 80
	ok "has those of the object" left 80 590 600
	ok "another connection" connected cli2 srv2 81
	ok "has those of the configuration" left 81 7400 7440
	ok "data passes" carries cli srv text
	tell cli reset >/dev/null
	soon 7 "after a reset it is gone before the 10 s of the configuration" \
		no_conns --dport 80
	ok "a connection again" connected cli srv 80
	sed -i -e '/ct timeout short/,/^\t}/d' -e 's/ct timeout set "short"//' \
		"$NET_DIR/rules.nft"
	ok "a reload of rules without the object" ctl reload
	ok "the connection has the time-outs of the configuration" left 80 7400 7440
	ok "data passes then" carries cli srv more
	printf '%s\n' "$rules" >"$NET_DIR/rules.nft"
	ok "a reload of the rules with the object" ctl reload
	ok "the connection has its time-outs" left 80 590 600
	for name in cli srv cli2 srv2; do
		tell $name close >/dev/null
	done
	plane_stop
}

for name in cli cli2; do
	peer $name lan
	peer ${name/cli/srv} wan
done
live_plane "$rules"
timeouts "over $PLANE_DRIVER"
if ! grep -q "this build has no XDP" "$SLUICE" && [ -r /sys/kernel/btf/vmlinux ]; then
	PLANE_DRIVERS=xdp
	live_plane "$rules"
	timeouts "a wire with xdp"
fi
live_end
