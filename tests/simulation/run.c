/* SPDX-License-Identifier: BSD-3-Clause */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>

#include <base/seq.h>

#include "../unit/tcp_world.h"
#include "host.h"

#define FLIGHTS 1024
/* The forger can recall the numbers of the last 64 quarters of a second. */
#define PAST 64
#define PAST_MS 250u
#define EXCHANGES_MAX 12
#define SEGMENTS_MAX 100000u /* an exchange with more segments counts as endless */

struct flight {
	uint32_t at;
	uint8_t from;
	bool behind; /* between tracker and receiver, or on a way around the tracker */
	bool forged;
	struct tcp_segment seg;
};

/*
 * An exchange of the applications: one host writes a question, the other one an answer. A
 * connection has several, one after the other.
 */
struct exchange {
	uint32_t wait; /* ms after the end of the previous exchange */
	uint8_t asks;
	uint32_t question, answer; /* lengths in bytes */
};

struct sim {
	const struct run_options *o;
	struct run_result result;
	struct world w;
	uint32_t clock; /* value of w.now at time 0 */
	uint32_t now;
	struct host h[2];
	struct flight flight[FLIGHTS];
	unsigned flights;
	/*
	 * Two random generators: [0] for hosts, applications and forger, [1] for delay
	 * and loss. A run with the tracker then has the same applications and forger as
	 * one without.
	 */
	uint64_t random[2];
	/* delay and jitter in ms; lost and late segments in 1/1000 */
	uint32_t delay, jitter, lose, late;
	struct exchange exchange[EXCHANGES_MAX];
	unsigned exchanges, current;
	uint32_t due; /* time of the next exchange; HOST_NEVER: one is in progress */
	bool answered;
	uint32_t want[2]; /* bytes that each host should have received by now */
	uint32_t happens, over;
	uint8_t rerouted;
	uint8_t forged_side;
	uint32_t forge_at;
	unsigned forge_left;
	struct {
		uint32_t seq, ack;
	} past[PAST][2];
	uint32_t moved, moved_at; /* measure(): last progress, and its time */
	unsigned pasts;
};

static uint32_t
pick(struct sim *s, unsigned stream, uint32_t n)
{
	uint64_t *r = &s->random[stream];

	*r ^= *r << 13;
	*r ^= *r >> 7;
	*r ^= *r << 17;
	return (uint32_t)(*r >> 32) % n;
}

static void
show(const struct sim *s, const char *what, uint8_t from, const struct tcp_segment *g)
{
	const struct host *h = s->h;

	if (!s->o->loud)
		return;
	printf("%7" PRIu32 " %-16s %c %s%s%s%s seq %" PRIu32 " len %" PRIu32
	       " ack %" PRIu32 " win %u\n",
	       s->now, what, "AB"[from], g -> flags &TCP_SYN ? "S" : "",
	       g->flags &TCP_FIN ? "F" : "", g->flags &TCP_RST ? "R" : "",
	       g->flags &TCP_ACK ? "." : "", g->seq - h[from].iss, g->len,
	       g->flags & TCP_ACK ? g->ack - h[!from].iss : 0, g->win);
}

static bool
goes_another_way(const struct sim *s, uint8_t from)
{
	return s->o->what == REROUTED && from == s->rerouted && s->now >= s->happens &&
	       s->now < s->over;
}

static void
put(struct sim *s, uint8_t from, bool behind, bool forged, const struct tcp_segment *seg)
{
	uint32_t at = s->now + 1 + s->delay + pick(s, 1, s->jitter + 1);

	if (!forged && pick(s, 1, 1000) < s->lose) {
		show(s, "lost", from, seg);
		return;
	}
	if (pick(s, 1, 1000) < s->late)
		at += pick(s, 1, 60);
	if (s->flights == FLIGHTS)
		return;
	s->flight[s->flights++] = (struct flight){at, from, behind, forged, *seg};
}

static void
put_all(struct sim *s, uint8_t from, const struct host_out *out)
{
	unsigned i;

	for (i = 0; i < out->n; i++) {
		s->result.segments++;
		put(s, from, goes_another_way(s, from), false, &out->seg[i]);
	}
}

static void
through_tracker(struct sim *s, const struct flight *f)
{
	bool pass;

	world_send(&s->w, f->from, f->seg);
	pass = s->w.r.verdict == VERDICT_PASS;
	show(s, pass ? "pass" : reason_name(s->w.r.reason), f->from, &f->seg);
	if (s->w.r.events & TRACK_EVENT_ASYMMETRIC)
		s->result.asymmetric = true;
	if (f->forged)
		s->result.forged_passed += pass;
	else
		s->result.dropped += !pass;
	if (s->w.r.action != ACTION_NONE)
		put(s, !s->w.r.generated_to, true, false, &s->w.r.generated);
	if (pass)
		put(s, f->from, true, f->forged, &f->seg);
}

static void
tracker_timers(struct sim *s)
{
	struct tcp_segment probe[2];
	uint8_t x;

	while (s->w.live) {
		switch (world_timer(&s->w, probe)) {
		case TRACK_TIMER_PROBE:
			for (x = 0; x < 2; x++)
				put(s, !x, true, false, &probe[x]);
			break;
		case TRACK_TIMER_EXPIRE:
			show(s, "(entry gone)", 0, &probe[0]);
			break;
		default:
			return;
		}
	}
}

static void
arrive(struct sim *s, const struct flight *f)
{
	struct host_out out = {.n = 0};
	struct host before, *after;

	if (!f->behind && s->o->tracked) {
		through_tracker(s, f);
		return;
	}
	if (!f->behind) { /* without a tracker, continue on the second half of the path */
		put(s, f->from, true, f->forged, &f->seg);
		return;
	}
	show(s, "arrive", f->from, &f->seg);
	before = s->h[!f->from];
	host_receive(&s->h[!f->from], &f->seg, s->now, &out);
	after = &s->h[!f->from];
	if (f->forged && (after->una != before.una || after->rcv_nxt != before.rcv_nxt ||
			  after->helds != before.helds || after->reset))
		s->result.misled = true;
	put_all(s, !f->from, &out);
}

/*
 * Let the applications write and close: the next question when its time has come, the
 * answer when the question has arrived, a close after the last answer.
 */
static void
applications(struct sim *s)
{
	struct host_out out = {.n = 0};
	struct exchange *x = &s->exchange[s->current];

	if (s->current == s->exchanges)
		return;
	if (s->due <= s->now && s->h[0].state >= HOST_SYN_SENT) {
		s->due = HOST_NEVER;
		s->answered = false;
		s->want[!x->asks] += x->question;
		host_write(&s->h[x->asks], x->question, s->now, &out);
		put_all(s, x->asks, &out);
		return;
	}
	if (s->due != HOST_NEVER || s->h[!x->asks].delivered < s->want[!x->asks])
		return;
	if (!s->answered) {
		s->answered = true;
		s->want[x->asks] += x->answer;
		host_write(&s->h[!x->asks], x->answer, s->now, &out);
		put_all(s, !x->asks, &out);
		return;
	}
	if (s->h[x->asks].delivered < s->want[x->asks])
		return;
	if (++s->current < s->exchanges)
		s->due = s->now + s->exchange[s->current].wait;
	else
		host_close(&s->h[x->asks], s->now, &out);
	put_all(s, x->asks, &out);
}

/* A host that has received the peer's FIN closes too. */
static void
closes(struct sim *s)
{
	struct host_out out;
	uint8_t x;

	for (x = 0; x < 2; x++) {
		out.n = 0;
		if (s->h[x].peer_closed && !s->h[x].closing)
			host_close(&s->h[x], s->now, &out);
		put_all(s, x, &out);
	}
}

static void
remember(struct sim *s)
{
	unsigned i = s->now / PAST_MS % PAST;
	uint8_t x;

	if (s->pasts > s->now / PAST_MS)
		return;
	s->pasts = s->now / PAST_MS + 1;
	for (x = 0; x < 2; x++) {
		s->past[i][x].seq = s->h[x].nxt;
		s->past[i][x].ack = s->h[x].rcv_nxt;
	}
}

/* Forge a few segments at once, with consecutive numbers, in the name of one host. */
static void
forge(struct sim *s)
{
	static const uint8_t flags[] = {TCP_ACK,           TCP_ACK, TCP_ACK, TCP_ACK,
					TCP_ACK | TCP_FIN, TCP_RST, TCP_SYN};
	uint8_t x = s->forged_side;
	struct tcp_segment seg = {.scale = TCP_NO_SCALE,
				  .win = (uint16_t)pick(s, 0, 65536)};
	unsigned burst = 1 + pick(s, 0, 5), ago = 4 + pick(s, 0, 36), i;

	seg.flags = flags[pick(s, 0, sizeof(flags))];
	seg.seq = pick(s, 0, UINT32_MAX);
	seg.ack = pick(s, 0, UINT32_MAX);
	seg.len = seg.flags == TCP_ACK && pick(s, 0, 2) ? pick(s, 0, 1000) : 0;
	if (s->o->forger == RECALLS && s->pasts > ago) {
		/*
		 * Old enough that the receiver ignores it, with an ACK that was beyond
		 * the peer's data then: it can mislead only the tracker.
		 */
		i = (s->pasts - ago) % PAST;
		seg.flags = TCP_ACK;
		seg.seq = s->past[i][x].seq - (pick(s, 0, 2) ? pick(s, 0, 3000) : 0);
		seg.ack = s->past[i][x].ack + 1 + pick(s, 0, 6000);
	}
	for (i = 0; i < burst; i++) {
		s->result.forged++;
		put(s, x, false, true, &seg);
		seg.seq += seg.len;
	}
	s->forge_at = s->now + 20 + pick(s, 0, 500);
	s->forge_left--;
}

static void
happen(struct sim *s)
{
	if (s->o->what == RESTARTED && s->now >= s->happens && s->over > s->now) {
		s->over = s->now; /* only once */
		s->w.live = s->w.has_ext = false;
	}
	if (s->forge_left && s->forge_at <= s->now)
		forge(s);
	remember(s);
}

static uint32_t
next_time(const struct sim *s)
{
	uint32_t at = s->due;
	unsigned i;
	uint8_t x;

	for (i = 0; i < s->flights; i++)
		if (s->flight[i].at < at)
			at = s->flight[i].at;
	for (x = 0; x < 2; x++)
		if (host_next(&s->h[x]) < at)
			at = host_next(&s->h[x]);
	if (s->forge_left && s->forge_at < at)
		at = s->forge_at;
	if (at > s->now + PAST_MS)
		at = s->now + PAST_MS;
	return at > s->now ? at : s->now;
}

static bool
deliver_one(struct sim *s)
{
	unsigned i;

	for (i = 0; i < s->flights; i++)
		if (s->flight[i].at <= s->now) {
			struct flight f = s->flight[i];

			s->flight[i] = s->flight[--s->flights];
			arrive(s, &f);
			return true;
		}
	return false;
}

static void
step(struct sim *s)
{
	struct host_out out;
	uint8_t x;

	s->now = next_time(s);
	s->w.now = s->clock + s->now;
	happen(s);
	if (s->o->tracked)
		tracker_timers(s);
	while (deliver_one(s))
		;
	for (x = 0; x < 2; x++) {
		out.n = 0;
		if (host_next(&s->h[x]) <= s->now)
			host_tick(&s->h[x], s->now, &out);
		put_all(s, x, &out);
	}
	applications(s);
	closes(s);
}

static void
choose_hosts(struct sim *s)
{
	static const uint8_t scales[] = {TCP_NO_SCALE, 0, 2, 7, 10};
	static const uint32_t windows[] = {8000, 65000, 250000, 1000000};
	static const uint32_t keepalives[] = {0, 0, 10000, 45000, 75000};
	bool timestamps = pick(s, 0, 2), fast = pick(s, 0, 4) == 0;
	uint8_t x;

	for (x = 0; x < 2; x++) {
		struct host_kind kind = {
			.window = windows[pick(s, 0, 4)],
			.scale = scales[pick(s, 0, 5)],
			.timestamps = timestamps,
			.ts_ticks = fast ? 1000 : 1,
			.rto_min = pick(s, 0, 3) ? 200 + 4 * s->delay : 1000,
			.delay_ack = pick(s, 0, 3) ? 40 + pick(s, 0, 160) : 0,
			.keepalive = keepalives[pick(s, 0, 5)],
		};

		host_init(&s->h[x], &kind, x == 1, pick(s, 0, UINT32_MAX), 0);
	}
}

static void
choose_exchanges(struct sim *s)
{
	uint32_t kind = pick(s, 0, 4), i;

	s->exchanges = kind < 2 ? 1 + pick(s, 0, 2) : 2 + pick(s, 0, EXCHANGES_MAX - 2);
	for (i = 0; i < s->exchanges; i++) {
		struct exchange *x = &s->exchange[i];

		x->asks = (uint8_t)(pick(s, 0, 5) == 0);
		x->wait = kind == 3 ? pick(s, 0, 60000) : pick(s, 0, 3000);
		x->question = 1 + pick(s, 0, kind == 0 ? 800000 : 3000);
		x->answer = kind == 2 && pick(s, 0, 2)
				    ? 0
				    : 1 + pick(s, 0, kind == 1 ? 800000 : 3000);
	}
}

static void
begin(struct sim *s)
{
	struct host_out out = {.n = 0};

	s->random[0] = (s->o->number + 1) * 0x9e3779b97f4a7c15u;
	pick(s, 0, 2);
	pick(s, 0, 2);
	s->delay = 1 + pick(s, 0, 60);
	s->jitter = pick(s, 0, 2) ? 0 : pick(s, 0, 10);
	s->lose = pick(s, 0, 2) ? 0 : pick(s, 0, 15);
	s->late = pick(s, 0, 2) ? 0 : pick(s, 0, 50);
	choose_hosts(s);
	choose_exchanges(s);
	s->due = 0;
	s->happens = pick(s, 0, pick(s, 0, 2) ? 2000 : 40000);
	s->over = pick(s, 0, 2) ? HOST_NEVER : s->happens + 50 + pick(s, 0, 30000);
	if (s->o->what == RESTARTED)
		s->over = HOST_NEVER;
	s->rerouted = (uint8_t)pick(s, 0, 2);
	s->forged_side = (uint8_t)pick(s, 0, 2);
	s->forge_at = 500 + pick(s, 0, 2000);
	s->forge_left = s->o->forger == NOBODY ? 0 : 200;
	s->random[1] = (s->o->number + 1) * 0xd1342543de82ef95u;
	world_init(&s->w);
	s->clock = s->w.now;
	s->w.config.tcp_loose = s->o->what == RESTARTED;
	host_connect(&s->h[0], 0, &out);
	put_all(s, 0, &out);
}

/*
 * Measure the longest time without progress while an exchange is unfinished. Progress is
 * data delivered to an application, a host that opens, or a FIN that arrives.
 */
static void
measure(struct sim *s)
{
	uint32_t moved = 0;
	uint8_t x;

	for (x = 0; x < 2; x++)
		moved += s->h[x].delivered + (s->h[x].state == HOST_OPEN) +
			 s->h[x].peer_closed + host_is_done(&s->h[x]);
	if (moved != s->moved || s->due != HOST_NEVER) {
		s->moved = moved;
		s->moved_at = s->now;
	}
	if (s->now - s->moved_at > s->result.stalled)
		s->result.stalled = s->now - s->moved_at;
}

struct run_result
run(const struct run_options *options)
{
	static struct sim s;

	memset(&s, 0, sizeof(s));
	s.o = options;
	begin(&s);
	while (s.now < options->until && !s.h[0].reset && !s.h[1].reset &&
	       s.result.segments < SEGMENTS_MAX) {
		step(&s);
		measure(&s);
		if (host_is_done(&s.h[0]) && host_is_done(&s.h[1])) {
			s.result.finished = true;
			break;
		}
	}
	s.result.at = s.now;
	s.result.reset = s.h[0].reset || s.h[1].reset;
	return s.result;
}
