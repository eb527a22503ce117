# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The kernel as a router with nf_conntrack and an nftables chain, in the namespace wan,
# between two interfaces of lan, for the connections of bench/traffic.c. To be sourced
# after tests/live/net.sh.
#
#	router_rules LAN WAN	print the rules for these port names; sluice gets the
#				same ones
#	router END0 END1	create the namespace anew, so that its table is empty,
#				and the interfaces END0 and END1 of lan
#	router_core MASK	have these processors process what it receives (receive
#				packet steering); 0: the core of the sender
#	router_tracked		print the number of its connections

router_rules()
{
	cat <<-END
		table inet filter {
			chain forward {
				type filter hook forward priority filter; policy drop
				ct state established,related accept
				iifname "$1" oifname "$2" tcp dport 80 accept
			}
		}
	END
}

# router_leg NAME MAC NET ROUTE: configure an interface of the router, with one static
# neighbour to which all packets go.
_router_leg()
{
	net_exec wan ip link set "$1" address "$2" &&
		net_exec wan ip address add "$3.2/24" dev "$1" &&
		net_exec wan ip neigh add "$3.1" lladdr 02:00:00:00:00:01 dev "$1" nud \
			permanent &&
		net_exec wan ip route add "$4" via "$3.1"
}

# The addresses are those of bench/traffic.c: 10.0.0.0/8 and 192.0.2.1 behind the legs,
# and the MAC addresses of the frames.
router()
{
	local net=/proc/sys/net

	_net_remove "$NET_NAME-wan"
	ip netns add "$NET_NAME-wan" && _net_cable lan "$1" wan cr &&
		_net_cable lan "$2" wan dr || return
	_router_leg cr 02:00:00:00:00:0b 172.31.0 10.0.0.0/8 &&
		_router_leg dr 02:00:00:00:00:0a 172.31.1 192.0.2.0/24 || return
	router_rules cr dr | net_exec wan nft -f - || return
	net_exec wan sh -c "
		for name in all default cr dr; do
			echo 0 >$net/ipv4/conf/\$name/rp_filter
			echo 1 >$net/ipv6/conf/\$name/disable_ipv6
		done
		echo 1 >$net/ipv4/ip_forward
		echo 0 >$net/netfilter/nf_conntrack_tcp_loose
		echo 1 >$net/netfilter/nf_conntrack_tcp_timeout_time_wait"
}

router_core()
{
	net_exec wan unshare --mount sh -c "
		mount -t sysfs none /sys &&
		echo $1 >/sys/class/net/cr/queues/rx-0/rps_cpus &&
		echo $1 >/sys/class/net/dr/queues/rx-0/rps_cpus" 2>/dev/null
}

router_tracked()
{
	net_exec wan cat /proc/sys/net/netfilter/nf_conntrack_count
}
