/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evaluates one match for one packet. Inline, because an evaluation spends most of its
 * time here.
 */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "field.h"
#include "load.h"
#include "set.h"

#define MATCH_NONE (-1)  /* no element contains the packet's values */
#define MATCH_BREAK (-2) /* the packet does not have the fields that the key compares */

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

/*
 * Get the values of a key's fields, masked. Returns false when the packet does not have
 * them.
 */
static inline bool
key_values(const struct ir_key *key, const struct policy_packet *packet, u128 *values)
{
	if (key->nfields == 1 && key->load == NULL) {
		values[0] = field_load((enum field_id)key->field[0], packet) & key->mask;
		return true;
	}
	if (!load_key(key, packet, values))
		return false;
	if (key->nfields == 1)
		values[0] &= key->mask;
	return true;
}

/* match_find() for a key that contains loads. */
static inline int64_t
match_find_loads(const struct ir_match *match, const struct policy_packet *packet)
{
	u128 values[KEY_FIELDS_MAX];

	return key_values(&match->key, packet, values) ? set_find(match->set, values)
						       : MATCH_BREAK;
}

/* Index of the set's element that contains the packet's values, or MATCH_*. */
static inline int64_t
match_find(const struct ir_match *match, const struct policy_packet *packet)
{
	const struct ir_key *key = &match->key;
	u128 values[KEY_FIELDS_MAX];
	unsigned f;

	if (key->load != NULL)
		return match_find_loads(match, packet);
	if (key->nfields == 1) {
		values[0] = field_load((enum field_id)key->field[0], packet) & key->mask;
		return set_find(match->set, values);
	}
	for (f = 0; f < key->nfields; f++)
		values[f] = field_load((enum field_id)key->field[f], packet);
	return match->set->count > 0 ? set_search(match->set, values) : MATCH_NONE;
}

/* Whether the match compares only `ct state`, so that the compiler can decide it. */
static inline bool
match_is_ct(const struct ir_match *match)
{
	return match->key.nfields == 1 && match->key.field[0] == FIELD_CT_STATE;
}

/* Index of the set's element that contains a conntrack state. */
static inline int64_t
match_find_ct(const struct ir_match *match, enum policy_ct ct)
{
	u128 value = ct_state_bit(ct) & match->key.mask;

	return set_find(match->set, &value);
}

/*
 * Whether the match can match no packet: an interface that is not a port, or two
 * protocols at once.
 */
static inline bool
match_is_never(const struct ir_match *match)
{
	return match->key.never ||
	       (match->key.nfields > 0 && match->set->count == 0 && !match->set->all &&
		!match->negate && match->set->live == NULL);
}

#endif
