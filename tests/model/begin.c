/* SPDX-License-Identifier: BSD-3-Clause */
/* The state in which an exploration starts. */
#include "step.h"

#include <string.h>

#define BEGIN 100000u /* value of the clock at the start, ticks */

/* The caller's function for segments that reach the tracker before an exploration. */
struct observer {
	model_seen *seen;
	void *arg;
};

static void
show(struct model *m, const struct flight *f, const struct observer *to)
{
	m->last = *f;
	if (to->seen != NULL)
		to->seen(m, to->arg);
}

/* Deliver all segments in flight, and those sent in answer, in order. */
static void
settle(struct model *m, const struct observer *to)
{
	while (m->flights > 0) {
		struct flight f = m->flight[0];

		memmove(&m->flight[0], &m->flight[1],
			--m->flights * sizeof(m->flight[0]));
		if (f.behind) {
			model_to_endpoint(m, &f);
		} else {
			model_to_tracker(m, &f);
			show(m, &f, to);
		}
	}
}

/* Remove the connection's entry; then A sends the segment that the tracker picks up. */
static void
begin_pickup(struct model *m, const struct observer *to)
{
	uint32_t again = m->u->again;
	struct flight f = {.seg = {.seq = m->e[0].snd_nxt - again,
				   .len = again > 1 ? 100 : 0,
				   .ack = m->e[0].rcv_nxt,
				   .win = WINDOW >> (m->u->scaled ? MODEL_SCALE : 0),
				   .flags = TCP_ACK,
				   .scale = TCP_NO_SCALE}};

	m->live = m->has_ext = false;
	model_track(m, 0, &f.seg);
	show(m, &f, to);
	/* a bare ACK: no need to deliver it to B, which would not answer */
	if (again == 0)
		return;
	f.behind = true;
	flight_put(m, &f);
}

static void
begin_time_wait(struct model *m, const struct observer *to)
{
	struct endpoint_out out = {.n = 0};

	endpoint_close(&m->e[0], m->now, &out);
	flight_put_sent(m, 0, &out);
	settle(m, to);
	out.n = 0;
	endpoint_close(&m->e[1], m->now, &out);
	flight_put_sent(m, 1, &out);
	settle(m, to);
}

void
model_begin(struct model *m, const struct universe *u, model_seen *seen, void *arg)
{
	struct observer to = {seen, arg}, none = {NULL, NULL};
	struct endpoint_out out = {.n = 0};
	uint8_t x;

	memset(m, 0, sizeof(*m));
	m->u = u;
	m->now = BEGIN;
	for (x = 0; x < 2; x++) {
		m->e[x].scale = u->scaled ? MODEL_SCALE : TCP_NO_SCALE;
		m->e[x].timestamps = u->timestamps;
		m->e[x].is_signed = u->is_signed;
		m->e[x].fin_reset = u->fin_reset;
		m->e[x].rcv_wnd = WINDOW;
		endpoint_init(&m->e[x], x == 1);
	}
	if (u->established) {
		model_connect(m, 0, &out);
		flight_put_sent(m, 0, &out);
		settle(m, u->loose ? &none : &to);
		out.n = 0;
		if (u->again > 1) {
			endpoint_write(&m->e[0], u->again, m->now, &out);
			flight_put_sent(m, 0, &out);
			settle(m, &none);
		}
		if (u->loose)
			begin_pickup(m, &to);
		if (u->time_wait)
			begin_time_wait(m, &to);
	}
	memcpy(m->budget, u->budget, sizeof(m->budget));
	memset(&m->last, 0, sizeof(m->last));
	memset(&m->r, 0, sizeof(m->r));
}

void
model_init(struct model *m, const struct universe *u)
{
	model_begin(m, u, NULL, NULL);
}
