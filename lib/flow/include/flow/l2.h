/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link layers that a worker's connections use. A pair has one link layer for each
 * direction. Each pair is stored once, and connections refer to it by a 16-bit number:
 * few stations are behind a wire, so a connection need not use 48 bytes. Only segments
 * that are generated without a packet (TIM-1) need them.
 *
 * A station can send frames from any address. To prevent one host from using up all
 * pairs, each pair is charged to the IP address that caused it, and at most
 * FLOW_L2_PER_SOURCE pairs to one address (addresses share counters, by a keyed hash).
 * Connections without an answer, whose addresses may all be forged, get at most half of
 * the pairs.
 *
 * One owner thread. A pair exists as long as a connection refers to it.
 */
#ifndef FLOW_L2_H
#define FLOW_L2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <packet/hash.h>
#include <reply/reply.h>

#define FLOW_L2_MAX UINT16_MAX /* largest number of pairs */
#define FLOW_L2_PER_SOURCE 24u /* pairs charged to one counter */
#define FLOW_L2_SOURCES 16384u /* number of counters, a power of two */

/* The link layers of frames to each side. */
struct flow_l2_pair {
	struct reply_l2 to[2];
};

/* The source that a new pair is charged to. */
struct flow_l2_source {
	const void *addr; /* the IP address */
	uint8_t bytes;    /* length of addr: 4 or 16 */
	bool answered;    /* the connection was answered */
};

struct flow_l2_entry {
	struct flow_l2_pair pair;
	/* number of connections that refer to it; 0: free, see next_free */
	uint32_t references;
	uint16_t next_free;
	uint16_t source; /* index of the counter that it is charged to */
	uint32_t unused; /* makes an entry a cache line: flow/shared.h */
};

/*
 * The pairs, by number, with their reference counts, and a hash table to find them
 * (l2.c). The struct is defined here only for the inline functions below.
 */
struct flow_l2 {
	const uint8_t *secret;
	uint16_t *places; /* hash table: number of an entry; 0: free */
	uint32_t places_mask;
	uint32_t pairs;     /* capacity */
	uint32_t high;      /* highest number that was ever in use */
	uint32_t used;      /* number of pairs with references */
	uint16_t free_head; /* number of the first free pair; 0: none */
	/*
	 * number of the pair taken last; 0: none. The caller compares with it first: most
	 * segments go between the same two routers.
	 */
	uint16_t last;
	uint8_t charged[FLOW_L2_SOURCES];
	/* by number; followed by the hash table */
	struct flow_l2_entry entries[] __attribute__((aligned(64)));
};

/* Bytes of memory for a number of pairs, at most FLOW_L2_MAX. */
size_t flow_l2_bytes(uint32_t pairs);

/*
 * Initialise memory of flow_l2_bytes(), aligned to 64 bytes. secret: KEY_SECRET_BYTES,
 * which have to stay valid.
 */
struct flow_l2 *flow_l2_init(void *memory, uint32_t pairs, const uint8_t *secret);

/*
 * Get the number of a pair, from 1 on, and add a reference. A new pair is charged to
 * source. Returns 0 when there is no room for it, or source has too many.
 */
uint16_t flow_l2_take(struct flow_l2 *table, const struct flow_l2_pair *pair,
		      const struct flow_l2_source *source);

/* Drop a reference. Number 0 is ignored. */
void flow_l2_drop(struct flow_l2 *table, uint16_t number);

/* The pair with a number; NULL for 0. */
static inline const struct flow_l2_pair *
flow_l2_get(const struct flow_l2 *table, uint16_t number)
{
	return number == 0 ? NULL : &table->entries[number].pair;
}

/*
 * The pair that was taken last; NULL: there is none. flow_l2_take_last() adds a reference
 * to it and returns its number; call it only if there is one.
 */
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
