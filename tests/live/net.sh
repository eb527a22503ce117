# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Two hosts and a wire between them, in network namespaces of their own, for the live
# tests, the demo and the benchmarks. To be sourced by bash.
#
#	  lan                      wire                       wan
#	a0 10.9.0.1  ---- [a1 relay a2 --] ap  PLANE  bp [-- b2 relay b1] ---- b0 10.9.0.2
#	   fd09::1                                                              fd09::2
#
# PLANE is the data plane that forwards between ap and bp: sluice, or dpdk-testpmd as a
# wire without a firewall. The relays (impair.c) exist only with `net_setup relay`.
# net_teardown, which the EXIT trap calls, removes everything.
#
#	net_setup [relay]	create hosts, wire and $NET_DIR, a directory for files
#	net_mirror		create a host `ids` with c0, cabled to cp of the wire's
#				host; PLANE_MIRROR=iface=cp makes that a port in no wire
#	net_relay ARGUMENTS	start both relays; net_unrelay ends them
#	net_neighbours		let the hosts resolve each other's MAC addresses
#	net_exec HOST COMMAND	run in lan, wire or wan; net_spawn: in the background
#	plane_start RULES [YAML lines of `conntrack`]
#				start sluice, with AF_XDP or else AF_PACKET, or with
#				PLANE_DRIVERS=xdp on a wire with xdp; sets
#				$PLANE_DRIVER; at most $PLANE_MAX connections
#	testpmd_start		start dpdk-testpmd --forward-mode=io in its place
#	plane_stop		end the data plane
#	wait_until SECONDS COMMAND
#				repeat COMMAND until it succeeds; 1 when the time is over

NET_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
NET_TOOLS=$NET_ROOT/tests/live
# The interpreter itself, not a wrapper that comes first in PATH and may take long to
# start it.
PYTHON=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
BUILD=$(cd "$NET_ROOT" && realpath "${SLUICE_BUILD:-${BUILD:-build}}")
SLUICE=$BUILD/app/sluice/sluice
SLUICECTL=$BUILD/app/ctl/sluicectl
IMPAIR=$BUILD/tests/live/impair
TCP_LOAD=$BUILD/tests/live/tcp_load
NET_NAME=sluice-$$
NET_DIR=
PLANE_PID=
PLANE_DRIVER=
LAN4=10.9.0.1 WAN4=10.9.0.2 LAN6=fd09::1 WAN6=fd09::2

# Print why this machine cannot have such a network; nothing if it can.
net_obstacle()
{
	local tool

	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root"
		return
	fi
	for tool in ip ethtool python3; do
		if ! command -v $tool >/dev/null; then
			echo "needs $tool"
			return
		fi
	done
	if ! unshare --net true 2>/dev/null; then
		echo "no namespaces here"
	fi
}

# net_exec HOST COMMAND. Not `ip netns exec`, which mounts /sys: a container may not.
net_exec()
{
	local host=$1

	shift
	nsenter --net="/run/netns/$NET_NAME-$host" "$@"
}

# net_spawn HOST COMMAND: run it in the background; sets SPAWNED to its process id.
# net_teardown kills it at the latest.
net_spawn()
{
	local host=$1

	shift
	# keep standard input: bash gives background processes /dev/null
	nsenter --net="/run/netns/$NET_NAME-$host" "$@" <&0 &
	SPAWNED=$!
}

wait_until()
{
	local end=$(($(date +%s%N) / 1000000 + $1 * 1000))

	shift
	until "$@" >/dev/null 2>&1; do
		if [ $(($(date +%s%N) / 1000000)) -ge $end ]; then
			return 1
		fi
		sleep 0.05
	done
}

# net_end PID: end a process that a test has started, with SIGTERM, then with SIGKILL.
net_end()
{
	local pid=$1

	{
		kill -TERM "$pid" && { wait_until 5 _net_gone "$pid" ||
			kill -KILL "$pid"; }
		wait "$pid"
	} 2>/dev/null
}

_net_gone()
{
	case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
	'' | Z) return 0 ;;
	esac
	return 1
}

# Remove namespaces of earlier runs that were killed before they could clean up.
_net_sweep()
{
	local name pid

	for name in $(ip netns list 2>/dev/null |
		grep -oE '^sluice-[0-9]+-(lan|wire|wan|ids)'); do
		pid=${name#sluice-}
		pid=${pid%-*}
		[ -d "/proc/$pid" ] || _net_remove "$name"
	done
}

_net_remove()
{
	local pid

	for pid in $(ip netns pids "$1" 2>/dev/null); do
		kill -KILL "$pid" 2>/dev/null
	done
	ip netns delete "$1" 2>/dev/null
}

net_teardown()
{
	local host

	plane_stop
	if [ -n "$NET_DIR" ]; then
		{
			for host in lan wan ids wire; do
				_net_remove "$NET_NAME-$host"
			done
			wait
		} 2>/dev/null # bash reports each killed process
		rm -rf "$NET_DIR" "/var/run/dpdk/$NET_NAME"
		NET_DIR=
	fi
}

# Create a veth pair without offloads, so that frames are like those on a cable: with
# complete checksums, unmerged segments, and tags in the frame.
_net_cable()
{
	local first=$1 first_name=$2 second=$3 second_name=$4 end host name

	net_exec "$first" ip link add "$first_name" mtu 1600 type veth \
		peer name "$second_name" mtu 1600 netns "$NET_NAME-$second" || return
	for end in "$first $first_name" "$second $second_name"; do
		read -r host name <<<"$end"
		net_exec "$host" ethtool -K "$name" tx off sg off tso off gso off gro \
			off \
			txvlan off rxvlan off >/dev/null || return
		net_exec "$host" ip link set "$name" txqueuelen 10000 up || return
	done
}

_net_host()
{
	local host=$1 name=$2 address4=$3 address6=$4

	net_exec "$host" ip link set "$name" mtu 1500 &&
		net_exec "$host" ip address add "$address4/24" dev "$name" &&
		net_exec "$host" ip address add "$address6/64" dev "$name" nodad
}

net_setup()
{
	local host

	trap net_teardown EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	_net_sweep
	NET_DIR=$(mktemp -d "/tmp/$NET_NAME.XXXXXX") || return
	for host in lan wire wan; do
		ip netns add "$NET_NAME-$host" || return
		net_exec "$host" ip link set lo up || return
	done
	# The namespace of the wire must send no packets of its own.
	net_exec wire sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' || return
	if [ "${1:-}" = relay ]; then
		_net_cable lan a0 wire a1 && _net_cable wire a2 wire ap &&
			_net_cable wan b0 wire b1 && _net_cable wire b2 wire bp || return
	else
		_net_cable lan a0 wire ap && _net_cable wan b0 wire bp || return
	fi
	_net_host lan a0 "$LAN4" "$LAN6" && _net_host wan b0 "$WAN4" "$WAN6"
}

net_mirror()
{
	ip netns add "$NET_NAME-ids" && _net_cable ids c0 wire cp
}

# net_relay ARGUMENTS: start both relays with these arguments; running ones are replaced.
# net_unrelay ends them and prints their counts.
declare -A RELAY_PID

net_relay()
{
	local side seed=1 log

	net_unrelay >/dev/null
	for side in a b; do
		log=$NET_DIR/relay-$side.log
		net_spawn wire "$IMPAIR" "${side}1" "${side}2" \
			--seed $((seed += 100)) "$@" >"$log" 2>&1
		RELAY_PID[$side]=$SPAWNED
		wait_until 10 grep -q ready "$log" || return
	done
}

net_unrelay()
{
	local side

	for side in "${!RELAY_PID[@]}"; do
		net_end "${RELAY_PID[$side]}"
		grep -v ready "$NET_DIR/relay-$side.log" | sed "s/^/cable $side: /"
	done
	RELAY_PID=()
}

_net_mac()
{
	net_exec "$1" ip -brief link show "$2" | awk '{ print $3 }'
}

net_neighbours()
{
	local address

	for address in "$WAN4" "$WAN6"; do
		net_exec lan ip neigh replace "$address" lladdr "$(_net_mac wan b0)" dev \
			a0 || return
	done
	for address in "$LAN4" "$LAN6"; do
		net_exec wan ip neigh replace "$address" lladdr "$(_net_mac lan a0)" dev \
			b0 || return
	done
}

# ---- the data plane ----

_plane_vdevs()
{
	case $1 in
	net_af_xdp) printf '%s\n' "--vdev=net_af_xdp0,iface=ap,busy_budget=0" \
		"--vdev=net_af_xdp1,iface=bp,busy_budget=0" ;;
	net_af_packet) printf '%s\n' \
		"--vdev=net_af_packet0,iface=ap,framecnt=8192$PLANE_PACKET" \
		"--vdev=net_af_packet1,iface=bp,framecnt=8192$PLANE_PACKET" ;;
	net_vhost) printf '%s\n' "--vdev=net_vhost0,iface=$NET_DIR/vhost0" \
		"--vdev=net_vhost1,iface=$NET_DIR/vhost1" ;;
	esac
}

_plane_eal()
{
	local last=$(($(nproc) - 1))

	[ $last -lt 1 ] || last=1
	if [ "$PLANE_WORKERS" -gt 1 ]; then
		printf '%s\n' "--lcores=0@0,1@$last,2@0"
	else
		printf '%s\n' "--lcores=0@0,1@$last"
	fi
	# shellcheck disable=SC2086 # words
	printf '%s\n' $PLANE_MEMORY --no-pci "--file-prefix=$NET_NAME" \
		--log-level=lib.eal:4
	_plane_vdevs "$1"
	[ -z "$PLANE_MIRROR" ] || echo "--vdev=net_af_packet2,$PLANE_MIRROR"
}

# Return whether frames cross the wire in both directions: lan resolves wan's address.
_plane_crosses()
{
	net_exec lan "$PYTHON" - "$WAN4" <<-'END'
		import socket, sys
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
		    probe.sendto(b"?", (sys.argv[1], 9))
	END
	net_exec lan ip neigh show "$WAN4" | grep -q lladdr
}

_plane_alive()
{
	[ -n "$PLANE_PID" ] && ! _net_gone "$PLANE_PID"
}

# For wait_until: true when the data plane forwards, and also when it has ended, so that
# the wait ends.
_plane_up()
{
	! _plane_alive || _plane_crosses
}

_plane_launch()
{
	# Neighbours that the hosts learnt through an earlier data plane do not show that
	# this one forwards.
	net_exec lan ip neigh flush dev a0 nud all
	net_exec wan ip neigh flush dev b0 nud all
	# dpdk-testpmd ends when its input does.
	[ -p "$NET_DIR/silence" ] || mkfifo "$NET_DIR/silence"
	net_spawn wire "$@" >"$NET_DIR/plane.log" 2>&1 <>"$NET_DIR/silence"
	PLANE_PID=$SPAWNED
	wait_until 20 _plane_up && _plane_alive && return 0
	plane_stop
	cp "$NET_DIR/plane.log" "$NET_DIR/plane-$PLANE_DRIVER.log"
	return 1
}

# Print sluice's configuration: a generated one, or $PLANE_CONFIG with devices, paths and
# EAL options replaced.
_plane_yaml()
{
	local rules=$1 option eal='' devices wire mirror=

	shift
	while read -r option; do
		eal="$eal${eal:+, }\"$option\""
	done < <(_plane_eal "$PLANE_DRIVER")
	if [ -n "${PLANE_CONFIG:-}" ]; then
		sed -E -e "s|^eal:.*|eal: [$eal]|" -e "s|^rules:.*|rules: $rules|" \
			-e "s|net_af_xdp([01])|$PLANE_DRIVER\\1|" \
			-e "s|^control:.*|control: $NET_DIR/control.sock|" -e \
				'/^metrics:/d' \
			-e 's|^(  max[a-z0-9_]*:).*|\1 65536|' "$PLANE_CONFIG"
		return
	fi
	if [ "$PLANE_DRIVER" = xdp ]; then
		devices=(ap bp) wire='{ports: [lan, wan], xdp: true}'
	else
		devices=("${PLANE_DRIVER}0" "${PLANE_DRIVER}1") wire='[lan, wan]'
	fi
	[ -z "$PLANE_MIRROR" ] || mirror='  - {name: ids, device: net_af_packet2}'
	cat <<-END
		eal: [$eal]
		ports:
		  - {name: lan, device: ${devices[0]}}
		  - {name: wan, device: ${devices[1]}}
		$mirror
		wires:
		  - $wire
		rules: $rules
		workers: $PLANE_WORKERS
		control: $NET_DIR/control.sock
		$PLANE_TOP
		conntrack:
		  max: ${PLANE_MAX:-65536}
	END
	if [ $# -gt 0 ]; then
		printf '  %s\n' "$@"
	fi
}

PLANE_WORKERS=1 # or 2
PLANE_MEMORY="--no-huge -m 512"
PLANE_MIRROR= # arguments of net_af_packet for a port `ids` in no wire
PLANE_PACKET= # more arguments of net_af_packet: ",framesz=9216"
PLANE_TOP= # more lines of YAML at the top level
# Drivers to try, in this order; the environment variable PLANE_DRIVERS overrides it.
PLANE_DRIVERS=${PLANE_DRIVERS:-net_af_xdp net_af_packet}

plane_start()
{
	if [ "${LIVE_PLANE:-sluice}" = testpmd ]; then
		testpmd_start
		return
	fi
	for PLANE_DRIVER in $PLANE_DRIVERS; do
		_plane_yaml "$@" >"$NET_DIR/sluice.yaml"
		_plane_launch "$SLUICE" -- -c "$NET_DIR/sluice.yaml" && return 0
	done
	return 1
}

testpmd_start()
{
	local eal

	for PLANE_DRIVER in $PLANE_DRIVERS; do
		mapfile -t eal < <(_plane_eal "$PLANE_DRIVER")
		_plane_launch dpdk-testpmd "${eal[@]}" -- \
			--forward-mode=io --auto-start --total-num-mbufs=16384 \
			--no-mlockall && return 0
	done
	return 1
}

plane_stop()
{
	if [ -n "$PLANE_PID" ]; then
		net_end "$PLANE_PID"
		PLANE_PID=
	fi
}

# Print the log of a data plane that did not start, as TAP comments.
plane_complaint()
{
	local log

	for log in "$NET_DIR"/plane*.log; do
		echo "# $(basename "$log"):"
		grep -vE '^lib(bpf|xdp):' "$log" | tail -n 15 | sed 's/^/#   /'
	done
}

ctl()
{
	"$SLUICECTL" -s "$NET_DIR/control.sock" "$@"
}
