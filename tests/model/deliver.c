/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Delivery of a segment to the tracker and to its receiver, with the properties that a
 * single delivery shows: (a) and (c).
 */
#include "step.h"

#include <stddef.h>

#include <base/seq.h>

/* Record what happened with this segment, as far as a property depends on it. */
static void
note_history(struct model *m, const struct flight *f, bool was_live,
	     const struct track_hot *before)
{
	bool attacker = f->origin == ORIGIN_ATTACKER;
	uint8_t x;

	if (!was_live && m->live) {
		m->forged = attacker;
		/*
		 * PICK-1: an entry that is created in mid-stream does not know of an
		 * earlier FIN, so nothing is expected of it unless both endpoints are
		 * ESTABLISHED
		 */
		if (!attacker && ((f->seg.flags & TCP_SYN) ||
				  (m->e[0].state == TCP_STATE_ESTABLISHED &&
				   m->e[1].state == TCP_STATE_ESTABLISHED)))
			m->timed_out = false;
	}
	if (attacker && (f->seg.flags & TCP_SYN) && m->r.verdict == VERDICT_PASS &&
	    !((before->ep[0] | before->ep[1]) & EP_PA))
		/* the endpoints have answered no SYN yet, so one may answer this SYN */
		m->forged = true;
	x = f->from;
	if ((f->seg.flags & TCP_FIN) && was_live && !(before->ep[x] & EP_FS))
		m->fin_first_unseen[x] = (m->e[x].state == TCP_STATE_CLOSING ||
					  m->e[x].state == TCP_STATE_TIME_WAIT) &&
					 f->seg.ack == m->e[!x].snd_max;
	for (x = 0; x < 2; x++) {
		if (m->hot.ep[x] & EP_FA)
			m->fin_again[x] = false;
		else if (was_live && (before->ep[x] & EP_FA) && (m->hot.ep[x] & EP_FS))
			m->fin_again[x] = true;
	}
}

/*
 * Return whether an endpoint sent this segment and it has data, a FIN or an ACK that is
 * new to its receiver.
 */
static bool
is_news(const struct model *m, const struct flight *f)
{
	const struct endpoint *to = &m->e[!f->from];

	return f->origin == ORIGIN_ENDPOINT && f->iss == m->e[f->from].iss &&
	       !(f->seg.flags & (TCP_SYN | TCP_RST)) &&
	       (seq_after(segment_end(&f->seg), to->rcv_nxt) ||
		seq_after(f->seg.ack, to->snd_una));
}

/*
 * Return whether the drop is only a delay: beside a lingering entry one segment a second
 * passes, so a retransmission will pass.
 */
static bool
is_held_back(const struct model *m)
{
	return m->u->connect == 3 && (m->cold.flags & COLD_CLOSED) &&
	       m->r.reason == REASON_TCP_RATE;
}

const char *
model_to_tracker(struct model *m, struct flight *f)
{
	struct guarded before = {.last = 0}, after;
	const char *broken = NULL;
	bool was_live = m->live;
	struct track_hot acked = m->hot;

	if (was_live)
		before = attack_guarded(m);
	m->asked = true;
	model_track(m, f->from, &f->seg);
	if (m->r.action != ACTION_NONE)
		flight_put_generated(m, m->r.generated_to, &m->r.generated);
	note_history(m, f, was_live, &acked);
	if (was_live && f->origin == ORIGIN_ATTACKER && !m->forged && !m->u->loose &&
	    !m->u->reroute) {
		after = attack_guarded(m);
		broken = attack_has_changed(&before, &after);
	}
	if (m->r.verdict == VERDICT_PASS) {
		if (!was_live || is_news(m, f))
			m->heard = m->now;
		f->behind = true;
		flight_put(m, f);
	} else if (broken == NULL && f->origin == ORIGIN_ENDPOINT && !m->u->reroute &&
		   f->iss == m->e[f->from].iss && !m->timed_out &&
		   !flight_is_behind(m, f) && !is_held_back(m) && check_acts(m, f)) {
		broken = "(a) a segment was dropped that its receiver would act on";
	}
	return broken;
}

const char *
model_to_endpoint(struct model *m, const struct flight *f)
{
	struct endpoint_out out = {.n = 0};
	struct endpoint *e = &m->e[!f->from], before = *e;

	endpoint_receive(e, &f->seg, model_isn(m, !f->from), m->now, &out);
	if (e->iss != before.iss && e->iss == model_isn(m, !f->from))
		m->incarnation[!f->from]++;
	flight_put_sent(m, !f->from, &out);
	if (f->origin == ORIGIN_ATTACKER && attack_has_acted(&before, e, f->seg.flags))
		return "(c) an endpoint has acted on an attacker's segment";
	return NULL;
}

const char *
model_deliver(struct model *m, unsigned i)
{
	struct flight f = m->flight[i];

	flight_remove(m, i);
	m->last = f;
	return f.behind ? model_to_endpoint(m, &f) : model_to_tracker(m, &f);
}
