#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Waits more than it works.
# Captures that tcpdump takes of two Linux stacks go through sluice-replay: with offloads,
# of `-i any`, truncated by a snapshot length, begun in mid-stream, with losses, of both
# hosts with different clocks. sluice must drop none of this genuine traffic, and the
# report must name each fault of a capture.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=replay_lib.sh
. tests/live/replay_lib.sh
a=sluice-cap-$$-a b=sluice-cap-$$-b
pids=()

down()
{
	trap '' EXIT INT TERM
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
	ip netns delete "$a" 2>/dev/null
	ip netns delete "$b" 2>/dev/null
	umount "$work/small" 2>/dev/null
	rm -rf "$work"
}
trap down EXIT
trap 'exit 1' INT TERM

if [ "$(id -u)" -ne 0 ] || ! ip netns add "$a" 2>/dev/null; then
	echo "1..0 # SKIP needs root and network namespaces"
	exit 0
fi
for tool in tcpdump curl python3; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

# capture NAMESPACE FILE OPTIONS..: run tcpdump until capture_end
capture()
{
	ip netns exec "$1" tcpdump -U --immediate-mode -B 8192 -w "$work/$2" "${@:3}" \
		2>"$work/$2.log" >/dev/null &
	pids+=($!)
	until grep -qs 'listening on' "$work/$2.log"; do
		kill -0 $! 2>/dev/null || { cat "$work/$2.log" >&2; exit 1; }
		sleep 0.05
	done
}

in_a() { ip netns exec "$a" "$@"; }

ip netns add "$b"
ip -n "$a" link add eth0 type veth peer name eth0 netns "$b"
for host in "$a" "$b"; do
	ip -n "$host" link set lo up
	ip -n "$host" link set eth0 up
done
ip -n "$a" addr add 192.0.2.1/24 dev eth0
ip -n "$b" addr add 192.0.2.2/24 dev eth0
mkdir "$work/www"
head -c 200000 /dev/urandom >"$work/www/file"
ip netns exec "$b" python3 -m http.server -d "$work/www" 80 >/dev/null 2>&1 &
pids+=($!)
until ip netns exec "$b" ss -Hln -t 'sport = :80' | grep -q .; do sleep 0.05; done

capture "$a" offloads.pcap -i eth0
capture "$a" any.pcap -i any
capture "$a" snap.pcap -i eth0 -s 96
capture "$a" nano.pcap -i eth0 --time-stamp-precision=nano
capture "$a" client.pcap -i eth0 -Q out
capture "$b" server.pcap -i eth0 -Q out
in_a curl -s -o /dev/null http://192.0.2.2/file
in_a curl -s -o /dev/null http://192.0.2.2:81/
# a connection that is already open when the capture mid.pcap starts
in_a python3 - "$work" <<'END' &
import os
import socket
import sys
import time
s = socket.create_connection(('192.0.2.2', 80))
open(sys.argv[1] + '/connected', 'w').close()
while not os.path.exists(sys.argv[1] + '/go'):
    time.sleep(0.05)
s.sendall(b'GET /file HTTP/1.0\r\n\r\n')
while s.recv(65536):
    pass
s.close()
END
client=$!
until [ -e "$work/connected" ]; do sleep 0.05; done
sleep 0.3
capture "$a" mid.pcap -i eth0
touch "$work/go"
wait $client
lossy=
if ip netns exec "$b" tc qdisc add dev eth0 root netem loss 8% 2>/dev/null; then
	lossy=1
	capture "$a" loss.pcap -i eth0
	for _ in 1 2 3; do in_a curl -s -m 20 -o /dev/null http://192.0.2.2/file; done
fi
sleep 0.3
kill "${pids[@]:1}" 2>/dev/null
wait "${pids[@]:1}" 2>/dev/null

# json FILE.. [-- OPTIONS..]: run sluice-replay, write the report to $work/report.json
json()
{
	(cd "$work" && "$replay" --report json "$@" >"$work/report.json")
}

ok 'a capture with offloads is replayed' json offloads.pcap
ok 'nothing of it is dropped' holds "r['packets'] > 20 and r['dropped'] == 0"
ok 'checksums left to the card are told' holds "hint('sender left to its card')"
ok 'sides are found by MAC addresses' holds "hint('by MAC addresses')"
ok 'the one refused is REJ, the others are SF' holds \
	"[c['conn_state'] for c in r['connections'][:2]] == ['SF', 'REJ']"
ok 'with --checksum yes they are dropped' json offloads.pcap --checksum yes
ok 'as l4_checksum' holds "r['reasons']['l4_checksum'] > 10"
ok 'a capture of -i any is replayed' json any.pcap
ok 'nothing is dropped but what it has missed' holds \
	"r['dropped'] == r['capture_incomplete'] and first['orig']['src'] == '192.0.2.1'"
ok 'sides are found by direction' holds "hint('by direction')"
cp "$work/client.pcap" "$work/"$'\xff.pcap'
ok 'a name that is not UTF-8 is replayed' json $'\xff.pcap' server.pcap
ok 'the report has it, escaped' holds "r['files'] == [r'\xff.pcap', 'server.pcap']"
ok 'one of -s 96 is replayed' json snap.pcap
ok 'nothing of it is dropped' holds "r['dropped'] == 0 and r['without_verdict'] == 0"
ok 'the snapshot length is told' holds "hint('cut by the snapshot length')"
ok 'one of nanoseconds is replayed' json nano.pcap
ok 'nothing of it is dropped' holds "r['dropped'] == 0"
ok 'one that begins in mid-stream is replayed' json mid.pcap
ok 'nothing of it is dropped' holds "r['packets'] > 5 and r['dropped'] == 0"
ok 'the connection is picked up, and marked' holds \
	"hint('began before the capture') and r['connections'][0]['picked_up']"
ok 'with --loose no it is dropped' json mid.pcap --loose no
ok 'as tcp_no_connection' holds "r['reasons']['tcp_no_connection'] > 5"
if [ -n "$lossy" ]; then
	ok 'one with losses is replayed' json loss.pcap
	ok 'nothing is dropped, and retransmissions are counted' holds \
		"r['dropped'] == 0 and again > 0"
else
	skip 'one with losses' 'no netem here'
fi

ok 'what both hosts sent is replayed together' json client.pcap server.pcap
ok 'nothing of it is dropped' holds "r['dropped'] == 0 and hint('by interface')"
python3 - "$work" <<'END'
import struct
import sys
data = bytearray(open(sys.argv[1] + '/server.pcap', 'rb').read())
at = 24
while at < len(data):
    s, us, size, _ = struct.unpack('<IIII', data[at:at + 16])
    us += 300000
    struct.pack_into('<II', data, at, s + us // 1000000, us % 1000000)
    at += 16 + size
open(sys.argv[1] + '/skewed.pcap', 'wb').write(data)
END
ok 'with clocks that differ by 300 ms' json client.pcap skewed.pcap
ok 'the offset is told' holds \
	"hint('of client.pcap and skewed.pcap differ') and -301 < offsets[0] < -298"
ok 'with --offset' json client.pcap skewed.pcap --offset skewed.pcap=-300
ok 'nothing is dropped' holds "r['dropped'] == 0"
ok 'the two files by --port are replayed' json --port lan=client.pcap --port \
	wan=server.pcap --checksum auto
ok 'nothing of them is dropped' holds "r['dropped'] == 0"
ok 'both directions in one --port' json --port lan=offloads.pcap --checksum no
ok 'are told' holds "hint('one --port in both directions')"

# verdicts OUT: print the verdicts without the members that depend on file names
verdicts()
{
	python3 - "$1/verdicts.jsonl" <<'END'
import json
import sys
for line in open(sys.argv[1]):
    v = json.loads(line)
    print(v['n'], v['port'], v['verdict'], v['reason'], v['action'], v['conn'],
          v['orig'], v['reply'])
END
}

same_as_split()
{
	(
		cd "$work" && rm -rf parts one two &&
			"$replay" "$1" --split parts --out one &&
			"$replay" --port lan=parts/lan.pcapng --port \
				wan=parts/wan.pcapng --checksum auto --loose auto \
				--out two
	) || return 1
	verdicts "$work/one" >"$work/one.txt"
	verdicts "$work/two" >"$work/two.txt"
	[ -s "$work/one.txt" ] && diff "$work/one.txt" "$work/two.txt"
}

for file in offloads any snap mid nano; do
	ok "the verdicts of $file.pcap are those of its parts" same_as_split $file.pcap
done

gzip -k "$work/offloads.pcap"
ok 'a compressed capture is replayed' json offloads.pcap.gz
ok 'to the same end' holds "r['dropped'] == 0 and r['packets'] > 20"
ok 'a pipe is replayed' bash -c \
	"cat $work/offloads.pcap | $replay --report json - >$work/report.json"
ok 'to the same end' holds \
	"r['dropped'] == 0 and r['packets'] > 20 and r['files'] == ['standard input']"

mkdir "$work/small"
if mount -t tmpfs -o size=64k tmpfs "$work/small" 2>/dev/null; then
	"$replay" "$work/offloads.pcap" --out "$work/small/out" >"$work/said" 2>&1
	ok 'a full disk ends with status 4' test $? -eq 4
	"$replay" "$work/offloads.pcap" --out "$work/small/out" >"$work/full" 2>&1
	ok 'and the files that are incomplete are named' grep -q \
		'annotated.pcapng: No space left on device; the file is incomplete' \
		"$work/full"
else
	skip 'a full disk' 'no tmpfs here'
fi
replay_end
