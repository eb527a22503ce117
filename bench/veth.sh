#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Compares sluice with the kernel's nf_conntrack. bench-gen runs on one core; on the
# other, the same frames go over veths through sluice as a wire, and in turn through a
# router with an nftables chain. Measured are segments per second of open connections, and
# whole connections per second. While one runs, the other is stopped or gets no packets.
# Needs root.
set -u
usage="usage: bench/veth.sh [-o text|json] [-r rounds] [-c connections] [-t seconds a \
round]"

# shellcheck source=../tests/live/net.sh
. "$(dirname "$0")/../tests/live/net.sh"
# shellcheck source=options.sh
. "$(dirname "$0")/options.sh"
# shellcheck source=router.sh
. "$(dirname "$0")/router.sh"

# At most one segment of each connection is in flight. All must fit into the kernel's
# backlog (1,000 packets) and the rings of AF_XDP (1,024); otherwise losses and
# retransmissions would be measured.
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

# generate FIRST SECOND OPTIONS...: run bench-gen on two interfaces of lan; its rows go to
# gen.json
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

# value ROW: the value of a row that bench-gen printed
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

# tracked PLANE: print the number of connections in the table of sluice or the kernel
tracked()
{
	if [ "$1" = sluice ]; then
		ctl -o json stats | grep -o '"connections":[0-9]*' | head -n 1 |
			cut -d : -f 2
	else
		router_tracked
	fi
}

# turn PLANE ROW OPTIONS...: measure one more value of a row; fail if bench-gen has given
# up a connection
turn()
{
	local plane=$1 row=$2 ends="a0 b0" got

	shift 2
	if [ "$plane" = kernel ]; then
		# anew, so that no connections of an earlier round are left
		router c0 d0 || fail "no router"
		# the second core processes received packets, as with sluice
		router_core $(($(nproc) > 1 ? 2 : 1)) && rps=yes
		ends="c0 d0"
	else
		kill -CONT "$PLANE_PID"
	fi
	# shellcheck disable=SC2086 # two names
	generate $ends "$@" || fail "bench-gen through $plane failed"
	# Check that the plane has tracked the open connections, and created none in
	# mid-stream.
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

# Continue a stopped sluice, which could not react to SIGTERM otherwise; then remove
# everything.
tidy()
{
	[ -z "$PLANE_PID" ] || kill -CONT "$PLANE_PID" 2>/dev/null
	net_teardown
	rm -rf "/var/run/dpdk/$NET_NAME-gen"
}

rps=no heading=
net_setup wire || fail "the network could not be made"
trap tidy EXIT
router_rules lan wan >"$NET_DIR/rules.nft"
PLANE_MAX=262144
plane_start "$NET_DIR/rules.nft" "tcp_timeout_time_wait: 1" ||
	fail "sluice did not start"
# plane_start has used wan to check that frames cross. Now move its interface to lan, for
# bench-gen; wan becomes the router.
net_exec wan ip link set b0 netns "$NET_NAME-lan" && net_exec lan ip link set b0 up &&
	net_exec lan ip address flush dev a0 || fail "the network could not be changed"
net_exec lan sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
kill -STOP "$PLANE_PID"
measure segments Mpps -H
heading=
measure connections M/s
