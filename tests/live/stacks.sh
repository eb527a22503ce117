#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Two Linux hosts exchange data through relays on both sides of sluice, each of which
# delays frames by 2 ms, loses 5 %, doubles 5 % and reorders 25 %: 10,000 short and 100
# long connections, in sets, each with other options of TCP. All connections must be
# complete, in both families, and sluice must drop no segment that its receiver needed
# (capture_check.sh). STACKS=N makes N short connections instead of 10,000.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin stacks relay
# shellcheck source=capture_check.sh
. "$NET_TOOLS/capture_check.sh"
# AF_PACKET has a ring large enough for what arrives while the worker waits for a CPU. A
# frame that is lost before sluice receives it would look in the captures as if sluice had
# dropped it.
PLANE_DRIVERS=net_af_packet
net_relay --delay 2 --loss 5 --duplicate 5 --reorder 25 --seed "${STACKS_SEED:-1}"
live_plane 'table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "lan" oifname "wan" tcp dport { 80, 81, 82, 83, 84 } accept
	}
}'
ok "the hosts know each other" net_neighbours

# Writes to /proc, since sysctl(8) is not always installed. Fails if the kernel refuses a
# value: the set would test other options than its name says.
stack() # NAME=VALUE...: of both hosts, below net.ipv4.tcp_
{
	ok "both hosts: $*" stack_set "$@"
}

stack_set()
{
	local host
	for host in lan wan; do
		# shellcheck disable=SC2016 # sh expands it
		net_exec "$host" sh -c 'for pair; do
			echo "${pair#*=}" >"/proc/sys/net/ipv4/tcp_${pair%%=*}" || exit
		done' sh "$@" || return
	done
}

counted() # COUNTER N: the counter of both hosts together is at least N
{
	local host
	for host in lan wan; do
		net_exec "$host" nstat -asz "$1"
	done | awk -v name="$1" -v least="$2" '
		$1 == name { sum += $2 } END { exit !(sum >= least) }'
}

serve() # PORT [options of storm]
{
	net_spawn wan "$TCP_LOAD" serve "$@" >"$NET_DIR/serve-$1"
	SERVERS[$1]=$SPAWNED
	wait_until 10 grep -q ready "$NET_DIR/serve-$1"
}

# storm NAME PORT LONG-BYTES [OPTIONS OF tcp_load]: start a set of connections in both
# families. The next set begins when only a few of this one are left, and all of these
# have completed their handshakes: if options changed between SYN and SYN+ACK, the hosts
# could disagree on the window scale.
SETS=15 STORMS=()
SHORT=$((${STACKS:-10000} / SETS / 2 + 1)) LONG=4 PARALLEL=200
storm()
{
	local name=$1 port=$2 bytes=$3 host log logs=()
	shift 3
	for host in "$WAN4" "$WAN6"; do
		log=$NET_DIR/storm-${#STORMS[@]}
		STORMS+=("$name, $host")
		# shellcheck disable=SC2086 # words
		set -- $DEFAULT "$@"
		net_spawn lan "$TCP_LOAD" run "$host" "$port" $SHORT $PARALLEL "$@" \
			>"$log" 2>&1
		WAITED+=("$SPAWNED")
		net_spawn lan "$TCP_LOAD" run "$host" "$port" $LONG $LONG "$@" --source \
			0 \
			--up "$bytes" --down "$bytes" >"$log-long" 2>&1
		WAITED+=("$SPAWNED")
		logs+=("$log" "$log-long")
	done
	wait_until 100 grep -q most "$log"
	note "$name: $(grep most "$log")"
	for log in "${logs[@]}"; do
		wait_until 100 grep -q connected "$log"
	done
}

# Congestion controls other than CUBIC, the default, are skipped if the kernel lacks them.
has_congestion()
{
	grep -qw "$1" /proc/sys/net/ipv4/tcp_available_congestion_control
}

skip()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1 # SKIP not in this kernel"
}

capture_begin
declare -A SERVERS
WAITED=()
DEFAULT=
if has_congestion cubic; then
	DEFAULT="--congestion cubic"
else
	skip "cubic"
fi
stack timestamps=1 sack=1 window_scaling=1 fastopen=3 fastopen_blackhole_timeout_sec=0
serve 80
serve 81 --window 2896
serve 82 --buffer 6000
storm "all options" 80 200000
if has_congestion bbr; then
	storm "BBR" 80 200000 --congestion bbr
else
	skip "BBR"
fi
# Without timestamps, a doubled retransmission time-out is reset only by the ACK of data
# that was sent once (RFC 6298 3, Karn). With 5 % loss on both sides it can grow to 120 s.
# Linux 6.15 and later can limit it for new sockets; before that a few connections take
# longer. A closed socket would give up when it reaches the limit, so orphan_retries is
# raised.
RTO_MAX=/proc/sys/net/ipv4/tcp_rto_max_ms
if [ -e $RTO_MAX ]; then
	stack rto_max_ms=1000 orphan_retries=15
fi
serve 84
stack timestamps=0 sack=1
if has_congestion bbr; then
	storm "BBR without timestamps" 84 200000 --congestion bbr
fi
storm "without timestamps" 84 100000
stack timestamps=0 sack=0
storm "without timestamps and SACK" 84 100000
stack timestamps=0 sack=0 window_scaling=0
storm "without any option" 84 100000
if [ -e $RTO_MAX ]; then
	stack rto_max_ms=120000
fi
stack timestamps=1 sack=1 window_scaling=0
storm "without window scale" 80 200000
stack window_scaling=1
for host in "$WAN4" "$WAN6"; do # for the cookies
	net_exec lan "$TCP_LOAD" run "$host" 80 1 1 --fastopen >/dev/null
done
storm "TCP Fast Open" 80 200000 --fastopen
storm "2 MSS of window" 81 30000 --window 2896
storm "zero windows" 82 60000 --buffer 6000 --pause 400 --up 12000 --down 12000
storm "urgent data" 80 200000 --urgent
storm "keepalives" 80 100000 --keepalive --pause 1500
storm "both sides reset" 80 200000 --up 20000 --down 20000 --ends 5
storm "ports used again at once" 80 100000 --source 20000 --ends 1
if "$PYTHON" -c 'import socket; socket.socket(type=socket.SOCK_STREAM, proto=262)' \
	2>/dev/null; then
	serve 83 --mptcp
	storm "MPTCP" 83 200000 --mptcp
	ok "it was MPTCP" counted MPTcpExtMPCapableSYNACKRX $SHORT
else
	skip "MPTCP"
fi
wait "${WAITED[@]}"
for i in "${!STORMS[@]}"; do
	is "${STORMS[i]}" \
		"$(tail -qn 1 "$NET_DIR/storm-$i" "$NET_DIR/storm-$i-long" |
			tr '\n' ' ')" \
		"$SHORT of $SHORT good* $LONG of $LONG good*"
done
# Check that the options had an effect. (Few SYNs carry data: after a loss a host stops
# trying for a while.)
ok "data went with SYNs" counted TcpExtTCPFastOpenActive 1
ok "windows were zero" counted TcpExtTCPToZeroWindowAdv $SHORT
ok "keepalives were sent" counted TcpExtTCPKeepAlive $SHORT
# shellcheck disable=SC2119 # no port is shut
capture_end
for port in "${!SERVERS[@]}"; do
	net_end "${SERVERS[$port]}"
	is "the server of port $port saw nothing wrong" \
		"$(tail -n 1 "$NET_DIR/serve-$port")" \
		"* served, 0 wrong"
done
live_end
