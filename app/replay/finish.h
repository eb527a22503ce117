/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prepare a packet before the engine processes it, and evaluate its verdict afterwards.
 */
#ifndef REPLAY_FINISH_H
#define REPLAY_FINISH_H

#include "replay.h"

/* Fill next->item for a frame: its conversation, side, port and marks. */
void prepare_item(struct replay *r, struct replay_next *next, struct capture *capture,
		  const struct frame *fr, uint64_t ns);

/*
 * Process the verdict of a packet: set marks, update the figures of its connection, call
 * the sinks. Called in packet order. record: NULL if the packet has no verdict.
 */
void finish_item(struct replay *r, struct item *item, const struct engine_record *record);

#endif
