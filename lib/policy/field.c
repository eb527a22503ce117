/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Table of the fields: the type of each, and the family and protocol that a packet must
 * have.
 */
#include <netinet/in.h>

#include <policy/ir.h>

const struct field_info field_info[FIELD_COUNT] = {
	[FIELD_IIF] = {"iifname", TYPE_IFNAME, 0, PROTO_ANY, false},
	[FIELD_OIF] = {"oifname", TYPE_IFNAME, 0, PROTO_ANY, false},
	[FIELD_IP_SADDR] = {"ip saddr", TYPE_IPV4, 4, PROTO_ANY, false},
	[FIELD_IP_DADDR] = {"ip daddr", TYPE_IPV4, 4, PROTO_ANY, false},
	[FIELD_IP_PROTOCOL] = {"ip protocol", TYPE_PROTO, 4, PROTO_ANY, false},
	[FIELD_IP6_SADDR] = {"ip6 saddr", TYPE_IPV6, 6, PROTO_ANY, false},
	[FIELD_IP6_DADDR] = {"ip6 daddr", TYPE_IPV6, 6, PROTO_ANY, false},
	[FIELD_IP6_NEXTHDR] = {"ip6 nexthdr", TYPE_PROTO, 6, PROTO_ANY, false},
	[FIELD_L4PROTO] = {"meta l4proto", TYPE_PROTO, 0, PROTO_ANY, false},
	[FIELD_NFPROTO] = {"meta nfproto", TYPE_NFPROTO, 0, PROTO_ANY, false},
	[FIELD_ETHER] = {"meta protocol", TYPE_ETHER, 0, PROTO_ANY, false},
	[FIELD_LENGTH] = {"meta length", TYPE_LENGTH, 0, PROTO_ANY, true},
	[FIELD_SPORT] = {"sport", TYPE_PORT, 0, PROTO_WITH_PORTS, false},
	[FIELD_DPORT] = {"dport", TYPE_PORT, 0, PROTO_WITH_PORTS, false},
	[FIELD_ICMP_TYPE] = {"icmp type", TYPE_ICMP_TYPE, 4, IPPROTO_ICMP, true},
	[FIELD_ICMP_CODE] = {"icmp code", TYPE_ICMP_CODE, 4, IPPROTO_ICMP, true},
	[FIELD_ICMPV6_TYPE] = {"icmpv6 type", TYPE_ICMPV6_TYPE, 6, IPPROTO_ICMPV6, true},
	[FIELD_ICMPV6_CODE] = {"icmpv6 code", TYPE_ICMPV6_CODE, 6, IPPROTO_ICMPV6, true},
	[FIELD_TCP_FLAGS] = {"tcp flags", TYPE_TCP_FLAGS, 0, IPPROTO_TCP, true},
	[FIELD_CT_STATE] = {"ct state", TYPE_CT_STATE, 0, PROTO_ANY, false},
	[FIELD_LOAD] = {"load", TYPE_U128, 0, PROTO_ANY, false}, /* see ir_key.load */
};
