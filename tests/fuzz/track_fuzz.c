/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP tracker: any segments, signed or not, from either side, at any time, with
 * numbers near those that the connection knows, so that all its tests are met from both
 * sides; rules that refuse, extensions that are refused or taken away, timers on time and
 * late. After each step all that docs/tcp-tracking.md says of every step must hold.
 *
 * The input: a byte of switches, then steps, the low three bits of whose first byte say
 * what they are.
 */
#include "fuzz.h"

#include <string.h>

#include <track/conn_valid.h>
#include <track/tcp_entry.h>
#include <track/tcp_fast.h>

#define BEGIN (UINT32_MAX - 5000) /* the clock soon wraps */
#define ROUNDS_MAX 3              /* questions, and one call with all the answers */
#define TIMERS_MAX 8     /* that go off at one tick: three probes, inheritance, end */
#define LATE_TICKS 2000u /* a timer may be late */
/*
 * What passes unnoticed must not look like the past: half the space, less what is late.
 */
#define LONGEST_STEP ((1u << 31) - (1u << 24))

struct world {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext ext;
	struct track_config config;
	uint32_t now;
	uint32_t armed; /* as the engine would have */
	bool has_ext;
	bool live;
};

/* One segment, and the answers that it gets. */
struct step {
	struct tcp_segment seg;
	uint8_t x;
	bool deny;
	bool no_ext;
};

static struct track_conn
conn_of(struct world *w)
{
	return (struct track_conn){&w->hot, &w->cold, w->has_ext ? &w->ext : NULL};
}

static void
configure(struct world *w, uint8_t switches)
{
#define MIN_OF(name, value, min, max, text) .name = (min)*TICKS_PER_S,
#define MAX_OF(name, value, min, max, text) .name = (max)*TICKS_PER_S,
	static const struct track_config min = {TRACK_TIMEOUTS(MIN_OF)};
	static const struct track_config max = {TRACK_TIMEOUTS(MAX_OF)};

	w->config = TRACK_CONFIG_DEFAULT;
	if ((switches & 0xc0) == 0x80)
		w->config = min;
	else if ((switches & 0xc0) == 0xc0)
		w->config = max;
	w->config.tcp_challenge_ack = !(switches & 0x01);
	w->config.tcp_asymmetric = !(switches & 0x02);
	w->config.tcp_loose = (switches & 0x04) != 0;
	w->config.tcp_be_liberal = (switches & 0x08) != 0;
	w->config.tcp_unknown_reset = (switches & 0x10) != 0;
	w->config.tcp_unsynchronized_reset = (switches & 0x20) != 0;
}

#define STATE(name) (1u << TCP_STATE_##name)

/* The states that the peer of an endpoint may be in; each pair stands here both ways. */
static bool
states_are_legal(enum tcp_state a, enum tcp_state b)
{
	static const uint32_t peers[] = {
		[TCP_STATE_CLOSED] = STATE(CLOSED) | STATE(TIME_WAIT) | STATE(CLOSING),
		[TCP_STATE_LISTEN] = STATE(SYN_SENT),
		[TCP_STATE_SYN_SENT] = STATE(LISTEN) | STATE(SYN_SENT),
		[TCP_STATE_SYN_RECEIVED] = STATE(ESTABLISHED),
		[TCP_STATE_ESTABLISHED] = STATE(SYN_RECEIVED) | STATE(ESTABLISHED),
		[TCP_STATE_FIN_WAIT_1] = STATE(CLOSE_WAIT),
		[TCP_STATE_FIN_WAIT_2] = STATE(CLOSE_WAIT),
		[TCP_STATE_CLOSE_WAIT] = STATE(FIN_WAIT_1) | STATE(FIN_WAIT_2),
		/* the FIN of a side that its peer has seen may come again (TW-1) */
		[TCP_STATE_CLOSING] = STATE(CLOSING) | STATE(TIME_WAIT) |
				      STATE(LAST_ACK) | STATE(CLOSED),
		[TCP_STATE_LAST_ACK] = STATE(TIME_WAIT) | STATE(CLOSING),
		[TCP_STATE_TIME_WAIT] = STATE(TIME_WAIT) | STATE(CLOSING) |
					STATE(LAST_ACK) | STATE(CLOSED),
	};

	return (peers[a] >> b & 1) && (peers[b] >> a & 1);
}

static uint32_t
longest(const struct track_config *config)
{
	uint32_t max = 0;

#define LONGER(name, value, min, max_, text)                                             \
	max = config->name > max ? config->name : max;
	TRACK_TIMEOUTS(LONGER)
	return max;
}

/*
 * Where segments go another way, or went by before a pickup, a step may be as long as a
 * window; two of 2^30, as scale 14 makes them, are half the space, and have no order.
 */
static bool
steps_have_no_order(const struct tcp_attempt *p)
{
	return (p->c->flags & (COLD_LOOSE | COLD_ASYMMETRIC)) &&
	       (attempt_maxwnd(p, 0) >= 1u << 29 || attempt_maxwnd(p, 1) >= 1u << 29);
}

/* What holds of every connection at every time. */
static void
check_connection(struct world *w)
{
	struct track_conn conn = conn_of(w);
	struct tcp_attempt p = conn_attempt(&conn), n;
	struct track_hot hot = w->hot;
	struct tcp_attempt slow = {&hot, p.c, p.handshake};
	uint32_t deadline = tcp_deadline(&conn, &w->config);
	int i;

	require(conn_valid(p.h, p.c,
			   w->config.tcp_be_liberal || steps_have_no_order(&p)));
	attempt_set_slow(&slow, conn.ext);
	require(!(hot.flags & TRACK_SLOW) || (w->hot.flags & TRACK_SLOW));
	require(w->config.tcp_be_liberal ||
		states_are_legal(tcp_state(&conn, 0), tcp_state(&conn, 1)));
	require(seq_diff(deadline, w->now) <= (int32_t)longest(&w->config));
	require(!seq_after(w->armed, deadline)); /* no timer is ever late */
	lie(!(w->hot.ep[0] & w->hot.ep[1] & EP_FA));
	if (!w->has_ext)
		return;
	require(w->ext.shadow[0].live || !w->ext.shadow[1].live);
	for (i = 0; i < TCP_SHADOWS; i++) {
		n = shadow_attempt(&w->ext.shadow[i]);
		if (w->ext.shadow[i].live)
			require(conn_valid(n.h, n.c,
					   w->config.tcp_be_liberal ||
						   steps_have_no_order(&n)));
	}
}

/* ACC-10 counts failures. */
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
	require(memcmp(&handshake, &old, sizeof(handshake)) == 0);
}

/* MODEL-2, but for what counts: rates, and failures. */
static void
check_unchanged(const struct world *w, struct world *before, bool valid)
{
	const struct tcp_shadow *now = w->ext.shadow, *old = before->ext.shadow;
	struct tcp_attempt pair = {&before->hot, &before->cold, NULL};
	struct track_hot hot = w->hot;
	int i;

	if (valid && before->has_ext) /* that is time's, not the segment's doing */
		ext_prune(&before->ext, &pair, w->now, &w->config);
	hot.flags |= before->hot.flags & TRACK_SLOW; /* so is this, or ACC-10 counts */
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

/* PICK-1: a segment far from a pickup that has no answer is picked up in its place. */
static bool
is_picked_up_anew(struct world *before, const struct step *s)
{
	struct track_conn conn = conn_of(before);
	struct tcp_attempt p = conn_attempt(&conn);

	return (p.c->flags & COLD_LOOSE) &&
	       !(segment_kind(&s->seg) & (TCP_SYN | TCP_RST)) &&
	       attempt_is_other_pickup(&p, s->x, &s->seg);
}

/* MODEL-3, and that no number goes back while a connection stays what it is. */
static void
check_passed(struct world *w, struct world *before, const struct step *s,
	     const struct track_result *r)
{
	const struct track_hot *h = &w->hot, *old = &before->hot;
	uint8_t kind = segment_kind(&s->seg), x;

	require(h->last == old->last || h->last == w->now);
	if ((r->events & TRACK_EVENT_RESYNC) || is_picked_up_anew(before, s))
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

/* SIG-1: what is not signed changes nothing, unless a shadow takes it. */
static void
check_unsigned(struct world *before, const struct step *s, const struct track_result *r)
{
	if (s->seg.is_signed || segment_kind(&s->seg) == TCP_SYN || !is_signed(before))
		return;
	require(before->has_ext || r->verdict == VERDICT_DROP);
	require(r->verdict == VERDICT_PASS || r->reason == REASON_TCP_UNSIGNED ||
		r->reason == REASON_TCP_FLAGS);
}

/* GEN-1 to GEN-5 */
static void
check_generated(struct world *before, const struct step *s, const struct track_result *r)
{
	const struct tcp_segment *generated = &r->generated;
	const struct track_hot *h = &before->hot;
	uint8_t to = r->generated_to, from = !to;

	require(generated->len == 0 && generated->scale == TCP_NO_SCALE && to <= 1);
	require(!(s->seg.flags & TCP_RST) || r->action == ACTION_PROBE);
	require(!is_signed(before)); /* SIG-1: it would not be taken */
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

static void
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
 * Numbers half the space apart have no order, and the hot line alone does not tell. Of no
 * host: timestamps gone on by 2^30 without an echo; a window of 2^30 and una that stands
 * still, or as much under way.
 */
static bool
order_is_lost(struct world *w)
{
	struct track_conn conn = conn_of(w);
	struct tcp_attempt p = conn_attempt(&conn);
	uint32_t ts;
	uint8_t x;

	for (x = 0; x < 2; x++)
		if ((attempt_ts_recent(&p, x, &ts) && p.h->tsmax[x] - ts >= 1u << 30) ||
		    ((p.c->flags & COLD_ASYMMETRIC) &&
		     attempt_maxwnd(&p, x) >= 1u << 29) ||
		    p.h->nxt[x] - p.h->una[x] + attempt_maxwnd(&p, x) >= 1u << 31)
			return true;
	return false;
}

/*
 * What the engine takes as the next segment tcp_segment() has passed, and left the same
 * connection behind.
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

/*
 * What tcp_fast() passes tcp_segment() has passed, and left the same connection behind.
 */
static void
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
	if (w->config.tcp_be_liberal) /* numbers so far apart that no order is left */
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
	/* what was refused and does not count yet only tcp_segment() takes back */
	forget_unseen(&ext_after.handshake);
	forget_unseen(&before->ext.handshake);
	for (i = 0; i < TCP_SHADOWS; i++) {
		require(ext_after.shadow[i].live == before->ext.shadow[i].live);
		if (!ext_after.shadow[i].live) /* what is left in it means nothing */
			ext_after.shadow[i] = before->ext.shadow[i];
	}
	require(memcmp(&ext_after, &before->ext, sizeof(ext_after)) == 0);
}

/* The tracker has asked, and has changed nothing. */
static void
answer(struct world *w, const struct step *s, const struct track_result *r,
       struct tcp_input *in, struct track_conn *conn)
{
	require((r->need & ~(TRACK_NEED_RULES | TRACK_NEED_EXT)) == 0 && r->need != 0);
	if (r->need & TRACK_NEED_RULES) {
		require(in->rules == TCP_RULES_UNKNOWN);
		in->rules = s->deny ? TCP_RULES_DENY : TCP_RULES_ALLOW;
	}
	if (!(r->need & TRACK_NEED_EXT))
		return;
	require(w->live && !w->has_ext && !in->no_ext);
	in->no_ext = s->no_ext;
	if (s->no_ext)
		return;
	memset(&w->ext, 0, sizeof(w->ext));
	w->has_ext = true;
	*conn = conn_of(w);
}

static void
open_connection(struct world *w, const struct tcp_input *in)
{
	struct track_conn conn;

	memset(&w->hot, 0, sizeof(w->hot));
	memset(&w->cold, 0, sizeof(w->cold));
	w->has_ext = false;
	conn = conn_of(w);
	tcp_open(&conn, in);
	w->live = true;
	w->armed = tcp_wakeup(&conn, &w->config, w->now);
}

/* With FUZZ_TRACE in the environment: what was sent, what came of it. */
static void
trace(struct world *w, const struct step *s, const struct track_result *r)
{
	const struct tcp_segment *seg = &s->seg;
	struct track_conn conn = conn_of(w);

	if (getenv("FUZZ_TRACE") == NULL)
		return;
	printf("%10u %c fl=%02x seq=%u ack=%u len=%u win=%u ts=%d/%u/%u scale=%u%s%s%s: "
	       "%s %s %s events=%02x",
	       w->now - BEGIN, "AB"[s->x], seg -> flags, seg -> seq, seg -> ack,
	       seg -> len, seg -> win, seg -> has_ts, seg -> tsval, seg -> tsecr,
	       seg -> scale, s -> deny ? " denied" : "", s->no_ext ? " no side" : "",
	       s->seg.is_signed ? " signed" : "", verdict_name(r->verdict),
	       reason_name(r->reason), action_name(r->action), r->events);
	if (w->live)
		printf(" %s/%s una=%u/%u nxt=%u/%u edge=%u/%u maxwnd=%u/%u cold=%02x",
		       tcp_state_name(tcp_state(&conn, 0)),
		       tcp_state_name(tcp_state(&conn, 1)), w->hot.una[0], w->hot.una[1],
		       w->hot.nxt[0], w->hot.nxt[1], w->hot.edge[0], w->hot.edge[1],
		       w->hot.maxwnd[0], w->hot.maxwnd[1], w->cold.flags);
	printf("\n");
	fflush(stdout);
}

static void
send_segment(struct world *w, const struct step *s)
{
	struct tcp_input in = {.seg = &s->seg,
			       .config = &w->config,
			       .now = w->now,
			       .side = s->x};
	struct world before = *w, asked;
	struct track_conn conn = conn_of(w);
	struct track_result r;
	int round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		asked = *w;
		if (w->live)
			tcp_segment(&conn, &in, &r);
		else
			tcp_unknown(&in, &r);
		if (r.verdict != VERDICT_NEED_INPUT)
			break;
		check_unchanged(w, &asked, true);
		answer(w, s, &r, &in, &conn);
	}
	if (w->has_ext && !before.has_ext)
		memset(&before.ext, 0, sizeof(before.ext));
	before.has_ext = w->has_ext;
	trace(w, s, &r);
	check_result(w, &before, s, &r);
	check_fast(w, &before, s, &r);
	if (!w->live && r.verdict == VERDICT_PASS)
		open_connection(w, &in);
	else if (w->live && (r.events & (TRACK_EVENT_SHORTER | TRACK_EVENT_RESYNC)))
		w->armed = tcp_wakeup(&conn, &w->config, w->now);
}

/* A number that matters to a segment of x, and how far from it. */
static uint32_t
number(const struct world *w, uint8_t x, uint8_t which)
{
	static const uint32_t off[] = {
		0,
		1,
		-1u,
		2,
		-2u,
		10,
		-10u,
		100,
		-100u,
		1460,
		-1460u,
		8000,
		-8000u,
		8001,
		65535,
		-65535u,
		65536,
		-65537u,
		70000,
		1u << 20,
		-(1u << 20),
		1u << 29,
		1u << 30,
		-(1u << 30),
		0x3fffc000u,
		0x3fffc001u,
		INT32_MAX,
		1u << 31,
		(1u << 31) + 1,
		-3u,
		3,
		50000,
	};
	const struct tcp_shadow *newest = &w->ext.shadow[w->ext.shadow[1].live];
	const struct track_hot *h = &w->hot;
	uint32_t base[] = {
		h->nxt[x],
		h->una[x],
		h->edge[x],
		w->cold.iss[x],
		newest->hot.nxt[x],
		w->ext.handshake.has_second[x]
			? w->ext.handshake.second[x].end
			: w->ext.handshake.pre_data[TCP_EARLIES - 1].end,
		w->ext.handshake.synack_side == x + 1
			? segment_end(&w->ext.handshake.synack)
			: w->ext.handshake.synack.ack,
		x ? UINT32_MAX - 300 : 1000,
	};

	return base[w->live ? which >> 5 : 7] + off[which & 31];
}

static void
read_timestamps(const struct world *w, struct step *s, uint8_t mode, struct bytes *b)
{
	static const uint32_t off[] = {0,       1,        10,        -1u,
				       -10u,    1000,     -1000u,    65533,
				       65534,   65535,    -65534u,   -65535u,
				       1 << 20, 1u << 30, INT32_MAX, 1u << 31};
	uint8_t which;

	if (mode == 0)
		return;
	which = bytes_u8(b);
	s->seg.has_ts = true;
	s->seg.tsval = w->hot.tsmax[s->x] + off[which & 15];
	s->seg.tsecr = w->hot.tsmax[!s->x] + off[which >> 4];
	if (mode == 1) /* as usual: forward, and an echo of the past */
		s->seg.tsecr = w->hot.tsmax[!s->x] - (which >> 4);
}

static void
read_segment(const struct world *w, struct step *s, uint8_t first, struct bytes *b)
{
	static const uint8_t kinds[] = {TCP_ACK,           TCP_SYN,
					TCP_SYN | TCP_ACK, TCP_ACK | TCP_PSH,
					TCP_FIN | TCP_ACK, TCP_RST,
					TCP_RST | TCP_ACK, TCP_ACK};
	static const uint32_t lengths[] = {0, 0, 1, 100, 1460, 8000, 9000, 65495};
	static const uint16_t windows[] = {8000, 1, 0, 500, 65535, 64240, 100, 32768};
	uint8_t second = bytes_u8(b), sizes;

	memset(s, 0, sizeof(*s));
	s->x = first >> 3 & 1;
	s->deny = first >> 4 & 1;
	s->no_ext = first >> 5 & 1;
	s->seg.is_signed = first >> 6 & 1;
	s->seg.flags = first & 4 ? second & 0x3f : kinds[second & 7];
	s->seg.seq = number(w, s->x, bytes_u8(b));
	if (s->seg.flags & TCP_ACK)
		s->seg.ack = number(w, !s->x, bytes_u8(b));
	sizes = bytes_u8(b);
	s->seg.len = lengths[sizes & 7];
	s->seg.win = windows[sizes >> 3 & 7];
	s->seg.scale = TCP_NO_SCALE;
	if ((s->seg.flags & TCP_SYN) && (second & 0x80))
		s->seg.scale = (second >> 3 & 15) % (TCP_MAX_SCALE + 1);
	read_timestamps(w, s, sizes >> 6, b);
}

/* The timer has gone off. */
static void
run_timer(struct world *w)
{
	struct track_conn conn = conn_of(w);
	struct tcp_attempt p = conn_attempt(&conn);
	struct tcp_segment probe[2];
	struct track_hot before = w->hot;
	bool synchronised = attempt_phase(&p) == TCP_PHASE_SYNCHRONISED;
	uint8_t to;

	switch (tcp_timer(&conn, w->now, &w->config, probe)) {
	case TRACK_TIMER_EXPIRE:
		w->live = false;
		w->has_ext = false;
		memset(&w->ext, 0, sizeof(w->ext));
		return;
	case TRACK_TIMER_PROBE:
		require(synchronised || (w->cold.flags & COLD_RST_PEND));
		require(!attempt_is_signed(&p)); /* SIG-1 */
		for (to = 0; to < 2; to++)
			require(probe[to].flags == TCP_ACK && probe[to].len == 0 &&
				probe[to].seq == before.una[!to] - 1 &&
				probe[to].ack == before.una[to]);
		require(before.last == w->hot.last); /* MODEL-3 */
		break;
	default:
		break;
	}
	w->armed = tcp_wakeup(&conn, &w->config, w->now);
}

/*
 * Time goes on; the timers on the way go off when they are due, or, a little while, do
 * not.
 */
static void
pass_time(struct world *w, uint8_t first, struct bytes *b)
{
	static const uint32_t ticks[] = {0,        1,        10,       100,
					 500,      999,      1000,     1001,
					 2000,     5000,     9999,     10000,
					 10001,    60001,    120001,   240001,
					 300001,   600000,   3600001,  7440001,
					 1u << 27, 1u << 28, 1u << 30, LONGEST_STEP};
	uint32_t until = w->now + ticks[bytes_u8(b) % (sizeof(ticks) / sizeof(*ticks))];
	uint32_t gone_off = w->now;
	unsigned count = 0;

	if ((first & 8) && w->live && !seq_after(until, w->armed + LATE_TICKS)) {
		w->now = until;
		return;
	}
	while (w->live &&
	       (ticks_reached(w->armed, w->now) || w->armed - w->now <= until - w->now)) {
		if (seq_after(w->armed, w->now))
			w->now = w->armed;
		count = gone_off == w->now ? count + 1 : 0;
		gone_off = w->now;
		require(count < TIMERS_MAX);
		run_timer(w);
	}
	w->now = until;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct world w;
	struct step s;
	uint8_t first;

	memset(&w, 0, sizeof(w));
	w.now = BEGIN;
	configure(&w, bytes_u8(&b));
	while (b.left > 0) {
		first = bytes_u8(&b);
		switch (first & 7) {
		case 5:
			pass_time(&w, first, &b);
			break;
		case 6: /* another connection needs the place in the extension table */
			w.has_ext = false;
			memset(&w.ext, 0, sizeof(w.ext));
			break;
		default:
			read_segment(&w, &s, first, &b);
			send_segment(&w, &s);
			break;
		}
		if (w.live)
			check_connection(&w);
	}
	return 0;
}
