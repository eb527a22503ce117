/* SPDX-License-Identifier: BSD-3-Clause */
/* One match and one packet. Inline: most of the time of an evaluation goes here. */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "field.h"
#include "set.h"

/* Whether the packet has the family and protocol that a key implies. */
static inline bool
key_applies(const struct ir_key *key, const struct policy_packet *packet)
{
	if (key->family != 0 && key->family != packet->family)
		return false;
	if (key->proto == PROTO_ANY || key->proto == packet->proto)
		return true;
	return key->proto == PROTO_WITH_PORTS && has_ports(packet->proto);
}

/* Index of the packet's element in the match's set, -1: it is in none. */
static inline int64_t
match_find(const struct ir_match *match, const struct policy_packet *packet)
{
	const struct ir_key *key = &match->key;
	u128 values[KEY_FIELDS_MAX];
	unsigned f;

	if (key->nfields == 1) {
		values[0] = field_load((enum field_id)key->field[0], packet) & key->mask;
		return set_find(match->set, values);
	}
	for (f = 0; f < key->nfields; f++)
		values[f] = field_load((enum field_id)key->field[f], packet);
	return match->set->count > 0 ? set_search(match->set, values) : -1;
}

/* A match on nothing but `ct state`: it is decided at load. */
static inline bool
match_is_ct(const struct ir_match *match)
{
	return match->key.nfields == 1 && match->key.field[0] == FIELD_CT_STATE;
}

/* Index of a conntrack state's element. */
static inline int64_t
match_find_ct(const struct ir_match *match, enum policy_ct ct)
{
	u128 value = ct_state_bit(ct) & match->key.mask;

	return set_find(match->set, &value);
}

/* No packet can match: an interface that no port is, two protocols at once. */
static inline bool
match_is_never(const struct ir_match *match)
{
	return match->key.never || (match->key.nfields > 0 && match->set->count == 0 &&
				    !match->set->all && !match->negate);
}

#endif
