/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which segments of a connection are accepted: flags, windows, acknowledgments, rates and
 * timestamps; and which ICMP errors about them.
 */
#include "tcp_world.h"

#include <base/ticks.h>
#include <track/tcp_window.h>

static struct world w;

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_that_no_sender_sets_are_dropped),
		cmocka_unit_test(window_is_scaled_only_when_both_ask_for_it),
		cmocka_unit_test(right_edge_lets_a_probe_in_and_answers_what_is_beyond),
		cmocka_unit_test(
			acknowledgment_of_the_unsent_and_too_old_ones_are_dropped),
		cmocka_unit_test(old_retransmissions_pass_so_many_at_a_time),
		cmocka_unit_test(rates_hold_when_the_clock_has_gone_round),
		cmocka_unit_test(paws_drops_what_is_older_than_an_echoed_timestamp),
		cmocka_unit_test(paws_believes_any_timestamp_after_half_an_hour),
		cmocka_unit_test(no_time_out_is_as_long_as_24_days),
		cmocka_unit_test(liberal_judges_states_but_no_numbers),
		cmocka_unit_test(icmp_errors_must_quote_what_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
