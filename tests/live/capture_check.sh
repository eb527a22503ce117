# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Captures at four places of a network with relays, from which drop_oracle.py finds the
# segments that sluice dropped although their receivers needed them: at the ports of
# sluice (a2, b2) and at the hosts (a0, b0). Where hosts crash, set CAPTURE_HOSTS=(a1 b1):
# the other ends of the hosts' links, which stay. LIVE_TRACE=DIR keeps the captures.
#
#	capture_begin		begin to capture
#	capture_end [OPTIONS]	end, and judge: 4 tests; OPTIONS of drop_oracle.py
#	capture_without TEXT FILTER [OPTIONS]
#				one test more: remove the segments to port 80 that match
#				FILTER from the capture of b2; drop_oracle.py must then
#				report that sluice dropped them

CAPTURE_DIR=${LIVE_TRACE:-$NET_DIR}
CAPTURE_PIDS=()
CAPTURE_HOSTS=(a0 b0)

capture_start()
{
	net_spawn "$1" tcpdump -i "$2" -n -w "$CAPTURE_DIR/$2.pcap" -B 65536 -s 128 tcp \
		2>"$CAPTURE_DIR/$2.log"
	CAPTURE_PIDS+=("$SPAWNED")
	wait_until 10 grep -q listening "$CAPTURE_DIR/$2.log"
}

capture_begin()
{
	capture_start wire a2
	capture_start wire b2
	if [ "${CAPTURE_HOSTS[0]}" = a1 ]; then
		capture_start wire a1
		capture_start wire b1
	else
		capture_start lan a0
		capture_start wan b0
	fi
}

# Take the relays out, so that no more segments reach sluice; wait a second until those
# inside have left it; then end the captures.
capture_quiet()
{
	local pid

	net_unrelay | sed 's/^/# /'
	sleep 1
	for pid in "${CAPTURE_PIDS[@]}"; do
		net_end "$pid"
	done
	CAPTURE_PIDS=()
}

drop_oracle()
{
	"$PYTHON" "$NET_TOOLS/drop_oracle.py" "$LAN4,$LAN6" "$@"
}

capture_without()
{
	local text=$1 filter=$2 name verdict

	shift 2
	for name in a2 "${CAPTURE_HOSTS[0]}"; do
		tcpdump -r "$CAPTURE_DIR/$name.pcap" -w "$NET_DIR/$name-80.pcap" \
			"port 80" 2>/dev/null
	done
	for name in b2 "${CAPTURE_HOSTS[1]}"; do
		tcpdump -r "$CAPTURE_DIR/$name.pcap" -w "$NET_DIR/$name-80.pcap" \
			"port 80 and not (ip and dst port 80 and $filter)" 2>/dev/null
	done
	verdict=$(drop_oracle \
		"$NET_DIR"/{a2,b2,"${CAPTURE_HOSTS[0]}","${CAPTURE_HOSTS[1]}"}-80.pcap \
		"$@")
	is "$text would be needed" "$? $(tail -n 1 <<<"$verdict")" \
		"1 * dropped, [1-9]* of them needed"
}

capture_end()
{
	local verdict status count by_tcp

	capture_quiet
	is "the captures are complete" \
		"$(grep -h 'dropped by kernel' "$CAPTURE_DIR"/??.log | sort -u)" \
		"0 packets dropped by kernel"
	verdict=$(drop_oracle \
		"$CAPTURE_DIR"/{a2,b2,"${CAPTURE_HOSTS[0]}","${CAPTURE_HOSTS[1]}"}.pcap \
		"$@")
	status=$?
	ok "sluice dropped no segment that its receiver needed" test $status -eq 0
	note "${verdict//$'\n'/$'\n# '}"
	count=$(drops_but policy_drop)
	note "by sluice's count: $count"
	by_tcp=$(($(grep -oE 'tcp_[a-z_]+=[0-9]+' <<<"$count" | sed 's/.*=/+/' |
		tr -d '\n')))
	is "and the captures show all that it dropped" "$verdict" \
		"*passed, $by_tcp dropped*"
	capture_without "a FIN that had not come out" 'tcp[tcpflags] & tcp-fin != 0' "$@"
}
