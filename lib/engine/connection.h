/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections of a family: their arrays beside the table, creation, timers, removal,
 * views, walks, and eviction when the table is nearly full.
 */
#ifndef ENGINE_CONNECTION_H
#define ENGINE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <conn/view.h>

#include "pkt.h"

/* ext.c: the arrays of a family, by connection index. */

/* Number of bytes that arrays_init() uses. */
size_t arrays_bytes(const struct engine_config *config, uint32_t connections);

/* How many bytes each array needs. The other members of sizes do not change. */
void arrays_sizes(const struct engine_config *config, uint32_t connections,
		  struct engine_family_sizes *sizes);

/* memory is zeroed and aligned to a cache line. */
void arrays_init(struct engine_family *f, char *memory,
		 const struct engine_config *config, uint32_t connections);

/* The packet opens connection s->index: reset its entries in the arrays. */
void arrays_open(const struct pkt_ctx *s);

/* conntrack.acct: count a dropped packet of connection s->index. */
void arrays_dropped(const struct pkt_ctx *s);

/* open.c */

/*
 * Insert a connection with the packet's key. Returns false, and drops s, when there is no
 * room.
 */
bool connection_insert(struct pkt_ctx *s);

/*
 * The tracker has opened the connection: set its number and rule, arm its timer, report
 * the event.
 */
void connection_opened(struct pkt_ctx *s);

/* connection.c */

/* connection.c: arm the timer of a connection for its next deadline. */
void connection_arm(struct engine *e, struct engine_family *f, uint32_t index);

/* Arm the timer of a connection for tick at. */
void connection_arm_at(struct engine *e, struct engine_family *f, uint32_t index,
		       uint32_t at);

/*
 * Remove a connection. end: why, for the event; CONN_END_NONE: it has expired, and its
 * tracker is asked.
 */
void connection_remove(struct engine *e, struct engine_family *f, uint32_t index,
		       enum conn_end end);

/* The same with the hash of the key. In a shared table the caller holds the lock. */
void connection_remove_hashed(struct engine *e, struct engine_family *f, uint32_t index,
			      uint64_t hash, enum conn_end end);

/* Fill a view of the connection, for lists and events, at tick now. */
void connection_view(const struct engine *e, const struct engine_family *f,
		     uint32_t index, uint32_t now, struct conn_view *view);

/* Set e->watched, after its conditions have changed. */
static inline void
connection_watch(struct engine *e)
{
	e->watched = e->counts_states || e->events != NULL;
}

/*
 * A connection begins or changes: count its states, and put an event into the ring, if
 * these are wanted. connection_remove() does so for one that is removed.
 */
void connection_event(struct engine *e, const struct engine_family *f, uint32_t index,
		      enum conn_event_kind kind);

/* states.c: count the endpoints of a connection in their new states. */
void states_note(struct engine *e, const struct engine_family *f, uint32_t index,
		 enum conn_event_kind kind);

/*
 * walk.c: the next connection of a walk; its family is *cursor >> 32. Returns FLOW_NONE
 * at the end, or when *places is 0; each entry that is read decreases it.
 */
uint32_t walk_next(const struct engine *e, uint64_t *cursor, unsigned *places);

/* pressure.c */

/* Set the limits, after the size of the table is known. */
void pressure_init(struct engine_family *f);

/* Before an insertion: evict stale connections if the table is nearly full. */
void pressure_relieve(struct engine *e, struct engine_family *f);

/*
 * Evict when the table is full. Returns false when no scanned connection may be evicted.
 */
bool pressure_evict(struct engine *e, struct engine_family *f);

#endif
