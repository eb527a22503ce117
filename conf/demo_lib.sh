# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the demonstrations have in common: claims that are checked, and a client that is
# told what to do. To be sourced by bash, from the root of the tree.

# shellcheck source=../tests/live/net.sh
. tests/live/net.sh

PEER=$NET_TOOLS/peer.py
wrong=0

if [ -t 1 ]; then
	bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
else
	bold='' green='' red='' dim='' plain=''
fi

step()
{
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@"
}

show()
{
	sed "s|$PWD/||g; s/^/    $dim/; s/\$/$plain/"
}

# One claim: holds TEXT COMMAND
holds()
{
	local text=$1

	shift
	if "$@" >/dev/null 2>&1; then
		printf '  %sas expected%s  %s\n' "$green" "$plain" "$text"
	else
		printf '  %sWRONG%s        %s\n' "$red" "$plain" "$text"
		wrong=$((wrong + 1))
	fi
}

give_up()
{
	printf '  %sWRONG%s        %s\n' "$red" "$plain" "$1"
	plane_complaint
	exit 1
}

# A socket on a host that obeys: obey HOST; then tell COMMAND, which leaves $answer.
# (As peer and tell of the live tests, for one client.)
client()
{
	mkfifo "$NET_DIR/to" "$NET_DIR/from"
	exec {to}<>"$NET_DIR/to" {from}<>"$NET_DIR/from"
	net_spawn "$1" "$PYTHON" "$PEER" drive <&"$to" >&"$from"
	client_pid=$SPAWNED
}

client_gone()
{
	net_end "$client_pid"
	rm "$NET_DIR/to" "$NET_DIR/from"
}

tell()
{
	echo "$*" >&"$to"
	read -r -t 30 -u "$from" answer || answer="no answer"
}

answered()
{
	# shellcheck disable=SC2053 # a pattern
	[[ $answer == $1 ]]
}

listed()
{
	ctl list "${@:2}" | grep -qE -- "$1"
}

dropped()
{
	ctl -o json drops | "$PYTHON" "$NET_TOOLS/ctl_json.py" drop "$1" | grep -qv '^0$'
}
