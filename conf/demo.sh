#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What `make demo` runs: two hosts in network namespaces of their own, sluice between
# them, and real connections; then a capture, replayed. Every claim it prints is
# checked, and its exit status is 0 only if all held. What it made is gone when it ends,
# however it ends.
set -u
cd "$(dirname "$0")/.." || exit 1

# shellcheck source=demo_lib.sh
. conf/demo_lib.sh

REPLAY=$BUILD/app/replay/sluice-replay
CAPTURES=conf/captures
MEGABYTES=100

hosts()
{
	step "Two hosts, lan ($LAN4) and wan ($WAN4), each in a network namespace." \
		"Only a third namespace, with the other ends of their cables, joins them."
	net_setup wire || give_up "the namespaces could not be made"
	mkdir "$NET_DIR/www"
	head -c ${MEGABYTES}000000 /dev/urandom >"$NET_DIR/www/file"
	net_spawn wan "$PYTHON" -m http.server --bind :: --directory "$NET_DIR/www" 80 \
		>"$NET_DIR/http.log" 2>&1
	net_spawn wan "$PYTHON" "$PEER" serve 81 >/dev/null
	net_spawn wan "$PYTHON" "$PEER" serve 82 >/dev/null
	net_spawn lan "$PYTHON" "$PEER" serve 22 >/dev/null
	net_exec lan "$PYTHON" "$PEER" get "http://$WAN4/" >/dev/null 2>&1 &&
		give_up "the hosts reach each other without sluice"
	wait_until 10 net_exec wan "$PYTHON" "$PEER" get "http://[::1]/" ||
		give_up "the web server does not serve"
}

start()
{
	step "sluice takes the two cable ends as its ports lan and wan." \
		"Its configuration is conf/sluice.yaml, made smaller;" \
		"its rules are conf/rulesets/demo.nft."
	PLANE_CONFIG=$PWD/conf/sluice.yaml plane_start "$PWD/conf/rulesets/demo.nft" ||
		give_up "sluice did not start"
	grep -E '^(connections|rules|port|wire|worker)' "$NET_DIR/plane.log" | show
	case $PLANE_DRIVER in
	net_af_xdp) echo "  The ports are AF_XDP sockets." ;;
	*) echo "  The ports are AF_PACKET sockets: AF_XDP could not be had here." ;;
	esac
}

session()
{
	step "lan connects to the web server, and says nothing yet."
	client lan
	tell connect "$WAN4" 80
	holds "connected" answered 'ok*'
	ctl list --dport 80 2>/dev/null | show
	holds "both ends are ESTABLISHED" listed 'ESTABLISHED.*ESTABLISHED' --dport 80
	tell close
}

fetch()
{
	local want got

	step "lan fetches a file of $MEGABYTES MB, over IPv4 and over IPv6."
	want="200 ${MEGABYTES}000000 $(sha256sum <"$NET_DIR/www/file" | cut -d ' ' -f 1)"
	for host in "$WAN4" "[$WAN6]"; do
		begin=$(date +%s%N)
		got=$(net_exec lan "$PYTHON" "$PEER" get "http://$host/file" 2>&1 |
			tail -n 1)
		took=$((($(date +%s%N) - begin) / 1000000))
		holds "from $host in $took ms: the checksum is that of the file" \
			[ "$got" = "$want" ]
	done
	wait_until 5 listed TIME_WAIT --dst "$WAN6" --dport 80
	ctl list --dport 80 2>/dev/null | show
	holds "the server closed first: it is in TIME_WAIT, the client's end is CLOSED" \
		listed 'CLOSED.*TIME_WAIT' --dst "$WAN6" --dport 80
}

refusals()
{
	step "lan connects to port 81, which a rule rejects: a reset comes at once."
	tell connect "$WAN4" 81
	holds "connection refused, though a server listens there" answered ECONNREFUSED
	holds "counted as policy_reject" dropped policy_reject

	step "lan connects to port 82, which a rule drops: nothing comes at all."
	tell timeout 1.5
	tell connect "$WAN4" 82
	holds "no answer within 1.5 s, though a server listens there" answered TIMEOUT
	holds "counted as policy_drop" dropped policy_drop
	client_gone

	step "wan connects to lan, which no rule allows."
	client wan
	tell timeout 1.5
	tell connect "$LAN4" 22
	holds "no answer within 1.5 s, though a server listens there" answered TIMEOUT
	holds "and sluice has no connection from there" bash -c \
		"! '$SLUICECTL' -s '$NET_DIR/control.sock' list --src $WAN4 |
			grep -q tcp"
	client_gone
}

counters()
{
	step "The rules with their counters, and why packets were dropped."
	ctl rules | show
	echo
	ctl drops | show
	others=$(ctl -o json drops |
		"$PYTHON" "$NET_TOOLS/ctl_json.py" drops policy_drop policy_reject 2>&1)
	holds "only the rules dropped packets" test -z "$others"
	plane_stop
	holds "sluice stops when it is asked to" grep -q 'packets in' "$NET_DIR/plane.log"
}

# The packets that moved the first TCP connection on, and those that were dropped.
verdicts()
{
	"$PYTHON" - "$1" <<-'END'
		import json, sys
		rows = [json.loads(line) for line in open(sys.argv[1])]
		first = next(row["conn"] for row in rows if row["orig"])
		form = "%4s %9s  %-4s %-5s %-18s %-13s %-13s"
		print(form % ("n", "time", "from", "", "reason", "client", "server"))
		before = None
		for row in rows:
		    states = (row["orig"], row["reply"])
		    moved = row["conn"] == first and states != before
		    before = states if row["conn"] == first else before
		    if moved or row["verdict"] == "drop":
		        print(form % (
		            row["n"], "%.6f" % row["t"], row["port"], row["verdict"],
		            row["reason"], row["orig"] or "-", row["reply"] or "-"))
	END
}

# reasons FILE: "COUNT REASON" of those dropped
reasons()
{
	grep '"verdict":"drop"' "$1" | grep -o '"reason":"[^"]*"' | cut -d '"' -f 4 |
		sort | uniq -c | sed 's/^ *//'
}

replay_once()
{
	"$REPLAY" --config conf/sluice.yaml --rules conf/rulesets/demo.nft \
		--port "lan=$CAPTURES/lan.pcap" --port "wan=$CAPTURES/wan.pcap" --out "$1"
}

replay()
{
	step "A capture of two real hosts, through the same engine, with its own clock." \
		"It needs no privileges and no devices."
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"; net_teardown' EXIT
	mkdir "$work/first" "$work/second"
	replay_once "$work/first" 2>&1 | show
	holds "the replay ends with success" test "${PIPESTATUS[0]}" -eq 0
	verdicts "$work/first/verdicts.jsonl" | show
	holds "dropped: the connection from outside, and its RST" test \
		"$(reasons "$work/first/verdicts.jsonl")" = \
		$'1 policy_drop\n1 tcp_no_connection'
	holds "a connection ends with TIME_WAIT at one side, CLOSED at the other" \
		grep -qE '"TIME_WAIT","reply":"CLOSED"|"CLOSED","reply":"TIME_WAIT"' \
		"$work/first/connections.json"
	replay_once "$work/second" >/dev/null 2>&1
	holds "a second run gives the same files, byte for byte" \
		diff -r "$work/first" "$work/second"
	rm -rf "$work"
}

for program in "$SLUICE" "$SLUICECTL" "$REPLAY"; do
	if [ ! -x "$program" ]; then
		echo "demo: $program is not there; \`make\` builds it" >&2
		exit 1
	fi
done
obstacle=$(net_obstacle)
if [ -z "$obstacle" ]; then
	hosts
	start
	session
	fetch
	refusals
	counters
	net_teardown
else
	step "Left out: two hosts with sluice between them ($obstacle)." \
		"What is left is the replay of a capture."
fi
replay
if [ $wrong -ne 0 ]; then
	step "Not everything was as expected: $wrong claims did not hold."
	exit 1
fi
step "Everything was as expected, and all is taken down again."
