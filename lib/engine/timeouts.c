/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection stores one byte: the number of an entry. An entry belongs to an object by
 * its name, so a connection has the object's time-outs also after a reload that keeps or
 * changes it, and those of the configuration after one that removes it. An entry that has
 * no connections and no object is given to another name.
 */
#include "timeouts.h"

#include <string.h>

#include <xxhash.h>

/* Which time-out of the tracker each one of an object is. */
static const struct {
	enum policy_timeout_state state;
	size_t offset;
} places[] = {
#define PLACE(NAME, member)                                                              \
	{                                                                                \
		POLICY_TIMEOUT_##NAME, offsetof(struct track_config, member)             \
	}
	PLACE(SYN_SENT, tcp_timeout_syn_sent),
	PLACE(SYN_RECV, tcp_timeout_syn_recv),
	PLACE(ESTABLISHED, tcp_timeout_established),
	PLACE(ESTABLISHED, tcp_timeout_signed),
	PLACE(ESTABLISHED, tcp_timeout_pickup),
	PLACE(FIN_WAIT, tcp_timeout_fin_wait),
	PLACE(CLOSE_WAIT, tcp_timeout_close_wait),
	PLACE(LAST_ACK, tcp_timeout_last_ack),
	PLACE(TIME_WAIT, tcp_timeout_time_wait),
	PLACE(CLOSE, tcp_timeout_close),
	PLACE(UNACK, tcp_timeout_unacknowledged),
	PLACE(UNREPLIED, udp_timeout),
	PLACE(REPLIED, udp_timeout_stream),
#undef PLACE
};

size_t
timeouts_bytes(const struct engine_config *config)
{
	return config->timeouts ? part_bytes(sizeof(struct engine_timeouts)) : 0;
}

static void
entry_update(const struct engine *e, struct timeout_entry *entry)
{
	uint32_t seconds, ticks;
	size_t i;

	entry->track = e->config.track;
	for (i = 0; i < RTE_DIM(places); i++) {
		seconds = entry->object->seconds[places[i].state];
		ticks = seconds * TICKS_PER_S;
		if (seconds != 0)
			memcpy((char *)&entry->track + places[i].offset, &ticks,
			       sizeof(ticks));
	}
}

/*
 * The entry of an object: the one of its name, else an unused one. 0: all are in use by
 * connections that objects of earlier rules have left.
 */
static uint8_t
entry_find(const struct engine_timeouts *t, uint64_t name)
{
	unsigned i, unused = 0;

	for (i = POLICY_TIMEOUTS_MAX; i > 0; i--) {
		if (t->entry[i].name == name)
			return (uint8_t)i;
		if (t->entry[i].object == NULL && t->entry[i].connections == 0)
			unused = i;
	}
	return (uint8_t)unused;
}

void
timeouts_set_policy(struct engine *e)
{
	struct engine_timeouts *t = e->timeouts;
	const struct policy_timeout *object;
	struct timeout_entry *entry;
	uint64_t name;
	unsigned i;

	if (t == NULL)
		return;
	for (i = 1; i <= POLICY_TIMEOUTS_MAX; i++)
		t->entry[i].object = NULL;
	for (i = 1; i <= policy_timeouts(e->policy); i++) {
		object = policy_timeout(e->policy, i);
		name = XXH3_64bits(object->name, strlen(object->name));
		t->entry_of[i] = entry_find(t, name);
		if (t->entry_of[i] == 0)
			continue;
		entry = &t->entry[t->entry_of[i]];
		entry->name = name;
		entry->object = object;
		entry_update(e, entry);
	}
}

void
timeouts_set_config(struct engine *e)
{
	struct engine_timeouts *t = e->timeouts;
	unsigned i;

	for (i = 1; t != NULL && i <= POLICY_TIMEOUTS_MAX; i++)
		if (t->entry[i].object != NULL)
			entry_update(e, &t->entry[i]);
}

void
timeouts_open(const struct pkt_ctx *s)
{
	struct engine_timeouts *t = s->e->timeouts;
	const uint8_t entry = t->entry_of[s->rules.effects.timeout];

	s->f->timeout[s->index] = entry;
	t->entry[entry].connections++;
}

void
timeouts_close(struct engine *e, struct engine_family *f, uint32_t index)
{
	e->timeouts->entry[f->timeout[index]].connections--;
}

const struct track_config *
timeouts_track(const struct engine *e, uint8_t entry)
{
	const struct timeout_entry *of = &e->timeouts->entry[entry];

	return of->object != NULL ? &of->track : &e->config.track;
}
