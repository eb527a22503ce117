/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop of a replay: packets of all captures in the order of their times, the engine's
 * clock going with them.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include <engine/engine.h>

#include "capture.h"
#include "output.h"

struct replay {
	struct engine *engine;
	struct capture *captures; /* ties go to the first */
	unsigned count;
	unsigned ports; /* of the engine */
	unsigned burst;
	uint64_t now_us;
	struct output *out;
};

/*
 * Put all packets through the engine. Fragments held at the end are dropped. Returns
 * 0, or -ENOMEM when there is no memory for packets whose verdict waits for a fragment.
 */
int replay_run(struct replay *r);

/*
 * Let the clock run until no connection is left, and write the expiries. Returns 0, or
 * -ENOMEM when there is no memory for the events.
 */
int replay_drain(struct replay *r);

#endif
