#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hosts that crash and come back, and ports that are reused at once. A crash disconnects
# the host's interface and then ends the host: its connections, neighbours and programs
# are gone, and no packet says so. Three crashes: of the client, whose connections the
# server still has; of the server; and of both, so that only sluice has the connections.
# Then ports are reused after an orderly close, with TIME_WAIT at either end, and after
# resets. Every client must connect again within the usual retransmissions, sluice must
# drop no segment that its receiver needed, and no entry may be left.
# Waits more than it works.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin crash relay
# shellcheck source=capture_check.sh
. "$NET_TOOLS/capture_check.sh"
# AF_PACKET has a ring large enough for what arrives while the worker waits for a CPU (see
# stacks.sh).
PLANE_DRIVERS=net_af_packet
net_relay --delay 0.5
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 80, 81 } accept
	}
}' 'tcp_timeout_time_wait: 2' 'tcp_timeout_close: 5'
# Entries in TIME_WAIT and CLOSED expire within seconds, so any that are left at the end
# are errors.

declare -A CARD=([lan]="a0 $LAN4 $LAN6" [wan]="b0 $WAN4 $WAN6")
CRASHES=()

# crash HOST: end a host and start an empty one in its place, whose interface is not
# connected yet.
crash()
{
	local host=$1 card pids

	read -r card _ <<<"${CARD[$host]}"
	net_exec "$host" ip link set "$card" netns "$NET_NAME-wire" || return
	pids=$(ip netns pids "$NET_NAME-$host")
	{
		_net_remove "$NET_NAME-$host"
		# shellcheck disable=SC2086 # words
		wait $pids
	} 2>/dev/null # bash reports each killed process
	ip netns add "$NET_NAME-$host" && net_exec "$host" ip link set lo up
}

# plug HOST: connect the interface of a host that crash() has started, with its old
# addresses. From now on the host answers.
plug()
{
	local host=$1 words

	read -ra words <<<"${CARD[$host]}"
	net_exec wire ip link set "${words[0]}" netns "$NET_NAME-$host" || return
	CRASHES+=(--crash "$host:$(date +%s.%N)")
	net_exec "$host" ip link set "${words[0]}" up && _net_host "$host" "${words[@]}"
}

# serve PEER: start a server and wait until it is ready
serve()
{
	peer "$1" wan conn_pool.py serve 80
	SERVING=$SPAWNED
	tell "$1" there >/dev/null
}

# again TEXT PEER: all clients connect from their previous ports, with at most two
# retransmissions
again()
{
	local answer took

	answer=$(tell "$2" open "$WAN4,$WAN6" 80 40000 "$EACH")
	is "$1" "$answer" "$ALL ok in *"
	took=${answer% ms}
	ok "after ${took##* } ms" test "${took##* }" -lt 3500
}

talks()
{
	tell "$2" say >/dev/null
	is "$1" "$(tell "$2" hear)" "$ALL ok"
}

# tally: print how many connections sluice lists for each pair of states of client and
# server
tally()
{
	conns -p tcp | sed -E 's/orig=(\S+) reply=(\S+) .*/\1-\2/' | sort | uniq -c |
		awk '{ printf "%s%d %s", (NR > 1 ? ", " : ""), $1, $2 }'
}

# Return whether all connections to a port have ended
all_over()
{
	local all

	all=$(conns -p tcp --dport "$1") &&
		! grep -vE \
			'orig=(CLOSED reply=(CLOSED|TIME_WAIT)|TIME_WAIT reply=CLOSED) ' \
			<<<"$all" |
			grep -q .
}

tally_is()
{
	local all

	all=$(tally)
	echo "$all"
	[ "$all" = "$1" ]
}

EACH=8 ALL=16 # number of connections of a family, and of both families
LIVE=ESTABLISHED-ESTABLISHED HALF=FIN_WAIT_2-CLOSE_WAIT
ok "the hosts know each other" net_neighbours
CAPTURE_HOSTS=(a1 b1)
capture_begin

# ---- the client ----

serve srv
peer cli lan conn_pool.py connect
again "connected in both families" cli
talks "all speak" cli
is "four are half-closed" "$(tell cli shut 4)" ok
soon 5 "as sluice knows" tally_is "12 $LIVE, 4 $HALF"
ok "the client crashes" crash lan
is "the server says something, and knows nothing of it" "$(tell srv speak)" "$ALL ok"
is "nor does sluice" "$(tally)" "12 $LIVE, 4 $HALF"
is "nothing is over" "$(tell srv over)" none
peer cli lan conn_pool.py connect
ok "it is back" plug lan
ok "the hosts know each other" net_neighbours
again "and connects from the very same ports" cli
is "the server's old connections were reset" "$(tell srv over)" "* ECONNRESET 4 EPIPE"
talks "all speak" cli
is "the server has these and no others" "$(tell srv there)" "$ALL ok"
soon 5 "sluice has those and no others" tally_is "$ALL $LIVE"

# ---- the server ----

ok "the server crashes" crash wan
is "sluice knows nothing of it" "$(tally)" "$ALL $LIVE"
serve srv
ok "it is back" plug wan
ok "the hosts know each other" net_neighbours
is "the client speaks" "$(tell cli say)" "$ALL ok"
is "and is reset" "$(tell cli hear)" "$ALL ECONNRESET"
is "all CLOSED" "$(tally)" "$ALL CLOSED-CLOSED"
tell cli close >/dev/null
again "it connects again from the same ports" cli
talks "all speak" cli
soon 5 "sluice has those and no others" tally_is "$ALL $LIVE"

# ---- both hosts ----

ok "both crash" crash lan
ok "one after the other" crash wan
is "only sluice remembers" "$(tally)" "$ALL $LIVE"
serve srv
peer cli lan conn_pool.py connect
ok "the server is back" plug wan
ok "the client is back" plug lan
ok "the hosts know each other" net_neighbours
again "it connects from the same ports" cli
talks "all speak" cli
is "the server has these and no others" "$(tell srv there)" "$ALL ok"
soon 5 "so has sluice" tally_is "$ALL $LIVE"

# ---- ports that are reused at once ----

# Newer kernels delay the reuse of a port in TIME_WAIT; make the delay short.
net_exec lan sysctl -qw net.ipv4.tcp_tw_reuse=1
net_exec lan sysctl -qw net.ipv4.tcp_tw_reuse_delay=100 2>/dev/null
net_spawn wan "$TCP_LOAD" serve 81 >"$NET_DIR/serve"
SERVER=$SPAWNED
wait_until 10 grep -q ready "$NET_DIR/serve"
STORMS=() WAITED=()
storm() # storm TEXT COUNT PARALLEL OPTIONS..: add a set of connections
{
	local text=$1 count=$2 parallel=$3 host
	shift 3
	for host in "$WAN4" "$WAN6"; do
		STORMS+=("$count $text, $host")
		net_spawn lan "$TCP_LOAD" run "$host" 81 "$count" "$parallel" "$@" \
			>"$NET_DIR/storm-${#STORMS[@]}" 2>&1
		WAITED+=("$SPAWNED")
	done
}
storm "from 10 ports, TIME_WAIT at the server" 100 10 --source 21000 --ends 1
storm "from 10 ports, TIME_WAIT at the client" 100 10 --source 22000 --first 1 --ends 1
storm "from 10 ports, reset by either" 100 10 --source 23000 --first 3 --ends 2
storm "reset by either in the midst of 20,000 bytes" 100 50 --first 3 --ends 2 \
	--up 20000 --down 20000
wait "${WAITED[@]}"
for i in "${!STORMS[@]}"; do
	is "${STORMS[i]}" "$(tail -n 1 "$NET_DIR/storm-$((i + 1))")" \
		"${STORMS[i]%% *} of ${STORMS[i]%% *} good*"
	note "$(tail -n 1 "$NET_DIR/storm-$((i + 1))")"
done
soon 5 "sluice has them in TIME_WAIT, or CLOSED, or no more" all_over 81
net_end "$SERVER"
is "the server saw nothing wrong" "$(tail -n 1 "$NET_DIR/serve")" "800 served, 0 wrong"

# ---- no connections are left ----

talks "the connections of before still speak" cli
tell cli close >/dev/null
soon 20 "sluice has but those that the server has not closed" \
	tally_is "$ALL $HALF"
net_end "$SERVING"
soon 15 "and nothing when it ends" no_conns -p tcp
capture_end "${CRASHES[@]}"
capture_without "a RST that had not come out" 'tcp[tcpflags] & tcp-rst != 0' \
	"${CRASHES[@]}"
live_end
