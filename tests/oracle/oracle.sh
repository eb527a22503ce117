#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Compare sluice with the kernel's conntrack: prepare a network namespace and run the
# program oracle in it, with the arguments of this script (oracle.c).
set -u
here=$(dirname "$0")
oracle=${BUILD:-build}/tests/oracle/oracle

if [ "${1:-}" != inside ]; then
	for need in "$oracle" /dev/net/tun; do
		if ! [ -e "$need" ]; then
			echo "1..0 # SKIP oracle: there is no $need"
			exit 0
		fi
	done
	if [ "$(id -u)" -ne 0 ] || ! unshare --net true 2>/dev/null; then
		echo "1..0 # SKIP oracle: needs root, and namespaces"
		exit 0
	fi
	exec unshare --net "$0" inside "$@"
fi
shift

# Make the kernel of this namespace a router between lan and wan that drops packets which
# conntrack finds invalid. Where the port on the lan side is odd, as in every second pair
# of sequences, wan must not open connections.
prepare()
{
	local device key

	for device in lan wan; do
		ip tuntap add dev "$device" mode tun && ip link set "$device" up || return
	done
	ip route add 10.1.0.0/16 dev lan && ip route add 10.2.0.0/16 dev wan &&
		ip route add fd01::/16 dev lan && ip route add fd02::/16 dev wan || return
	for key in ipv4/ip_forward ipv6/conf/all/forwarding \
		netfilter/nf_conntrack_checksum; do
		echo 1 >"/proc/sys/net/$key" || return
	done
	nft -f - <<-'END' || return
		table inet oracle {
			counter invalid { }
			counter refused { }
			chain forward {
				type filter hook forward priority filter; policy accept
				ct state invalid counter name invalid drop
				iifname "wan" ct state new tcp dport & 1 == 1 jump refuse
			}
			chain refuse {
				counter name refused drop
			}
		}
	END
	echo 6 >/proc/sys/net/netfilter/nf_conntrack_log_invalid || return # TCP
	for key in tcp_loose tcp_be_liberal; do
		echo 0 >"/proc/sys/net/netfilter/nf_conntrack_$key" || return
	done
}

if ! prepare; then
	echo "Bail out! the namespace cannot be prepared"
	exit 1
fi
exec "$oracle" -d "$here/../../docs/nf-conntrack.md" "$@"
