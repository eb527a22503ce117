/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The key that identifies a connection. Compiled for the host and for BPF.
 *
 * A connection is identified by the network it crosses, its protocol and its two
 * endpoints. A network is a wire, or a group of wires (its first wire then), and the
 * VLANs of its frames: two VLANs of a wire are two networks, which may have the same
 * addresses (flow_network()). The endpoints are ordered by the *side of the wire* they
 * are on: index 0 is the endpoint behind the wire's first port, index 1 the one behind
 * its second. A frame that came in on side 0 has its source at index 0 and its
 * destination at index 1; a frame from side 1 has them the other way round. So both
 * directions have the same key, and nothing has to be compared or swapped. The side is
 * the direction: no host can send as a host behind the other port (SYN-2;
 * docs/adr/0001-endpoints-by-side.md).
 *
 * Ports: for TCP, UDP, UDP-Lite, SCTP and DCCP, source and destination. For ICMP queries,
 * port[0] is the identifier and port[1] the type of the *request* (8 for echo and echo
 * reply; 128 for ICMPv6), whichever side asks. For all other protocols, port[0] is the
 * number of the protocol and port[1] is 0.
 *
 * The key is exact. For IPv4 it has 16 bytes, as many as the hot line of a connection has
 * room for (docs/adr/0014-vlans-in-the-key.md).
 */
#ifndef CONN_KEY_H
#define CONN_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/byteorder.h>

struct flow_id {
	rte_be16_t port[2];
	uint32_t network; /* flow_network(), and an enum flow_class in the lowest bits */
};

union flow_addr {
	rte_be32_t v4[2];
	uint8_t v6[2][16];
};

/* IPv4 uses the first KEY4_BYTES; the bytes after them are not read. */
struct flow_key {
	struct flow_id id;
	union flow_addr addr;
};

#define KEY4_BYTES 16u
#define KEY6_BYTES 40u

_Static_assert(sizeof(struct flow_id) == 8, "compared as one word");
_Static_assert(offsetof(struct flow_key, addr) == 8, "no hole between id and addresses");
_Static_assert(sizeof(struct flow_key) == KEY6_BYTES, "hashed as bytes: no padding");

/*
 * Classes of protocols: one for each protocol with ports or an identifier, and one for
 * all others, which have their number in port[0].
 */
enum flow_class {
	FLOW_OTHER,
	FLOW_TCP,
	FLOW_UDP,
	FLOW_ICMP,
	FLOW_ICMPV6,
	FLOW_SCTP,
	FLOW_DCCP,
	FLOW_UDPLITE,
};

#define FLOW_CLASS_BITS 3u
#define FLOW_CLASS_MASK 0x7u
#define FLOW_WIRE_BITS 5u
#define FLOW_WIRES (1u << FLOW_WIRE_BITS)
#define FLOW_VID_BITS 12u
#define FLOW_VID_MASK 0xfffu

_Static_assert(FLOW_CLASS_BITS + FLOW_WIRE_BITS + 2 * FLOW_VID_BITS == 32,
	       "wire, VLANs and class are exact");

/*
 * IANA numbers of the protocols that have a class, equal to IPPROTO_*. They are repeated
 * here because a file can include netinet/in.h or linux/in.h, but not both.
 */
#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_DCCP 33
#define PROTO_ICMPV6 58
#define PROTO_SCTP 132
#define PROTO_UDPLITE 136

/* Bit position of the n-th VID in a network; 0 is the outer one. */
static inline unsigned
flow_vid_shift(unsigned n)
{
	return FLOW_CLASS_BITS + FLOW_WIRE_BITS + n * FLOW_VID_BITS;
}

/*
 * Make a network from a wire, below FLOW_WIRES, and the VIDs of the frame's tags,
 * outermost first. A VID is 0 when there is no such tag, or its VID is 0, which carries a
 * priority and no VLAN (IEEE 802.1Q 9.6).
 */
static inline uint32_t
flow_network(uint16_t wire, uint16_t outer, uint16_t inner)
{
	return (uint32_t)wire << FLOW_CLASS_BITS | (uint32_t)outer << flow_vid_shift(0) |
	       (uint32_t)inner << flow_vid_shift(1);
}

/*
 * The network of a wire whose VLANs form one network: tags do not change it. No VLAN has
 * the VID 0xfff.
 */
static inline uint32_t
flow_network_joined(uint16_t wire)
{
	return flow_network(wire, FLOW_VID_MASK, FLOW_VID_MASK);
}

/* Add a tag to a network, after the ones that it has; at most two. */
static inline uint32_t
flow_network_add_tag(uint32_t network, uint16_t tci)
{
	unsigned n = network >> flow_vid_shift(0) != 0;

	return network | (uint32_t)(tci & FLOW_VID_MASK) << flow_vid_shift(n);
}

/* The network in the id of a key. */
static inline uint32_t
flow_id_network(const struct flow_id *id)
{
	return id->network & ~FLOW_CLASS_MASK;
}

static inline uint16_t
flow_id_wire(const struct flow_id *id)
{
	return (uint16_t)(id->network >> FLOW_CLASS_BITS & (FLOW_WIRES - 1));
}

/*
 * The n-th VID of the id's network, 0 is the outer one. Returns 0 when there is none, or
 * the network ignores tags.
 */
static inline uint16_t
flow_id_vid(const struct flow_id *id, unsigned n)
{
	uint16_t vid = (uint16_t)(id->network >> flow_vid_shift(n) & FLOW_VID_MASK);

	return vid != FLOW_VID_MASK ? vid : 0;
}

static inline enum flow_class
flow_id_class(const struct flow_id *id)
{
	return (enum flow_class)(id->network & FLOW_CLASS_MASK);
}

/* Whether the ports are port numbers, not an identifier or the number of a protocol. */
static inline bool
flow_id_has_ports(const struct flow_id *id)
{
	enum flow_class class = flow_id_class(id);

	return class != FLOW_OTHER && class != FLOW_ICMP && class != FLOW_ICMPV6;
}

/* The IANA number of an id's protocol. */
static inline uint8_t
flow_id_proto(const struct flow_id *id)
{
	static const uint8_t protos[] = {
		[FLOW_TCP] = PROTO_TCP,         [FLOW_UDP] = PROTO_UDP,
		[FLOW_ICMP] = PROTO_ICMP,       [FLOW_ICMPV6] = PROTO_ICMPV6,
		[FLOW_SCTP] = PROTO_SCTP,       [FLOW_DCCP] = PROTO_DCCP,
		[FLOW_UDPLITE] = PROTO_UDPLITE,
	};
	enum flow_class class = flow_id_class(id);

	/*
	 * tested first, so that the compiler turns a comparison with TCP into one of the
	 * class
	 */
	if (class == FLOW_TCP)
		return PROTO_TCP;
	return class == FLOW_OTHER ? (uint8_t)be16_to_host(id->port[0]) : protos[class];
}

static inline enum flow_class
flow_class_of(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return FLOW_TCP;
	case PROTO_UDP:
		return FLOW_UDP;
	case PROTO_ICMP:
		return FLOW_ICMP;
	case PROTO_ICMPV6:
		return FLOW_ICMPV6;
	case PROTO_SCTP:
		return FLOW_SCTP;
	case PROTO_DCCP:
		return FLOW_DCCP;
	case PROTO_UDPLITE:
		return FLOW_UDPLITE;
	default:
		return FLOW_OTHER;
	}
}

/*
 * Set the protocol of an id that only has a network. The ports, if the protocol has any,
 * are set afterwards.
 */
static inline void
flow_id_set_proto(struct flow_id *id, uint8_t proto)
{
	enum flow_class class = flow_class_of(proto);

	id->network |= class;
	if (class == FLOW_OTHER)
		id->port[0] = be16_from_host(proto);
}

/*
 * The id of a key as one 64-bit word in memory order; ports: both, as they are in memory.
 */
static inline uint64_t
flow_id_pack(uint32_t ports, uint32_t network, enum flow_class class)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return ports | (uint64_t)(network | class) << 32;
#else
	return (uint64_t)ports << 32 | network | class;
#endif
}

/* Load eight bytes of a key as a word. The builtin needs no library: BPF has none. */
static inline uint64_t
flow_word(const void *bytes)
{
	uint64_t word;

	__builtin_memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline bool
flow_key4_equal(const struct flow_key *a, const struct flow_key *b)
{
	return ((flow_word(a->addr.v4) ^ flow_word(b->addr.v4)) |
		(flow_word(&a->id) ^ flow_word(&b->id))) == 0;
}

static inline bool
flow_key6_equal(const struct flow_key *a, const struct flow_key *b)
{
	return flow_word(&a->id) == flow_word(&b->id) &&
	       ((flow_word(a->addr.v6[0]) ^ flow_word(b->addr.v6[0])) |
		(flow_word(a->addr.v6[0] + 8) ^ flow_word(b->addr.v6[0] + 8)) |
		(flow_word(a->addr.v6[1]) ^ flow_word(b->addr.v6[1])) |
		(flow_word(a->addr.v6[1] + 8) ^ flow_word(b->addr.v6[1] + 8))) == 0;
}

#endif
