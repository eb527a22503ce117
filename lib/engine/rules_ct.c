/* SPDX-License-Identifier: BSD-3-Clause */
/* The conntrack state of a packet, for the rules and for records of packets. */
#include "rules.h"

enum policy_ct
rules_ct(const struct track_hot *hot, uint8_t side)
{
	bool from_orig = side == (hot->flags & TRACK_ORIG ? 1 : 0);

	return from_orig && !(hot->flags & TRACK_REPLIED) ? POLICY_CT_NEW
							  : POLICY_CT_ESTABLISHED;
}
