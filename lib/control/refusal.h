/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether rules refuse a connection that exists already. They are evaluated as in a dry
 * run, for a packet without data with the facts that its entry has: addresses, ports,
 * protocol, wire, VLANs and mark. Matches on other bytes of a packet fail.
 */
#ifndef CONTROL_REFUSAL_H
#define CONTROL_REFUSAL_H

#include <stdint.h>

#include <conn/view.h>
#include <policy/policy.h>

struct refusal_rules {
	const struct policy *policy;
	struct policy_state *state;
	const uint16_t *interfaces; /* interface numbers, as in engine_config */
	uint64_t now_ns;            /* time of the state, of which limits and sets are */
	uint64_t wall_ns;           /* time of day: nanoseconds since 1970, UTC */
};

enum refusal {
	REFUSAL_NONE,
	REFUSAL_PACKET, /* the rules drop its next packet, in at least one direction */
	REFUSAL_ANEW,   /* they would not accept its first packet */
};

/* Sets *rule to the number of the rule that refuses; 0: the policy of a chain. */
enum refusal refusal_of(const struct refusal_rules *rules, const struct conn_view *view,
			uint16_t *rule);

#endif
