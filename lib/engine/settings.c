/* SPDX-License-Identifier: BSD-3-Clause */
/* Change the configuration of a running engine, as far as its memory does not depend. */
#include "connection.h"
#include "engine_state.h"
#include "shared.h"
#include "timeouts.h"

#include <string.h>

#include <flow/lock.h>

void
engine_config_change(struct engine_config *config, const struct engine_config *from)
{
	const bool match = config->track.ip_security_match;

	config->track = from->track;
	config->track.ip_security_match = match; /* its labels need memory */
	config->bypass = from->bypass;
	config->bypass_types = from->bypass_types;
	memcpy(config->bypass_type, from->bypass_type, sizeof(config->bypass_type));
	config->audit = from->audit;
	config->enforce_ruleset = from->enforce_ruleset;
	config->verify_checksums = from->verify_checksums;
}

void
engine_set_config(struct engine *e, const struct engine_config *config)
{
	engine_config_change(&e->config, config);
	timeouts_set_config(e);
	if (e->fragments != NULL)
		fragment_set_timeout(e->fragments, e->config.track.ipfrag_time);
	if (e->config.shared != NULL)
		__atomic_store_n(&e->config.shared->verify, e->config.verify_checksums,
				 __ATOMIC_RELAXED);
}

unsigned
engine_rearm(struct engine *e, uint64_t *cursor, unsigned max)
{
	unsigned armed = 0, places = ENGINE_WALK_PLACES;
	struct engine_family *f;
	uint32_t index, *lock;

	for (; armed < max; armed++) {
		index = walk_next(e, cursor, &places);
		if (index == FLOW_NONE)
			break;
		f = &e->family[*cursor >> 32];
		lock = connection_lock(f, index);
		connection_arm(e, f, index);
		flow_unlock(lock);
	}
	return armed;
}
