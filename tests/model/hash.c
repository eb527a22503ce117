/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash a state so that equivalent states get equal hashes. Times are taken relative to
 * now; the hash does not depend on the order of the segments in flight; and members that
 * cannot be read any more count as 0 (a time whose flag is not set, a shadow that is not
 * live, a full token bucket).
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include <base/seq.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct canon {
	struct endpoint e[2];
	struct flight flight[MODEL_FLIGHTS];
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext ext;
	uint8_t budget[MAY_COUNT];
	uint32_t opened, heard;
	uint8_t flights, live, has_ext, timed_out, away, forged, fin_again[2],
		fin_first_unseen[2], incarnation[2];
};

static void
canon_endpoint(struct endpoint *to, const struct endpoint *from, uint32_t now)
{
	*to = *from;
	to->ts_clock = 0;
	/* read only to give up, for which no universe lasts long enough */
	to->rto_first = 0;
	to->received = 0;
	to->rto_at = from->rto_at ? from->rto_at - now : 0;
	to->wait_until = from->state == TCP_STATE_TIME_WAIT ? from->wait_until - now : 0;
	to->ts_recent = from->ts_on ? from->ts_recent - now : 0;
}

static void
canon_pair(struct track_hot *h, struct track_cold *c, uint32_t now, bool ts)
{
	uint8_t x;

	h->last -= now;
	for (x = 0; x < 2; x++) {
		h->tsmax[x] = ts ? h->tsmax[x] - now : 0;
		c->ts_recent[x] = ts ? c->ts_recent[x] - now : 0;
		if (!(h->ep[x] & EP_FS))
			c->fin[x] = 0;
	}
	c->t0 -= now;
	/* t0 is read only until the handshake is complete */
	if ((h->ep[0] & h->ep[1] & EP_SA))
		c->t0 = 0;
	if (c->flags & (COLD_RST_PEND | COLD_CLOSED) || (c->count & 3u))
		c->rst_tick -= now;
	else
		c->rst_tick = c->rst_seq = 0;
	c->tw_tick = c->flags & COLD_TIME_WAIT ? c->tw_tick - now : 0;
}

/* Copy the members one by one: padding and stale values must not enter the hash. */
static void
canon_segment(struct tcp_segment *to, const struct tcp_segment *from, uint32_t ts)
{
	memset(to, 0, sizeof(*to));
	to->seq = from->seq;
	to->ack = from->ack;
	to->len = from->len;
	to->tsval = from->has_ts ? from->tsval - ts : 0;
	to->tsecr = from->has_ts ? from->tsecr - ts : 0;
	to->win = from->win;
	to->flags = from->flags;
	to->scale = from->flags & TCP_SYN ? from->scale : 0;
	to->has_ts = from->has_ts;
	to->is_signed = from->is_signed;
}

static void
canon_handshake(struct tcp_handshake_ext *to, const struct tcp_handshake_ext *from,
		uint32_t ts)
{
	unsigned x, i;

	memset(to, 0, sizeof(*to));
	to->heard = from->heard;
	for (i = 0; i < TCP_EARLIES; i++) {
		to->early_side[i] = from->early_side[i];
		if (from->early_side[i])
			to->pre_data[i] = from->pre_data[i];
	}
	for (x = 0; x < 2; x++) {
		if (!from->has_second[x])
			continue;
		to->has_second[x] = true;
		to->second_is_older[x] = from->second_is_older[x];
		to->second[x] = from->second[x];
		to->second[x].tsval = from->second[x].has_ts ? from->second[x].tsval - ts
							     : 0;
	}
	to->bad_ack_side = from->bad_ack_side;
	to->bad_ack = from->bad_ack_side ? from->bad_ack : 0;
	to->has_lingered = from->has_lingered;
	to->lingered = from->has_lingered ? from->lingered : 0;
	to->synack_side = from->synack_side;
	if (from->synack_side)
		canon_segment(&to->synack, &from->synack, ts);
	for (x = 0; x < 2; x++)
		if (from->refused[x].there || from->refused[x].count)
			to->refused[x] = from->refused[x];
	to->agreed = from->agreed;
}

static void
canon_ext(struct tcp_ext *to, const struct tcp_ext *from, uint32_t now, bool ts)
{
	unsigned i;

	memset(to, 0, sizeof(*to));
	canon_handshake(&to->handshake, &from->handshake, ts ? now : 0);
	for (i = 0; i < TCP_SHADOWS; i++) {
		if (!from->shadow[i].live)
			continue;
		to->shadow[i].live = true;
		to->shadow[i].hot = from->shadow[i].hot;
		to->shadow[i].cold = from->shadow[i].cold;
		canon_pair(&to->shadow[i].hot, &to->shadow[i].cold, now, ts);
		to->shadow[i].cold.t0 = from->shadow[i].cold.t0 - now;
		canon_handshake(&to->shadow[i].handshake, &from->shadow[i].handshake,
				ts ? now : 0);
	}
	for (i = 0; i < sizeof(to->rate) / sizeof(*to->rate); i++)
		to->rate[i] = seq_after(from->rate[i], now) && from->rate[i]
				      ? from->rate[i] - now
				      : 0;
}

static void
canon_flight(struct flight *to, const struct flight *from, uint32_t ts)
{
	canon_segment(&to->seg, &from->seg, ts);
	to->iss = from->iss;
	to->from = from->from;
	to->behind = from->behind;
	to->origin = from->origin;
}

static int
flight_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flight));
}

uint64_t
model_hash(const struct model *m)
{
	bool ts = m->u->timestamps;
	struct canon c;
	unsigned i;

	memset(&c, 0, sizeof(c));
	for (i = 0; i < 2; i++) {
		canon_endpoint(&c.e[i], &m->e[i], m->now);
		c.incarnation[i] = m->incarnation[i];
	}
	for (i = 0; i < m->flights; i++)
		canon_flight(&c.flight[i], &m->flight[i], ts ? m->now : 0);
	qsort(c.flight, m->flights, sizeof(c.flight[0]), flight_compare);
	c.flights = (uint8_t)m->flights;
	c.live = m->live;
	c.timed_out = m->timed_out;
	c.away = m->away;
	c.forged = m->forged;
	c.fin_again[0] = m->fin_again[0];
	c.fin_again[1] = m->fin_again[1];
	c.fin_first_unseen[0] = m->fin_first_unseen[0];
	c.fin_first_unseen[1] = m->fin_first_unseen[1];
	if (m->live) {
		c.hot = m->hot;
		c.cold = m->cold;
		canon_pair(&c.hot, &c.cold, m->now, ts);
		c.heard = m->heard - m->now;
		c.opened = m->hot.ep[0] & m->hot.ep[1] & EP_SA ? 0 : m->opened - m->now;
	}
	c.has_ext = m->has_ext;
	if (m->has_ext)
		canon_ext(&c.ext, &m->ext, m->now, ts);
	memcpy(c.budget, m->budget, sizeof(c.budget));
	return XXH3_64bits(&c, sizeof(c));
}
