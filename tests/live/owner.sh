#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A second sluice with the same interfaces or the same control socket is refused before it
# changes anything, with any EAL file prefix, and the first one continues to forward.
# Interfaces of the same names in another network namespace are different ones. After a
# sluice was killed, its interfaces and its socket are free.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin owner
rules='table inet filter {
	chain forward { type filter hook forward priority filter; policy accept; }
}'

# shellcheck disable=SC2317 # called by soon
crosses()
{
	net_exec lan ip neigh flush dev a0 nud all
	_plane_crosses
}

# second HOST NAME [SED]: start a second sluice; its output and status are in $said
second()
{
	sed -e "s|--file-prefix=[^\"]*|&-2|" "${@:3}" "$NET_DIR/sluice.yaml" \
		>"$NET_DIR/$2.yaml"
	said=$(net_exec "$1" timeout 20 "$SLUICE" -- -c "$NET_DIR/$2.yaml" 2>&1 \
		</dev/null)
	said="status $? $said"
}

for PLANE_DRIVERS in net_af_xdp net_af_packet; do
	live_plane "$rules"
	wait_until 10 ctl stats
	second wire socket
	is "$PLANE_DRIVER: the same socket and interfaces" "$said" \
		"status 4 *sluice: control socket $NET_DIR/control.sock: another sluice \
has it, process $PLANE_PID *"
	soon 5 "the wire goes on" crosses
	second wire ports -e "s|control.sock|second.sock|"
	is "$PLANE_DRIVER: the same interfaces" "$said" \
		"status 4 *sluice: interface ap: another sluice has it, process \
$PLANE_PID *"
	soon 5 "the wire goes on" crosses
	soon 5 "and answers" ctl stats
	second wire one -e "s|control.sock|second.sock|" -e "s|iface=ap|iface=a9|"
	is "$PLANE_DRIVER: one of them" "$said" \
		"status 4 *sluice: interface bp: another sluice has it*"
	ok "and it leaves no lock" test ! -e "$NET_DIR/second.sock.lock"
	net_exec wire ip link property add dev ap altname other
	second wire other -e "s|control.sock|second.sock|" -e "s|iface=ap|iface=other|"
	is "$PLANE_DRIVER: the same by another name" "$said" \
		"status 4 *sluice: interface other: another sluice has it*"
	net_exec wire ip link property del dev ap altname other
	soon 5 "the wire goes on" crosses
	second lan twice -e "s|control.sock|second.sock|" -e "s|iface=[ab]p|iface=a0|g"
	is "$PLANE_DRIVER: one interface twice" "$said" \
		"status 4 *interface a0 is port 'lan' already*"
	second lan elsewhere -e "s|control.sock|second.sock|"
	is "the same names elsewhere are not there, but free" "$said" \
		"status 4 *port 'lan': no device is called *"
	soon 5 "the wire goes on" crosses
	# Kill sluice while it has a child process: the child must not keep interfaces or
	# socket occupied.
	rm "$NET_DIR/rules.nft"
	mkfifo "$NET_DIR/rules.nft"
	kill -HUP "$PLANE_PID"
	soon 5 "it waits for its rules" pgrep -P "$PLANE_PID"
	kill -KILL "$PLANE_PID"
	wait "$PLANE_PID" 2>/dev/null
	rm "$NET_DIR/rules.nft"
	live_plane "$rules"
	soon 5 "after a kill it starts, and its wire is up" crosses
	locks=(/run/sluice/port-"$(stat -Lc %i "/run/netns/$NET_NAME-wire")"-*.lock)
	is "a lock a port" "${#locks[@]}" 2
	plane_stop
	is "none is left" "$(ls "$NET_DIR"/*.lock "${locks[@]}" 2>/dev/null)" ""
done
live_end
