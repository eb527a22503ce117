/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The types of values: the width of each, its name in messages, and the names of its
 * values.
 */
#include <netinet/in.h>
#include <string.h>

#include "loader.h"

struct symbol {
	const char *name; /* NULL ends a list */
	uint32_t value;
};

static const struct symbol protocols[] = {
	{"icmp", IPPROTO_ICMP},
	{"igmp", 2},
	{"tcp", IPPROTO_TCP},
	{"udp", IPPROTO_UDP},
	{"dccp", 33},
	{"gre", 47},
	{"esp", 50},
	{"ah", 51},
	{"icmpv6", IPPROTO_ICMPV6},
	{"ipv6-icmp", 58},
	{"comp", 108},
	{"sctp", IPPROTO_SCTP},
	{"udplite", 136},
	{NULL, 0},
};

static const struct symbol icmp_types[] = {
	{"echo-reply", 0},           {"destination-unreachable", 3},
	{"source-quench", 4},        {"redirect", 5},
	{"echo-request", 8},         {"router-advertisement", 9},
	{"router-solicitation", 10}, {"time-exceeded", 11},
	{"parameter-problem", 12},   {"timestamp-request", 13},
	{"timestamp-reply", 14},     {"info-request", 15},
	{"info-reply", 16},          {"address-mask-request", 17},
	{"address-mask-reply", 18},  {NULL, 0},
};

static const struct symbol icmp_codes[] = {
	{"net-unreachable", 0},  {"host-unreachable", 1},  {"prot-unreachable", 2},
	{"port-unreachable", 3}, {"frag-needed", 4},       {"net-prohibited", 9},
	{"host-prohibited", 10}, {"admin-prohibited", 13}, {NULL, 0},
};

static const struct symbol icmpv6_types[] = {
	{"destination-unreachable", 1}, {"packet-too-big", 2},
	{"time-exceeded", 3},           {"parameter-problem", 4},
	{"echo-request", 128},          {"echo-reply", 129},
	{"mld-listener-query", 130},    {"mld-listener-report", 131},
	{"mld-listener-done", 132},     {"mld-listener-reduction", 132},
	{"nd-router-solicit", 133},     {"nd-router-advert", 134},
	{"nd-neighbor-solicit", 135},   {"nd-neighbor-advert", 136},
	{"nd-redirect", 137},           {"router-renumbering", 138},
	{"ind-neighbor-solicit", 141},  {"ind-neighbor-advert", 142},
	{"mld2-listener-report", 143},  {NULL, 0},
};

static const struct symbol icmpv6_codes[] = {
	{"no-route", 0},
	{"admin-prohibited", 1},
	{"addr-unreachable", 3},
	{"port-unreachable", 4},
	{"policy-fail", 5},
	{"reject-route", 6},
	{NULL, 0},
};

static const struct symbol icmpx_codes[] = {
	{"no-route", 0},
	{"port-unreachable", 1},
	{"host-unreachable", 2},
	{"admin-prohibited", 3},
	{NULL, 0},
};

static const struct symbol tcp_flags[] = {
	{"fin", 0x01}, {"syn", 0x02}, {"rst", 0x04}, {"psh", 0x08}, {"ack", 0x10},
	{"urg", 0x20}, {"ecn", 0x40}, {"cwr", 0x80}, {NULL, 0},
};

static const struct symbol ct_states[] = {
	{"invalid", 1}, {"established", 2}, {"related", 4},
	{"new", 8},     {"untracked", 64},  {NULL, 0},
};

static const struct symbol nfprotos[] = {{"ipv4", 2}, {"ipv6", 10}, {NULL, 0}};

static const struct symbol ethers[] = {
	{"ip", 0x0800},    {"ip6", 0x86dd},    {"arp", 0x0806}, {"vlan", 0x8100},
	{"8021q", 0x8100}, {"8021ad", 0x88a8}, {NULL, 0},
};

static const struct symbol dscps[] = {
	{"cs0", 0},   {"cs1", 8},   {"cs2", 16},  {"cs3", 24},  {"cs4", 32},
	{"cs5", 40},  {"cs6", 48},  {"cs7", 56},  {"df", 0},    {"be", 0},
	{"lephb", 1}, {"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18},
	{"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28}, {"af33", 30},
	{"af41", 34}, {"af42", 36}, {"af43", 38}, {"ef", 46},   {"va", 44},
	{NULL, 0},
};

static const struct symbol ecns[] = {
	{"not-ect", 0}, {"ect1", 1}, {"ect0", 2}, {"ce", 3}, {NULL, 0},
};

/* Names of the kernel's enum ip_conntrack_status. */
static const struct symbol ct_statuses[] = {
	{"expected", 1}, {"seen-reply", 2}, {"assured", 4}, {"confirmed", 8},
	{"snat", 16},    {"dnat", 32},      {"dying", 512}, {NULL, 0},
};

static const struct symbol ct_directions[] = {
	{"original", 0},
	{"reply", 1},
	{NULL, 0},
};

static const struct symbol pkttypes[] = {
	{"host", 0},      {"unicast", 0}, {"broadcast", 1},
	{"multicast", 2}, {"other", 3},   {NULL, 0},
};

static const struct symbol hardware[] = {
	{"ether", 1}, {"ppp", 512},   {"loopback", 772},
	{"sit", 776}, {"ipgre", 778}, {NULL, 0},
};

static const struct symbol days[] = {
	{"Sunday", 0},   {"Monday", 1}, {"Tuesday", 2},  {"Wednesday", 3},
	{"Thursday", 4}, {"Friday", 5}, {"Saturday", 6}, {NULL, 0},
};

static const struct symbol igmp_types[] = {
	{"membership-query", 0x11},     {"membership-report-v1", 0x12},
	{"membership-report-v2", 0x16}, {"leave-group", 0x17},
	{"membership-report-v3", 0x22}, {NULL, 0},
};

static const struct symbol arp_operations[] = {
	{"request", 1},   {"reply", 2},   {"rrequest", 3}, {"rreply", 4},
	{"inrequest", 8}, {"inreply", 9}, {"nak", 10},     {NULL, 0},
};

static const struct symbol mh_types[] = {
	{"binding-refresh-request", 0},
	{"home-test-init", 1},
	{"careof-test-init", 2},
	{"home-test", 3},
	{"careof-test", 4},
	{"binding-update", 5},
	{"binding-acknowledgement", 6},
	{"binding-error", 7},
	{"fast-binding-update", 8},
	{"fast-binding-acknowledgement", 9},
	{"fast-binding-advertisement", 10},
	{"experimental-mobility-header", 11},
	{"home-agent-switch-message", 12},
	{NULL, 0},
};

static const struct symbol dccp_types[] = {
	{"request", 0}, {"response", 1}, {"data", 2},  {"ack", 3},
	{"dataack", 4}, {"closereq", 5}, {"close", 6}, {"reset", 7},
	{"sync", 8},    {"syncack", 9},  {NULL, 0},
};

/* Names of the kernel's RTN_* route types. */
static const struct symbol address_types[] = {
	{"unspec", 0},   {"unicast", 1},   {"local", 2},     {"broadcast", 3},
	{"anycast", 4},  {"multicast", 5}, {"blackhole", 6}, {"unreachable", 7},
	{"prohibit", 8}, {NULL, 0},
};

static const struct symbol groups[] = {{"default", 0}, {NULL, 0}};

static const struct symbol priorities[] = {{"none", 0}, {"root", 0xffffffff}, {NULL, 0}};

static const struct type_info {
	const char *name;
	const struct symbol *symbols;
	uint8_t bits;
	bool flags;
} type_info[TYPE_COUNT] = {
	[TYPE_IFNAME] = {"name of an interface", NULL, 16, false},
	[TYPE_IPV4] = {"IPv4 address", NULL, 32, false},
	[TYPE_IPV6] = {"IPv6 address", NULL, 128, false},
	[TYPE_PROTO] = {"protocol", protocols, 8, false},
	[TYPE_PORT] = {"port", NULL, 16, false},
	[TYPE_ICMP_TYPE] = {"ICMP type", icmp_types, 8, false},
	[TYPE_ICMP_CODE] = {"ICMP code", icmp_codes, 8, false},
	[TYPE_ICMPV6_TYPE] = {"ICMPv6 type", icmpv6_types, 8, false},
	[TYPE_ICMPV6_CODE] = {"ICMPv6 code", icmpv6_codes, 8, false},
	[TYPE_ICMPX_CODE] = {"icmpx code", icmpx_codes, 2, false},
	[TYPE_TCP_FLAGS] = {"TCP flag", tcp_flags, 8, true},
	[TYPE_CT_STATE] = {"conntrack state", ct_states, 32, true},
	[TYPE_NFPROTO] = {"ipv4 or ipv6", nfprotos, 8, false},
	[TYPE_ETHER] = {"EtherType", ethers, 16, false},
	[TYPE_LENGTH] = {"length", NULL, 32, false},
	[TYPE_U8] = {"number below 256", NULL, 8, false},
	[TYPE_U16] = {"number below 65536", NULL, 16, false},
	[TYPE_U32] = {"number of 32 bits", NULL, 32, false},
	[TYPE_U64] = {"number of 64 bits", NULL, 64, false},
	[TYPE_U128] = {"number of 128 bits", NULL, 128, false},
	[TYPE_BOOL] = {"exists or missing", NULL, 1, false},
	[TYPE_ETHER_ADDR] = {"MAC address", NULL, 48, false},
	[TYPE_DSCP] = {"DSCP", dscps, 6, false},
	[TYPE_ECN] = {"ECN codepoint", ecns, 2, false},
	[TYPE_CT_STATUS] = {"conntrack status", ct_statuses, 32, true},
	[TYPE_CT_DIRECTION] = {"direction", ct_directions, 8, false},
	[TYPE_PKTTYPE] = {"packet type", pkttypes, 8, false},
	[TYPE_HARDWARE] = {"hardware type", hardware, 16, false},
	[TYPE_PRIORITY] = {"priority", priorities, 32, false},
	[TYPE_TIME] = {"date and time", NULL, 64, false},
	[TYPE_HOUR] = {"time of day", NULL, 32, false},
	[TYPE_DAY] = {"day of the week", days, 8, false},
	[TYPE_IGMP_TYPE] = {"IGMP type", igmp_types, 8, false},
	[TYPE_ARP_OPERATION] = {"ARP operation", arp_operations, 16, false},
	[TYPE_MH_TYPE] = {"mobility header type", mh_types, 8, false},
	[TYPE_DCCP_TYPE] = {"DCCP type", dccp_types, 4, false},
	[TYPE_FIB_TYPE] = {"address type", address_types, 32, false},
	[TYPE_IFGROUP] = {"group of interfaces", groups, 32, false},
};

bool
value_is_flags(enum value_type type)
{
	return type_info[type].flags;
}

const char *
value_type_name(enum value_type type)
{
	return type_info[type].name;
}

uint8_t
value_bits(enum value_type type)
{
	return type_info[type].bits;
}

/* The largest value of a type: all bits set. */
u128
value_max(enum value_type type)
{
	return ~(u128)0 >> (128 - type_info[type].bits);
}

bool
symbol_find(enum value_type type, const char *name, u128 *value)
{
	const struct symbol *symbol = type_info[type].symbols;

	for (; symbol != NULL && symbol->name != NULL; symbol++) {
		if (strcmp(symbol->name, name) == 0) {
			*value = symbol->value;
			return true;
		}
	}
	return false;
}
