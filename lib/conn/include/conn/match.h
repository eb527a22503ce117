/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * What a filter of connections or packets compares with a key: addresses, ports, protocol
 * and VLANs. The control thread matches connections with it (lib/control/filter.h), and
 * an engine the packets that it records (engine/records.h).
 */
#ifndef CONN_MATCH_H
#define CONN_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <conn/key.h>

struct conn_net {
	uint8_t family; /* 4 or 6; 0: matches any address */
	uint8_t bits;   /* length of the prefix */
	uint8_t address[16];
};

struct conn_match {
	struct conn_net src;
	struct conn_net dst;
	int proto; /* protocol and ports; -1: any */
	int sport;
	int dport;
	int vlan; /* the outer VLAN ID; 0: untagged; -1: any */
	int inner_vlan;
	uint8_t family; /* 4 or 6; 0: any */
};

/* Initialiser of a conn_match that matches everything. */
#define CONN_MATCH_ANY                                                                   \
	(struct conn_match)                                                              \
	{                                                                                \
		.proto = -1, .sport = -1, .dport = -1, .vlan = -1, .inner_vlan = -1      \
	}

static inline bool
conn_net_match(const struct conn_net *net, uint8_t family, const uint8_t *address)
{
	const unsigned bytes = net->bits / 8, bits = net->bits % 8;
	unsigned i;

	if (net->family == 0)
		return true;
	if (net->family != family)
		return false;
	for (i = 0; i < bytes; i++)
		if (net->address[i] != address[i])
			return false;
	return bits == 0 ||
	       ((net->address[bytes] ^ address[bytes]) & (uint8_t)(0xff00u >> bits)) == 0;
}

static inline const uint8_t *
flow_key_address(const struct flow_key *key, uint8_t family, unsigned side)
{
	return family == 4 ? (const uint8_t *)&key->addr.v4[side] : key->addr.v6[side];
}

/*
 * Whether a key matches. side: the endpoint whose address and port are the source. A key
 * of family 0 is that of a frame without IP, which has no protocol.
 */
static inline bool
conn_match(const struct conn_match *match, const struct flow_key *key, uint8_t family,
	   unsigned side)
{
	const struct flow_id *id = &key->id;
	const bool ports = flow_id_has_ports(id);

	if (match->family != 0 && match->family != family)
		return false;
	if (match->proto >= 0 && (family == 0 || match->proto != flow_id_proto(id)))
		return false;
	if (match->sport >= 0 && (!ports || match->sport != be16_to_host(id->port[side])))
		return false;
	if (match->dport >= 0 &&
	    (!ports || match->dport != be16_to_host(id->port[!side])))
		return false;
	if (match->vlan >= 0 && match->vlan != flow_id_vid(id, 0))
		return false;
	if (match->inner_vlan >= 0 && match->inner_vlan != flow_id_vid(id, 1))
		return false;
	return conn_net_match(&match->src, family, flow_key_address(key, family, side)) &&
	       conn_net_match(&match->dst, family, flow_key_address(key, family, !side));
}

#endif
