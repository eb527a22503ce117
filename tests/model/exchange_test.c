/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two endpoints of RFC 9293 talk through the tracker (exchange.h). The test checks:
 *
 * - no segment is dropped that its receiver would act on;
 * - where both endpoints are in ESTABLISHED and nothing is in flight, the tracker's
 *   states are ESTABLISHED too;
 * - after the last event the entry is removed within its time-outs.
 *
 * The exchanges are random, each from its number: `exchange_test N` prints number N.
 */
#include <stdio.h>
#include <stdlib.h>

#include "exchange.h"

#include <base/seq.h>
#include <base/ticks.h>

#define EXCHANGES 20000
#define EVENTS 600

/* Counters over all exchanges. */
static unsigned dropped, passed, established;

/* Return whether the segment would change the state of its receiver. */
static bool
acts(const struct exchange *x, uint8_t to, const struct tcp_segment *seg)
{
	struct endpoint e = x->e[to];
	const struct endpoint *before = &x->e[to];
	struct endpoint_out out = {.n = 0};

	/*
	 * RST-8, RFC 1337: a RST must not end TIME-WAIT. To the tracker an endpoint in
	 * CLOSING may be in TIME-WAIT, when the ACK of its FIN has passed.
	 */
	if ((e.state == TCP_STATE_TIME_WAIT || e.state == TCP_STATE_CLOSING) &&
	    x->w.r.reason == REASON_TCP_RST_TIME_WAIT)
		return false;
	/*
	 * A RST that comes after the lingering entry has been removed is dropped, as any
	 * RST without an entry.
	 */
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

/* Return whether an identical segment is between the tracker and its receiver. */
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
judged(struct exchange *x, const struct flight *f, const struct world *before)
{
	(void)before;
	if (x->w.r.verdict == VERDICT_PASS) {
		passed++;
		return;
	}
	dropped++;
	if (f->iss == x->e[f->from].iss && !is_under_way(x, f) &&
	    acts(x, !f->from, &f->seg))
		snprintf(x->violation, sizeof(x->violation),
			 "a segment of %c that its receiver would act on: %s",
			 "AB"[f->from], reason_name(x->w.r.reason));
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
	established++;
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

/* After the last event: check that the tracker's timers remove the entry. */
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
		exchange_timers(x);
		x->flights = 0;
	}
	if (x->w.live)
		snprintf(x->violation, sizeof(x->violation), "the entry stays for ever");
}

static bool
exchange_run(struct exchange *x, unsigned number, bool loud)
{
	unsigned events;

	exchange_init(x, number);
	x->loud = loud;
	x->judged = judged;
	for (events = 0; events < EVENTS && !x->violation[0]; events++) {
		exchange_event(x);
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
	unsigned i;

	(void)state;
	for (i = 0; i < EXCHANGES; i++) {
		if (!exchange_run(&x, i, false))
			fail_msg("exchange %u: %s", i, x.violation);
	}
	/*
	 * the exchanges were not trivial: many segments passed, some were dropped, and
	 * many connections were established
	 */
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
