/* SPDX-License-Identifier: BSD-3-Clause */
#include "field.h"
#include "policy_internal.h"

bool
key_concerns(const struct ir_key *key, const struct policy_packet *packet)
{
	if (key->family != 0 && key->family != packet->family)
		return false;
	if (key->proto == PROTO_ANY || key->proto == packet->proto)
		return true;
	return key->proto == PROTO_WITH_PORTS && has_ports(packet->proto);
}

int64_t
match_find(const struct ir_match *match, const struct policy_packet *packet)
{
	const struct ir_key *key = &match->key;
	u128 values[KEY_FIELDS_MAX];
	unsigned f;

	if (key->nfields == 1) {
		values[0] = field_load((enum field_id)key->field[0], packet) & key->mask;
	} else {
		for (f = 0; f < key->nfields; f++)
			values[f] = field_load((enum field_id)key->field[f], packet);
	}
	return set_find(match->set, values);
}

bool
match_test_ct(const struct ir_match *match, enum policy_ct ct)
{
	u128 value = ct_state_bit(ct) & match->key.mask;

	return (match->set->all || set_find(match->set, &value) >= 0) != match->negate;
}
