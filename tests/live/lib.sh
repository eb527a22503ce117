# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# For a live test: TAP, sockets at both hosts that are told what to do, and what sluice
# says.
#
#	live_begin NAME [relay]	hosts and wire, or "1..0 # SKIP why" and status 0
#	live_plane RULES [..]	as plane_start; RULES is nft text; the test ends if it
#				fails
#	ok TEXT COMMAND		one test: COMMAND must succeed
#	is TEXT GOT WANT	one test: GOT must match the pattern WANT
#	live_end		the plan; status 1 if one failed
#
#	peer NAME HOST [PROGRAM WORDS]
#				a socket (peer.py drive) at lan or wan, or another program
#				that is driven by lines
#	tell NAME COMMAND	prints its answer; say and hear: the two halves
#	connected, carries	a connection of two peers; text from one to the other
#
#	conns [FILTER]		connections, a line each
#	drops REASON		a drop counter; drops_but REASON...: the others, if not 0
#	no_drops_but, dropped, states, no_conns, closed
#				questions about these, for ok and soon

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

# Within so many seconds: soon SECONDS TEXT COMMAND
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
	rm -f "$NET_DIR/$name.to" "$NET_DIR/$name.from" # of one before it
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

# An answer comes within the limit of the socket; 60 s is for what hangs.
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

# Two peers, one connection: connected CLIENT SERVER PORT [HOST [SOURCE-PORT [SOURCE]]]
connected()
{
	[ "$(tell "$2" listen "$3")" = ok ] &&
		[[ $(tell "$1" connect "${4:-$WAN4}" "$3" "${@:5}") == ok* ]] &&
		[[ $(tell "$2" accept) == ok* ]]
}

# A tells B: carries A B TEXT
carries()
{
	[ "$(tell "$1" send "$3")" = ok ] && [ "$(tell "$2" recv 100)" = "$3" ]
}

# ---- what sluice says ----

_ctl_json()
{
	"$PYTHON" "$NET_TOOLS/ctl_json.py" "$@"
}

# A line each: orig=STATE reply=STATE proto= src= sport= dst= dport=
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

drops_but()
{
	local text

	text=$(ctl -o json drops) && _ctl_json drops "$@" <<<"$text"
}

# policy_drop does not count here: the hosts say things of their own, like MLD reports.
no_drops_but()
{
	local left

	left=$(drops_but policy_drop "$@") && [ -z "$left" ] && return
	note "dropped: $left"
	return 1
}

# Do the connections with this filter look like this? states PATTERN FILTER...
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

# no_conns, or a reset one that lingers
closed()
{
	local all

	all=$(conns "$@") && ! grep -v '^orig=CLOSED reply=CLOSED ' <<<"$all" | grep -q .
}

# dropped REASON N: at least so many
dropped()
{
	[ "$(drops "$1")" -ge "$2" ]
}
