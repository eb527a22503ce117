/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files share that perform the moves of the model (model.h): model.c chooses and
 * performs a move, deliver.c delivers segments, flight.c keeps those in flight, tracker.c
 * runs the tracker, attack.c has the attacker, begin.c the state in which an exploration
 * starts.
 */
#ifndef MODEL_STEP_H
#define MODEL_STEP_H

#include "model.h"

#define WINDOW 1000u    /* receive window of an endpoint, bytes */
#define ATTACK_KINDS 10 /* number of segments that the attacker sends from each side */

/* Add a segment in flight. When there is no room for it, sets m->overflow. */
void flight_put(struct model *m, const struct flight *f);

/* Add what a side's endpoint has sent. */
void flight_put_sent(struct model *m, uint8_t from, const struct endpoint_out *out);

/* Add a segment of the tracker to a side. */
void flight_put_generated(struct model *m, uint8_t to, const struct tcp_segment *seg);

/* Remove segment i; the last one gets its index. */
void flight_remove(struct model *m, unsigned i);

/* Return whether an identical segment is between the tracker and its receiver. */
bool flight_is_behind(const struct model *m, const struct flight *f);

/*
 * Return whether segment i is the first of identical segments in flight; moves of the
 * others would lead to the same states.
 */
bool flight_is_first_alike(const struct model *m, unsigned i);

/* Pass a segment to the tracker. The rules let both sides open connections. */
void model_track(struct model *m, uint8_t x, const struct tcp_segment *seg);

/* Return the number with which an endpoint begins its next connection. */
static inline uint32_t
model_isn(const struct model *m, uint8_t x)
{
	return m->u->isn[x][m->incarnation[x] % MODEL_ISNS];
}

/*
 * Deliver segment i in flight, or a segment that is not in flight any more, to the
 * tracker or to its receiver. Returns NULL, or the property that is violated.
 */
const char *model_deliver(struct model *m, unsigned i);
const char *model_to_tracker(struct model *m, struct flight *f);
const char *model_to_endpoint(struct model *m, const struct flight *f);

/* Let an endpoint connect with its next ISN. */
void model_connect(struct model *m, uint8_t x, struct endpoint_out *out);

/* Let the attacker send a segment of a kind, below ATTACK_KINDS, as if from side x. */
void attack_send(struct model *m, uint8_t x, unsigned kind);

/* (c) The part of the tracker's state that an attacker's segment must not change. */
struct guarded {
	uint32_t nxt[2], una[2], edge[2], last, deadline;
	uint16_t maxwnd[2];
	uint8_t ep[2];
	bool closed, answered;
};

struct guarded attack_guarded(struct model *m);

/* Return NULL, or how an attacker's segment has changed the tracker's state. */
const char *attack_has_changed(const struct guarded *before, const struct guarded *after);

/*
 * Return whether a synchronised endpoint has changed for an attacker's segment. By RFC
 * 5961 it may only send a challenge ACK. A SYN with a higher number in TIME-WAIT is
 * excepted: any sender's begins the next connection (RFC 1122 4.2.2.13).
 */
bool attack_has_acted(const struct endpoint *before, const struct endpoint *after,
		      uint8_t flags);

#endif
