#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A connection that is idle for longer than its time-out is kept while both ends are
# alive: because of its keepalives, or because they answer the probes of sluice (TIM-1). A
# connection whose ends are gone, or do not answer, is removed, and segments that it sends
# later are dropped.
# Waits more than it works.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin idle
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 22-25 } accept
	}
}' 'tcp_timeout_established: 3'

for name in cli cli2 dead far; do
	peer $name lan
	peer ${name}_srv wan
done

ok "a session with keepalives" connected cli cli_srv 22
tell cli keepalive 1 1 >/dev/null
ok "a session without" connected cli2 cli2_srv 23

ok "a session whose ends are gone" connected dead dead_srv 24
tell dead vanish >/dev/null
tell dead_srv vanish >/dev/null

# One end does not answer: its address is removed for some time.
far_lan=10.9.0.3 far_wan=10.9.0.4
far()
{
	net_exec lan ip address "$1" $far_lan/24 dev a0
	net_exec wan ip address "$1" $far_wan/24 dev b0
}
far add
ok "a session that is cut off" connected far far_srv 25 $far_wan 40025 $far_lan
ok "it speaks" carries far far_srv hello
far del

begin=$SECONDS
ok "all four are there" test "$(conns -p tcp | wc -l)" -eq 4
soon 20 "the one whose ends are gone is forgotten" no_conns --dport 24
note "after $((SECONDS - begin)) s"
soon 20 "the one that is cut off is forgotten" no_conns --dport 25
note "after $((SECONDS - begin)) s"
ok "not at once" test $((SECONDS - begin)) -ge 3
far add
tell far_srv timeout 1 >/dev/null
tell far send lost >/dev/null
is "what a forgotten session sends goes nowhere" "$(tell far_srv recv 100)" TIMEOUT
ok "and is counted" dropped tcp_no_connection 1

# About twice the timeout has passed.
ok "the one with keepalives is still there" \
	states 'orig=ESTABLISHED reply=ESTABLISHED' --dport 22
ok "and speaks" carries cli cli_srv hello
ok "in both directions" carries cli_srv cli hello
ok "so is the one without" states 'orig=ESTABLISHED reply=ESTABLISHED' --dport 23
ok "and speaks" carries cli2 cli2_srv hello
ok "in both directions" carries cli2_srv cli2 hello
ok "dropped nothing else" no_drops_but tcp_no_connection
live_end
