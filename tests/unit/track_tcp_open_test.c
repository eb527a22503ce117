/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening: the handshake, its states, segments without a connection, and pickup. */
#include "tcp_world.h"

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
		cmocka_unit_test(syn_retransmissions_do_not_prolong_syn_sent),
		cmocka_unit_test(simultaneous_open_works_with_crossed_syn_acks),
		cmocka_unit_test(late_duplicates_of_a_handshake_move_nothing),
		cmocka_unit_test(pickup_guesses_until_new_data_is_acknowledged),
		cmocka_unit_test(pickup_in_the_place_of_an_unanswered_one_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
