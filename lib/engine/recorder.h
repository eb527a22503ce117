/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of packets that are dropped, logged, or selected, for other threads.
 */
#ifndef ENGINE_RECORDER_H
#define ENGINE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/records.h>
#include <packet/packet.h>

#include "pkt.h"

/*
 * With a recorder: note the state of TCP connection s->index before its segment is
 * processed. The states are derived only if the segment is dropped.
 */
static inline void
recorder_before(struct pkt_ctx *s)
{
	const struct flow_conn *conn;

	if (s->e->recorder == NULL)
		return;
	conn = flow_conn(&s->f->table, s->index);
	s->has_before = true;
	s->before_ep[0] = conn->hot.ep[0];
	s->before_ep[1] = conn->hot.ep[1];
	s->before_flags = flow_cold(&s->f->table, conn)->track.flags;
}

/*
 * Record that the packet is dropped for reason s->r.reason. Its frame has not been freed
 * yet. Only with a recorder.
 */
void recorder_drop(const struct pkt_ctx *s);

/*
 * As recorder_drop(), for a frame that was not parsed. port is RECORD_NO_PORT when it is
 * not known.
 */
void recorder_drop_frame(struct engine *e, const struct rte_mbuf *m, uint16_t port,
			 enum reason reason);

/* Whether packets that pass are to be recorded, if a selection matches them. */
static inline bool
recorder_wants_passed(const struct engine *e)
{
	return e->recorder != NULL &&
	       (e->recorder->selections != 0 || e->recorder->trace);
}

/*
 * The packet passes: if a selection matches it, put a record into the ring. Its frame is
 * in a transmit buffer. Only with recorder_wants_passed().
 */
void recorder_pass(const struct pkt_ctx *s);

/* A `log` statement of a rule has matched the packet: put a record into the ring. */
void recorder_log(const struct pkt_ctx *s, uint16_t rule, const struct record_log *log);

#endif
