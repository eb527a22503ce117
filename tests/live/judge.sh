# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Captures at four places of a network with relays, and what they say of sluice's drops: the
# ports of sluice (a2, b2) and the hosts (a0, b0). Where hosts crash, JUDGE_HOSTS=(a1 b1), the
# other ends of their cables, stand for them. LIVE_TRACE=DIR keeps all.
#
#	judge_begin		captures from now on
#	judge_end [OPTIONS]	takes the relays out, and judges (4 tests); options of needed.py
#	judge_without TEXT FILTER [OPTIONS]
#				one test more: had what goes to port 80 and is FILTER not come
#				out of b2, that would have been noticed

JUDGE_DIR=${LIVE_TRACE:-$NET_DIR}
JUDGE_PIDS=()
JUDGE_HOSTS=(a0 b0)

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
	if [ "${JUDGE_HOSTS[0]}" = a1 ]; then
		judge_capture wire a1
		judge_capture wire b1
	else
		judge_capture lan a0
		judge_capture wan b0
	fi
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

judge_without()
{
	local text=$1 filter=$2 name verdict

	shift 2
	for name in a2 "${JUDGE_HOSTS[0]}"; do
		tcpdump -r "$JUDGE_DIR/$name.pcap" -w "$NET_DIR/$name-80.pcap" "port 80" 2>/dev/null
	done
	for name in b2 "${JUDGE_HOSTS[1]}"; do
		tcpdump -r "$JUDGE_DIR/$name.pcap" -w "$NET_DIR/$name-80.pcap" \
			"port 80 and not (ip and dst port 80 and $filter)" 2>/dev/null
	done
	verdict=$(judge "$NET_DIR"/{a2,b2,"${JUDGE_HOSTS[0]}","${JUDGE_HOSTS[1]}"}-80.pcap "$@")
	is "$text would be needed" "$? $(tail -n 1 <<<"$verdict")" \
		"1 * dropped, [1-9]* of them needed"
}

judge_end()
{
	local verdict status count by_tcp

	judge_quiet
	is "the captures are complete" \
		"$(grep -h 'dropped by kernel' "$JUDGE_DIR"/??.log | sort -u)" \
		"0 packets dropped by kernel"
	verdict=$(judge "$JUDGE_DIR"/{a2,b2,"${JUDGE_HOSTS[0]}","${JUDGE_HOSTS[1]}"}.pcap "$@")
	status=$?
	ok "sluice dropped no segment that its receiver needed" test $status -eq 0
	note "${verdict//$'\n'/$'\n# '}"
	count=$(drops_but policy_drop)
	note "by sluice's count: $count"
	by_tcp=$(($(grep -oE 'tcp_[a-z_]+=[0-9]+' <<<"$count" | sed 's/.*=/+/' | tr -d '\n')))
	is "and the captures show all that it dropped" "$verdict" "*passed, $by_tcp dropped*"
	judge_without "a FIN that had not come out" 'tcp[tcpflags] & tcp-fin != 0' "$@"
}
