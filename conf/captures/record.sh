#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Record lan.pcap and wan.pcap anew: two hosts with real stacks, in namespaces of their
# own, and a bridge between them, where what each host sends is captured. Needs root,
# iproute2, ethtool, tcpdump, curl, python3. Takes itself down, whatever happens.
set -eu
cd "$(dirname "$0")"
id=sluice-record-$$
a=$id-a b=$id-b wire=$id-wire
work=$(mktemp -d)
pids=()

down()
{
	trap '' EXIT INT TERM
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
	wait 2>/dev/null || true
	for ns in "$a" "$b" "$wire"; do
		ip netns delete "$ns" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap down EXIT
trap 'exit 1' INT TERM

# host NAMESPACE NUMBER: 192.0.2.NUMBER and 2001:db8::NUMBER, at the bridge
host()
{
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n "$wire" link add "port$2" type veth peer name eth0 netns "$1"
	ip -n "$1" link set eth0 address "02:00:00:00:00:0$2"
	# veth would leave checksums and segmentation to the receiver
	ip netns exec "$1" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
	ip netns exec "$wire" ethtool -K "port$2" tx off tso off gso off gro off \
		>/dev/null
	ip -n "$1" addr add "192.0.2.$2/24" dev eth0
	ip -n "$1" addr add "2001:db8::$2/64" dev eth0 nodad
	ip netns exec "$wire" sysctl -qw "net.ipv6.conf.port$2.disable_ipv6=1"
	ip -n "$wire" link set "port$2" master bridge up
	ip -n "$1" link set eth0 up
}

# capture PORT FILE: what this port's host sends
capture()
{
	ip netns exec "$wire" tcpdump -i "$1" -Q in -U --immediate-mode -w "$work/$2" \
		2>"$work/$2.log" &
	pids+=($!)
	until grep -q listening "$work/$2.log"; do
		kill -0 $! || { cat "$work/$2.log" >&2; exit 1; }
		sleep 0.05
	done
}

in_a() { ip netns exec "$a" "$@"; }
in_b() { ip netns exec "$b" "$@"; }

# wait_port TOOL-OPTIONS PORT: until a server listens in b
wait_port()
{
	until in_b ss -Hln "$1" "sport = :$2" | grep -q .; do sleep 0.05; done
}

ip netns add "$wire"
ip -n "$wire" link add bridge type bridge mcast_snooping 0
ip netns exec "$wire" sysctl -qw net.ipv6.conf.bridge.disable_ipv6=1
ip -n "$wire" link set bridge up
host "$a" 1
host "$b" 2

mkdir "$work/www"
python3 -c 'print("A stateful firewall between two ports.\n" * 500, end="")' \
	>"$work/www/page"
touch -d 2026-01-01 "$work/www/page"
(cd "$work/www" &&
	exec ip netns exec "$b" python3 -m http.server --bind :: 80 >/dev/null 2>&1) &
pids+=($!)
in_b python3 - <<'EOF' &
# a name server that knows one answer, and a service that says a word and waits
import socket
import threading

def serve():
    s = socket.create_server(('192.0.2.2', 7))
    while True:
        c, _ = s.accept()
        try:
            c.sendall(b'hello\n')
            c.recv(100)
        except ConnectionResetError:
            pass
        c.close()

threading.Thread(target=serve, daemon=True).start()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('192.0.2.2', 53))
while True:
    question, peer = s.recvfrom(512)
    s.sendto(question[:2] + b'\x81\x80\0\1\0\1\0\0\0\0' + question[12:] +
             b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\2', peer)
EOF
pids+=($!)
wait_port -t 80
wait_port -t 7
wait_port -u 53
capture port1 lan.pcap
capture port2 wan.pcap

in_a python3 - <<'EOF'
# two pings of each family
import socket
import struct
import time
payload = bytes(range(56))
for number in (1, 2):
    rest = struct.pack('!HH', 0x1234, number) + payload
    total = 0x0800 + sum(struct.unpack('!30H', rest))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    four = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    four.sendto(struct.pack('!BBH', 8, 0, ~total & 0xffff) + rest, ('192.0.2.2', 0))
    six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    six.sendto(struct.pack('!BBH', 128, 0, 0) + rest, ('2001:db8::2', 0))
    time.sleep(0.2)
EOF
in_a curl -sS -o "$work/got4" http://192.0.2.2/page
in_a curl -sS -o "$work/got6" 'http://[2001:db8::2]/page'
cmp "$work/www/page" "$work/got4"
cmp "$work/www/page" "$work/got6"
in_a python3 - <<'EOF'
import socket
import struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # a question, an answer
s.settimeout(5)
s.sendto(b'\x12\x34\x01\0\0\1\0\0\0\0\0\0\x03www\x07example\0\0\1\0\1', ('192.0.2.2', 53))
s.recvfrom(512)
try:
    socket.create_connection(('192.0.2.2', 8081), 5)  # no server listens there: refused
except ConnectionRefusedError:
    pass
s = socket.create_connection(('192.0.2.2', 7), 5)  # a word, then a reset
s.recv(100)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
s.close()
s = socket.create_connection(('192.0.2.2', 7), 5)  # closed with a word unread
s.close()
EOF
in_b python3 - <<'EOF'
import socket
try:
    socket.create_connection(('192.0.2.1', 22), 5)  # from outside: unsolicited
except OSError:
    pass
EOF
sleep 0.5

kill "${pids[@]:2}"
wait "${pids[@]:2}" 2>/dev/null || true
cp "$work/lan.pcap" "$work/wan.pcap" .
chmod 644 lan.pcap wan.pcap
ls -l lan.pcap wan.pcap
