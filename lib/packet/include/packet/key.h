/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key of a connection, and its hash.
 *
 * A connection is known by the network it crosses, its protocol and its two endpoints. A
 * network is a wire, or a group of wires (its first wire then), and the VLANs of its
 * frames: two VLANs of a wire are two networks, which may have the same addresses
 * (flow_network()). The endpoints are ordered by the *side of the wire* they are on:
 * index 0 is the endpoint behind the wire's first port, index 1 the one behind its
 * second. A frame that came in on side 0 has its source at index 0 and its destination at
 * index 1, a frame from side 1 the other way round. So both directions give one key, the
 * direction is the side, nothing is compared or swapped, and no host can speak in the
 * name of one behind the other port (SYN-2; docs/adr/0001-endpoints-by-side.md).
 *
 * Ports: TCP, UDP, UDP-Lite, SCTP, DCCP: source and destination. ICMP queries: port[0] is
 * the identifier and port[1] the type of the *request* (8 for echo and echo reply; 128
 * for ICMPv6), both whichever side asks. All other protocols: the number of the protocol,
 * and 0.
 *
 * All of it is exact and fills the 16 bytes that an IPv4 connection has for it in its hot
 * line (docs/adr/0014-vlans-in-the-key.md).
 */
#ifndef PACKET_KEY_H
#define PACKET_KEY_H

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define KEY_SECRET_BYTES 192 /* of hash_secret(), XXH3's default length */

struct flow_id {
	rte_be16_t port[2];
	uint32_t network; /* flow_network(), and an enum flow_class in the lowest bits */
};

union flow_addr {
	rte_be32_t v4[2];
	uint8_t v6[2][16];
};

/* IPv4 uses the first KEY4_BYTES; what follows them is not read. */
struct flow_key {
	struct flow_id id;
	union flow_addr addr;
};

#define KEY4_BYTES 16u
#define KEY6_BYTES 40u

static_assert(sizeof(struct flow_id) == 8, "compared as one word");
static_assert(offsetof(struct flow_key, addr) == 8, "no hole between id and addresses");
static_assert(sizeof(struct flow_key) == KEY6_BYTES, "hashed as bytes: no padding");

/* The protocols that have ports or an identifier; any other stands in port[0]. */
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

static_assert(FLOW_CLASS_BITS + FLOW_WIRE_BITS + 2 * FLOW_VID_BITS == 32,
	      "wire, VLANs and class are exact");

/* Not in the netinet/in.h of every libc. */
#define PROTO_UDPLITE 136

/* Where the n-th VID stands in a network, 0 the outer one. */
static inline unsigned
flow_vid_shift(unsigned n)
{
	return FLOW_CLASS_BITS + FLOW_WIRE_BITS + n * FLOW_VID_BITS;
}

/*
 * A network: the wire, below FLOW_WIRES, and the VIDs of the frame's tags from the
 * outermost on. 0: there is no such tag, or it is one of VLAN 0, which carries a priority
 * and no VLAN (IEEE 802.1Q 9.6).
 */
static inline uint32_t
flow_network(uint16_t wire, uint16_t outer, uint16_t inner)
{
	return (uint32_t)wire << FLOW_CLASS_BITS | (uint32_t)outer << flow_vid_shift(0) |
	       (uint32_t)inner << flow_vid_shift(1);
}

/*
 * A wire whose VLANs are one network: tags add nothing to it. No VLAN has the number
 * 0xfff.
 */
static inline uint32_t
flow_network_joined(uint16_t wire)
{
	return flow_network(wire, FLOW_VID_MASK, FLOW_VID_MASK);
}

/* A network and the tag after those that it has, two at most. */
static inline uint32_t
flow_network_add_tag(uint32_t network, uint16_t tci)
{
	unsigned n = network >> flow_vid_shift(0) != 0;

	return network | (uint32_t)(tci & FLOW_VID_MASK) << flow_vid_shift(n);
}

/* The network of an id. */
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
 * The n-th VID of its network, 0 the outer one; 0: there is none, or they count for
 * nothing.
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

/* Whether its ports are ports, not an identifier or a number of a protocol. */
static inline bool
flow_id_has_ports(const struct flow_id *id)
{
	enum flow_class class = flow_id_class(id);

	return class != FLOW_OTHER && class != FLOW_ICMP && class != FLOW_ICMPV6;
}

/* IPPROTO_* of an id. */
static inline uint8_t
flow_id_proto(const struct flow_id *id)
{
	static const uint8_t protos[] = {
		[FLOW_TCP] = IPPROTO_TCP,       [FLOW_UDP] = IPPROTO_UDP,
		[FLOW_ICMP] = IPPROTO_ICMP,     [FLOW_ICMPV6] = IPPROTO_ICMPV6,
		[FLOW_SCTP] = IPPROTO_SCTP,     [FLOW_DCCP] = IPPROTO_DCCP,
		[FLOW_UDPLITE] = PROTO_UDPLITE,
	};
	enum flow_class class = flow_id_class(id);

	/* first, so that a caller who compares with IPPROTO_TCP compares the class */
	if (class == FLOW_TCP)
		return IPPROTO_TCP;
	return class == FLOW_OTHER ? (uint8_t)rte_be_to_cpu_16(id->port[0])
				   : protos[class];
}

static inline enum flow_class
flow_class_of(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return FLOW_TCP;
	case IPPROTO_UDP:
		return FLOW_UDP;
	case IPPROTO_ICMP:
		return FLOW_ICMP;
	case IPPROTO_ICMPV6:
		return FLOW_ICMPV6;
	case IPPROTO_SCTP:
		return FLOW_SCTP;
	case IPPROTO_DCCP:
		return FLOW_DCCP;
	case PROTO_UDPLITE:
		return FLOW_UDPLITE;
	default:
		return FLOW_OTHER;
	}
}

/*
 * Set the protocol of an id that has only a network yet; its ports, if it has some, come
 * after.
 */
static inline void
flow_id_set_proto(struct flow_id *id, uint8_t proto)
{
	enum flow_class class = flow_class_of(proto);

	id->network |= class;
	if (class == FLOW_OTHER)
		id->port[0] = rte_cpu_to_be_16(proto);
}

/* The id of a key as the word that it is in memory; ports: as both stand in memory. */
static inline uint64_t
flow_id_pack(uint32_t ports, uint32_t network, enum flow_class class)
{
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
	return ports | (uint64_t)(network | class) << 32;
#else
	return (uint64_t)ports << 32 | network | class;
#endif
}

/* The id as a word. */
static inline uint64_t
flow_id_word(const struct flow_id *id)
{
	uint64_t word;

	memcpy(&word, id, sizeof(word));
	return word;
}

static inline bool
flow_key4_equal(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t x, y;

	memcpy(&x, a->addr.v4, sizeof(x));
	memcpy(&y, b->addr.v4, sizeof(y));
	return ((x ^ y) | (flow_id_word(&a->id) ^ flow_id_word(&b->id))) == 0;
}

static inline bool
flow_key6_equal(const struct flow_key *a, const struct flow_key *b)
{
	return flow_id_word(&a->id) == flow_id_word(&b->id) &&
	       memcmp(a->addr.v6, b->addr.v6, sizeof(a->addr.v6)) == 0;
}

/*
 * 64 bits of XXH3 over the first bytes (KEY4_BYTES or KEY6_BYTES) of a key, keyed with
 * KEY_SECRET_BYTES random bytes. Without the secret nobody can
 * construct collisions, as anybody can for CRC32C, which is affine.
 */
static inline uint64_t
flow_hash(const struct flow_key *key, size_t bytes, const uint8_t *secret)
{
	return XXH3_64bits_withSecret(key, bytes, secret, KEY_SECRET_BYTES);
}

#endif
