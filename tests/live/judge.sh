# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Captures at four places of a network with relays, and what they say of sluice's drops: the
# ports of sluice (a2, b2) and the hosts (a0, b0). LIVE_TRACE=DIR keeps them.
#
#	judge_begin		captures from now on
#	judge_end [--shut PORT]	takes the relays out, and judges (4 tests); see needed.py

JUDGE_DIR=${LIVE_TRACE:-$NET_DIR}
JUDGE_PIDS=()

judge_capture()
{
	net_spawn "$1" tcpdump -i "$2" -n -w "$JUDGE_DIR/$2.pcap" -B 65536 -s 128 tcp \
		2>"$JUDGE_DIR/$2.log"
	JUDGE_PIDS+=("$SPAWNED")
	wait_until 10 grep -q listening "$JUDGE_DIR/$2.log"
}

judge_begin()
{
	judge_capture wire a2
	judge_capture wire b2
	judge_capture lan a0
	judge_capture wan b0
}

# Everything that went in has been decided on, and has come out: nothing else comes in.
judge_quiet()
{
	local pid

	net_unrelay | sed 's/^/# /'
	sleep 1
	for pid in "${JUDGE_PIDS[@]}"; do
		net_end "$pid"
	done
	JUDGE_PIDS=()
}

judge()
{
	"$PYTHON" "$NET_TOOLS/needed.py" "$LAN4,$LAN6" "$@"
}

judge_end()
{
	local verdict status count by_tcp name

	judge_quiet
	is "the captures are complete" \
		"$(grep -h 'dropped by kernel' "$JUDGE_DIR"/??.log | sort -u)" \
		"0 packets dropped by kernel"
	verdict=$(judge "$JUDGE_DIR"/{a2,b2,a0,b0}.pcap "$@")
	status=$?
	ok "sluice dropped no segment that its receiver needed" test $status -eq 0
	note "${verdict//$'\n'/$'\n# '}"
	count=$(drops_but policy_drop)
	note "by sluice's count: $count"
	by_tcp=$(($(grep -oE 'tcp_[a-z_]+=[0-9]+' <<<"$count" | sed 's/.*=/+/' | tr -d '\n')))
	is "and the captures show all that it dropped" "$verdict" "*passed, $by_tcp dropped*"

	# Had the FINs of the clients not come out of sluice, that would have been noticed.
	for name in a2 a0 b0; do
		tcpdump -r "$JUDGE_DIR/$name.pcap" -w "$NET_DIR/$name-80.pcap" "port 80" 2>/dev/null
	done
	tcpdump -r "$JUDGE_DIR/b2.pcap" -w "$NET_DIR/b2-80.pcap" \
		"port 80 and not (ip and dst port 80 and tcp[tcpflags] & tcp-fin != 0)" 2>/dev/null
	verdict=$(judge "$NET_DIR"/{a2,b2,a0,b0}-80.pcap "$@")
	is "a FIN that had not come out would be needed" "$? $(tail -n 1 <<<"$verdict")" \
		"1 * dropped, [1-9][0-9]* of them needed"
}
