/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link layers that a worker's connections use: pairs of one for each direction, each
 * pair kept once and known by 16 bits. Behind a wire stand few stations, so a connection
 * need not spend 48 bytes on them. Only segments that no packet causes (TIM-1) need them.
 *
 * A station can send frames from any address that it likes. So that one host cannot take
 * all pairs, each is charged to the IP address that caused it, and an address is charged
 * with FLOW_L2_PER_SOURCE at most (addresses share counters, by a keyed hash).
 * Connections without an answer, whose addresses may all be forged, get no more than half
 * of the pairs.
 *
 * One owner thread. A pair lives as long as a connection refers to it.
 */
#ifndef FLOW_L2_H
#define FLOW_L2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <reply/reply.h>

#define FLOW_L2_MAX UINT16_MAX /* pairs */
#define FLOW_L2_PER_SOURCE 24u /* pairs charged to one counter */
#define FLOW_L2_SOURCES 16384u /* counters, a power of two */

/* Frames to each side. */
struct flow_l2_pair {
	struct reply_l2 to[2];
};

/* What wants a pair. */
struct flow_l2_source {
	const void *addr; /* the IP address that is charged */
	uint8_t bytes;    /* 4 or 16 */
	bool answered;    /* the connection has been */
};

struct flow_l2_entry {
	struct flow_l2_pair pair;
	uint32_t references; /* 0: free, and the next free one in next_free */
	uint16_t next_free;
	uint16_t source; /* counter that it is charged to */
};

/* A small hash table with reference counts: l2.c. Visible for flow_l2_get() alone. */
struct flow_l2 {
	const uint8_t *secret;
	uint16_t *places; /* number of an entry, 0: free */
	uint32_t places_mask;
	uint32_t pairs;     /* that there is room for */
	uint32_t high;      /* numbers ever given out */
	uint32_t used;      /* pairs that are referred to */
	uint16_t free_head; /* number, 0: none */
	uint16_t last;      /* taken, and tried first: mostly it is the routers'; or 0 */
	uint8_t charged[FLOW_L2_SOURCES];
	struct flow_l2_entry entries[]; /* by number; the places behind the last */
};

/* Memory for so many pairs, FLOW_L2_MAX at most. */
size_t flow_l2_bytes(uint32_t pairs);

/* In memory of flow_l2_bytes(); secret: KEY_SECRET_BYTES, kept by reference. */
struct flow_l2 *flow_l2_init(void *memory, uint32_t pairs, const uint8_t *secret);

/*
 * The number, from 1 on, of a pair, with one reference more. Should it be new, source is
 * charged for it. 0: there is no room for another, or not for this source.
 */
uint16_t flow_l2_take(struct flow_l2 *table, const struct flow_l2_pair *pair,
		      const struct flow_l2_source *source);

/* One reference less. 0 is nothing. */
void flow_l2_drop(struct flow_l2 *table, uint16_t number);

/* NULL for 0. */
static inline const struct flow_l2_pair *
flow_l2_get(const struct flow_l2 *table, uint16_t number)
{
	return number == 0 ? NULL : &table->entries[number].pair;
}

/* The pair that was taken last, or NULL; and one more reference to it. */
static inline const struct flow_l2_pair *
flow_l2_last(const struct flow_l2 *table)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an engine has a table */
	return flow_l2_get(table, table->last);
}

static inline uint16_t
flow_l2_take_last(struct flow_l2 *table)
{
	table->entries[table->last].references++;
	return table->last;
}

#endif
