/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads that read headers and struct policy_extra. find_header.c finds the options and
 * extension headers.
 */
#include "load.h"

#include <string.h>

#include "field.h"
#include "find_header.h"
#include "hash.h"

#define NS_PER_S UINT64_C(1000000000)
#define S_PER_DAY 86400u
#define EPOCH_DAY 4u /* day of the week of 1970-01-01, a Thursday */

/*
 * The header from which a load counts its offset. `at` of the result is NULL when the
 * packet does not have it.
 */
static struct policy_bytes
header_of(const struct ir_load *load, const struct policy_packet *packet)
{
	const struct policy_extra *extra = packet->extra;
	struct policy_bytes none = {NULL, 0}, link;

	switch (load->base) {
	case LOAD_LINK:
	case LOAD_NETWORK:
	case LOAD_TRANSPORT:
	case LOAD_INNER:
		return extra->bytes[load->base];
	case LOAD_VLAN:
		link = extra->bytes[POLICY_BASE_LINK];
		if (extra->vlans == 0 || link.length < VLAN_OFFSET)
			return none;
		return (struct policy_bytes){link.at + VLAN_OFFSET,
					     link.length - VLAN_OFFSET};
	case LOAD_EXTHDR:
		return packet->family == 6
			       ? extension_find(&extra->bytes[POLICY_BASE_NETWORK],
						load->header)
			       : none;
	case LOAD_IP_OPTION:
		return packet->family == 4
			       ? ip_option_find(&extra->bytes[POLICY_BASE_NETWORK],
						load->header)
			       : none;
	case LOAD_TCP_OPTION:
		return packet->proto == IPPROTO_TCP
			       ? tcp_option_find(&extra->bytes[POLICY_BASE_TRANSPORT],
						 load->header)
			       : none;
	case LOAD_SCTP_CHUNK:
		return packet->proto == IPPROTO_SCTP
			       ? sctp_chunk_find(&extra->bytes[POLICY_BASE_TRANSPORT],
						 load->header, load->exists)
			       : none;
	default:
		return none;
	}
}

uint8_t *
load_bytes(const struct ir_load *load, const struct policy_packet *packet,
	   uint32_t *length, unsigned *shift)
{
	uint32_t end = (uint32_t)load->offset + load->bits;
	struct policy_bytes header;

	if (packet->extra == NULL)
		return NULL;
	header = header_of(load, packet);
	if (header.at == NULL || (end + 7) / 8 > header.length)
		return NULL;
	*length = (end + 7) / 8 - load->offset / 8;
	*shift = (8 - end % 8) % 8;
	return header.at + load->offset / 8;
}

/* Read at most 128 bits; when they do not begin at a byte boundary they span 17 bytes. */
static bool
bits_load(const struct ir_load *load, const struct policy_packet *packet, u128 *value)
{
	uint32_t length = 0, i;
	unsigned shift = 0;
	const uint8_t *at = load_bytes(load, packet, &length, &shift);

	*value = 0;
	if (at == NULL)
		return false;
	for (i = 0; i + 1 < length; i++)
		*value = *value << 8 | at[i];
	*value = *value << (8 - shift) | at[i] >> shift;
	if (load->bits < 128)
		*value &= ((u128)1 << load->bits) - 1;
	return true;
}

/* Packet type, from the destination MAC address: broadcast, multicast or unicast. */
static bool
pkttype_load(const struct policy_extra *extra, u128 *value)
{
	enum { HOST = 0, BROADCAST = 1, MULTICAST = 2, OTHER = 3 };
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct policy_bytes *link = &extra->bytes[POLICY_BASE_LINK];

	if (link->at == NULL || link->length < sizeof(all))
		return false;
	*value = memcmp(link->at, all, sizeof(all)) == 0 ? BROADCAST
		 : link->at[0] & 1                       ? MULTICAST
							 : HOST;
	return true;
}

/*
 * Route type, as the kernel's RTN_*. A wire has no addresses of its own, so no address is
 * local.
 */
static u128
fib_type(const uint8_t *address, uint8_t family)
{
	enum { UNICAST = 1, LOCAL = 2, BROADCAST = 3, MULTICAST = 5 };

	if (family == 6)
		return address[0] == 0xff ? MULTICAST : UNICAST;
	if (address_load32(address) == UINT32_MAX)
		return BROADCAST;
	return address[0] >= 224 && address[0] < 240 ? MULTICAST : UNICAST;
}

static bool
conn_load(const struct ir_load *load, const struct policy_packet *packet, u128 *value)
{
	const struct policy_conn *conn = packet->extra->conn;
	const uint8_t family = packet->family;
	const unsigned x = load->header & 1;
	const bool both = load->header == LOAD_BOTH;
	uint64_t packets, bytes;

	if (conn == NULL || !conn->exists)
		return false;
	packets = both ? conn->packets[0] + conn->packets[1] : conn->packets[x];
	bytes = both ? conn->bytes[0] + conn->bytes[1] : conn->bytes[x];
	switch (load->base) {
	case LOAD_CT_L3PROTO:
		*value = field_load32(FIELD_NFPROTO, packet);
		break;
	case LOAD_CT_PROTO:
		*value = packet->proto;
		break;
	case LOAD_CT_STATUS:
		*value = conn->status;
		break;
	case LOAD_CT_DIRECTION:
		*value = conn->direction;
		break;
	case LOAD_CT_ID:
		*value = conn->id;
		break;
	case LOAD_CT_EXPIRATION:
		*value = conn->expiration_ms / 1000;
		break;
	case LOAD_CT_PACKETS:
		*value = packets;
		break;
	case LOAD_CT_BYTES:
		*value = bytes;
		break;
	case LOAD_CT_AVGPKT:
		*value = packets != 0 ? bytes / packets : 0;
		break;
	case LOAD_CT_SADDR:
	case LOAD_CT_DADDR:
		*value = family == 4
				 ? address_load32(conn->address[x ^ (load->base ==
								     LOAD_CT_DADDR)])
				 : address_load128(conn->address[x ^ (load->base ==
								      LOAD_CT_DADDR)]);
		break;
	default:
		*value = be16toh(conn->port[x ^ (load->base == LOAD_CT_DPORT)]);
		break;
	}
	return true;
}

/* Scale a hash to a number below modulus without a division, as the kernel does. */
static uint32_t
scale(uint32_t hash, const struct ir_load *load)
{
	return (uint32_t)((uint64_t)hash * load->modulus >> 32) + load->add;
}

static bool
jhash_load(const struct ir_load *load, const struct policy_packet *packet, u128 *value)
{
	u128 values[KEY_FIELDS_MAX];

	if (!load_key(load->hashed, packet, values))
		return false;
	*value = scale(hash_values(load->hashed, values, load->seed), load);
	return true;
}

/* Loads that read neither bytes of the frame nor the connection. */
static bool
extra_load(const struct ir_load *load, const struct policy_packet *packet, u128 *value)
{
	const struct policy_extra *extra = packet->extra;
	const uint64_t seconds = extra->wall_ns / NS_PER_S;

	switch (load->base) {
	case LOAD_ETHER_TYPE:
		*value = extra->ether_type;
		return extra->bytes[POLICY_BASE_LINK].at != NULL;
	case LOAD_PKTTYPE:
		return pkttype_load(extra, value);
	case LOAD_MARK:
		*value = extra->mark;
		return true;
	case LOAD_PRIORITY:
		*value = extra->priority;
		return true;
	case LOAD_RANDOM:
		*value = extra->random;
		return true;
	case LOAD_WALL_TIME:
		*value = extra->wall_ns;
		return true;
	case LOAD_WALL_HOUR:
		*value = seconds % S_PER_DAY;
		return true;
	case LOAD_WALL_DAY:
		*value = (seconds / S_PER_DAY + EPOCH_DAY) % 7;
		return true;
	case LOAD_CT_MARK:
		*value = extra->ct_mark;
		return extra->conn != NULL && extra->conn->exists;
	case LOAD_CT_ZONE:
		*value = extra->ct_zone;
		return extra->conn != NULL && extra->conn->exists;
	case LOAD_NUMGEN_RANDOM:
		*value = scale(hash_mix(extra->random, load->seed), load);
		return true;
	case LOAD_NUMGEN_INC:
		*value = extra->sequence;
		return true;
	case LOAD_SYMHASH:
		*value = scale(extra->hash, load);
		return true;
	default:
		return conn_load(load, packet, value);
	}
}

bool
load_value(const struct ir_load *load, const struct policy_packet *packet, u128 *value)
{
	uint32_t length;
	unsigned shift;

	if (load->base == LOAD_CONST) {
		*value = load->header;
		return true;
	}
	if (load->base == LOAD_FIB_TYPE) {
		*value = fib_type(load->offset == 0 ? packet->saddr : packet->daddr,
				  packet->family);
		return true;
	}
	if (load->base == LOAD_JHASH)
		return jhash_load(load, packet, value);
	if (load->exists) {
		*value = load_bytes(load, packet, &length, &shift) != NULL;
		return true;
	}
	if (packet->extra == NULL || (load->base == LOAD_TRANSPORT && load->header != 0 &&
				      load->header != packet->icmp_type))
		return false;
	return load->base <= LOAD_SCTP_CHUNK ? bits_load(load, packet, value)
					     : extra_load(load, packet, value);
}

bool
load_key(const struct ir_key *key, const struct policy_packet *packet, u128 *values)
{
	unsigned f;

	for (f = 0; f < key->nfields; f++) {
		if (key->field[f] != FIELD_LOAD)
			values[f] = field_load((enum field_id)key->field[f], packet);
		else if (!load_value(&key->load[f], packet, &values[f]))
			return false;
	}
	return true;
}
