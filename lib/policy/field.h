/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the fields of a packet as numbers in host order. Inline, because each evaluation
 * reads several fields.
 */
#ifndef POLICY_FIELD_H
#define POLICY_FIELD_H

#include <endian.h>
#include <netinet/in.h>
#include <string.h>

#include <policy/ir.h>

#define FIELD_UDPLITE 136
#define FIELD_DCCP 33

static inline uint32_t
address_load32(const uint8_t *bytes)
{
	uint32_t address;

	memcpy(&address, bytes, sizeof(address));
	return be32toh(address);
}

static inline u128
address_load128(const uint8_t *bytes)
{
	uint64_t half[2];

	memcpy(half, bytes, sizeof(half));
	return (u128)be64toh(half[0]) << 64 | be64toh(half[1]);
}

/* Value of a field of at most 32 bits, which is every field except IPv6 addresses. */
static inline uint32_t
field_load32(enum field_id field, const struct policy_packet *p)
{
	switch (field) {
	case FIELD_IIF:
		return p->iif;
	case FIELD_OIF:
		return p->oif;
	case FIELD_IP_SADDR:
		return address_load32(p->saddr);
	case FIELD_IP_DADDR:
		return address_load32(p->daddr);
	case FIELD_IP_PROTOCOL:
	case FIELD_IP6_NEXTHDR:
	case FIELD_L4PROTO:
		return p->proto;
	case FIELD_NFPROTO:
		return p->family == 4 ? 2 : 10; /* NFPROTO_IPV4, NFPROTO_IPV6 */
	case FIELD_ETHER:
		return p->family == 4 ? 0x0800 : 0x86dd;
	case FIELD_LENGTH:
		return p->length;
	case FIELD_SPORT:
		return be16toh(p->sport);
	case FIELD_DPORT:
		return be16toh(p->dport);
	case FIELD_ICMP_TYPE:
	case FIELD_ICMPV6_TYPE:
		return p->icmp_type;
	case FIELD_ICMP_CODE:
	case FIELD_ICMPV6_CODE:
		return p->icmp_code;
	case FIELD_TCP_FLAGS:
		return p->tcp_flags;
	case FIELD_CT_STATE:
		return ct_state_bit((enum policy_ct)p->ct);
	default: /* the IPv6 address fields, 128 bits wide */
		return 0;
	}
}

/*
 * Value of a field. The caller has checked that the packet has the field's family and
 * protocol.
 */
static inline u128
field_load(enum field_id field, const struct policy_packet *p)
{
	switch (field) {
	case FIELD_IP6_SADDR:
		return address_load128(p->saddr);
	case FIELD_IP6_DADDR:
		return address_load128(p->daddr);
	default:
		return field_load32(field, p);
	}
}

static inline bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == FIELD_UDPLITE || proto == FIELD_DCCP;
}

#endif
