#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Fragmented datagrams cross a wire that two workers share, in both families, as first
# packets of connections and as answers, whichever worker receives them and whichever owns
# the connection. Datagrams that no rule accepts must not cross. With each driver, since
# the kernel must not reassemble fragments before sluice gets them.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

live_begin fragments
PLANE_WORKERS=2

# udp ask HOST PORT COUNT BYTES ANSWER-BYTES [SECONDS]: send datagrams, print how many
# complete answers arrived; udp answer PORT: answer them
udp()
{
	"$PYTHON" - "$@" <<-'END'
		import socket, sys

		def pattern(seed, size):
		    return bytes((seed * 7 + i * i) % 251 for i in range(size))

		def answer(port):
		    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
		        sock.bind(("::", int(port)))
		        print("ready", flush=True)
		        while True:
		            data, peer = sock.recvfrom(65536)
		            seed = int.from_bytes(data[:2], "big")
		            size = int.from_bytes(data[2:4], "big")
		            if data[4:] == pattern(seed, len(data) - 4):
		                sock.sendto(pattern(seed, size), peer)

		def ask(host, port, count, size, answer_size, seconds=5):
		    family, good = socket.AF_INET6 if ":" in host else socket.AF_INET, 0
		    for seed in range(int(count)):
		        with socket.socket(family, socket.SOCK_DGRAM) as sock:
		            sock.settimeout(float(seconds))
		            head = seed.to_bytes(2, "big")
		            head += int(answer_size).to_bytes(2, "big")
		            data = head + pattern(seed, int(size))
		            sock.sendto(data, (host, int(port)))
		            try:
		                expected = pattern(seed, int(answer_size))
		                good += sock.recv(65536) == expected
		            except TimeoutError:
		                pass
		    print(good, "of", count)

		{"ask": ask, "answer": answer}[sys.argv[1]](*sys.argv[2:])
	END
}
export -f udp
export PYTHON

from() # HOST [WORDS OF udp]
{
	# shellcheck disable=SC2016 # the inner shell's
	net_exec "$1" bash -c 'udp "$@"' udp "${@:2}"
}

for host in lan wan; do
	# shellcheck disable=SC2016
	net_spawn "$host" bash -c 'udp answer 53' >"$NET_DIR/$host-53"
	wait_until 10 grep -q ready "$NET_DIR/$host-53"
done

cross()
{
	local host before stats

	live_plane 'table inet filter {
		chain forward {
			type filter hook forward priority filter; policy drop
			ct state established,related accept
			iifname "lan" oifname "wan" udp dport 53 accept
		}
	}'
	ok "the hosts know each other" net_neighbours
	for host in "$WAN4" "$WAN6"; do
		is "a short question, an answer in fragments, $host" \
			"$(from lan ask "$host" 53 40 10 4000)" \
			"40 of 40"
		is "a question in fragments, a short answer, $host" \
			"$(from lan ask "$host" 53 40 4000 10)" \
			"40 of 40"
		is "both in fragments, $host" \
			"$(from lan ask "$host" 53 40 20000 20000)" "40 of 40"
	done
	ok "nothing dropped" no_drops_but
	before=$(drops policy_drop)
	for host in "$LAN4" "$LAN6"; do
		is "nothing comes from outside, $host" \
			"$(from wan ask "$host" 53 2 4000 4000 0.3)" "0 of 2"
	done
	is "three fragments each, counted" $(($(drops policy_drop) - before)) 12
	stats=$(ctl -o json stats)
	is "nothing waits" "$stats" '*"fragments":0,*'
	is "both workers had some, and handed some over" "$stats" \
		'*"handed_over":[1-9]*"handed_over":[1-9]*'
	ok "sluice is still alive" _plane_alive
	plane_stop
}

for PLANE_DRIVERS in ${PLANE_DRIVERS:-net_af_xdp net_af_packet}; do
	cross
done
live_end
