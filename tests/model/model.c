/* SPDX-License-Identifier: BSD-3-Clause */
#include "model.h"

#include <string.h>

#include <base/seq.h>
#include <base/ticks.h>

#define BYTES 100u /* bytes that the application writes at once */
#define WINDOW 1000u
#define LIFETIME 9000u /* maximum lifetime of a segment, ticks */
#define BEGIN 100000u  /* value of the clock at the start, ticks */

/*
 * The attacker's segments: flags, and the distances of their numbers from those of the
 * tracker.
 */
#define FAR 0x40000000u
/* as far, but different from FAR, which the attacker's SYN uses */
#define OTHER 0x30000000u
/* inside each window, but never an exact number: data is written in hundreds of bytes */
#define NEAR 37u

static const struct attack {
	uint8_t flags;
	uint32_t seq; /* offset from una of the side that the attacker impersonates */
	uint32_t ack; /* offset from una of the other side */
	uint32_t len;
} attacks[] = {
	{TCP_SYN, FAR, 0, 0},
	{TCP_SYN, NEAR, 0, 0},
	{TCP_SYN | TCP_ACK, FAR, OTHER, 0},
	{TCP_ACK, NEAR, OTHER, 0},
	{TCP_ACK, NEAR, 0u - OTHER, 10},
	{TCP_ACK, OTHER, 0u - NEAR, 10},
	{TCP_FIN | TCP_ACK, NEAR, OTHER, 0},
	{TCP_RST, OTHER, 0, 0},
	{TCP_RST, NEAR, 0, 0},
	{TCP_RST | TCP_ACK, FAR, OTHER, 0},
};
#define ATTACKS (sizeof(attacks) / sizeof(*attacks))

struct track_conn
model_conn(struct model *m)
{
	return (struct track_conn){&m->hot, &m->cold, m->has_ext ? &m->ext : NULL};
}

const struct track_config *
model_config(const struct universe *u)
{
	static const struct track_config plain = TRACK_CONFIG_DEFAULT;
	static struct track_config loose;

	if (!u->loose)
		return &plain;
	loose = plain;
	loose.tcp_loose = true;
	return &loose;
}

static void
put(struct model *m, const struct flight *f)
{
	if (m->flights == MODEL_FLIGHTS) {
		m->overflow = true;
		return;
	}
	m->flight[m->flights++] = *f;
}

static void
put_all(struct model *m, uint8_t from, const struct endpoint_out *out)
{
	struct flight f;
	unsigned i;

	for (i = 0; i < out->n; i++) {
		memset(&f, 0, sizeof(f));
		f.seg = out->seg[i];
		f.iss = m->e[from].iss;
		f.from = from;
		f.behind = m->away >> from & 1;
		put(m, &f);
	}
}

static void
put_generated(struct model *m, uint8_t to, const struct tcp_segment *seg)
{
	struct flight f = {.seg = *seg,
			   .from = !to,
			   .behind = true,
			   .origin = ORIGIN_TRACKER};

	put(m, &f);
}

static void
take_away(struct model *m, unsigned i)
{
	m->flight[i] = m->flight[--m->flights];
}

static uint32_t
isn(const struct model *m, uint8_t x)
{
	return m->u->isn[x][m->incarnation[x] % MODEL_ISNS];
}

/* Pass a segment to the tracker. The rules let both sides open connections. */
static void
track(struct model *m, uint8_t x, const struct tcp_segment *seg)
{
	struct tcp_input in = {.seg = seg,
			       .config = model_config(m->u),
			       .now = m->now,
			       .side = x};
	struct track_conn conn = model_conn(m);

	for (;;) {
		if (m->live)
			tcp_segment(&conn, &in, &m->r);
		else
			tcp_unknown(&in, &m->r);
		if (m->r.verdict != VERDICT_NEED_INPUT)
			break;
		if (m->r.need & TRACK_NEED_RULES)
			in.rules = TCP_RULES_ALLOW;
		if (m->r.need & TRACK_NEED_EXT) {
			memset(&m->ext, 0, sizeof(m->ext));
			m->has_ext = true;
			conn = model_conn(m);
		}
	}
	if (m->r.verdict == VERDICT_PASS && !m->live) {
		memset(&m->hot, 0, sizeof(m->hot));
		memset(&m->cold, 0, sizeof(m->cold));
		m->has_ext = false;
		conn = model_conn(m);
		tcp_open(&conn, &in);
		m->live = true;
		m->opened = m->now;
	}
	if (m->r.events & TRACK_EVENT_RESYNC)
		m->opened = m->now;
}

/*
 * (d) Return how long the entry of two connected endpoints has to last after the last
 * segment that moved something: the time-out of the endpoints' states; 0 while a RST is
 * in doubt.
 */
static uint32_t
least_life(const struct model *m)
{
	const struct track_config *config = model_config(m->u);
	bool fin[2] = {m->e[0].fin_queued, m->e[1].fin_queued};

	if (m->cold.flags & (COLD_RST_PEND | COLD_CLOSED))
		return 0;
	if (!check_at_rest(m))
		return config->tcp_timeout_syn_recv;
	if (fin[0] && fin[1])
		return config->tcp_timeout_last_ack;
	if (fin[0] || fin[1])
		return config->tcp_timeout_close_wait;
	if (m->u->loose || ((m->hot.ep[0] | m->hot.ep[1]) & EP_ZERO_WINDOW))
		return config->tcp_timeout_unacknowledged;
	return config->tcp_timeout_established;
}

/*
 * Remove the entry. Record in `forgotten` if this was too early for connected endpoints.
 */
static void
end_entry(struct model *m)
{
	if (check_connected(m) && !m->timed_out && !check_opened_at_once(m) &&
	    m->cold.iss[0] == m->e[0].iss && m->cold.iss[1] == m->e[1].iss &&
	    m->now - m->heard < least_life(m))
		m->forgotten = true;
	m->live = false;
	m->has_ext = false;
	m->timed_out = true;
}

/* Run the timers of the tracker that are due, and send their probes. */
void
model_timers(struct model *m)
{
	struct tcp_segment probe[2];
	struct track_conn conn;
	enum track_timer what;
	uint32_t t0;
	uint8_t x;

	while (m->live) {
		conn = model_conn(m);
		t0 = m->cold.t0;
		what = tcp_timer(&conn, m->now, model_config(m->u), probe);
		if (m->cold.t0 != t0) /* a shadow has replaced the connection */
			m->opened = m->now;
		if (what == TRACK_TIMER_EXPIRE)
			end_entry(m);
		if (what != TRACK_TIMER_PROBE)
			return;
		for (x = 0; x < 2; x++)
			put_generated(m, x, &probe[x]);
	}
}

/* (c) The part of the tracker's state that an attacker's segment must not change. */
struct guarded {
	uint32_t nxt[2], una[2], edge[2], last, deadline;
	uint16_t maxwnd[2];
	uint8_t ep[2];
	bool closed, answered;
};

static struct guarded
guarded_of(struct model *m)
{
	struct track_conn conn = model_conn(m);
	struct guarded g;

	memset(&g, 0, sizeof(g));
	memcpy(g.nxt, m->hot.nxt, sizeof(g.nxt));
	memcpy(g.una, m->hot.una, sizeof(g.una));
	memcpy(g.edge, m->hot.edge, sizeof(g.edge));
	memcpy(g.maxwnd, m->hot.maxwnd, sizeof(g.maxwnd));
	memcpy(g.ep, m->hot.ep, sizeof(g.ep));
	g.last = m->hot.last;
	g.deadline = tcp_deadline(&conn, model_config(m->u));
	g.closed = (m->cold.flags & COLD_CLOSED) != 0;
	g.answered = ((m->hot.ep[0] | m->hot.ep[1]) & EP_PA) != 0;
	return g;
}

static const char *
attacked(const struct guarded *before, const struct guarded *after)
{
	if (before->closed != after->closed)
		return "(c) an attacker's segment has closed the connection";
	if (before->last != after->last || seq_after(after->deadline, before->deadline))
		return "(c) an attacker's segment has extended the connection's life";
	/*
	 * before an answer, a forged SYN of B may begin a simultaneous open, which
	 * changes the numbers
	 */
	if (!before->answered)
		return NULL;
	if (memcmp(before->nxt, after->nxt, sizeof(before->nxt)) != 0 ||
	    memcmp(before->una, after->una, sizeof(before->una)) != 0 ||
	    memcmp(before->edge, after->edge, sizeof(before->edge)) != 0 ||
	    memcmp(before->maxwnd, after->maxwnd, sizeof(before->maxwnd)) != 0)
		return "(c) an attacker's segment has moved a window";
	if (memcmp(before->ep, after->ep, sizeof(before->ep)) != 0)
		return "(c) an attacker's segment has changed the state";
	return NULL;
}

static bool
same(const struct tcp_segment *a, const struct tcp_segment *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->win == b->win && a->flags == b->flags && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr;
}

/* Return whether an identical segment is between the tracker and its receiver. */
static bool
is_under_way(const struct model *m, const struct flight *f)
{
	unsigned i;

	for (i = 0; i < m->flights; i++)
		if (m->flight[i].behind && m->flight[i].from == f->from &&
		    same(&m->flight[i].seg, &f->seg))
			return true;
	return false;
}

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

static const char *
to_tracker(struct model *m, struct flight *f)
{
	struct guarded before = {.last = 0}, after;
	const char *broken = NULL;
	bool was_live = m->live;
	struct track_hot acked = m->hot;

	if (was_live)
		before = guarded_of(m);
	m->asked = true;
	track(m, f->from, &f->seg);
	if (m->r.action != ACTION_NONE)
		put_generated(m, m->r.generated_to, &m->r.generated);
	note_history(m, f, was_live, &acked);
	if (was_live && f->origin == ORIGIN_ATTACKER && !m->forged && !m->u->loose &&
	    !m->u->reroute) {
		after = guarded_of(m);
		broken = attacked(&before, &after);
	}
	if (m->r.verdict == VERDICT_PASS) {
		if (!was_live || is_news(m, f))
			m->heard = m->now;
		f->behind = true;
		put(m, f);
	} else if (broken == NULL && f->origin == ORIGIN_ENDPOINT && !m->u->reroute &&
		   f->iss == m->e[f->from].iss && !m->timed_out && !is_under_way(m, f) &&
		   !is_held_back(m) && check_acts(m, f)) {
		broken = "(a) a segment was dropped that its receiver would act on";
	}
	return broken;
}

/*
 * Return whether a synchronised endpoint has changed for an attacker's segment. By RFC
 * 5961 it may only send a challenge ACK. A SYN with a higher number in TIME-WAIT is
 * excepted: any sender's begins the next connection (RFC 1122 4.2.2.13).
 */
static bool
acted(const struct endpoint *before, const struct endpoint *after, uint8_t flags)
{
	if (before->state == TCP_STATE_TIME_WAIT && (flags & TCP_SYN))
		return false;
	return before->state >= TCP_STATE_ESTABLISHED &&
	       (after->state != before->state || after->rcv_nxt != before->rcv_nxt ||
		after->snd_una != before->snd_una);
}

static const char *
to_endpoint(struct model *m, const struct flight *f)
{
	struct endpoint_out out = {.n = 0};
	struct endpoint *e = &m->e[!f->from], before = *e;

	endpoint_receive(e, &f->seg, isn(m, !f->from), m->now, &out);
	if (e->iss != before.iss && e->iss == isn(m, !f->from))
		m->incarnation[!f->from]++;
	put_all(m, !f->from, &out);
	if (f->origin == ORIGIN_ATTACKER && acted(&before, e, f->seg.flags))
		return "(c) an endpoint has acted on an attacker's segment";
	return NULL;
}

static const char *
deliver(struct model *m, unsigned i)
{
	struct flight f = m->flight[i];

	take_away(m, i);
	m->last = f;
	return f.behind ? to_endpoint(m, &f) : to_tracker(m, &f);
}

/* Return the next tick at which a timer expires; false: there is none. */
static bool
next_tick(const struct model *m, uint32_t *at)
{
	struct track_conn conn = model_conn((struct model *)(uintptr_t)m);
	uint32_t best = 0, t;
	bool any = false;
	unsigned x;

	for (x = 0; x < 2; x++) {
		if (m->e[x].state == TCP_STATE_TIME_WAIT)
			t = m->e[x].wait_until;
		else if (m->e[x].rto_at != 0)
			t = m->e[x].rto_at;
		else
			continue;
		best = any && seq_before(best, t) ? best : t;
		any = true;
	}
	if (m->live) {
		t = tcp_deadline(&conn, model_config(m->u));
		best = any && seq_before(best, t) ? best : t;
		any = true;
	}
	*at = seq_after(best, m->now) ? best : m->now;
	return any;
}

static void
tick(struct model *m)
{
	struct endpoint_out out;
	uint8_t x;

	if (!next_tick(m, &m->now))
		return;
	model_timers(m);
	for (x = 0; x < 2; x++) {
		out.n = 0;
		endpoint_tick(&m->e[x], m->now, &out);
		put_all(m, x, &out);
	}
}

static void
attack(struct model *m, uint8_t x, const struct attack *a)
{
	struct flight f = {.from = x, .origin = ORIGIN_ATTACKER};
	uint32_t una = m->live ? m->hot.una[x] : 12345;
	uint32_t other = m->live ? m->hot.una[!x] : 54321;

	f.seg = (struct tcp_segment){.flags = a->flags,
				     .seq = una + a->seq,
				     .len = a->len,
				     .win = WINDOW,
				     .scale = TCP_NO_SCALE};
	if (a->flags & TCP_ACK)
		f.seg.ack = other + a->ack;
	put(m, &f);
}

static void
connect(struct model *m, uint8_t x, struct endpoint_out *out)
{
	endpoint_connect(&m->e[x], isn(m, x), m->now, out);
	m->incarnation[x]++;
}

const char *
model_step(struct model *m, struct move move)
{
	static const uint8_t budget_of[] = {
		[MOVE_LOSE] = MAY_LOSE,       [MOVE_DUPLICATE] = MAY_DUPLICATE,
		[MOVE_TICK] = MAY_TICK,       [MOVE_WRITE] = MAY_WRITE,
		[MOVE_CLOSE] = MAY_CLOSE,     [MOVE_ABORT] = MAY_ABORT,
		[MOVE_CRASH] = MAY_CRASH,     [MOVE_CONNECT] = MAY_CONNECT,
		[MOVE_WINDOW] = MAY_WINDOW,   [MOVE_ATTACK] = MAY_ATTACK,
		[MOVE_REROUTE] = MAY_REROUTE,
	};
	struct endpoint_out out = {.n = 0};
	uint8_t x = move.arg & 1;

	m->asked = false;
	memset(&m->last, 0, sizeof(m->last));
	if (move.kind == MOVE_DELIVER)
		return deliver(m, move.arg);
	m->budget[budget_of[move.kind]]--;
	switch (move.kind) {
	case MOVE_LOSE:
		m->last = m->flight[move.arg];
		take_away(m, move.arg);
		return NULL;
	case MOVE_DUPLICATE:
		m->last = m->flight[move.arg];
		put(m, &m->last);
		return NULL;
	case MOVE_TICK:
		tick(m);
		return NULL;
	case MOVE_WRITE:
		endpoint_write(&m->e[x], BYTES, m->now, &out);
		break;
	case MOVE_CLOSE:
		endpoint_close(&m->e[x], m->now, &out);
		break;
	case MOVE_ABORT:
		endpoint_abort(&m->e[x], &out);
		break;
	case MOVE_CRASH:
		endpoint_init(&m->e[x], m->e[x].listens);
		break;
	case MOVE_CONNECT:
		connect(m, x, &out);
		break;
	case MOVE_WINDOW:
		endpoint_set_window(&m->e[x], m->e[x].rcv_wnd ? 0 : WINDOW, &out);
		break;
	case MOVE_REROUTE:
		m->away ^= (uint8_t)(1u << x);
		break;
	case MOVE_ATTACK:
		attack(m, x, &attacks[move.arg / 2]);
		break;
	default:
		break;
	}
	put_all(m, x, &out);
	return NULL;
}

static bool
same_flight(const struct flight *a, const struct flight *b)
{
	return a->from == b->from && a->behind == b->behind && a->origin == b->origin &&
	       a->iss == b->iss && same(&a->seg, &b->seg);
}

/*
 * Return whether segment i is the first of identical segments in flight; moves of the
 * others would lead to the same states.
 */
static bool
is_first_alike(const struct model *m, unsigned i)
{
	unsigned k;

	for (k = 0; k < i; k++)
		if (same_flight(&m->flight[k], &m->flight[i]))
			return false;
	return true;
}

static bool
can(const struct model *m, enum move_kind kind, uint8_t x)
{
	const struct endpoint *e = &m->e[x];
	bool open = e->state >= TCP_STATE_SYN_RECEIVED;

	switch (kind) {
	case MOVE_WRITE:
		return m->budget[MAY_WRITE] && open && !e->closing &&
		       e->state != TCP_STATE_TIME_WAIT;
	case MOVE_CLOSE:
		return m->budget[MAY_CLOSE] && open && !e->closing;
	case MOVE_ABORT:
		return m->budget[MAY_ABORT] && open && e->state != TCP_STATE_TIME_WAIT;
	case MOVE_CRASH:
		return m->budget[MAY_CRASH] && e->state >= TCP_STATE_SYN_SENT;
	case MOVE_CONNECT:
		return m->budget[MAY_CONNECT] && e->state <= TCP_STATE_LISTEN &&
		       (m->u->connect >> x & 1);
	case MOVE_WINDOW:
		return m->budget[MAY_WINDOW] && e->state >= TCP_STATE_ESTABLISHED &&
		       e->state != TCP_STATE_TIME_WAIT;
	case MOVE_REROUTE:
		return m->budget[MAY_REROUTE] && (m->u->reroute >> x & 1);
	default:
		return false;
	}
}

unsigned
model_moves(const struct model *m, struct move *moves)
{
	unsigned n = 0, i;
	unsigned kind;
	uint8_t x;
	uint32_t at;

	if (m->overflow)
		return 0;
	for (i = 0; i < m->flights; i++) {
		if (!is_first_alike(m, i))
			continue;
		moves[n++] = (struct move){MOVE_DELIVER, (uint8_t)i};
		if (m->budget[MAY_LOSE])
			moves[n++] = (struct move){MOVE_LOSE, (uint8_t)i};
		if (m->budget[MAY_DUPLICATE] && m->flights < MODEL_FLIGHTS)
			moves[n++] = (struct move){MOVE_DUPLICATE, (uint8_t)i};
	}
	for (kind = MOVE_WRITE; kind <= MOVE_REROUTE; kind++)
		for (x = 0; x < 2; x++)
			if (can(m, (enum move_kind)kind, x))
				moves[n++] = (struct move){(uint8_t)kind, x};
	if (m->budget[MAY_TICK] && next_tick(m, &at) &&
	    (m->flights == 0 || at - m->now <= LIFETIME))
		moves[n++] = (struct move){MOVE_TICK, 0};
	for (i = 0; m->budget[MAY_ATTACK] && i < 2 * ATTACKS; i++)
		moves[n++] = (struct move){MOVE_ATTACK, (uint8_t)i};
	return n;
}

/* Whom to tell of the segments that reach the tracker before an exploration starts. */
struct audience {
	model_seen *seen;
	void *arg;
};

static void
show(struct model *m, const struct flight *f, const struct audience *to)
{
	m->last = *f;
	if (to->seen != NULL)
		to->seen(m, to->arg);
}

/* Deliver all segments in flight, and those sent in answer, in order. */
static void
settle(struct model *m, const struct audience *to)
{
	while (m->flights > 0) {
		struct flight f = m->flight[0];

		memmove(&m->flight[0], &m->flight[1],
			--m->flights * sizeof(m->flight[0]));
		if (f.behind) {
			to_endpoint(m, &f);
		} else {
			to_tracker(m, &f);
			show(m, &f, to);
		}
	}
}

/* Remove the connection's entry; then A sends the segment that the tracker picks up. */
static void
begin_pickup(struct model *m, const struct audience *to)
{
	uint32_t again = m->u->again;
	struct flight f = {.seg = {.seq = m->e[0].snd_nxt - again,
				   .len = again > 1 ? 100 : 0,
				   .ack = m->e[0].rcv_nxt,
				   .win = WINDOW >> (m->u->scaled ? MODEL_SCALE : 0),
				   .flags = TCP_ACK,
				   .scale = TCP_NO_SCALE}};

	m->live = m->has_ext = false;
	track(m, 0, &f.seg);
	show(m, &f, to);
	/* a bare ACK: no need to deliver it to B, which would not answer */
	if (again == 0)
		return;
	f.behind = true;
	put(m, &f);
}

static void
begin_time_wait(struct model *m, const struct audience *to)
{
	struct endpoint_out out = {.n = 0};

	endpoint_close(&m->e[0], m->now, &out);
	put_all(m, 0, &out);
	settle(m, to);
	out.n = 0;
	endpoint_close(&m->e[1], m->now, &out);
	put_all(m, 1, &out);
	settle(m, to);
}

void
model_begin(struct model *m, const struct universe *u, model_seen *seen, void *arg)
{
	struct audience to = {seen, arg}, nobody = {NULL, NULL};
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
		connect(m, 0, &out);
		put_all(m, 0, &out);
		settle(m, u->loose ? &nobody : &to);
		out.n = 0;
		if (u->again > 1) {
			endpoint_write(&m->e[0], u->again, m->now, &out);
			put_all(m, 0, &out);
			settle(m, &nobody);
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
