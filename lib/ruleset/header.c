/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fields that are loads: bits at an offset of a header, an option or an extension
 * header, and what is known of a packet besides its bytes. The tables have one row for
 * each field. Offsets and widths are in bits, as in the headers' RFCs.
 */
#include <netinet/in.h>
#include <string.h>

#include "loader.h"

#define PROTO_IGMP 2
#define PROTO_DCCP 33
#define PROTO_COMP 108
#define PROTO_UDPLITE 136

struct row {
	/* the protocol's name, or the name of the member in nft's JSON */
	const char *kind;
	const char *name;
	uint8_t base; /* enum load_base */
	uint16_t offset, bits;
	uint8_t type;
	uint8_t family, proto;
};

#define NET(kind, family, name, offset, bits, type)                                      \
	{                                                                                \
		kind, name, LOAD_NETWORK, offset, bits, type, family, PROTO_ANY          \
	}
#define IP4(...) NET("ip", 4, __VA_ARGS__)
#define IP6(...) NET("ip6", 6, __VA_ARGS__)
#define TH(kind, family, proto, name, offset, bits, type)                                \
	{                                                                                \
		kind, name, LOAD_TRANSPORT, offset, bits, type, family, proto            \
	}
#define TCP(...) TH("tcp", 0, IPPROTO_TCP, __VA_ARGS__)
#define ICMP(...) TH("icmp", 4, IPPROTO_ICMP, __VA_ARGS__)
#define ICMPV6(...) TH("icmpv6", 6, IPPROTO_ICMPV6, __VA_ARGS__)

static const struct row payloads[] = {
	{"ether", "daddr", LOAD_LINK, 0, 48, TYPE_ETHER_ADDR, 0, PROTO_ANY},
	{"ether", "saddr", LOAD_LINK, 48, 48, TYPE_ETHER_ADDR, 0, PROTO_ANY},
	{"ether", "type", LOAD_ETHER_TYPE, 0, 16, TYPE_ETHER, 0, PROTO_ANY},
	{"vlan", "pcp", LOAD_VLAN, 0, 3, TYPE_U8, 0, PROTO_ANY},
	{"vlan", "dei", LOAD_VLAN, 3, 1, TYPE_U8, 0, PROTO_ANY},
	{"vlan", "cfi", LOAD_VLAN, 3, 1, TYPE_U8, 0, PROTO_ANY},
	{"vlan", "id", LOAD_VLAN, 4, 12, TYPE_U16, 0, PROTO_ANY},
	{"vlan", "type", LOAD_VLAN, 16, 16, TYPE_ETHER, 0, PROTO_ANY},
	IP4("version", 0, 4, TYPE_U8),
	IP4("hdrlength", 4, 4, TYPE_U8),
	IP4("dscp", 8, 6, TYPE_DSCP),
	IP4("ecn", 14, 2, TYPE_ECN),
	IP4("length", 16, 16, TYPE_U16),
	IP4("id", 32, 16, TYPE_U16),
	IP4("frag-off", 48, 16, TYPE_U16),
	IP4("ttl", 64, 8, TYPE_U8),
	IP4("checksum", 80, 16, TYPE_U16),
	IP6("version", 0, 4, TYPE_U8),
	IP6("dscp", 4, 6, TYPE_DSCP),
	IP6("ecn", 10, 2, TYPE_ECN),
	IP6("flowlabel", 12, 20, TYPE_U32),
	IP6("length", 32, 16, TYPE_U16),
	IP6("hoplimit", 56, 8, TYPE_U8),
	TCP("sequence", 32, 32, TYPE_U32),
	TCP("ackseq", 64, 32, TYPE_U32),
	TCP("doff", 96, 4, TYPE_U8),
	TCP("reserved", 100, 4, TYPE_U8),
	TCP("window", 112, 16, TYPE_U16),
	TCP("checksum", 128, 16, TYPE_U16),
	TCP("urgptr", 144, 16, TYPE_U16),
	TH("udp", 0, IPPROTO_UDP, "length", 32, 16, TYPE_U16),
	TH("udp", 0, IPPROTO_UDP, "checksum", 48, 16, TYPE_U16),
	TH("udplite", 0, PROTO_UDPLITE, "csumcov", 32, 16, TYPE_U16),
	TH("udplite", 0, PROTO_UDPLITE, "checksum", 48, 16, TYPE_U16),
	TH("sctp", 0, IPPROTO_SCTP, "vtag", 32, 32, TYPE_U32),
	TH("sctp", 0, IPPROTO_SCTP, "checksum", 64, 32, TYPE_U32),
	TH("dccp", 0, PROTO_DCCP, "type", 67, 4, TYPE_DCCP_TYPE),
	ICMP("checksum", 16, 16, TYPE_U16),
	ICMP("id", 32, 16, TYPE_U16),
	ICMP("sequence", 48, 16, TYPE_U16),
	ICMP("mtu", 48, 16, TYPE_U16),
	ICMP("gateway", 32, 32, TYPE_U32),
	ICMPV6("checksum", 16, 16, TYPE_U16),
	ICMPV6("parameter-problem", 32, 32, TYPE_U32),
	ICMPV6("packet-too-big", 32, 32, TYPE_U32),
	ICMPV6("mtu", 32, 32, TYPE_U32),
	ICMPV6("id", 32, 16, TYPE_U16),
	ICMPV6("sequence", 48, 16, TYPE_U16),
	ICMPV6("max-delay", 32, 16, TYPE_U16),
	TH("igmp", 4, PROTO_IGMP, "type", 0, 8, TYPE_IGMP_TYPE),
	TH("igmp", 4, PROTO_IGMP, "mrt", 8, 8, TYPE_U8),
	TH("igmp", 4, PROTO_IGMP, "checksum", 16, 16, TYPE_U16),
	TH("igmp", 4, PROTO_IGMP, "group", 32, 32, TYPE_IPV4),
	TH("esp", 0, IPPROTO_ESP, "spi", 0, 32, TYPE_U32),
	TH("esp", 0, IPPROTO_ESP, "sequence", 32, 32, TYPE_U32),
	TH("ah", 0, IPPROTO_AH, "nexthdr", 0, 8, TYPE_PROTO),
	TH("ah", 0, IPPROTO_AH, "hdrlength", 8, 8, TYPE_U8),
	TH("ah", 0, IPPROTO_AH, "reserved", 16, 16, TYPE_U16),
	TH("ah", 0, IPPROTO_AH, "spi", 32, 32, TYPE_U32),
	TH("ah", 0, IPPROTO_AH, "sequence", 64, 32, TYPE_U32),
	TH("comp", 0, PROTO_COMP, "nexthdr", 0, 8, TYPE_PROTO),
	TH("comp", 0, PROTO_COMP, "flags", 8, 8, TYPE_U8),
	TH("comp", 0, PROTO_COMP, "cpi", 16, 16, TYPE_U16),
};

/*
 * Fields of extension headers, options and chunks. A row gives the number of the option
 * and one field in it.
 */
struct option_row {
	const char *name;
	uint8_t number;
	const char *field; /* NULL: the row is for each field of this kind */
	uint16_t offset, bits;
	uint8_t type;
};

static const struct option_row extension_headers[] = {
	{"hbh", IPPROTO_HOPOPTS, "nexthdr", 0, 8, TYPE_PROTO},
	{"hbh", IPPROTO_HOPOPTS, "hdrlength", 8, 8, TYPE_U8},
	{"dst", IPPROTO_DSTOPTS, "nexthdr", 0, 8, TYPE_PROTO},
	{"dst", IPPROTO_DSTOPTS, "hdrlength", 8, 8, TYPE_U8},
	{"rt", IPPROTO_ROUTING, "nexthdr", 0, 8, TYPE_PROTO},
	{"rt", IPPROTO_ROUTING, "hdrlength", 8, 8, TYPE_U8},
	{"rt", IPPROTO_ROUTING, "type", 16, 8, TYPE_U8},
	{"rt", IPPROTO_ROUTING, "seg-left", 24, 8, TYPE_U8},
	{"srh", IPPROTO_ROUTING, "last-entry", 32, 8, TYPE_U8},
	{"srh", IPPROTO_ROUTING, "flags", 40, 8, TYPE_U8},
	{"srh", IPPROTO_ROUTING, "tag", 48, 16, TYPE_U16},
	{"frag", IPPROTO_FRAGMENT, "nexthdr", 0, 8, TYPE_PROTO},
	{"frag", IPPROTO_FRAGMENT, "reserved", 8, 8, TYPE_U8},
	{"frag", IPPROTO_FRAGMENT, "frag-off", 16, 13, TYPE_U16},
	{"frag", IPPROTO_FRAGMENT, "reserved2", 29, 2, TYPE_U8},
	{"frag", IPPROTO_FRAGMENT, "more-fragments", 31, 1, TYPE_U8},
	{"frag", IPPROTO_FRAGMENT, "id", 32, 32, TYPE_U32},
	{"mh", IPPROTO_MH, "nexthdr", 0, 8, TYPE_PROTO},
	{"mh", IPPROTO_MH, "hdrlength", 8, 8, TYPE_U8},
	{"mh", IPPROTO_MH, "type", 16, 8, TYPE_MH_TYPE},
	{"mh", IPPROTO_MH, "reserved", 24, 8, TYPE_U8},
	{"mh", IPPROTO_MH, "checksum", 32, 16, TYPE_U16},
};

static const struct option_row ip_options[] = {
	{"lsrr", 131, "type", 0, 8, TYPE_U8},   {"lsrr", 131, "length", 8, 8, TYPE_U8},
	{"lsrr", 131, "ptr", 16, 8, TYPE_U8},   {"lsrr", 131, "addr", 24, 32, TYPE_IPV4},
	{"ssrr", 137, "type", 0, 8, TYPE_U8},   {"ssrr", 137, "length", 8, 8, TYPE_U8},
	{"ssrr", 137, "ptr", 16, 8, TYPE_U8},   {"ssrr", 137, "addr", 24, 32, TYPE_IPV4},
	{"rr", 7, "type", 0, 8, TYPE_U8},       {"rr", 7, "length", 8, 8, TYPE_U8},
	{"rr", 7, "ptr", 16, 8, TYPE_U8},       {"rr", 7, "addr", 24, 32, TYPE_IPV4},
	{"ra", 148, "type", 0, 8, TYPE_U8},     {"ra", 148, "length", 8, 8, TYPE_U8},
	{"ra", 148, "value", 16, 16, TYPE_U16},
};

static const struct option_row tcp_options[] = {
	{"eol", 0, "kind", 0, 8, TYPE_U8},
	{"noop", 1, "kind", 0, 8, TYPE_U8},
	{"nop", 1, "kind", 0, 8, TYPE_U8},
	{"maxseg", 2, "size", 16, 16, TYPE_U16},
	{"mss", 2, "size", 16, 16, TYPE_U16},
	{"window", 3, "count", 16, 8, TYPE_U8},
	{"sack-perm", 4, "kind", 0, 8, TYPE_U8},
	{"sack-permitted", 4, "kind", 0, 8, TYPE_U8},
	{"sack", 5, "left", 16, 32, TYPE_U32},
	{"sack", 5, "right", 48, 32, TYPE_U32},
	{"sack0", 5, "left", 16, 32, TYPE_U32},
	{"sack0", 5, "right", 48, 32, TYPE_U32},
	{"sack1", 5, "left", 80, 32, TYPE_U32},
	{"sack1", 5, "right", 112, 32, TYPE_U32},
	{"sack2", 5, "left", 144, 32, TYPE_U32},
	{"sack2", 5, "right", 176, 32, TYPE_U32},
	{"sack3", 5, "left", 208, 32, TYPE_U32},
	{"sack3", 5, "right", 240, 32, TYPE_U32},
	{"timestamp", 8, "tsval", 16, 32, TYPE_U32},
	{"timestamp", 8, "tsecr", 48, 32, TYPE_U32},
	{"md5sig", 19, "kind", 0, 8, TYPE_U8},
	{"mptcp", 30, "subtype", 16, 4, TYPE_U8},
	{"fastopen", 34, "kind", 0, 8, TYPE_U8},
};

/* What each chunk begins with, and then the rest of its row. */
#define CHUNK(name, number)                                                              \
	{name, number, "type", 0, 8, TYPE_U8}, {name, number, "flags", 8, 8, TYPE_U8},   \
	{                                                                                \
		name, number, "length", 16, 16, TYPE_U16                                 \
	}
#define INIT_CHUNK(name, number)                                                         \
	CHUNK(name, number), {name, number, "init-tag", 32, 32, TYPE_U32},               \
		{name, number, "a-rwnd", 64, 32, TYPE_U32},                              \
		{name, number, "num-outbound-streams", 96, 16, TYPE_U16},                \
		{name, number, "num-inbound-streams", 112, 16, TYPE_U16},                \
	{                                                                                \
		name, number, "initial-tsn", 128, 32, TYPE_U32                           \
	}

/* RFC 9260 3.3, RFC 3758, RFC 5061 */
static const struct option_row sctp_chunks[] = {
	CHUNK("data", 0),
	{"data", 0, "tsn", 32, 32, TYPE_U32},
	{"data", 0, "stream", 64, 16, TYPE_U16},
	{"data", 0, "ssn", 80, 16, TYPE_U16},
	{"data", 0, "ppid", 96, 32, TYPE_U32},
	INIT_CHUNK("init", 1),
	INIT_CHUNK("init-ack", 2),
	CHUNK("sack", 3),
	{"sack", 3, "cum-tsn-ack", 32, 32, TYPE_U32},
	{"sack", 3, "a-rwnd", 64, 32, TYPE_U32},
	{"sack", 3, "num-gap-ack-blocks", 96, 16, TYPE_U16},
	{"sack", 3, "num-dup-tsns", 112, 16, TYPE_U16},
	CHUNK("heartbeat", 4),
	CHUNK("heartbeat-ack", 5),
	CHUNK("abort", 6),
	CHUNK("shutdown", 7),
	{"shutdown", 7, "cum-tsn-ack", 32, 32, TYPE_U32},
	CHUNK("shutdown-ack", 8),
	CHUNK("error", 9),
	CHUNK("cookie-echo", 10),
	CHUNK("cookie-ack", 11),
	CHUNK("ecne", 12),
	{"ecne", 12, "lowest-tsn", 32, 32, TYPE_U32},
	CHUNK("cwr", 13),
	{"cwr", 13, "lowest-tsn", 32, 32, TYPE_U32},
	CHUNK("shutdown-complete", 14),
	CHUNK("asconf-ack", 128),
	{"asconf-ack", 128, "seqno", 32, 32, TYPE_U32},
	CHUNK("forward-tsn", 192),
	{"forward-tsn", 192, "new-cum-tsn", 32, 32, TYPE_U32},
	CHUNK("asconf", 193),
	{"asconf", 193, "seqno", 32, 32, TYPE_U32},
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* The headers from which raw loads count, in the order of enum policy_base. */
static const char *const bases[POLICY_BASES] = {"ll", "nh", "th", "ih"};

static const struct {
	const char *kind;
	const struct option_row *rows;
	size_t count;
} options[] = {
	{"tcp option", tcp_options, COUNT_OF(tcp_options)},
	{"ip option", ip_options, COUNT_OF(ip_options)},
	{"exthdr", extension_headers, COUNT_OF(extension_headers)},
	{"sctp chunk", sctp_chunks, COUNT_OF(sctp_chunks)},
};

void
header_words(word_fn *add, void *arg)
{
	size_t i, j;

	for (i = 0; i < COUNT_OF(payloads); i++)
		add(arg,
		    &(struct word){.kind = payloads[i].kind, .name = payloads[i].name});
	for (i = 0; i < COUNT_OF(options); i++)
		for (j = 0; j < options[i].count; j++)
			add(arg, &(struct word){.kind = options[i].kind,
						.name = options[i].rows[j].name,
						.field = options[i].rows[j].field});
	add(arg, &(struct word){.kind = "tcp option", .name = "NUMBER"});
	for (i = 0; i < POLICY_BASES; i++)
		add(arg, &(struct word){.kind = "@", .name = bases[i]});
}

/*
 * The ICMP type that a field implies; 0: none. nft compares the type, and its JSON omits
 * that.
 */
static uint8_t
icmp_type_of(const struct row *row)
{
	static const struct {
		uint8_t proto;
		const char *name;
		uint8_t type;
	} types[] = {
		{IPPROTO_ICMP, "mtu", 3},
		{IPPROTO_ICMP, "gateway", 5},
		{IPPROTO_ICMPV6, "mtu", 2},
		{IPPROTO_ICMPV6, "packet-too-big", 2},
		{IPPROTO_ICMPV6, "parameter-problem", 4},
		{IPPROTO_ICMPV6, "max-delay", 130},
	};
	size_t i;

	for (i = 0; i < COUNT_OF(types); i++)
		if (types[i].proto == row->proto && strcmp(types[i].name, row->name) == 0)
			return types[i].type;
	return 0;
}

static bool
payload_find(const json_t *json, struct header_field *field)
{
	const char *kind = json_text(json, "protocol"), *name = json_text(json, "field");
	size_t i;

	if (kind == NULL) /* nft 0.9.0 names this member differently */
		kind = json_text(json, "name");
	for (i = 0; kind != NULL && name != NULL && i < COUNT_OF(payloads); i++) {
		const struct row *row = &payloads[i];

		if (strcmp(row->kind, kind) != 0 || strcmp(row->name, name) != 0)
			continue;
		field->load = (struct ir_load){
			.base = row->base,
			.header = icmp_type_of(row),
			.offset = row->offset,
			.bits = row->bits,
			.type = row->type,
		};
		field->family = row->family;
		field->proto = row->proto;
		return true;
	}
	return false;
}

/* Read a raw load: {"base": "th", "offset": 64, "len": 32}. */
static bool
raw_find(const json_t *json, struct header_field *field)
{
	const char *base = json_text(json, "base");
	json_int_t offset = json_integer_value(json_object_get(json, "offset"));
	json_int_t bits = json_integer_value(json_object_get(json, "len"));
	unsigned b;

	for (b = 0; base != NULL && b < POLICY_BASES; b++) {
		if (strcmp(base, bases[b]) != 0)
			continue;
		if (offset < 0 || offset > UINT16_MAX - 128 || bits < 1 || bits > 128)
			field->refused = "a raw load has 1 to 128 bits, within the first "
					 "8,000 bytes of its header";
		field->load = (struct ir_load){
			.base = (uint8_t)b,
			.offset = (uint16_t)offset,
			.bits = (uint16_t)bits,
			.type = TYPE_U128,
		};
		return true;
	}
	return false;
}

/*
 * Read an option, extension header or chunk. Without a field, the load tests whether it
 * exists.
 */
static bool
option_find(const json_t *json, const struct option_row *rows, size_t count,
	    enum load_base base, struct header_field *field)
{
	const char *name = json_text(json, "name"), *member = json_text(json, "field");
	size_t i;

	for (i = 0; name != NULL && i < count; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		field->load = (struct ir_load){
			.base = (uint8_t)base,
			.header = rows[i].number,
			.bits = 8,
			.type = TYPE_BOOL,
			.exists = member == NULL,
		};
		if (member == NULL)
			return true;
		field->load.type = TYPE_U8;
		if (base == LOAD_TCP_OPTION && strcmp(member, "kind") == 0)
			return true;
		if (base == LOAD_TCP_OPTION && strcmp(member, "length") == 0) {
			field->load.offset = 8;
			return true;
		}
		if (strcmp(rows[i].field, member) != 0)
			continue;
		field->load.offset = rows[i].offset;
		field->load.bits = rows[i].bits;
		field->load.type = rows[i].type;
		return true;
	}
	return false;
}

/* Read a TCP option given by its number: {"base": 5, "offset": 8, "len": 8}. */
static bool
tcp_raw_find(const json_t *json, struct header_field *field)
{
	const json_t *base = json_object_get(json, "base");

	if (!json_is_integer(base))
		return false;
	field->load = (struct ir_load){
		.base = LOAD_TCP_OPTION,
		.header = (uint8_t)json_integer_value(base),
		.offset = (uint16_t)json_integer_value(json_object_get(json, "offset")),
		.bits = (uint16_t)json_integer_value(json_object_get(json, "len")),
		.type = TYPE_U128,
	};
	return field->load.bits > 0 && field->load.bits <= 128;
}

bool
header_find(const json_t *json, struct header_field *field)
{
	const char *kind = json_first_key(json);
	const json_t *inner = json_object_get(json, kind);

	memset(field, 0, sizeof(*field));
	field->per_packet = true;
	field->needs = POLICY_NEEDS_BYTES;
	if (kind == NULL)
		return false;
	if (strcmp(kind, "payload") == 0)
		return payload_find(inner, field) || raw_find(inner, field);
	if (strcmp(kind, "exthdr") == 0) {
		field->family = 6;
		return option_find(inner, extension_headers, COUNT_OF(extension_headers),
				   LOAD_EXTHDR, field);
	}
	if (strcmp(kind, "ip option") == 0) {
		field->family = 4;
		return option_find(inner, ip_options, COUNT_OF(ip_options),
				   LOAD_IP_OPTION, field);
	}
	if (strcmp(kind, "sctp chunk") == 0)
		return option_find(inner, sctp_chunks, COUNT_OF(sctp_chunks),
				   LOAD_SCTP_CHUNK, field);
	if (strcmp(kind, "tcp option") == 0) {
		if (!option_find(inner, tcp_options, COUNT_OF(tcp_options),
				 LOAD_TCP_OPTION, field) &&
		    !tcp_raw_find(inner, field))
			return false;
		/*
		 * a test for existence is also valid for packets of other protocols: they
		 * lack the option
		 */
		field->proto = field->load.exists ? PROTO_ANY : IPPROTO_TCP;
		return true;
	}
	return known_find(json, field);
}
