# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# How much of a core an idle sluice uses, and how its waits end. Source it after lib.sh.

# ticks: the CPU time of sluice so far, in units of 1 / CLK_TCK s
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$PLANE_PID/stat"
}

# idle: how much of a core sluice uses in the next five seconds, percent
idle()
{
	local before begin used ms

	before=$(ticks)
	begin=$(date +%s%N)
	net_exec lan "$PYTHON" -c "import time; time.sleep(5)" # the measured time
	used=$(($(ticks) - before))
	ms=$((($(date +%s%N) - begin) / 1000000))
	echo $((used * 100 * 1000 / $(getconf CLK_TCK) / ms))
}

# waits_begin: record the waits of sluice in $NET_DIR/waits; returns when there was one
waits_begin()
{
	net_spawn wire strace -f -p "$PLANE_PID" -e trace=ppoll -o "$NET_DIR/waits"
	WAITS_PID=$SPAWNED
	wait_until 10 grep -q ' = 0 (Timeout)' "$NET_DIR/waits"
}

# waits_end PATTERN: end that, and print how many waits match
waits_end()
{
	net_end "$WAITS_PID"
	grep -c "$1" "$NET_DIR/waits"
}
