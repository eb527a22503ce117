/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two endpoints of RFC 9293 talk through the tracker over channels that lose, duplicate and
 * reorder on both sides of it; they open (also both at once), send, stall with a closed
 * window, close, abort, crash, and come back on the same port. The claims:
 *
 *   no segment is dropped on which its receiver would have acted;
 *   where both endpoints are at rest in ESTABLISHED, so are both columns;
 *   when all is over, the entry goes within its time-outs.
 *
 * The exchanges are random, each from its number: `exchange_test N` shows number N.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/tcp_world.h"
#include "endpoint.h"

#include <base/seq.h>
#include <base/ticks.h>

#define EXCHANGES 20000
#define EVENTS 600
#define FLIGHT 128
#define LAST_EVENT_MS 60000u

struct flight {
	uint32_t at;
	uint8_t from;
	bool behind;  /* the tracker */
	bool ours;    /* the tracker has made it */
	uint32_t iss; /* of its sender then: another by now, and it is a ghost */
	struct tcp_segment seg;
};

struct exchange {
	struct world w;
	struct endpoint e[2];
	struct flight flight[FLIGHT];
	unsigned flights;
	uint64_t random;
	unsigned lose, duplicate; /* percent */
	uint32_t delay;           /* at most, ticks */
	uint32_t begin;
	bool loud;
	bool simultaneous; /* both open at once; then nobody crashes on the way: see tcp-tracking.md */
	unsigned dropped, passed, established;
	char violation[256];
};

static uint32_t
pick(struct exchange *x, uint32_t n)
{
	x->random ^= x->random << 13;
	x->random ^= x->random >> 7;
	x->random ^= x->random << 17;
	return (uint32_t)(x->random >> 32) % n;
}

static void
show(struct exchange *x, const char *what, uint8_t from, const struct tcp_segment *s)
{
	struct track_conn conn = world_conn(&x->w);
	uint8_t i;

	if (!x->loud)
		return;
	printf("%8u %-16s %c %s%s%s%s %" PRIu32 ":%" PRIu32 " ack %" PRIu32
	       " win %u ts %" PRIu32 " %" PRIu32 " ",
	       x->w.now - x->begin, what, "AB"[from], s -> flags &TCP_SYN ? "S" : "",
	       s->flags &TCP_FIN ? "F" : "", s->flags &TCP_RST ? "R" : "",
	       s->flags &TCP_ACK ? "." : "", s->seq, segment_end(s), s->ack, s->win,
	       s->tsval, s->tsecr);
	for (i = 0; i < 2; i++)
		printf(" %s(%s)", tcp_state_name(x->e[i].state),
		       x->w.live ? tcp_state_name(tcp_state(&conn, i)) : "-");
	printf("\n");
}

static void
put(struct exchange *x, uint8_t from, bool behind, bool ours,
    const struct tcp_segment *seg)
{
	unsigned copies = 1 + (pick(x, 100) < x->duplicate);

	if (pick(x, 100) < x->lose) {
		show(x, "lost", from, seg);
		return;
	}
	while (copies-- && x->flights < FLIGHT)
		x->flight[x->flights++] = (struct flight){
			.at = x->w.now + 1 + pick(x, x->delay),
			.from = from,
			.behind = behind,
			.ours = ours,
			.iss = x->e[from].iss,
			.seg = *seg,
		};
}

static void
put_all(struct exchange *x, uint8_t from, const struct endpoint_out *out)
{
	unsigned i;

	for (i = 0; i < out->n; i++)
		put(x, from, false, false, &out->seg[i]);
}

/* Whether the segment would move its receiver. */
static bool
acts(const struct exchange *x, uint8_t to, const struct tcp_segment *seg)
{
	struct endpoint e = x->e[to];
	const struct endpoint *before = &x->e[to];
	struct endpoint_out out = {.n = 0};

	/* RFC 1337: TIME-WAIT is better off without it (RST-8); CLOSING is when the ACK that
	 * makes it TIME-WAIT is on its way */
	if ((e.state == TCP_STATE_TIME_WAIT || e.state == TCP_STATE_CLOSING) &&
	    x->w.r.reason == REASON_TCP_RST_TIME_WAIT)
		return false;
	/* the linger was over before the last of many RSTs; the table says: drop */
	if ((seg->flags & TCP_RST) && x->w.r.reason == REASON_TCP_NO_CONNECTION)
		return false;
	endpoint_receive(&e, seg, 12345, x->w.now, &out);
	return e.state != before->state || e.rcv_nxt != before->rcv_nxt ||
	       e.snd_una != before->snd_una || e.snd_wnd != before->snd_wnd ||
	       e.was_reset != before->was_reset || e.irs != before->irs;
}

static bool
same(const struct tcp_segment *a, const struct tcp_segment *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->win == b->win && a->flags == b->flags && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr;
}

/* Whether the very same segment is on its way already, as a duplicate's twin is. */
static bool
is_under_way(const struct exchange *x, const struct flight *f)
{
	unsigned i;

	for (i = 0; i < x->flights; i++)
		if (x->flight[i].behind && x->flight[i].from == f->from &&
		    same(&x->flight[i].seg, &f->seg))
			return true;
	return false;
}

static void
through_tracker(struct exchange *x, const struct flight *f)
{
	uint8_t from = f->from;

	world_send(&x->w, from, f->seg);
	if (x->w.r.action != ACTION_NONE)
		put(x, !x->w.r.made_to, true, true, &x->w.r.made);
	if (x->w.r.verdict == VERDICT_PASS) {
		x->passed++;
		show(x, "pass", from, &f->seg);
		put(x, from, true, false, &f->seg);
		return;
	}
	x->dropped++;
	show(x, reason_name(x->w.r.reason), from, &f->seg);
	if (f->iss == x->e[from].iss && !is_under_way(x, f) && acts(x, !from, &f->seg))
		snprintf(x->violation, sizeof(x->violation),
			 "a segment of %c that its receiver would act on: %s", "AB"[from],
			 reason_name(x->w.r.reason));
}

static void
timers(struct exchange *x)
{
	struct tcp_segment probe[2];
	uint8_t i;

	while (x->w.live) {
		switch (world_timer(&x->w, probe)) {
		case TCP_TIMER_PROBE:
			for (i = 0; i < 2; i++) {
				show(x, "probe", !i, &probe[i]);
				put(x, !i, true, true, &probe[i]);
			}
			break;
		case TCP_TIMER_EXPIRE:
			break;
		default:
			return;
		}
	}
}

/* The next thing in flight; false: nothing is. */
static bool
step_flight(struct exchange *x)
{
	struct endpoint_out out = {.n = 0};
	unsigned i, first = 0;
	struct flight f;

	if (x->flights == 0)
		return false;
	for (i = 1; i < x->flights; i++)
		if (seq_before(x->flight[i].at, x->flight[first].at))
			first = i;
	f = x->flight[first];
	x->flight[first] = x->flight[--x->flights];
	if (seq_after(f.at, x->w.now))
		x->w.now = f.at;
	timers(x);
	if (!f.behind) {
		through_tracker(x, &f);
		return true;
	}
	endpoint_receive(&x->e[!f.from], &f.seg, pick(x, UINT32_MAX), x->w.now, &out);
	show(x, f.ours ? "arrive*" : "arrive", f.from, &f.seg);
	put_all(x, !f.from, &out);
	return true;
}

static void
connect(struct exchange *x, uint8_t who)
{
	struct endpoint_out out = {.n = 0};
	struct endpoint *e = &x->e[who];

	if (e->state != TCP_STATE_CLOSED && e->state != TCP_STATE_LISTEN)
		return;
	endpoint_connect(e, pick(x, UINT32_MAX), x->w.now, &out);
	put_all(x, who, &out);
}

static void
application(struct exchange *x)
{
	struct endpoint_out out = {.n = 0};
	uint8_t who = (uint8_t)pick(x, 2);
	struct endpoint *e = &x->e[who];
	uint32_t what = pick(x, 100);

	if (e->state == TCP_STATE_CLOSED) {
		connect(x, who);
	} else if (what < 50) {
		endpoint_write(e, 1 + pick(x, 3000), x->w.now, &out);
	} else if (what < 65) {
		endpoint_set_window(e, pick(x, 4) ? 2000 + pick(x, 60000) : 0, &out);
	} else if (what < 80) {
		endpoint_close(e, x->w.now, &out);
	} else if (what < 84 && !(x->simultaneous && e->state < TCP_STATE_ESTABLISHED)) {
		endpoint_abort(e, &out);
	} else if (what < 88 && !x->simultaneous) { /* crash: no word to anybody */
		endpoint_init(e, e->listens);
	}
	put_all(x, who, &out);
}

static void
endpoints_tick(struct exchange *x)
{
	struct endpoint_out out;
	uint8_t i;

	for (i = 0; i < 2; i++) {
		out.n = 0;
		endpoint_tick(&x->e[i], x->w.now, &out);
		put_all(x, i, &out);
	}
}

static bool
at_rest(const struct exchange *x)
{
	uint8_t i;

	if (x->flights != 0)
		return false;
	for (i = 0; i < 2; i++)
		if (x->e[i].state != TCP_STATE_ESTABLISHED ||
		    x->e[i].snd_una != x->e[i].snd_max || x->e[i].rto_at != 0 ||
		    x->e[i].rcv_nxt != x->e[!i].snd_max)
			return false;
	return true;
}

static void
check_rest(struct exchange *x)
{
	struct track_conn conn = world_conn(&x->w);

	if (!at_rest(x))
		return;
	x->established++;
	if (!x->w.live)
		snprintf(x->violation, sizeof(x->violation),
			 "an ESTABLISHED pair has no entry");
	else if (tcp_state(&conn, 0) != TCP_STATE_ESTABLISHED ||
		 tcp_state(&conn, 1) != TCP_STATE_ESTABLISHED)
		snprintf(x->violation, sizeof(x->violation),
			 "both are ESTABLISHED, here %s/%s",
			 tcp_state_name(tcp_state(&conn, 0)),
			 tcp_state_name(tcp_state(&conn, 1)));
}

static void
exchange_init(struct exchange *x, unsigned number, bool loud)
{
	static const uint8_t scales[] = {TCP_NO_SCALE, 0, 2, 7};
	uint8_t i;

	memset(x, 0, sizeof(*x));
	world_init(&x->w);
	x->loud = loud;
	x->random = (number + 1) * 0x9e3779b97f4a7c15u;
	for (i = 0; i < 8; i++)
		pick(x, 2);
	x->begin = x->w.now;
	x->lose = pick(x, 2) ? pick(x, 15) : 0;
	x->duplicate = pick(x, 2) ? pick(x, 15) : 0;
	x->delay = pick(x, 2) ? 1 : 1 + pick(x, 200);
	for (i = 0; i < 2; i++) {
		x->e[i].scale = scales[pick(x, 4)];
		x->e[i].timestamps = pick(x, 2);
		x->e[i].rcv_wnd = 1000 + pick(x, 60000);
		endpoint_init(&x->e[i], i == 1);
	}
	connect(x, 0);
	x->simultaneous = pick(x, 8) == 0;
	if (x->simultaneous)
		connect(x, 1);
}

/* Nothing more comes: does the entry go? */
static void
check_end(struct exchange *x)
{
	struct track_conn conn = world_conn(&x->w);
	unsigned turns = 0;
	uint32_t at;

	x->flights = 0;
	while (x->w.live && turns++ < 16) {
		conn = world_conn(&x->w);
		at = tcp_deadline(&conn, &x->w.config);
		if (seq_after(at, x->w.now))
			x->w.now = at;
		timers(x);
		x->flights = 0;
	}
	if (x->w.live)
		snprintf(x->violation, sizeof(x->violation), "the entry stays for ever");
}

static bool
exchange_run(struct exchange *x, unsigned number, bool loud)
{
	unsigned events;

	exchange_init(x, number, loud);
	for (events = 0; events < EVENTS && !x->violation[0]; events++) {
		if (!step_flight(x) || pick(x, 10) == 0) {
			x->w.now += 1 + pick(x, ENDPOINT_RTO);
			timers(x);
			endpoints_tick(x);
		}
		if (x->w.now - x->begin < LAST_EVENT_MS && pick(x, 25) == 0)
			application(x);
		check_rest(x);
	}
	if (!x->violation[0])
		check_end(x);
	return !x->violation[0];
}

static void
no_genuine_segment_is_dropped(void **state)
{
	static struct exchange x;
	unsigned i, dropped = 0, passed = 0, established = 0;

	(void)state;
	for (i = 0; i < EXCHANGES; i++) {
		if (!exchange_run(&x, i, false))
			fail_msg("exchange %u: %s", i, x.violation);
		dropped += x.dropped;
		passed += x.passed;
		established += x.established;
	}
	/* the tracker had something to say, and the endpoints something to do */
	assert_true(passed > EXCHANGES * 20);
	assert_true(dropped > EXCHANGES / 20);
	assert_true(established > EXCHANGES / 4);
	print_message("# %u passed, %u dropped, %u times at rest\n", passed, dropped,
		      established);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_genuine_segment_is_dropped),
	};
	static struct exchange x;

	if (argc == 2) {
		exchange_run(&x, (unsigned)strtoul(argv[1], NULL, 10), true);
		printf("%s\n", x.violation);
		return x.violation[0] != 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
