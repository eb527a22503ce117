#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sluice during its start: a signal ends it even while it prepares a large table; too few
# open files and too little memory in its control group are reported; closed standard
# streams do no harm.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

if ! [ -x "$SLUICE" ] || ! [ -x "$SLUICECTL" ]; then
	echo "1..0 # SKIP startup: sluice or sluicectl is not built"
	exit 0
fi
dir=$(mktemp -d)
prefix=sluice-startup-$$
pid=
group=
# shellcheck disable=SC2317 # called by the trap
finish()
{
	[ -z "$pid" ] || net_end "$pid"
	[ -z "$group" ] || rmdir "$group"
	rm -rf "$dir" "/var/run/dpdk/$prefix"
}
trap finish EXIT

config() # CONNECTIONS
{
	cat >"$dir/c.yaml" <<-END
		eal: [--no-huge, -m, "128", --no-pci, "--file-prefix=$prefix",
		      "--log-level=lib.eal:4", -l, "0",
		      "--vdev=net_null0,no-rx=1", "--vdev=net_null1,no-rx=1"]
		ports: [{name: lan, device: net_null0}, {name: wan, device: net_null1}]
		wires: [[lan, wan]]
		control: $dir/control.sock
		conntrack: {max: $1}
	END
}

# run COMMAND: sets $status, and $out (its output)
run()
{
	out=$(timeout 30 "$@" 2>&1 </dev/null)
	status=$?
}

# ---- a signal ----

free_kb=$(awk '/MemAvailable/ { print $2 }' /proc/meminfo)
if [ "$free_kb" -gt 6000000 ]; then
	config 20000000
	for after in 0.5 1.5 3; do
		"$SLUICE" -- -c "$dir/c.yaml" >"$dir/log" 2>&1 </dev/null &
		pid=$!
		sleep $after
		begin=$(date +%s%N)
		kill -TERM $pid
		wait $pid
		is "a SIGTERM $after s after the start of 20 M connections: status" $? 0
		pid=
		took=$((($(date +%s%N) - begin) / 1000000))
		note "it took $took ms"
		ok "within a second, and what a busy machine adds" test $took -lt 2000
	done
else
	note "too little memory for a large table"
fi

# ---- files ----

config 1000
for files in 12 14 16 17 18 19 20 28 40; do
	# shellcheck disable=SC2016 # the inner shell's
	run bash -c 'ulimit -n "$1"; exec "$2" -- -c "$3"' bash $files "$SLUICE" \
		"$dir/c.yaml"
	is "$files open files are too few, and that is said" "$status $out" \
		"4 *sluice: no more than $files files may be open at once, at least *"
done
# shellcheck disable=SC2016
bash -c 'ulimit -Sn 16; exec "$1" -- -c "$2"' bash "$SLUICE" "$dir/c.yaml" >"$dir/log" \
	2>&1 </dev/null &
pid=$!
ok "a soft limit is raised" wait_until 20 "$SLUICECTL" -s "$dir/control.sock" stats
net_end $pid

# ---- standard streams ----

"$SLUICE" -- -c "$dir/c.yaml" <&- >&- 2>&- &
pid=$!
ok "without standard streams it runs" wait_until 20 "$SLUICECTL" -s "$dir/control.sock" \
	stats
kill -TERM $pid
wait $pid
is "and ends" $? 0
pid=

# ---- a control group of version 1 ----

mine=$(sed -nE 's/^[0-9]+:([^:]*,)?memory(,[^:]*)?:(.*)/\3/p' /proc/self/cgroup)
group=/sys/fs/cgroup/memory$mine/$prefix
[ -d "/sys/fs/cgroup/memory$mine" ] || group=/sys/fs/cgroup/memory/$prefix
if mkdir "$group" 2>/dev/null && echo 200M >"$group/memory.limit_in_bytes" 2>/dev/null; \
	then
	config 4000000
	# shellcheck disable=SC2016
	run bash -c 'echo $$ >"$1/cgroup.procs"; exec "$2" -- -c "$3"' bash "$group" \
		"$SLUICE" \
		"$dir/c.yaml"
	is "the limit of a control group, version 1, is seen in time" "$status $out" \
		"4 *sluice: the tables of a worker need * MiB, there are * MiB *"
	wait_until 5 rmdir "$group"
else
	note "no control groups of version 1 to be had"
fi
group=
live_end
