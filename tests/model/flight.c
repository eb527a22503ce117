/* SPDX-License-Identifier: BSD-3-Clause */
/* The segments in flight, on both sides of the tracker. */
#include "step.h"

#include <string.h>

void
flight_put(struct model *m, const struct flight *f)
{
	if (m->flights == MODEL_FLIGHTS) {
		m->overflow = true;
		return;
	}
	m->flight[m->flights++] = *f;
}

void
flight_put_sent(struct model *m, uint8_t from, const struct endpoint_out *out)
{
	struct flight f;
	unsigned i;

	for (i = 0; i < out->n; i++) {
		memset(&f, 0, sizeof(f));
		f.seg = out->seg[i];
		f.iss = m->e[from].iss;
		f.from = from;
		f.behind = m->away >> from & 1;
		flight_put(m, &f);
	}
}

void
flight_put_generated(struct model *m, uint8_t to, const struct tcp_segment *seg)
{
	struct flight f = {.seg = *seg,
			   .from = !to,
			   .behind = true,
			   .origin = ORIGIN_TRACKER};

	flight_put(m, &f);
}

void
flight_remove(struct model *m, unsigned i)
{
	m->flight[i] = m->flight[--m->flights];
}

static bool
same_segment(const struct tcp_segment *a, const struct tcp_segment *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->win == b->win && a->flags == b->flags && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr;
}

bool
flight_is_behind(const struct model *m, const struct flight *f)
{
	unsigned i;

	for (i = 0; i < m->flights; i++)
		if (m->flight[i].behind && m->flight[i].from == f->from &&
		    same_segment(&m->flight[i].seg, &f->seg))
			return true;
	return false;
}

static bool
same_flight(const struct flight *a, const struct flight *b)
{
	return a->from == b->from && a->behind == b->behind && a->origin == b->origin &&
	       a->iss == b->iss && same_segment(&a->seg, &b->seg);
}

bool
flight_is_first_alike(const struct model *m, unsigned i)
{
	unsigned k;

	for (k = 0; k < i; k++)
		if (same_flight(&m->flight[k], &m->flight[i]))
			return false;
	return true;
}
