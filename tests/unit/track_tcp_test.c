/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tracker's rules on handshake, window and close. Resets and shadows are tested
 * elsewhere.
 */
#include "tcp_world.h"

#include <base/ticks.h>
#include <track/tcp_window.h>

static struct world w;

static void
handshake_walks_both_endpoints_to_established(void **state)
{
	(void)state;
	world_establish(&w);
	LEFT(&w, 7440);
	assert_true(w.hot.flags & TRACK_ASSURED);
}

/*
 * Compute the phase from the two states: a reference for attempt_phase(), which computes
 * it from the bits.
 */
static enum tcp_phase
column_of_states(const struct tcp_attempt *p)
{
	enum tcp_state a = attempt_state(p, 0), b = attempt_state(p, 1);

	if (p->c->flags & COLD_CLOSED)
		return TCP_PHASE_CLOSED;
	if (p->h->ep[0] & p->h->ep[1] & EP_FS)
		return TCP_PHASE_TIME_WAIT;
	if (a == TCP_STATE_SYN_SENT || b == TCP_STATE_SYN_SENT)
		return TCP_PHASE_SYN_SENT;
	if (a == TCP_STATE_SYN_RECEIVED || b == TCP_STATE_SYN_RECEIVED)
		return TCP_PHASE_SYN_RECEIVED;
	return TCP_PHASE_SYNCHRONISED;
}

static void
columns_are_what_the_states_say(void **state)
{
	struct track_hot hot = {0};
	struct track_cold cold = {0};
	struct tcp_attempt p = {&hot, &cold, NULL};
	unsigned bits;

	(void)state;
	for (bits = 0; bits < 1u << 17; bits++) {
		hot.ep[0] = (uint8_t)bits;
		hot.ep[1] = (uint8_t)(bits >> 8);
		cold.flags = bits >> 16 ? COLD_CLOSED : 0;
		assert_int_equal(attempt_phase(&p), column_of_states(&p));
	}
}

static void
only_the_third_ack_confirms(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, B, ACK(301, 101, .len = 10), "ESTABLISHED", "SYN_RECEIVED");
	assert_false(w.hot.flags & TRACK_ASSURED); /* MODEL-4 */
	PASS(&w, A, ACK(101, 311), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.hot.flags & TRACK_ASSURED);
}

static void
without_a_connection_only_a_syn_begins_one(void **state)
{
	(void)state;
	world_init(&w);
	DROP(&w, A, ACK(1, 1), REASON_TCP_NO_CONNECTION);
	DROP(&w, A, SYNACK(1, 1), REASON_TCP_NO_CONNECTION);
	DROP(&w, A, FIN(1, 1), REASON_TCP_NO_CONNECTION);
	DROP(&w, A, RST(1), REASON_TCP_NO_CONNECTION);
	assert_int_equal(w.r.action, ACTION_NONE);
	w.rules_deny = true;
	DROP(&w, A, SYN(1), REASON_POLICY_DROP);
	assert_false(w.live);
}

static void
unknown_segments_are_answered_in_the_three_forms_of_gen_1(void **state)
{
	(void)state;
	world_init(&w);
	w.config.tcp_unknown_reset = true;
	DROP(&w, A, ACK(10, 77), REASON_TCP_NO_CONNECTION);
	MADE(&w, ACTION_RST, A, TCP_RST, 77, 0);
	DROP(&w, A, FIN(10, 78, .len = 5), REASON_TCP_NO_CONNECTION);
	MADE(&w, ACTION_RST, A, TCP_RST, 78, 0);
	DROP(&w, A, RST(10), REASON_TCP_NO_CONNECTION);
	assert_int_equal(w.r.action, ACTION_NONE);
}

static struct track_conn
conn_of_world(void)
{
	return (struct track_conn){&w.hot, &w.cold, NULL};
}

/* Assert the SEQs of the RSTs to a side; all acknowledge what the side has sent. */
static void
assert_resets(uint8_t x, unsigned n, const uint32_t *seq, uint32_t ack)
{
	const struct track_conn conn = conn_of_world();
	struct tcp_segment reset[2];
	unsigned i;

	assert_int_equal(tcp_resets(&conn, x, reset), n);
	for (i = 0; i < n; i++) {
		assert_int_equal(reset[i].flags, TCP_RST | TCP_ACK);
		assert_int_equal(reset[i].seq, seq[i]);
		assert_int_equal(reset[i].ack, ack);
	}
}

static void
gen_6_resets_have_rcv_nxt_of_each_endpoint(void **state)
{
	const uint32_t none[] = {0}, a[] = {301}, b[] = {101}, in_flight[] = {101, 111};

	(void)state;
	/* GEN-6: the SYN is not answered: SYN_SENT accepts by the ACK; B knows nothing */
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	assert_resets(A, 1, none, 101);
	assert_resets(B, 0, NULL, 0);
	world_establish(&w);
	assert_resets(A, 1, a, 101);
	assert_resets(B, 1, b, 301);
	/* B may have received the data or not */
	PASS(&w, A, ACK(101, 301, .len = 10), "ESTABLISHED", "ESTABLISHED");
	assert_resets(B, 2, in_flight, 301);
	/* it is closed already */
	w.cold.flags |= COLD_CLOSED;
	assert_resets(B, 0, NULL, 0);
}

static void
flags_that_no_sender_sets_are_dropped(void **state)
{
	static const uint8_t bad[] = {0,
				      TCP_FIN,
				      TCP_SYN | TCP_FIN,
				      TCP_SYN | TCP_RST,
				      TCP_FIN | TCP_RST | TCP_ACK,
				      TCP_PSH,
				      TCP_URG,
				      TCP_SYN | TCP_FIN | TCP_ACK};
	unsigned i;

	(void)state;
	world_establish(&w);
	for (i = 0; i < sizeof(bad); i++)
		DROP(&w, A, SEGMENT(.flags = bad[i], .seq = 101, .ack = 301),
		     REASON_TCP_FLAGS);
}

static void
syn_retransmissions_do_not_prolong_syn_sent(void **state)
{
	struct tcp_segment probe[2];
	int i;

	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	for (i = 0; i < 5; i++) {
		world_wait(&w, 20000);
		PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	}
	LEFT(&w, 20);
	world_wait(&w, 19999);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_WAIT);
	world_wait(&w, 1);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_EXPIRE);
}

static void
simultaneous_open_works_with_crossed_syn_acks(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYN(300), "SYN_SENT", "SYN_SENT");
	PASS(&w, A, SYNACK(100, 301), "SYN_RECEIVED", "ESTABLISHED");
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(101, 301, .len = 10), "ESTABLISHED", "ESTABLISHED");
}

static void
window_is_scaled_only_when_both_ask_for_it(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100, .scale = 7), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, ACK(101, 301), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(301 + 7999, 101, .len = 1), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, B, ACK(301 + 8001, 101, .len = 1), REASON_TCP_SEQ_RIGHT);

	world_init(&w);
	PASS(&w, A, SYN(100, .scale = 7), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101, .scale = 0), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, ACK(101, 301, .win = 100), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(301 + 12799, 101, .len = 1), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, B, ACK(301 + 12801, 101, .len = 1), REASON_TCP_SEQ_RIGHT);
}

static void
right_edge_lets_a_probe_in_and_answers_what_is_beyond(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, A, ACK(101 + 7999, 301, .len = 1), "ESTABLISHED", "ESTABLISHED");
	assert_false(w.r.events & TRACK_EVENT_OVERSHOOT);
	PASS(&w, A, ACK(101 + 7999, 301, .len = 2), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.r.events & TRACK_EVENT_OVERSHOOT);
	world_establish(&w);
	PASS(&w, A, ACK(101 + 8000, 301, .len = 1), "ESTABLISHED", "ESTABLISHED");
	world_establish(&w);
	DROP(&w, A, ACK(101 + 8000, 301, .len = 2), REASON_TCP_SEQ_RIGHT);
	MADE(&w, ACTION_CHALLENGE_ACK, A, TCP_ACK, 301, 101);
	DROP(&w, A, ACK(101 + 8000, 301, .len = 2), REASON_TCP_SEQ_RIGHT);
	assert_int_equal(w.r.action, ACTION_NONE); /* at most once a second */
	world_wait(&w, 1000);
	DROP(&w, A, ACK(101 + 8000, 301, .len = 2), REASON_TCP_SEQ_RIGHT);
	assert_int_equal(w.r.action, ACTION_CHALLENGE_ACK);
	w.config.tcp_challenge_ack = false;
	world_wait(&w, 1000);
	DROP(&w, A, ACK(101 + 8000, 301, .len = 2), REASON_TCP_SEQ_RIGHT);
	assert_int_equal(w.r.action, ACTION_NONE);
}

static void
acknowledgment_of_the_unsent_and_too_old_ones_are_dropped(void **state)
{
	(void)state;
	world_establish(&w);
	DROP(&w, A, ACK(101, 302), REASON_TCP_ACK_UNSENT);
	MADE(&w, ACTION_CHALLENGE_ACK, A, TCP_ACK, 301, 101);
	PASS(&w, A, ACK(101, 301 - 8000), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(101, 300 - 8000), REASON_TCP_ACK_OLD);
}

static void
old_retransmissions_pass_so_many_at_a_time(void **state)
{
	int i;

	(void)state;
	world_establish(&w);
	PASS(&w, A, ACK(101, 301, .len = 7000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(301, 7101), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(7101, 301, .len = 7000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(301, 14101), "ESTABLISHED", "ESTABLISHED");
	for (i = 0; i < 20; i++)
		PASS(&w, A, ACK(101, 301, .len = 100), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(101, 301, .len = 100), REASON_TCP_RATE);
	world_wait(&w, 50);
	PASS(&w, A, ACK(101, 301, .len = 100), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(101, 301, .len = 100), REASON_TCP_RATE);
}

static void
rates_hold_when_the_clock_has_gone_round(void **state)
{
	int weeks;

	(void)state;
	for (weeks = 1; weeks <= 6; weeks++) {
		world_establish(&w);
		DROP(&w, A, ACK(101, 302), REASON_TCP_ACK_UNSENT);
		assert_int_equal(w.r.action, ACTION_CHALLENGE_ACK);
		w.now += (uint32_t)weeks * 7 * 86400 * TICKS_PER_S;
		DROP(&w, A, ACK(101, 302), REASON_TCP_ACK_UNSENT);
		assert_int_equal(w.r.action, ACTION_CHALLENGE_ACK);
	}
}

static void
late_duplicates_of_a_handshake_move_nothing(void **state)
{
	uint32_t seq = 101, edge;
	int i;

	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100, .scale = 14), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101, .scale = 14), "ESTABLISHED", "SYN_RECEIVED");
	for (i = 0; i < 60000; i++) { /* 3 GB in total */
		world_send(&w, A, ACK(seq, 301, .len = 50000));
		seq += 50000;
		world_send(&w, B, ACK(301, seq));
	}
	assert_int_equal(w.hot.nxt[A], seq);
	edge = w.hot.edge[A];
	PASS(&w, A, SYN(100), "ESTABLISHED", "ESTABLISHED");
	assert_int_equal(w.hot.nxt[A], seq);
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "ESTABLISHED");
	assert_int_equal(w.hot.una[A], seq);
	assert_int_equal(w.hot.edge[A], edge);
}

static void
paws_drops_what_is_older_than_an_echoed_timestamp(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100, .has_ts = true, .tsval = 1000), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101, .has_ts = true, .tsval = 5000, .tsecr = 1000),
	     "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A,
	     ACK(101, 301, .len = 10, .has_ts = true, .tsval = 101000, .tsecr = 5000),
	     "ESTABLISHED", "ESTABLISHED");
	/*
	 * B has not echoed 101000, so a segment with an older timestamp may only be
	 * reordered
	 */
	PASS(&w, A,
	     ACK(101, 301, .len = 10, .has_ts = true, .tsval = 1000, .tsecr = 5000),
	     "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(101, 301, .len = 10, .has_ts = true, .tsval = 998, .tsecr = 5000),
	     REASON_TCP_PAWS);
	PASS(&w, B, ACK(301, 111, .has_ts = true, .tsval = 5001, .tsecr = 101000),
	     "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A,
	     ACK(111, 301, .len = 10, .has_ts = true, .tsval = 100998, .tsecr = 5001),
	     REASON_TCP_PAWS);
	PASS(&w, A,
	     ACK(111, 301, .len = 10, .has_ts = true, .tsval = 100999, .tsecr = 5001),
	     "ESTABLISHED", "ESTABLISHED");
}

static void
paws_believes_any_timestamp_after_half_an_hour(void **state)
{
	struct track_conn conn;

	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100, .has_ts = true, .tsval = 1000), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101, .has_ts = true, .tsval = 5000, .tsecr = 1000),
	     "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, ACK(101, 301, .has_ts = true, .tsval = 1001, .tsecr = 5000),
	     "ESTABLISHED", "ESTABLISHED");
	conn = world_conn(&w);
	w.now += 1800 * TICKS_PER_S - 1;
	assert_int_equal(tcp_timer(&conn, w.now, &w.config, NULL), TRACK_TIMER_WAIT);
	DROP(&w, A, ACK(101, 301, .has_ts = true, .tsval = 998, .tsecr = 5000),
	     REASON_TCP_PAWS);
	w.now++;
	assert_int_equal(tcp_timer(&conn, w.now, &w.config, NULL), TRACK_TIMER_WAIT);
	PASS(&w, A, ACK(101, 301, .has_ts = true, .tsval = 999, .tsecr = 5000),
	     "ESTABLISHED", "ESTABLISHED");
}

/*
 * RFC 7323 5.5 lets timestamps expire after 24 idle days. No connection lives that long
 * idle, so the tracker need not measure it.
 */
static void
no_time_out_is_as_long_as_24_days(void **state)
{
	const uint64_t days = 24 * 86400 * (uint64_t)TICKS_PER_S;

	(void)state;
#define SHORTER(name, value, min, max, text)                                             \
	assert_true((max) * (uint64_t)TICKS_PER_S < days);
	TRACK_TIMEOUTS(SHORTER)
#undef SHORTER
	assert_true(TICKS_MAX_TIMEOUT < 25 * (days / 24));
	/*
	 * a timestamp clock that RFC 7323 5.4 allows has at most one tick each
	 * millisecond ..
	 */
	assert_true(days < INT32_MAX);
	/* for clocks of microseconds, the timer runs each five minutes */
	assert_true((PAWS_IDLE_TICKS + PAWS_CHECK_TICKS) *
			    (UINT64_C(1000000) / TICKS_PER_S) <
		    INT32_MAX);
}

static void
four_segment_close_ends_in_time_wait_for_2msl(void **state)
{
	struct tcp_segment probe[2];

	(void)state;
	world_establish(&w);
	PASS(&w, A, FIN(101, 301), "FIN_WAIT_1", "CLOSE_WAIT");
	LEFT(&w, 240);
	/* 101 does not acknowledge the FIN, whose number is 101 */
	PASS(&w, B, ACK(301, 101), "FIN_WAIT_1", "CLOSE_WAIT");
	PASS(&w, B, ACK(301, 102), "FIN_WAIT_2", "CLOSE_WAIT");
	LEFT(&w, 7440);
	PASS(&w, B, FIN(301, 102), "TIME_WAIT", "LAST_ACK");
	PASS(&w, A, ACK(102, 302), "TIME_WAIT", "CLOSED");
	LEFT(&w, 120);
	world_wait(&w, 60000);
	/* TW-1: the 2MSL timer restarts */
	PASS(&w, B, FIN(301, 102), "TIME_WAIT", "LAST_ACK");
	LEFT(&w, 120);
	PASS(&w, A, ACK(102, 302), "TIME_WAIT", "CLOSED");
	DROP(&w, B, RST(302), REASON_TCP_RST_TIME_WAIT); /* RST-8 */
	world_wait(&w, 120000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_EXPIRE);
}

static void
simultaneous_close_passes_through_closing(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, A, FIN(101, 301), "FIN_WAIT_1", "CLOSE_WAIT");
	PASS(&w, B, FIN(301, 101), "CLOSING", "CLOSING");
	PASS(&w, A, ACK(102, 302), "CLOSING", "TIME_WAIT");
	PASS(&w, B, ACK(302, 102), "TIME_WAIT", "TIME_WAIT");
}

static void
pickup_guesses_until_new_data_is_acknowledged(void **state)
{
	(void)state;
	world_init(&w);
	w.config.tcp_loose = true;
	PASS(&w, A, ACK(1000, 2000, .len = 500), "ESTABLISHED", "ESTABLISHED");
	LEFT(&w, 300);
	PASS(&w, A, ACK(1500, 502000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(502000, 1500, .len = 100), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(1500, 502100), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(1500, 502101), REASON_TCP_ACK_UNSENT);
	DROP(&w, B, RST(400000), REASON_TCP_RST_SEQ);
}

/*
 * TRACK_EVENT_RESYNC makes the engine arm the timer again and report the new connection.
 */
static void
pickup_in_the_place_of_an_unanswered_one_is_reported(void **state)
{
	(void)state;
	world_init(&w);
	w.config.tcp_loose = true;
	PASS(&w, A, ACK(1000, 2000, .len = 500), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(1500, 2000, .len = 500), "ESTABLISHED", "ESTABLISHED");
	assert_false(w.r.events & TRACK_EVENT_RESYNC);
	PASS(&w, A, ACK(900000000, 5, .len = 500), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.r.events & TRACK_EVENT_RESYNC);
	assert_int_equal(w.hot.nxt[A], 900000500);
}

static void
liberal_judges_states_but_no_numbers(void **state)
{
	(void)state;
	world_init(&w);
	w.config.tcp_be_liberal = true;
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, ACK(101, 301), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(5000000, 7), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, SEGMENT(.flags = TCP_FIN), REASON_TCP_FLAGS);
	PASS(&w, B, RST(9), "CLOSED", "CLOSED");
}

/*
 * LIB-1 takes any number for that of a FIN. When later data shows that it was not a FIN
 * (ACC-5), the TIME_WAIT that followed from it must end too.
 */
static void
time_wait_of_a_fin_that_is_withdrawn_is_forgotten(void **state)
{
	(void)state;
	world_establish(&w);
	w.config.tcp_be_liberal = true;
	PASS(&w, A, FIN(101, 301), "FIN_WAIT_1", "CLOSE_WAIT");
	PASS(&w, B, FIN(5000000, 7), "TIME_WAIT", "TIME_WAIT");
	LEFT(&w, 120);
	PASS(&w, A, ACK(102, 301, .len = 10), "CLOSE_WAIT", "FIN_WAIT_2");
	assert_false(w.cold.flags & COLD_TIME_WAIT);
	world_wait(&w, 3000000);
	PASS(&w, A, FIN(112, 301), "CLOSING", "TIME_WAIT");
	LEFT(&w, 120);
}

static unsigned
eviction(struct world *world)
{
	struct track_conn conn = world_conn(world);

	return tcp_eviction(&conn, world->now);
}

static void
pressure_takes_the_idle_half_closed_and_the_unconfirmed(void **state)
{
	(void)state;
	world_establish(&w);
	assert_int_equal(eviction(&w), TRACK_EVICT_NEVER);
	PASS(&w, A, FIN(101, 301), "FIN_WAIT_1", "CLOSE_WAIT");
	assert_int_equal(eviction(&w), TRACK_EVICT_NEVER);
	w.now += TRACK_IDLE_TICKS + 1;
	assert_int_equal(eviction(&w), TRACK_EVICT_HALF_CLOSED);

	world_init(&w);
	w.config.tcp_loose = true;
	PASS(&w, A, ACK(1000, 2000), "ESTABLISHED", "ESTABLISHED");
	assert_int_equal(eviction(&w), TRACK_EVICT_UNCONFIRMED);
	PASS(&w, B, ACK(2000, 1000), "ESTABLISHED", "ESTABLISHED");
	assert_int_equal(eviction(&w), TRACK_EVICT_NEVER);
}

static void
icmp_errors_must_quote_what_was_sent(void **state)
{
	struct track_conn conn;
	struct track_result r;

	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	conn = world_conn(&w);
	tcp_icmp_error(&conn, A, 100, &r);
	assert_int_equal(r.verdict, VERDICT_PASS);
	tcp_icmp_error(&conn, A, 101, &r);
	assert_int_equal(r.verdict, VERDICT_DROP);
	assert_int_equal(r.reason, REASON_ICMP_INNER_SEQ);

	world_establish(&w);
	PASS(&w, A, ACK(101, 301, .len = 50), "ESTABLISHED", "ESTABLISHED");
	conn = world_conn(&w);
	tcp_icmp_error(&conn, A, 100, &r);
	assert_int_equal(r.verdict, VERDICT_PASS);
	tcp_icmp_error(&conn, A, 151, &r);
	assert_int_equal(r.verdict, VERDICT_PASS);
	tcp_icmp_error(&conn, A, 99, &r);
	assert_int_equal(r.verdict, VERDICT_DROP);
	tcp_icmp_error(&conn, A, 152, &r);
	assert_int_equal(r.verdict, VERDICT_DROP);
}

static void
idle_pair_is_probed_three_times_before_it_goes(void **state)
{
	struct tcp_segment probe[2];
	int i;

	(void)state;
	world_establish(&w);
	world_wait(&w, 7439999);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_WAIT);
	world_wait(&w, 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(world_timer(&w, probe), TRACK_TIMER_PROBE);
		assert_int_equal(probe[B].seq, 100); /* sequence number una - 1 */
		assert_int_equal(probe[B].ack, 301);
		assert_int_equal(probe[A].seq, 300);
		assert_int_equal(probe[A].ack, 101);
		assert_int_equal(world_timer(&w, probe), TRACK_TIMER_WAIT);
		world_wait(&w, 1000);
	}
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_EXPIRE);

	world_establish(&w);
	world_wait(&w, 7440000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_PROBE);
	PASS(&w, B, ACK(301, 101), "ESTABLISHED", "ESTABLISHED"); /* the peer is alive */
	LEFT(&w, 7440);
}

static void
unacknowledged_data_and_zero_windows_shorten_the_time_out(void **state)
{
	struct track_conn conn;

	(void)state;
	world_establish(&w);
	PASS(&w, A, ACK(101, 301, .len = 10), "ESTABLISHED", "ESTABLISHED");
	LEFT(&w, 300);
	PASS(&w, B, ACK(301, 111), "ESTABLISHED", "ESTABLISHED");
	LEFT(&w, 7440);
	PASS(&w, B, ACK(301, 111, .win = 0), "ESTABLISHED", "ESTABLISHED");
	LEFT(&w, 300);
	PASS(&w, B, ACK(301, 111), "ESTABLISHED", "ESTABLISHED");
	LEFT(&w, 7440);
	conn = world_conn(&w);
	assert_int_equal(tcp_wakeup(&conn, &w.config, w.now) - w.now, 300 * TICKS_PER_S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake_walks_both_endpoints_to_established),
		cmocka_unit_test(columns_are_what_the_states_say),
		cmocka_unit_test(only_the_third_ack_confirms),
		cmocka_unit_test(without_a_connection_only_a_syn_begins_one),
		cmocka_unit_test(
			unknown_segments_are_answered_in_the_three_forms_of_gen_1),
		cmocka_unit_test(gen_6_resets_have_rcv_nxt_of_each_endpoint),
		cmocka_unit_test(flags_that_no_sender_sets_are_dropped),
		cmocka_unit_test(syn_retransmissions_do_not_prolong_syn_sent),
		cmocka_unit_test(simultaneous_open_works_with_crossed_syn_acks),
		cmocka_unit_test(window_is_scaled_only_when_both_ask_for_it),
		cmocka_unit_test(right_edge_lets_a_probe_in_and_answers_what_is_beyond),
		cmocka_unit_test(
			acknowledgment_of_the_unsent_and_too_old_ones_are_dropped),
		cmocka_unit_test(old_retransmissions_pass_so_many_at_a_time),
		cmocka_unit_test(rates_hold_when_the_clock_has_gone_round),
		cmocka_unit_test(late_duplicates_of_a_handshake_move_nothing),
		cmocka_unit_test(paws_drops_what_is_older_than_an_echoed_timestamp),
		cmocka_unit_test(paws_believes_any_timestamp_after_half_an_hour),
		cmocka_unit_test(no_time_out_is_as_long_as_24_days),
		cmocka_unit_test(four_segment_close_ends_in_time_wait_for_2msl),
		cmocka_unit_test(simultaneous_close_passes_through_closing),
		cmocka_unit_test(pickup_guesses_until_new_data_is_acknowledged),
		cmocka_unit_test(pickup_in_the_place_of_an_unanswered_one_is_reported),
		cmocka_unit_test(liberal_judges_states_but_no_numbers),
		cmocka_unit_test(time_wait_of_a_fin_that_is_withdrawn_is_forgotten),
		cmocka_unit_test(pressure_takes_the_idle_half_closed_and_the_unconfirmed),
		cmocka_unit_test(icmp_errors_must_quote_what_was_sent),
		cmocka_unit_test(idle_pair_is_probed_three_times_before_it_goes),
		cmocka_unit_test(
			unacknowledged_data_and_zero_windows_shorten_the_time_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
