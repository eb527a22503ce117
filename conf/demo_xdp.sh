#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What `make demo-xdp` runs: two hosts in network namespaces, between them a wire with
# `xdp: true`. Established traffic is passed by the kernel: how much is counted, and it
# goes on while the process is stopped and after it was killed. Every claim is checked;
# the exit status is 0 only if all held. All that was made is removed at the end.
set -u
cd "$(dirname "$0")/.." || exit 1

# shellcheck source=demo_lib.sh
. conf/demo_lib.sh

MEGABYTES=100
PINS=

# shellcheck disable=SC2317 # by the trap
unmount()
{
	plane_stop
	[ -z "$PINS" ] || umount "$PINS"
	net_teardown
}

counter()
{
	ctl -o json stats | "$PYTHON" "$NET_TOOLS/ctl_json.py" counter "$1"
}

# shellcheck disable=SC2034 # PLANE_* by net.sh
start()
{
	PLANE_DRIVERS=xdp
	PLANE_TOP="xdp_pin: $PINS/sluice"
	plane_start "$PWD/conf/rulesets/demo.nft" || give_up "sluice did not start"
	grep -E '^(connections:|port|worker)' "$NET_DIR/plane.log" | show
}

hosts()
{
	step "Two hosts, lan ($LAN4) and wan ($WAN4), and a wire with XDP between them."
	net_setup wire || give_up "the namespaces could not be made"
	trap unmount EXIT
	mkdir "$NET_DIR/bpf" "$NET_DIR/www"
	mount -t bpf bpf "$NET_DIR/bpf" || give_up "no bpffs can be mounted"
	PINS=$NET_DIR/bpf
	head -c ${MEGABYTES}000000 /dev/urandom >"$NET_DIR/www/file"
	net_spawn wan "$PYTHON" -m http.server --bind :: --directory "$NET_DIR/www" 80 \
		>"$NET_DIR/http.log" 2>&1
	start
	wait_until 10 net_exec lan "$PYTHON" "$PEER" get "http://$WAN4/" ||
		give_up "the web server cannot be reached"
}

# fetch TEXT: fetch the file, and compare; leaves $took in ms
fetch()
{
	local begin got want

	want="200 ${MEGABYTES}000000 $(sha256sum <"$NET_DIR/www/file" | cut -d ' ' -f 1)"
	begin=$(date +%s%N)
	got=$(net_exec lan "$PYTHON" "$PEER" get "http://$WAN4/file" 2>&1 | tail -n 1)
	took=$((($(date +%s%N) - begin) / 1000000))
	holds "$1, $took ms: the checksum is that of the file" test "$got" = "$want"
}

shares()
{
	local alone up

	step "lan fetches a file of $MEGABYTES MB. The kernel passes it alone:" \
		"only the handshake and the close come to the process."
	alone=$(counter xdp_passed) up=$(counter xdp_up)
	fetch "a file of $MEGABYTES MB"
	alone=$(($(counter xdp_passed) - alone)) up=$(($(counter xdp_up) - up))
	echo "  $alone packets were passed by the kernel alone, $up came up."
	holds "99 of 100 packets did not come up" test $((alone / 99)) -ge "$up"
}

# in_flight COMMAND: run it while the file is fetched
in_flight()
{
	local want got

	want="200 ${MEGABYTES}000000 $(sha256sum <"$NET_DIR/www/file" | cut -d ' ' -f 1)"
	net_exec lan "$PYTHON" - "$WAN4" >"$NET_DIR/slow" 2>&1 <<-'END' &
		import hashlib, sys, time, urllib.request
		body, digest, count = urllib.request.urlopen(
		    "http://%s/file" % sys.argv[1]), hashlib.sha256(), 0
		while block := body.read(1 << 20):
		    digest.update(block)
		    count += len(block)
		    print(count, flush=True)
		    time.sleep(0.04)
		print(body.status, count, digest.hexdigest())
	END
	fetching=$!
	wait_until 10 grep -q '^[0-9]' "$NET_DIR/slow"
	"$@"
	wait $fetching
	got=$(tail -n 1 "$NET_DIR/slow")
	holds "all $MEGABYTES MB came, and the checksum is that of the file" \
		test "$got" = "$want"
}

# shellcheck disable=SC2317 # by in_flight
pause()
{
	local before after

	kill -STOP "$PLANE_PID"
	before=$(grep -c . "$NET_DIR/slow")
	sleep 2
	after=$(grep -c . "$NET_DIR/slow")
	kill -CONT "$PLANE_PID"
	holds "$((after - before)) MB came while it was stopped" \
		test $((after - before)) -ge 10
}

# shellcheck disable=SC2317 # by in_flight
kill_and_restart()
{
	local before after

	kill -KILL "$PLANE_PID"
	wait "$PLANE_PID" 2>/dev/null
	PLANE_PID=
	before=$(grep -c . "$NET_DIR/slow")
	sleep 2
	after=$(grep -c . "$NET_DIR/slow")
	holds "$((after - before)) MB came without a process" test $((after - before)) \
		-ge 10
	start
	holds "the next process has the connection" \
		grep -q '^connections: [1-9][0-9]* taken over' "$NET_DIR/plane.log"
}

for program in "$SLUICE" "$SLUICECTL"; do
	if [ ! -x "$program" ]; then
		echo "demo-xdp: $program is not there; \`make\` builds it" >&2
		exit 1
	fi
done
obstacle=$(net_obstacle)
if [ -n "$obstacle" ]; then
	echo "demo-xdp: it cannot be shown here: $obstacle" >&2
	exit 1
fi
hosts
shares
step "The process is stopped with SIGSTOP for two seconds in the middle of a transfer."
in_flight pause
step "It is killed with SIGKILL in the middle of a transfer, and started again." \
	"Maps and links of the programs are pinned (xdp_pin), so they stay."
in_flight kill_and_restart
ctl list --dport 80 2>/dev/null | tail -n 3 | show
step "What it has counted."
ctl stats | grep -E '^(packets|passed|dropped|xdp)' | show
plane_stop
holds "a clean stop takes the programs off" bash -c \
	"! nsenter --net=/run/netns/$NET_NAME-wire ip -o link show | grep -q xdp"
if [ $wrong -ne 0 ]; then
	step "Not everything was as expected: $wrong claims did not hold."
	exit 1
fi
step "Everything was as expected, and all is taken down again."
