# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Functions for a live test: TAP, sockets at both hosts that are driven by commands, and
# the state of sluice.
#
#	live_begin NAME [relay]	set up the network of net.sh; or print
#				"1..0 # SKIP why" and exit with status 0
#	live_plane RULES [..]	plane_start with RULES as nft text; end the test if it
#				fails
#	ok TEXT COMMAND		one test: COMMAND must succeed
#	is TEXT GOT WANT	one test: GOT must match the pattern WANT
#	unlike TEXT GOT WRONG	one test: GOT must not match the pattern WRONG
#	live_end		print the plan; exit with status 1 if a test failed
#
#	peer NAME HOST [PROGRAM WORDS]
#				start a socket (peer.py drive) at lan or wan, or another
#				program that is driven by lines on stdin
#	tell NAME COMMAND	send a command and print the answer; say and hear do one
#				half each
#	connected, carries	connect two peers; send text from one to the other
#
#	conns [FILTER]		print connections, a line each
#	counter NAME		print a counter of `stats`
#	drops REASON		print a drop counter; drops_but REASON...: the others that
#				are not 0
#	no_drops_but, dropped, states, no_conns, closed
#				conditions for ok and soon

# shellcheck source=net.sh
. "$(dirname "${BASH_SOURCE[0]}")/net.sh"

TAP_COUNT=0
TAP_FAILED=0

note()
{
	printf '# %s\n' "$@"
}

_tap()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $TAP_COUNT - $2"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		echo "not ok $TAP_COUNT - $2"
	fi
}

ok()
{
	local text=$1 status

	shift
	"$@"
	status=$?
	_tap $status "$text"
	if [ $status -ne 0 ]; then
		note "failed: $*"
	fi
	return $status
}

# soon SECONDS TEXT COMMAND: a test: COMMAND succeeds within SECONDS, tried again and
# again
soon()
{
	local limit=$1 text=$2 status

	shift 2
	wait_until "$limit" "$@"
	status=$?
	_tap $status "$text"
	if [ $status -ne 0 ]; then
		note "not within $limit s: $*" "it says:" "$("$@" 2>&1 | tail -n 5)"
	fi
	return $status
}

is()
{
	# shellcheck disable=SC2053 # WANT is a pattern
	if [[ $2 == $3 ]]; then
		_tap 0 "$1"
	else
		_tap 1 "$1"
		note "got '$2', expected '$3'"
		return 1
	fi
}

# unlike TEXT GOT UNWANTED: GOT must not match the pattern
unlike()
{
	# shellcheck disable=SC2053 # UNWANTED is a pattern
	if [[ $2 != $3 ]]; then
		_tap 0 "$1"
	else
		_tap 1 "$1"
		note "got '$2', something else expected"
		return 1
	fi
}

live_begin()
{
	local obstacle

	obstacle=$(net_obstacle)
	if [ -n "$obstacle" ]; then
		echo "1..0 # SKIP $1: $obstacle"
		exit 0
	fi
	if ! net_setup "${2:-}"; then
		echo "1..0 # SKIP $1: the network could not be made"
		exit 0
	fi
}

# After live_begin, for a test of wires with xdp: skip it where there can be none.
xdp_begin()
{
	local missing=

	[ -x "$SLUICE" ] || missing="sluice is not built"
	if grep -q "this build has no XDP" "$SLUICE"; then
		missing="sluice is built without clang, bpftool or libbpf"
	fi
	[ -n "$missing" ] || [ -r /sys/kernel/btf/vmlinux ] ||
		missing="the kernel has no BTF"
	if [ -n "$missing" ]; then
		echo "1..0 # SKIP $1: $missing"
		exit 0
	fi
}

# xdp_pins NAME: as xdp_begin, and mount a bpffs at $pins until the test ends
xdp_pins()
{
	xdp_begin "$1"
	pins=$NET_DIR/bpf
	mkdir "$pins"
	if ! mount -t bpf bpf "$pins" 2>/dev/null; then
		echo "1..0 # SKIP $1: no bpffs can be mounted"
		exit 0
	fi
	trap 'plane_stop; umount "$pins"; net_teardown' EXIT
}

live_plane()
{
	local rules=$NET_DIR/rules.nft

	if [ ! -x "$SLUICE" ] && [ "${LIVE_PLANE:-}" != testpmd ]; then
		_tap 1 "sluice is built in ${SLUICE_BUILD:-${BUILD:-build}}"
		live_end
	fi
	printf '%s\n' "$1" >"$rules"
	shift
	if ! plane_start "$rules" "$@"; then
		_tap 1 "sluice starts"
		plane_complaint
		live_end
	fi
	_tap 0 "sluice starts, over $PLANE_DRIVER"
}

live_end()
{
	if [ -n "$PLANE_PID" ]; then
		ok "sluice is still alive" _plane_alive
		plane_stop
		if [ "$TAP_FAILED" -ne 0 ]; then
			plane_complaint
		fi
	fi
	echo "1..$TAP_COUNT"
	[ "$TAP_FAILED" -eq 0 ]
	exit
}

# ---- sockets ----

peer()
{
	local name=$1 host=$2 to from

	shift 2
	[ $# -gt 0 ] || set -- peer.py drive
	rm -f "$NET_DIR/$name.to" "$NET_DIR/$name.from" # left by a test before
	mkfifo "$NET_DIR/$name.to" "$NET_DIR/$name.from" || return
	exec {to}<>"$NET_DIR/$name.to" {from}<>"$NET_DIR/$name.from"
	eval "PEER_TO_$name=$to PEER_FROM_$name=$from"
	net_spawn "$host" "$PYTHON" "$NET_TOOLS/$1" "${@:2}" <&"$to" >&"$from"
}

say()
{
	local fd=PEER_TO_$1

	shift
	echo "$*" >&"${!fd}"
}

# hear NAME [SECONDS]: print the next answer of a peer. The peer has a time limit of its
# own; 60 s are for a peer that hangs.
hear()
{
	local fd=PEER_FROM_$1 answer

	if read -r -t "${2:-60}" -u "${!fd}" answer; then
		echo "$answer"
	else
		echo "NO ANSWER"
	fi
}

tell()
{
	say "$@"
	hear "$1"
}

# connected CLIENT SERVER PORT [HOST [SOURCE-PORT [SOURCE]]]: connect two peers
connected()
{
	[ "$(tell "$2" listen "$3")" = ok ] &&
		[[ $(tell "$1" connect "${4:-$WAN4}" "$3" "${@:5}") == ok* ]] &&
		[[ $(tell "$2" accept) == ok* ]]
}

# carries A B TEXT: peer A sends TEXT, and peer B receives it
carries()
{
	[ "$(tell "$1" send "$3")" = ok ] && [ "$(tell "$2" recv 100)" = "$3" ]
}

# ---- what sluice says ----

_ctl_json()
{
	"$PYTHON" "$NET_TOOLS/ctl_json.py" "$@"
}

# conns [FILTER]: print a line for each connection: orig=STATE reply=STATE proto= src=
# sport= dst= dport=
conns()
{
	local text

	text=$(ctl -o json list "$@" 2>/dev/null) && _ctl_json states <<<"$text"
}

drops()
{
	local text

	text=$(ctl -o json drops) && _ctl_json drop "$1" <<<"$text"
}

counter()
{
	local text

	text=$(ctl -o json stats) && _ctl_json counter "$1" <<<"$text"
}

drops_but()
{
	local text

	text=$(ctl -o json drops) && _ctl_json drops "$@" <<<"$text"
}

# no_drops_but REASON..: no packet was dropped, except for these reasons and policy_drop:
# hosts send packets by themselves, like MLD reports, which no rule accepts.
no_drops_but()
{
	local left

	left=$(drops_but policy_drop "$@") && [ -z "$left" ] && return
	note "dropped: $left"
	return 1
}

# states PATTERN FILTER..: a connection of this filter has states that match PATTERN
states()
{
	local want=$1

	shift
	conns "$@" | grep -qE -- "$want"
}

no_conns()
{
	local all

	all=$(conns "$@") && [ -z "$all" ]
}

# closed FILTER..: no connection is left, or only reset ones that linger
closed()
{
	local all

	all=$(conns "$@") && ! grep -v '^orig=CLOSED reply=CLOSED ' <<<"$all" | grep -q .
}

# dropped REASON N: at least N packets were dropped for REASON
dropped()
{
	[ "$(drops "$1")" -ge "$2" ]
}
