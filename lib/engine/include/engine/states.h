/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many TCP endpoints are in each state of RFC 9293, and how often each transition has
 * occurred, by side of the wire. An engine counts only on request: engine_states() begins
 * with it, and walks over the connections that exist, a piece with each call.
 *
 *	do
 *		complete = engine_states(e, &states);
 *	while (!complete);
 *	...
 *	engine_states_end(e);
 *
 * While it counts, each change of a state costs about a hundred instructions more; while
 * it does not, none.
 */
#ifndef ENGINE_STATES_H
#define ENGINE_STATES_H

#include <stdbool.h>
#include <stdint.h>

#include <track/tcp.h>

struct engine;

#define ENGINE_STATES ((unsigned)TCP_STATE_TIME_WAIT + 1)
/* in `moved`: before the connection was created, and after it was removed */
#define ENGINE_STATE_NONE ENGINE_STATES

struct engine_states {
	uint64_t now[2][ENGINE_STATES]; /* endpoints by side and enum tcp_state */
	/*
	 * Transitions since the counting began, by side, old and new state. A transition
	 * that the tracker did not report at once is counted with the next one.
	 */
	uint64_t moved[2][ENGINE_STATES + 1][ENGINE_STATES + 1];
};

/*
 * Begin to count unless the engine does so already, walk over at most
 * ENGINE_WALK_PLACES entries of the tables, and get the counts. Returns whether all
 * connections have been walked over; until then the counts lack the others.
 */
bool engine_states(struct engine *e, struct engine_states *states);

/* End the counting, and forget the counts. */
void engine_states_end(struct engine *e);

#endif
