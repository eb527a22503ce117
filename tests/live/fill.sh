#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The warning of a table that fills: it comes once, with the source address that most
# connections are from. The SYNs of a capture fill a small table. Needs neither root nor
# hugepages.
set -u
# shellcheck source=null.sh
. "$(dirname "$0")/null.sh"

null_begin fill

# syns FILE COUNT: write a capture of COUNT SYNs, nine of ten from 10.0.0.9
syns()
{
	"$PYTHON" - "$NET_TOOLS" "$1" "$2" <<-'END'
		import struct, sys
		sys.path.insert(0, sys.argv[1])
		from make_captures import SYN, Host, tcp
		client, others, server = Host(0, 1), Host(0, 2), Host(1, 1)
		client.v4 = bytes([10, 0, 0, 9])
		with open(sys.argv[2], 'wb') as f:
		    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
		    for n in range(int(sys.argv[3])):
		        source = others if n % 10 == 0 else client
		        data = tcp(0, source, server, 1000 + n, 80, SYN, n, 0, 0)
		        f.write(struct.pack('<IIII', 0, n, len(data), len(data)) + data)
	END
}

# config COUNT: configure a table of 1,000 connections; COUNT SYNs arrive on lan
config()
{
	syns "$dir/lan.pcap" "$1"
	local device="net_pcap0,rx_pcap=$dir/lan.pcap,tx_pcap=$dir/lan.out"

	null_config '' |
		sed "s|net_null0,no-rx=1|$device|; s|device: net_null0|device: net_pcap0|"
}

# shellcheck disable=SC2317 # called by wait_until
said()
{
	grep -qE "$1" "$dir/log"
}

config 790 >"$dir/less.yaml"
launch "$dir/less.yaml"
looks=0
# wait until the control thread has checked twice
while [ "$looks" -lt 25 ]; do
	ask stats >/dev/null
	looks=$((looks + 1))
	read -rt 0.1 <> <(:)
done
ok "at 79 % nothing is said" bash -c "! grep -q 'full:' '$dir/log'"
stop TERM

config 850 >"$dir/more.yaml"
launch "$dir/more.yaml"
ok "at 85 % a warning comes" wait_until 10 \
	said 'warning: the IPv4 table of worker 0 is 85 % full: 850 of 1000 connections'
ok "it names the sources, and how much of the table they have" \
	said 'most from 10\.0\.0\.9 \(about 90 %\), 192\.0\.2\.2 \(about 10 %\)$'
ok "it comes once" test "$(grep -c 'full:' "$dir/log")" -eq 1
stop TERM

config 960 >"$dir/most.yaml"
launch "$dir/most.yaml"
ok "at 96 %, too" wait_until 10 \
	said 'is 96 % full: 960 of 1000 connections, most from 10\.0\.0\.9'
ok "and once for both levels" test "$(grep -c 'full:' "$dir/log")" -eq 1
null_end
