/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * engine/states.h. For each connection a byte has the states in which its endpoints were
 * counted last, one in each half. Bytes at or after the position of the walk are not
 * valid: the walk counts these connections when it gets there.
 */
#include <engine/states.h>

#include <string.h>

#include "connection.h"
#include "engine_state.h"

#define NONE_BOTH (ENGINE_STATE_NONE | ENGINE_STATE_NONE << 4)
static_assert(ENGINE_STATE_NONE < 16, "a state has four bits");

/* The states of both endpoints; NONE_BOTH for a protocol without states. */
static uint8_t
states_of(const struct engine_family *f, uint32_t index)
{
	const struct flow_conn *conn = flow_conn(&f->table, index);
	const struct track_conn tc = family_conn(f, index);
	uint8_t state[2];

	if (!track_state(&tc, flow_id_proto(&conn->id), state))
		return NONE_BOTH;
	return (uint8_t)(state[0] | state[1] << 4);
}

/* Count the endpoints of a connection in their new states. */
static void
count(struct engine_states *states, uint8_t was, uint8_t is)
{
	unsigned side, from, to;

	for (side = 0; side < 2; side++) {
		from = was >> (4 * side) & 15;
		to = is >> (4 * side) & 15;
		if (from == to)
			continue;
		if (from != ENGINE_STATE_NONE)
			states->now[side][from]--;
		if (to != ENGINE_STATE_NONE)
			states->now[side][to]++;
		states->moved[side][from][to]++;
	}
}

void
states_note(struct engine *e, const struct engine_family *f, uint32_t index,
	    enum conn_event_kind kind)
{
	const uint64_t place = (uint64_t)(f - e->family) << 32 | index;
	uint8_t was, is;

	if (place >= e->states_cursor)
		return;
	was = kind == CONN_EVENT_NEW ? NONE_BOTH : f->states[index];
	is = kind == CONN_EVENT_DESTROY ? NONE_BOTH : states_of(f, index);
	count(&e->states, was, is);
	f->states[index] = is;
}

/* Count the next connections that existed when the counting began. */
static void
states_walk(struct engine *e)
{
	unsigned places = ENGINE_WALK_PLACES, side, state;
	const struct engine_family *f;
	uint32_t index;

	while ((index = walk_next(e, &e->states_cursor, &places)) != FLOW_NONE) {
		f = &e->family[e->states_cursor >> 32];
		f->states[index] = states_of(f, index);
		for (side = 0; side < 2; side++) {
			state = f->states[index] >> (4 * side) & 15;
			if (state != ENGINE_STATE_NONE)
				e->states.now[side][state]++;
		}
	}
}

bool
engine_states(struct engine *e, struct engine_states *states)
{
	if (!e->counts_states) {
		memset(&e->states, 0, sizeof(e->states));
		e->states_cursor = 0;
		e->counts_states = true;
		connection_watch(e);
	}
	states_walk(e);
	*states = e->states;
	return e->states_cursor == ENGINE_CURSOR_END;
}

void
engine_states_end(struct engine *e)
{
	e->counts_states = false;
	connection_watch(e);
}
