#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Sluice beside the kernel's nf_conntrack: the same frames, from bench-gen on one core,
# through sluice as a wire and through a router with an nftables chain on the other,
# over veths of the same make. Segments a second of connections that are held open, and
# whole connections a second. Both take turns; what has not its turn is stopped, or has
# nothing to do. Needs root.
set -u
usage="usage: bench/veth.sh [-o text|json] [-r rounds] [-c connections] [-t seconds a \
round]"

# shellcheck source=../tests/live/net.sh
. "$(dirname "$0")/../tests/live/net.sh"
# shellcheck source=options.sh
. "$(dirname "$0")/options.sh"

# At most one segment of each connection is on its way: no more than the kernel's backlog
# (1,000 packets) and the rings of AF_XDP (1,024) hold, or what is lost and sent again is
# measured.
format=text rounds=5 seconds=2 connections=512
bench_options '' "$@"

fail()
{
	echo "bench/veth.sh: $*" >&2
	[ ! -e "$NET_DIR/gen.log" ] || tail -n 5 "$NET_DIR/gen.log" | sed 's/^/#   /' >&2
	plane_complaint >&2
	exit 1
}

obstacle=$(net_obstacle)
command -v nft >/dev/null || obstacle=${obstacle:-nft is not installed}
[ -x "$BUILD/bench/bench-gen" ] || obstacle=${obstacle:-bench-gen is not built}
if [ -n "$obstacle" ]; then
	echo "# veth: skipped, $obstacle" >&2
	exit 0
fi

# The same rules for both, but for the names of the ports.
rules()
{
	cat <<-END
		table inet filter {
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state established,related accept
				iifname "$1" oifname "$2" tcp dport 80 accept
			}
		}
	END
}

# A network behind a port, and the one neighbour there who takes all.
_router_leg()
{
	net_exec wan ip link set "$1" address 02:00:00:00:00:02 &&
		net_exec wan ip address add "$2.2/24" dev "$1" &&
		net_exec wan ip neigh add "$2.1" lladdr 02:00:00:00:00:01 dev "$1" nud \
			permanent &&
		net_exec wan ip route add "$3" via "$2.1"
}

# A new router each time: no connection of the last one's is left. The addresses are those
# of bench/traffic.c, 10.0.0.0/8 and 192.0.2.1; nobody is asked for one.
router()
{
	local net=/proc/sys/net name

	_net_remove "$NET_NAME-wan"
	ip netns add "$NET_NAME-wan" && _net_cable lan c0 wan cr &&
		_net_cable lan d0 wan dr || return
	_router_leg cr 172.31.0 10.0.0.0/8 && _router_leg dr 172.31.1 192.0.2.0/24 ||
		return
	rules cr dr | net_exec wan nft -f - || return
	net_exec wan sh -c "
		for name in all default cr dr; do
			echo 0 >$net/ipv4/conf/\$name/rp_filter
			echo 1 >$net/ipv6/conf/\$name/disable_ipv6
		done
		echo 1 >$net/ipv4/ip_forward
		echo 0 >$net/netfilter/nf_conntrack_tcp_loose
		echo 1 >$net/netfilter/nf_conntrack_tcp_timeout_time_wait" || return
	router_core
}

# What arrives is worked on by the second core, as with sluice, and not by the sender's.
router_core()
{
	local mask=2

	[ "$(nproc)" -gt 1 ] || mask=1
	net_exec wan unshare --mount sh -c "
		mount -t sysfs none /sys &&
		echo $mask >/sys/class/net/cr/queues/rx-0/rps_cpus &&
		echo $mask >/sys/class/net/dr/queues/rx-0/rps_cpus" 2>/dev/null && rps=yes
}

# generate FIRST SECOND OPTIONS...: bench-gen's rows between two ends of cables in lan
generate()
{
	local first=$1 second=$2

	shift 2
	net_exec lan "$BUILD/bench/bench-gen" -l 0 --no-huge -m 512 --no-pci \
		"--file-prefix=$NET_NAME-gen" --log-level=lib.eal:4 \
		"--vdev=net_af_packet0,iface=$first,framecnt=8192" \
		"--vdev=net_af_packet1,iface=$second,framecnt=8192" -- \
		-o json -t "$seconds" -w 0.5 "$@" 2>"$NET_DIR/gen.log" \
			>"$NET_DIR/gen.json"
}

# value ROW: of what bench-gen said
value()
{
	"$PYTHON" - "$1" "$NET_DIR/gen.json" <<-'END'
		import json, sys
		for line in open(sys.argv[2]):
		    row = json.loads(line) if line.startswith("{") else {}
		    if row.get("case") == sys.argv[1]:
		        print("%.0f" % row["value"])
	END
}

# Connections in the plane's table now.
tracked()
{
	if [ "$1" = sluice ]; then
		ctl -o json stats | grep -o '"connections":[0-9]*' | head -n 1 |
			cut -d : -f 2
	else
		net_exec wan cat /proc/sys/net/netfilter/nf_conntrack_count
	fi
}

# turn PLANE ROW OPTIONS...: one more value of this row; none may have been given up
turn()
{
	local plane=$1 row=$2 ends="a0 b0" got

	shift 2
	if [ "$plane" = kernel ]; then
		router || fail "no router"
		ends="c0 d0"
	else
		kill -CONT "$PLANE_PID"
	fi
	# shellcheck disable=SC2086 # two names
	generate $ends "$@" || fail "bench-gen through $plane failed"
	# What is held is there, and what was not begun is not.
	if [ "$row" = segments ]; then
		got=$(tracked "$plane")
		[ "$got" -ge "$connections" ] ||
			fail "$plane tracks $got of $connections connections"
	fi
	if [ "$plane" = sluice ]; then
		ctl flush >/dev/null 2>&1
		kill -STOP "$PLANE_PID"
	fi
	got=$(value "$row")
	[ "$(value abandoned)" -eq 0 ] && [ "${got:-0}" -gt 0 ] ||
		fail "$plane: $(value abandoned) connections were given up"
	values[$plane]="${values[$plane]:-} $(awk "BEGIN { print $got / 1e6 }")"
}

# measure ROW UNIT OPTIONS...
measure()
{
	local row=$1 unit=$2 round plane

	shift 2
	declare -A values=()
	for ((round = 0; round < rounds; round++)); do
		for plane in kernel sluice; do
			turn $plane "$row" -c "$connections" "$@"
		done
	done
	"$PYTHON" "$NET_ROOT/bench/rows.py" ${heading:+"$heading"} "$format" veth \
		"$row=$connections driver=$PLANE_DRIVER rps=$rps" "$unit" \
		kernel "${values[kernel]}" sluice "${values[sluice]}"
	heading=--no-heading
}

# A stopped process would not hear that it shall end.
tidy()
{
	[ -z "$PLANE_PID" ] || kill -CONT "$PLANE_PID" 2>/dev/null
	net_teardown
	rm -rf "/var/run/dpdk/$NET_NAME-gen"
}

rps=no heading=
net_setup wire || fail "the network could not be made"
trap tidy EXIT
rules lan wan >"$NET_DIR/rules.nft"
PLANE_MAX=262144
plane_start "$NET_DIR/rules.nft" "tcp_timeout_time_wait: 1" ||
	fail "sluice did not start"
# wan has shown that frames cross; from now on all ends of cables are lan's, and it a
# router.
net_exec wan ip link set b0 netns "$NET_NAME-lan" && net_exec lan ip link set b0 up &&
	net_exec lan ip address flush dev a0 || fail "the network could not be changed"
net_exec lan sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
kill -STOP "$PLANE_PID"
measure segments Mpps -H
heading=
measure connections M/s
