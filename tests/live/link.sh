#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Interfaces that change while sluice runs: a link goes down and up, an MTU becomes
# smaller, an interface is deleted, its XDP program is removed. Each change is logged and
# counted. A packet that cannot be sent counts as dropped, not as passed. When a port is
# lost, sluice ends with status 5, so that the service manager can start it again.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin link
rules='table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'

# send COUNT BYTES [DF]: send datagrams from lan; print the kernel's error if sending
# fails
send()
{
	net_exec lan "$PYTHON" - "$@" <<-'END'
		import socket, sys, time
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		# IP_MTU_DISCOVER: never, or always set DF
		sock.setsockopt(socket.IPPROTO_IP, 10, 2 if sys.argv[3:] else 0)
		for i in range(int(sys.argv[1])):
		    try:
		        sock.sendto(bytes(int(sys.argv[2])), ("10.9.0.2", 7777))
		    except OSError as error:
		        print(error.strerror)
		    time.sleep(0.005)
	END
}

# shellcheck disable=SC2317 # called by soon
logged()
{
	grep -qF -- "$1" "$NET_DIR/plane.log"
}

# shellcheck disable=SC2317 # called by soon
arrive() # arrive N: send N datagrams; all must arrive
{
	net_neighbours
	tell count n >/dev/null
	send "$1" 100
	sleep 0.2
	[ "$(tell count n)" = "$1" ]
}

stat_of() # KEY
{
	ctl -o json stats | grep -oE "\"$1\":[0-9]+" | head -n 1 | cut -d : -f 2
}

# shellcheck disable=SC2317 # called by soon
balanced()
{
	ctl -o json stats | "$PYTHON" -c '
import json, sys
s = json.load(sys.stdin)["stats"]
sys.exit(s["packets"] != s["passed"] + s["dropped"] + s["fragments"])'
}

begin()
{
	live_plane "$rules"
	wait_until 10 ctl stats
	net_exec lan ip route flush cache # path MTUs learnt before
	net_neighbours
}

# shellcheck disable=SC2317 # called by soon
carrier() # HOST INTERFACE
{
	net_exec "$1" ip -o link show "$2" | grep -q LOWER_UP
}

# shellcheck disable=SC2317 # called by soon
no_carrier()
{
	! carrier "$@"
}

# Start sluice without waiting until frames cross the wire, as plane_start does: a link is
# down.
plane_launch_only()
{
	net_spawn wire "$SLUICE" -- -c "$NET_DIR/sluice.yaml" >"$NET_DIR/plane.log" 2>&1
	PLANE_PID=$SPAWNED
	wait_until 10 ctl stats
}

lost() # lost WHAT: sluice must end with the status for a lost port
{
	wait_until 5 _net_gone "$PLANE_PID"
	wait "$PLANE_PID"
	is "$PLANE_DRIVER: $1: it ends with status 5" $? 5
	PLANE_PID=
}

peer count wan frames.py datagrams 7777
is "a host counts" "$(hear count)" ready

for PLANE_DRIVERS in net_af_xdp net_af_packet; do
	begin
	soon 5 "$PLANE_DRIVER: 20 datagrams cross" arrive 20
	net_exec wire ip link set bp down
	soon 3 "a link that goes is logged" logged "port wan (bp): link down"
	passed=$(stat_of passed)
	send 20 100
	ok "nothing more has passed" test "$(stat_of passed)" -le $((passed + 2))
	ok "20 are dropped" dropped tx_full 20
	soon 3 "packets in = passed + dropped" balanced
	is "it says which" "$(ctl stats)" "*wan * down*"
	net_exec wire ip link set bp up
	soon 3 "one that comes, too" logged "port wan (bp): link up"
	soon 5 "and its wire is up" arrive 20
	is "changes are counted" "$(ctl -o json stats)" \
		'*"wan":{*"link":"up",*"link_changes":2}*'

	net_exec wire ip link set bp mtu 1400
	soon 3 "an MTU that changes is logged" logged "port wan (bp): MTU 1400, was 1600"
	soon 3 "and that the two of a wire differ" logged \
		"warning: port lan has an MTU of 1600, port wan one of 1400"
	send 20 1450
	sleep 0.2
	is "what is too long is not sent" "$(tell count n)" 0
	is "but dropped for that" "$(drops mtu)" 20
	is "the sender is told, if it wants to know" "$(send 20 1450 df | sort -u)" \
		"Message too long"
	soon 3 "shorter ones cross" arrive 20
	soon 3 "packets in = passed + dropped" balanced
	net_exec wire ip link set bp mtu 1600
	if [ "$PLANE_DRIVER" = net_af_packet ]; then
		soon 3 "its own again" logged "port wan (bp): MTU 1600, was 1400"
		net_exec wire ip link set bp mtu 9000
		soon 3 "one too large for the driver's ring" logged \
			"port wan (bp): net_af_packet1 takes an MTU of 1956 at most"
		net_exec wire ip link set bp mtu 1600
	fi

	if [ "$PLANE_DRIVER" = net_af_xdp ]; then
		net_exec wire ip link set dev bp xdp off
		lost "the XDP program is taken off"
		is "it says so" "$(<"$NET_DIR/plane.log")" \
			"*port wan (bp): its XDP program was taken off*"
		begin
	fi
	net_exec wan ip link del b0
	lost "an interface is deleted"
	is "it says so" "$(<"$NET_DIR/plane.log")" \
		"*port wan (bp): the interface is gone*"
	_net_cable wan b0 wire bp && _net_host wan b0 "$WAN4" "$WAN6"
	begin
	soon 5 "started again, it has the new one" arrive 20
	plane_stop

	PLANE_TOP="link_propagation: true"
	begin
	net_exec wan ip link set b0 down
	soon 3 "with link_propagation the other host has no link either" no_carrier lan a0
	net_exec wan ip link set b0 up
	soon 3 "and gets it back" net_exec lan ip -o link show a0 up
	soon 5 "the wire is up" arrive 20
	net_exec wan ip link set b0 down
	soon 3 "it is set down" logged "port lan (ap): set down, as port wan is"
	net_exec lan ip link set a0 down
	net_exec wan ip link set b0 up
	soon 3 "a link that went meanwhile" logged "port lan (ap): set up, as port wan is"
	soon 15 "is noticed" logged "port wan (bp): set down, as port lan is"
	net_exec lan ip link set a0 up
	soon 5 "the wire is up" arrive 20
	net_exec wan ip link set b0 down
	soon 3 "a port is set down" no_carrier lan a0
	plane_stop
	soon 3 "it is set up again at the end" carrier lan a0
	net_exec wire ip link set ap down # the state that a killed sluice leaves behind
	plane_launch_only
	soon 5 "and at start" logged \
		"port lan (ap): set up, as link_propagation needs it at start"
	net_exec wan ip link set b0 up
	soon 5 "the wire is up" arrive 20
	plane_stop
	PLANE_TOP=
done
live_end
