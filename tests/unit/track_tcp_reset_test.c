/* SPDX-License-Identifier: BSD-3-Clause */
/* RST-1 to RST-9, and the shadows of SYN-1 to SYN-5 which resets decide on. */
#include "tcp_world.h"

#include <base/ticks.h>

static struct world w;

static void
exact_reset_closes_both_at_once_and_lingers_ten_seconds(void **state)
{
	struct tcp_segment probe[2];

	(void)state;
	world_establish(&w);
	PASS(&w, A, RST(101), "CLOSED", "CLOSED");
	LEFT(&w, 10);
	PASS(&w, B, ACK(301, 101), "CLOSED",
	     "CLOSED"); /* once a second, so that A can answer with a RST */
	DROP(&w, B, ACK(301, 101), REASON_TCP_RATE);
	PASS(&w, A, RST(101), "CLOSED", "CLOSED");
	world_wait(&w, 10000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_EXPIRE);
}

static void
reset_outside_the_window_is_dropped(void **state)
{
	(void)state;
	world_establish(&w);
	DROP(&w, B, RST(0), REASON_TCP_RST_SEQ);
	DROP(&w, B, RST(300), REASON_TCP_RST_SEQ);
	DROP(&w, B, RST(301 + 1000000), REASON_TCP_RST_SEQ);
	DROP(&w, B, RSTACK(301, 102), REASON_TCP_RST_ACK);
	world_expect_states(&w, "ESTABLISHED", "ESTABLISHED");
}

static void
inexact_reset_is_dropped_and_its_receiver_probed_once_a_second(void **state)
{
	(void)state;
	world_establish(&w);
	DROP(&w, B, RST(302), REASON_TCP_RST_INEXACT);
	MADE(&w, ACTION_PROBE, A, TCP_ACK, 300, 101);
	DROP(&w, B, RST(302), REASON_TCP_RST_INEXACT);
	assert_int_equal(w.r.action, ACTION_NONE);
	world_wait(&w, 1000);
	DROP(&w, B, RST(302), REASON_TCP_RST_INEXACT);
	MADE(&w, ACTION_PROBE, A, TCP_ACK, 300, 101);
}

static void
reset_after_a_loss_behind_us_is_in_doubt_until_probed(void **state)
{
	struct tcp_segment probe[2];

	(void)state;
	world_establish(&w);
	PASS(&w, B, ACK(301, 101, .len = 1000), "ESTABLISHED", "ESTABLISHED");
	/*
	 * The data may be lost behind the tracker, so RCV.NXT of A is in [301, 1301], and
	 * the RST is in doubt.
	 */
	PASS(&w, B, RST(301), "ESTABLISHED", "ESTABLISHED");
	LEFT(&w, 10);
	world_wait(&w, 10000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_PROBE);
	PASS(&w, B, RST(301), "CLOSED", "CLOSED"); /* the answer to the probe */

	world_establish(&w);
	PASS(&w, B, ACK(301, 101, .len = 1000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, RST(700), "ESTABLISHED", "ESTABLISHED");
	world_wait(&w, 10000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_PROBE);
	/* segments of the other end do not keep the pair alive */
	PASS(&w, A, ACK(101, 301), "ESTABLISHED", "ESTABLISHED");
	world_wait(&w, 1000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_PROBE);
	world_wait(&w, 1000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_PROBE);
	world_wait(&w, 1000);
	assert_int_equal(world_timer(&w, probe), TRACK_TIMER_EXPIRE);
}

static void
forged_reset_is_undone_by_its_alleged_sender(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, B, RST(301), "CLOSED", "CLOSED");
	PASS(&w, B, ACK(301, 101, .len = 10), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.r.events & TRACK_EVENT_RST_FORGED);
	LEFT(&w, 300);
	PASS(&w, B, RST(311), "ESTABLISHED", "ESTABLISHED"); /* passes, and is in doubt */
	LEFT(&w, 10);
	PASS(&w, B, ACK(311, 101, .len = 10), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.r.events & TRACK_EVENT_RST_FORGED);
	LEFT(&w, 300);
}

static void
refusal_must_acknowledge_the_syn(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	DROP(&w, B, RST(0), REASON_TCP_RST_SYN_SENT);
	DROP(&w, B, RSTACK(0, 100), REASON_TCP_RST_SYN_SENT);
	DROP(&w, B, RSTACK(0, 102), REASON_TCP_RST_SYN_SENT);
	PASS(&w, B, RSTACK(0, 101), "CLOSED", "CLOSED");
	LEFT(&w, 10);
}

static void
initiator_may_abort_or_reset_an_old_duplicate(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 55), "SYN_SENT", "LISTEN"); /* the states do not change */
	PASS(&w, A, RST(55), "SYN_SENT", "LISTEN"); /* resets B's attempt, not this one */
	PASS(&w, B, SYNACK(400, 101), "ESTABLISHED", "SYN_RECEIVED");

	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, A, RST(101), "CLOSED", "CLOSED");
}

/* RFC 9293, figure 8: the RST of A refuses the answer to an old duplicate SYN. */
static void
reset_of_an_old_duplicate_syn_keeps_the_other_candidate(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(90), "SYN_SENT", "LISTEN"); /* the old duplicate arrives first */
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 91), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, RST(91), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(400, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, ACK(101, 401), "ESTABLISHED", "ESTABLISHED");
}

/* RFC 9293, figures 9 and 10: a client that has crashed connects again. */
static void
crashed_client_comes_back_by_challenge_and_reset(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, A, SYN(900), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(301, 101), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, RST(101), "CLOSED", "CLOSED");
	world_wait(&w, 1000);
	PASS(&w, A, SYN(900), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(700, 901), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, ACK(901, 701), "ESTABLISHED", "ESTABLISHED");
	LEFT(&w, 7440);
}

static void
blind_syns_and_resets_on_a_live_connection_change_nothing(void **state)
{
	struct track_hot before;
	uint32_t i;

	(void)state;
	world_establish(&w);
	before = w.hot;
	for (i = 0; i < 100000; i++) {
		world_send(&w, A, SYN(i * 2654435761u));
		assert_int_equal(w.r.verdict, VERDICT_PASS);
		if (i % 3 == 0)
			world_send(&w, A, RST(i * 40503u + 20000));
	}
	before.flags |= TRACK_SLOW;
	w.hot.flags |= TRACK_SLOW;
	assert_memory_equal(&w.hot, &before, sizeof(before));
	world_expect_states(&w, "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(101, 301, .len = 10), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(301, 111), "ESTABLISHED", "ESTABLISHED");
}

static void
syn_on_a_live_connection_needs_the_rules(void **state)
{
	(void)state;
	world_establish(&w);
	w.rules_deny = true;
	DROP(&w, A, SYN(900), REASON_POLICY_DROP);
	PASS(&w, A, SYN(100), "ESTABLISHED", "ESTABLISHED"); /* a retransmission */
}

static void
time_wait_is_reused_by_a_shadow_that_completes(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, A, FIN(101, 301), "FIN_WAIT_1", "CLOSE_WAIT");
	PASS(&w, B, FIN(301, 102), "TIME_WAIT", "LAST_ACK");
	PASS(&w, A, ACK(102, 302), "TIME_WAIT", "CLOSED");
	PASS(&w, A, SYN(5000), "TIME_WAIT", "CLOSED");
	PASS(&w, B, SYNACK(6000, 5001), "TIME_WAIT", "CLOSED");
	PASS(&w, A, ACK(5001, 6001), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.r.events & TRACK_EVENT_RESYNC);
	LEFT(&w, 7440);
}

/*
 * A shadow has no extension of its own. When it replaces the connection, ext_index has to
 * stay, because the table still counts the extension as the connection's.
 */
static void
connection_that_a_shadow_replaces_keeps_its_extension(void **state)
{
	(void)state;
	world_establish(&w);
	w.cold.ext_index = 7;
	PASS(&w, A, SYN(5000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, SYNACK(6000, 5001), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(5001, 6001), "ESTABLISHED", "ESTABLISHED");
	/* the shadow has replaced the connection (SYN-4) */
	assert_true(w.r.events & TRACK_EVENT_RESYNC);
	assert_int_equal(w.cold.ext_index, 7);
}

static void
shadow_waits_ten_seconds_and_no_longer(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, A, SYN(5000), "ESTABLISHED", "ESTABLISHED");
	world_wait(&w, 10001);
	PASS(&w, B, SYNACK(6000, 5001), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(5001, 6002), REASON_TCP_ACK_UNSENT);
	world_expect_states(&w, "ESTABLISHED", "ESTABLISHED");
}

static void
both_ends_that_agree_on_an_unseen_syn_are_believed(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, B, SYNACK(6000, 5001), "ESTABLISHED",
	     "ESTABLISHED"); /* it answers a SYN that was not seen */
	PASS(&w, A, ACK(5001, 6001), "ESTABLISHED", "ESTABLISHED"); /* SYN-5 */
	assert_true(w.r.events & TRACK_EVENT_RESYNC);
	PASS(&w, B, ACK(6001, 5001, .len = 10), "ESTABLISHED", "ESTABLISHED");
}

/*
 * The extension table may take the extension, and with it the shadow of the new SYN,
 * away. The SYN+ACK must then still pass.
 */
static void
port_reuse_in_the_linger_survives_the_loss_of_its_shadow(void **state)
{
	(void)state;
	world_establish(&w);
	PASS(&w, A, RST(101), "CLOSED", "CLOSED");
	world_wait(&w, 1);
	PASS(&w, A, SYN(5000), "SYN_SENT", "LISTEN");
	w.has_ext = false;
	PASS(&w, B, SYNACK(6000, 5001), "CLOSED", "CLOSED");
	PASS(&w, A, ACK(5001, 6001), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(5001, 6001, .len = 10), "ESTABLISHED", "ESTABLISHED");
}

static void
without_an_extension_the_live_connection_is_still_safe(void **state)
{
	struct tcp_segment seg = SYN(900);
	struct tcp_input in = {.seg = &seg,
			       .side = A,
			       .rules = TCP_RULES_ALLOW,
			       .no_ext = true};
	struct track_conn conn;

	(void)state;
	world_establish(&w);
	in.config = &w.config;
	in.now = w.now;
	conn = world_conn(&w);
	assert_null(conn.ext);
	tcp_segment(&conn, &in, &w.r);
	assert_int_equal(w.r.verdict, VERDICT_PASS);
	seg = SYNACK(6000, 5001);
	in.side = B;
	tcp_segment(&conn, &in, &w.r);
	assert_int_equal(w.r.verdict, VERDICT_DROP);
	world_expect_states(&w, "ESTABLISHED", "ESTABLISHED");
}

static void
data_dropped_in_the_linger_is_not_waited_for(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, RSTACK(0, 101), "CLOSED", "CLOSED");
	PASS(&w, B, ACK(301, 101, .len = 100), "CLOSED", "CLOSED");
	DROP(&w, B, ACK(301, 101, .len = 5000), REASON_TCP_RATE);
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	assert_int_equal(w.hot.nxt[B], 401);
}

static void
segment_too_many_for_a_shadow_leaves_it_as_it_was(void **state)
{
	struct tcp_shadow before;
	unsigned i;

	(void)state;
	world_establish(&w);
	PASS(&w, A, SYN(0x40000000), "ESTABLISHED", "ESTABLISHED");
	for (i = 0; i < 3; i++)
		PASS(&w, B, ACK(0x20000000, 1000 + i), "ESTABLISHED", "ESTABLISHED");
	before = w.ext.shadow[0];
	assert_int_equal(before.handshake.bad_ack, 1002);
	DROP(&w, B, ACK(0x20000000, 1003), REASON_TCP_SEQ_RIGHT);
	assert_memory_equal(&w.ext.shadow[0], &before, sizeof(before));
}

static void
reset_in_syn_received_is_undone_by_what_acknowledges_the_syn(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, RST(101), "CLOSED", "CLOSED");
	PASS(&w, A, FIN(101, 250), "CLOSED", "CLOSED"); /* B resets it (GEN-2) */
	PASS(&w, A, ACK(101, 301, .len = 10), "ESTABLISHED", "ESTABLISHED");
}

static void
after_a_fin_in_syn_received_an_ack_must_still_be_of_the_syn(void **state)
{
	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, B, FIN(301, 101), "CLOSE_WAIT", "FIN_WAIT_1");
	PASS(&w, A, FIN(101, 250), "CLOSE_WAIT", "FIN_WAIT_1"); /* B resets it */
	DROP(&w, A, FIN(101, 300), REASON_TCP_HANDSHAKE_ACK);
	PASS(&w, A, FIN(101, 302), "LAST_ACK", "TIME_WAIT");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_reset_closes_both_at_once_and_lingers_ten_seconds),
		cmocka_unit_test(reset_outside_the_window_is_dropped),
		cmocka_unit_test(
			inexact_reset_is_dropped_and_its_receiver_probed_once_a_second),
		cmocka_unit_test(reset_after_a_loss_behind_us_is_in_doubt_until_probed),
		cmocka_unit_test(forged_reset_is_undone_by_its_alleged_sender),
		cmocka_unit_test(refusal_must_acknowledge_the_syn),
		cmocka_unit_test(initiator_may_abort_or_reset_an_old_duplicate),
		cmocka_unit_test(reset_of_an_old_duplicate_syn_keeps_the_other_candidate),
		cmocka_unit_test(crashed_client_comes_back_by_challenge_and_reset),
		cmocka_unit_test(
			blind_syns_and_resets_on_a_live_connection_change_nothing),
		cmocka_unit_test(syn_on_a_live_connection_needs_the_rules),
		cmocka_unit_test(time_wait_is_reused_by_a_shadow_that_completes),
		cmocka_unit_test(connection_that_a_shadow_replaces_keeps_its_extension),
		cmocka_unit_test(shadow_waits_ten_seconds_and_no_longer),
		cmocka_unit_test(both_ends_that_agree_on_an_unseen_syn_are_believed),
		cmocka_unit_test(
			port_reuse_in_the_linger_survives_the_loss_of_its_shadow),
		cmocka_unit_test(without_an_extension_the_live_connection_is_still_safe),
		cmocka_unit_test(data_dropped_in_the_linger_is_not_waited_for),
		cmocka_unit_test(segment_too_many_for_a_shadow_leaves_it_as_it_was),
		cmocka_unit_test(
			reset_in_syn_received_is_undone_by_what_acknowledges_the_syn),
		cmocka_unit_test(
			after_a_fin_in_syn_received_an_ack_must_still_be_of_the_syn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
