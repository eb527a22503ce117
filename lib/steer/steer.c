/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * There are two ways to a packet's key, as in the parser: fast_key() for the most
 * frequent frames, and packet_parse() for all others, so that only the parser interprets
 * unusual frames. Both give the same key for the same frame. With Toeplitz, the most
 * frequent frames do not need a key.
 *
 * The Toeplitz hash is the XOR, over the bits set in its input, of the 32 bits of the RSS
 * key that begin at the bit's position. With an RSS key that repeats after 16 bits, the
 * hash only depends on the XOR of the input's 16-bit words, and its two halves are equal.
 * So two look-ups in tables of 256 entries compute it.
 */
#include <steer/steer.h>

#include <netinet/in.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_prefetch.h>

#include <packet/packet.h>

#define AHEAD 4u /* headers are fetched this many packets ahead */
#define RSS_WORD 0x6d5a

#define KEY_8 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a
const uint8_t steer_rss_key[STEER_RSS_KEY_BYTES] = {
	KEY_8, KEY_8, KEY_8, KEY_8, KEY_8, KEY_8, 0x6d, 0x5a, 0x6d, 0x5a,
};

void
steer_init_keyed(struct steer *s, uint16_t wire, unsigned workers,
		 const uint8_t secret[KEY_SECRET_BYTES])
{
	memset(s, 0, sizeof(*s));
	s->wire = wire;
	s->network = flow_network_joined(wire);
	s->workers = (uint8_t)workers;
	memcpy(s->secret, secret, sizeof(s->secret));
}

/* The hash of a 16-bit word in which only the n-th bit from the left is set. */
static uint16_t
toeplitz_bit(unsigned n)
{
	return (uint16_t)(RSS_WORD << n | RSS_WORD >> (16 - n));
}

void
steer_init_toeplitz(struct steer *s, uint16_t wire, unsigned workers, uint16_t table,
		    const uint8_t secret[KEY_SECRET_BYTES])
{
	unsigned value, bit, i;

	steer_init_keyed(s, wire, workers, secret);
	s->toeplitz = true;
	s->mask = (uint16_t)(RTE_MIN(table, STEER_RSS_TABLE) - 1);
	for (i = 0; i <= s->mask; i++)
		s->table[i] = (uint8_t)(i % workers);
	for (value = 0; value < 256; value++)
		for (bit = 0; bit < 8; bit++) {
			if (!(value & 0x80u >> bit))
				continue;
			s->fold[0][value] ^= toeplitz_bit(bit);
			s->fold[1][value] ^= toeplitz_bit(bit + 8);
		}
}

/*
 * XOR of the 16-bit words of both addresses, and of the ports for protocols whose ports
 * cards hash.
 */
static inline uint16_t
key_words(const struct flow_key *key, uint8_t family)
{
	uint64_t x, words[4];

	if (family == 4) {
		x = key->addr.v4[0] ^ key->addr.v4[1];
	} else {
		memcpy(words, key->addr.v6, sizeof(words));
		x = words[0] ^ words[1] ^ words[2] ^ words[3];
		x ^= x >> 32;
	}
	x ^= x >> 16;
	if (flow_id_class(&key->id) == FLOW_TCP || flow_id_class(&key->id) == FLOW_UDP)
		x ^= key->id.port[0] ^ key->id.port[1];
	return rte_be_to_cpu_16((uint16_t)x);
}

/* The owner by Toeplitz for the XOR that key_words() returns. */
static inline uint8_t
owner_of_word(const struct steer *s, uint16_t word)
{
	return s->table[(s->fold[0][word >> 8] ^ s->fold[1][word & 0xff]) & s->mask];
}

static inline uint8_t
owner_of_hash(const struct steer *s, uint64_t hash)
{
	return (uint8_t)((hash >> 32) * s->workers >> 32);
}

static inline uint8_t
owner_of_key(const struct steer *s, const struct flow_key *key, uint8_t family)
{
	uint64_t hash;

	if (s->toeplitz)
		return owner_of_word(s, key_words(key, family));
	hash = family == 4 ? flow_hash(key, KEY4_BYTES, s->secret)
			   : flow_hash(key, KEY6_BYTES, s->secret);
	return owner_of_hash(s, hash);
}

uint8_t
steer_gatherer(const struct steer *s, const struct fragment_key *key)
{
	return owner_of_hash(s, XXH3_64bits_withSecret(key, sizeof(*key), s->secret,
						       KEY_SECRET_BYTES));
}

uint8_t
steer_owner_of_key(const struct steer *s, const struct flow_key *key, uint8_t family)
{
	return owner_of_key(s, key, family);
}

/*
 * Offset of the IP header, with at most one VLAN tag before it; sets *type to the
 * EtherType.
 */
static inline uint32_t
fast_l3(const uint8_t *frame, uint32_t len, rte_be16_t *type)
{
	uint32_t l3 = RTE_ETHER_HDR_LEN;

	memcpy(type, frame + l3 - sizeof(*type), sizeof(*type));
	if (*type == RTE_BE16(RTE_ETHER_TYPE_VLAN) && len >= l3 + RTE_VLAN_HLEN) {
		l3 += RTE_VLAN_HLEN;
		memcpy(type, frame + l3 - sizeof(*type), sizeof(*type));
	}
	return l3;
}

static inline bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

/*
 * Whether the bytes are IPv4 without options, not fragmented, TCP or UDP. The EtherType
 * is before them.
 */
static inline bool
is_fast4(const struct rte_ipv4_hdr *ip)
{
	return fast_is_ipv4(ip) &&
	       (fast_carries(ip, IPPROTO_TCP) || fast_carries(ip, IPPROTO_UDP));
}

/*
 * Get the key of a complete TCP or UDP packet, IPv4 without options or IPv6 without
 * extension headers. Returns its family; 0: the packet is not of that kind.
 */
static inline uint8_t
fast_key(const struct rte_mbuf *m, uint8_t side, uint32_t network, struct flow_key *key)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *ports;
	uint32_t len = m->data_len, l3;
	const struct rte_ipv4_hdr *ip4;
	const struct rte_ipv6_hdr *ip6;
	rte_be16_t type;
	uint8_t family, proto;

	if (len < RTE_ETHER_HDR_LEN)
		return 0;
	l3 = fast_l3(frame, len, &type);
	ip4 = (const struct rte_ipv4_hdr *)(frame + l3);
	ip6 = (const struct rte_ipv6_hdr *)(frame + l3);
	ports = frame + l3 + sizeof(*ip4);
	if (len >= l3 + sizeof(*ip4) + 2 * sizeof(rte_be16_t) && is_fast4(ip4)) {
		family = 4;
		proto = ip4->next_proto_id;
		key->addr.v4[side] = ip4->src_addr;
		key->addr.v4[side ^ 1] = ip4->dst_addr;
	} else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) &&
		   len >= l3 + sizeof(*ip6) + 2 * sizeof(rte_be16_t) &&
		   has_ports(ip6->proto)) {
		family = 6;
		proto = ip6->proto;
		memcpy(key->addr.v6[side], &ip6->src_addr, sizeof(key->addr.v6[0]));
		memcpy(key->addr.v6[side ^ 1], &ip6->dst_addr, sizeof(key->addr.v6[0]));
		ports = frame + l3 + sizeof(*ip6);
	} else {
		return 0;
	}
	key->id.network = network | (proto == IPPROTO_TCP ? FLOW_TCP : FLOW_UDP);
	memcpy(&key->id.port[side], ports, sizeof(rte_be16_t));
	memcpy(&key->id.port[side ^ 1], ports + sizeof(rte_be16_t), sizeof(rte_be16_t));
	return family;
}

/*
 * key_words() without a key, for the most frequent frames: TCP or UDP over IPv4 without
 * tags, options or fragments. XOR does not depend on the order of the sides, so the words
 * are taken from the frame as they are.
 */
static inline bool
fast4_words(const struct rte_mbuf *m, uint16_t *words)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rte_ipv4_hdr *ip = (const void *)(frame + RTE_ETHER_HDR_LEN);
	uint32_t addresses[2], ports;

	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN + sizeof(*ip) + sizeof(ports)) ||
	    !is_fast4(ip))
		return false;
	memcpy(addresses, &ip->src_addr, sizeof(addresses));
	memcpy(&ports, ip + 1, sizeof(ports));
	ports ^= addresses[0] ^ addresses[1];
	*words = rte_be_to_cpu_16((uint16_t)(ports ^ ports >> 16));
	return true;
}

uint8_t
steer_owner(const struct steer *s, const struct rte_mbuf *m, const struct packet *p)
{
	struct packet inner;

	switch (p->kind) {
	case PACKET_TCP:
	case PACKET_UDP:
	case PACKET_ICMP_QUERY:
	case PACKET_OTHER:
		return owner_of_key(s, &p->key, p->family);
	case PACKET_ICMP_ERROR:
		if (packet_parse_quoted(m, p, &inner) == 0)
			return owner_of_key(s, &inner.key, inner.family);
		return STEER_ANY;
	case PACKET_FRAGMENT:
		return STEER_FRAGMENT;
	default:
		return STEER_ANY;
	}
}

/* Get the owner of any other frame. */
static uint8_t
owner_parsed(const struct steer *s, uint8_t side, const struct rte_mbuf *m)
{
	struct packet p;

	packet_parse(m, side, s->network, s->flags, &p);
	return steer_owner(s, m, &p);
}

static inline uint8_t
owner_of_frame(const struct steer *s, uint8_t side, const struct rte_mbuf *m,
	       struct flow_key *key)
{
	uint16_t words;
	uint8_t family;

	if (s->toeplitz && likely(fast4_words(m, &words)))
		return owner_of_word(s, words);
	family = fast_key(m, side, s->network, key);
	return likely(family != 0) ? owner_of_key(s, key, family)
				   : owner_parsed(s, side, m);
}

void
steer_owners(const struct steer *s, uint8_t side, struct rte_mbuf *const *pkts,
	     uint16_t n, uint8_t *owners)
{
	struct flow_key key;
	uint16_t i;

	for (i = 0; i < RTE_MIN(n, AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + AHEAD], void *));
		owners[i] = owner_of_frame(s, side, pkts[i], &key);
	}
}
