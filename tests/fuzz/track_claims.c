/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks after each step of track_fuzz: of passed, dropped and generated segments, and
 * that the fast path agrees with the tracker.
 */
#include "track_fuzz.h"

#include <track/tcp_fast.h>

/* Ignore the failure counter of ACC-10 when comparing. */
static void
forget_unseen(struct tcp_handshake_ext *handshake)
{
	memset(handshake->refused, 0, sizeof(handshake->refused));
	handshake->agreed = 0;
}

static void
check_handshake_unchanged(struct tcp_handshake_ext handshake,
			  struct tcp_handshake_ext old)
{
	forget_unseen(&handshake);
	forget_unseen(&old);
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): a copy */
	require(memcmp(&handshake, &old, sizeof(handshake)) == 0);
}

void
check_unchanged(const struct world *w, struct world *before, bool valid)
{
	const struct tcp_shadow *now = w->ext.shadow, *old = before->ext.shadow;
	struct tcp_attempt pair = {&before->hot, &before->cold, NULL};
	struct track_hot hot = w->hot;
	int i;

	/* expired shadows are removed by time, not by the segment */
	if (valid && before->has_ext)
		ext_prune(&before->ext, &pair, w->now, &w->config);
	/* TRACK_SLOW may change by time, or because ACC-10 counts */
	hot.flags |= before->hot.flags & TRACK_SLOW;
	before->hot.flags |= hot.flags & TRACK_SLOW;
	require(memcmp(&hot, &before->hot, sizeof(hot)) == 0);
	require(memcmp(&w->cold, &before->cold, sizeof(w->cold)) == 0);
	if (!w->has_ext)
		return;
	check_handshake_unchanged(w->ext.handshake, before->ext.handshake);
	for (i = 0; i < TCP_SHADOWS; i++) {
		require(now[i].live == old[i].live);
		if (!now[i].live)
			continue;
		require(memcmp(&now[i].hot, &old[i].hot, sizeof(hot)) == 0);
		require(memcmp(&now[i].cold, &old[i].cold, sizeof(w->cold)) == 0);
		check_handshake_unchanged(now[i].handshake, old[i].handshake);
	}
}

/* Check MODEL-3, and that no sequence number decreases within a connection. */
static void
check_passed(struct world *w, struct world *before, const struct step *s,
	     const struct track_result *r)
{
	const struct track_hot *h = &w->hot, *old = &before->hot;
	uint8_t kind = segment_kind(&s->seg), x;

	require(h->last == old->last || h->last == w->now);
	if (r->events & TRACK_EVENT_RESYNC)
		return;
	if (kind == TCP_SYN)
		require(h->last == old->last);
	if (!(old->ep[0] & old->ep[1] & EP_SA) || (before->cold.flags & COLD_CLOSED))
		return;
	if (kind & (TCP_RST | TCP_SYN))
		require(h->last == old->last);
	for (x = 0; x < 2; x++) {
		require(!seq_before(h->nxt[x], old->nxt[x]));
		require(!seq_before(h->una[x], old->una[x]));
		require(!seq_before(h->edge[x], old->edge[x]));
	}
}

static bool
is_signed(struct world *w)
{
	struct track_conn conn = conn_of(w);
	struct tcp_attempt p = conn_attempt(&conn);

	return w->live && attempt_is_signed(&p);
}

/* Check SIG-1: an unsigned segment changes nothing unless it belongs to a shadow. */
static void
check_unsigned(struct world *before, const struct step *s, const struct track_result *r)
{
	if (s->seg.is_signed || segment_kind(&s->seg) == TCP_SYN || !is_signed(before))
		return;
	require(before->has_ext || r->verdict == VERDICT_DROP);
	require(r->verdict == VERDICT_PASS || r->reason == REASON_TCP_UNSIGNED ||
		r->reason == REASON_TCP_FLAGS);
}

/* Check GEN-1 to GEN-5: the generated segment has the numbers that these rules state. */
static void
check_generated(struct world *before, const struct step *s, const struct track_result *r)
{
	const struct tcp_segment *generated = &r->generated;
	const struct track_hot *h = &before->hot;
	uint8_t to = r->generated_to, from = !to;

	require(generated->len == 0 && generated->scale == TCP_NO_SCALE && to <= 1);
	require(!(s->seg.flags & TCP_RST) || r->action == ACTION_PROBE);
	require(!is_signed(before)); /* SIG-1: the unsigned answer would be ignored */
	if (r->action == ACTION_RST) {
		require(r->verdict == VERDICT_DROP && to == s->x && !generated->has_ts);
		if (s->seg.flags & TCP_ACK)
			require(generated->flags == TCP_RST &&
				generated->seq == s->seg.ack);
		else
			require(generated->flags == (TCP_RST | TCP_ACK) &&
				generated->seq == 0 &&
				generated->ack == segment_end(&s->seg));
		return;
	}
	require(before->live && generated->flags == TCP_ACK);
	require(seq_within(generated->seq, h->una[from] - 1, h->nxt[from]));
	require(seq_within(generated->ack, h->una[to], h->nxt[to]));
	require(generated->has_ts == ((h->flags & TRACK_TS) != 0));
	require((r->action == ACTION_PROBE) == (generated->seq != h->nxt[from]));
	require(r->action == ACTION_PROBE ? to != s->x : to == s->x);
}

void
check_result(struct world *w, struct world *before, const struct step *s,
	     const struct track_result *r)
{
	bool valid = segment_flags_valid(&s->seg);

	require(r->verdict == VERDICT_PASS || r->verdict == VERDICT_DROP);
	require((r->verdict == VERDICT_DROP) == (r->reason != REASON_NONE));
	require(r->reason < REASON_COUNT);
	require(valid || r->reason == REASON_TCP_FLAGS);
	require(r->reason != REASON_POLICY_DROP || s->deny);
	if (r->action != ACTION_NONE)
		check_generated(before, s, r);
	if (!before->live)
		return;
	check_unsigned(before, s, r);
	if (r->verdict == VERDICT_DROP)
		check_unchanged(w, before, valid);
	else
		check_passed(w, before, s, r);
}

/*
 * Check that a segment accepted by tcp_next() is also accepted by tcp_segment(), with the
 * same connection state afterwards.
 */
static void
check_next(const struct world *w, struct track_hot hot, const struct step *s,
	   const struct track_result *r)
{
	if (!tcp_next_fits(&hot, s->x, &s->seg) ||
	    !tcp_fast_timestamps(&hot, s->x, &s->seg))
		return;
	tcp_next_take(&hot, s->x, &s->seg, w->now);
	require(r->verdict == VERDICT_PASS && r->action == ACTION_NONE);
	require(w->config.tcp_be_liberal || memcmp(&w->hot, &hot, sizeof(hot)) == 0);
}

void
check_fast(struct world *w, struct world *before, const struct step *s,
	   const struct track_result *r)
{
	struct tcp_ext ext_after = w->ext;
	int i;

	if (!before->live || order_is_lost(before))
		return;
	check_next(w, before->hot, s, r);
	if (!tcp_fast(&before->hot, s->x, &s->seg, w->now))
		return;
	require(r->verdict == VERDICT_PASS && r->action == ACTION_NONE);
	/* LIB-1 accepts numbers half the sequence space apart */
	if (w->config.tcp_be_liberal)
		return;
	require(r->events == 0);
	require(memcmp(&w->hot, &before->hot, sizeof(w->hot)) == 0);
	require(memcmp(&w->cold, &before->cold, sizeof(w->cold)) == 0);
	require(w->has_ext == before->has_ext);
	if (!w->has_ext)
		return;
	require(before->ext.handshake.agreed == 0 &&
		before->ext.handshake.refused[0].count == 0 &&
		before->ext.handshake.refused[1].count == 0);
	/* only tcp_segment() clears the counter of refused segments */
	forget_unseen(&ext_after.handshake);
	forget_unseen(&before->ext.handshake);
	for (i = 0; i < TCP_SHADOWS; i++) {
		require(ext_after.shadow[i].live == before->ext.shadow[i].live);
		/* the other members of an unused shadow have no meaning */
		if (!ext_after.shadow[i].live)
			ext_after.shadow[i] = before->ext.shadow[i];
	}
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): a copy */
	require(memcmp(&ext_after, &before->ext, sizeof(ext_after)) == 0);
}
