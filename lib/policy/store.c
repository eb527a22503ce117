/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "field.h"
#include "load.h"

#define OPTION_NOP 1
#define VALUE_BYTES_MAX 17u /* 128 bits that do not begin at a byte boundary */
#define OPTION_BYTES_MAX 40u

/* Offset of the 16-bit checksum in the transport header; 0: the protocol has none. */
static uint32_t
transport_checksum(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
	case FIELD_UDPLITE:
	case FIELD_DCCP:
		return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case 2: /* IGMP */
		return 2;
	default:
		return 0;
	}
}

/* The checksum that covers the bytes of a base; NULL: there is none. */
static uint8_t *
checksum_of(uint8_t base, const struct policy_packet *packet)
{
	const struct policy_bytes *network = &packet->extra->bytes[POLICY_BASE_NETWORK];
	const struct policy_bytes *l4 = &packet->extra->bytes[POLICY_BASE_TRANSPORT];
	uint32_t offset;

	if (base == LOAD_NETWORK || base == LOAD_IP_OPTION)
		return packet->family == 4 && network->length >= 12 ? network->at + 10
								    : NULL;
	if (base != LOAD_TRANSPORT && base != LOAD_INNER && base != LOAD_TCP_OPTION)
		return NULL;
	offset = transport_checksum(packet->proto);
	if (offset == 0 || l4->at == NULL || l4->length < offset + 2)
		return NULL;
	/* a UDP checksum of 0 means that the sender computed none */
	if (packet->proto == IPPROTO_UDP && l4->at[offset] == 0 &&
	    l4->at[offset + 1] == 0)
		return NULL;
	return l4->at + offset;
}

/* The one's complement sum of bytes. odd: the first byte is at an odd offset. */
static uint32_t
sum_of(const uint8_t *bytes, uint32_t length, bool odd)
{
	uint32_t sum = 0, i;

	for (i = 0; i < length; i++)
		sum += ((i & 1) != 0) == odd ? (uint32_t)bytes[i] << 8 : bytes[i];
	return sum;
}

/* RFC 1624, equation 3: HC' = ~(~HC + ~m + m') */
static void
checksum_mend(uint8_t *checksum, const uint8_t *before, const uint8_t *after,
	      uint32_t length, bool odd)
{
	uint32_t sum = ~((uint32_t)checksum[0] << 8 | checksum[1]) & UINT16_MAX;
	uint32_t old = sum_of(before, length, odd);

	while (old >> 16)
		old = (old & UINT16_MAX) + (old >> 16);
	sum += (~old & UINT16_MAX) + sum_of(after, length, odd);
	while (sum >> 16)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	checksum[0] = (uint8_t)(~sum >> 8);
	checksum[1] = (uint8_t)~sum;
}

/* Replace bytes of the frame, and update the checksum that covers them. */
static void
bytes_write(uint8_t base, const struct policy_packet *packet, uint8_t *at,
	    const uint8_t *bytes, uint32_t length)
{
	const bool network = base == LOAD_NETWORK || base == LOAD_IP_OPTION;
	const uint8_t *start =
		packet->extra
			->bytes[network ? POLICY_BASE_NETWORK : POLICY_BASE_TRANSPORT]
			.at;
	uint8_t *checksum = checksum_of(base, packet);

	/* when the rule writes the checksum itself, keep what it writes */
	if (checksum != NULL && (at + length <= checksum || at >= checksum + 2))
		checksum_mend(checksum, at, bytes, length, ((at - start) & 1) != 0);
	memcpy(at, bytes, length);
}

bool
store_value(const struct ir_load *load, const struct policy_packet *packet, u128 value)
{
	uint8_t bytes[VALUE_BYTES_MAX];
	uint32_t length = 0, i;
	unsigned shift = 0, bit, n;
	uint8_t *at;

	at = load_bytes(load, packet, &length, &shift);
	if (at == NULL || (packet->proto == IPPROTO_SCTP && load->base == LOAD_TRANSPORT))
		return false;
	memcpy(bytes, at, length);
	/* Copy bit by bit, the last bit first: a field may begin and end within bytes. */
	for (n = 0; n < load->bits; n++) {
		bit = shift + n;
		i = length - 1 - bit / 8;
		bytes[i] &= (uint8_t) ~(1u << bit % 8);
		bytes[i] |= (uint8_t)((unsigned)(value >> n & 1) << bit % 8);
	}
	if (!packet->dry_run && memcmp(bytes, at, length) != 0)
		bytes_write(load->base, packet, at, bytes, length);
	return true;
}

void
store_nops(const struct ir_load *option, const struct policy_packet *packet)
{
	struct ir_load length_load = *option;
	uint8_t nops[OPTION_BYTES_MAX];
	u128 length = 0;
	uint32_t have;
	unsigned shift;
	uint8_t *at;

	length_load.exists = false;
	length_load.offset = 8;
	length_load.bits = 8;
	if (packet->dry_run || !load_value(&length_load, packet, &length))
		return;
	length_load.offset = 0;
	at = load_bytes(&length_load, packet, &have, &shift);
	if (at == NULL || length > sizeof(nops))
		return;
	memset(nops, OPTION_NOP, sizeof(nops));
	bytes_write(LOAD_TCP_OPTION, packet, at, nops, (uint32_t)length);
}
