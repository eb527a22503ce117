/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ACC-10, PICK-1: one direction takes another way. The tracker sees A's segments, but not
 * B's after the handshake.
 */
#include <track/tcp_window.h>

#include "tcp_world.h"

#define TS(val, ecr) .has_ts = true, .tsval = (val), .tsecr = (ecr)

static bool
asymmetric(const struct world *w)
{
	return (w->cold.flags & COLD_ASYMMETRIC) != 0;
}

static void
three_exact_segments_that_acknowledge_the_unseen(void **state)
{
	struct world w;

	(void)state;
	world_establish(&w);
	world_wait(&w, 10);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	MADE(&w, ACTION_CHALLENGE_ACK, A, TCP_ACK, 301, 101);
	DROP(&w, A, ACK(101, 2301), REASON_TCP_ACK_UNSENT);
	assert_false(asymmetric(&w));
	PASS(&w, A, ACK(101, 3301), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.r.events & TRACK_EVENT_ASYMMETRIC);
	assert_true(asymmetric(&w));
	assert_int_equal(w.hot.nxt[B], 3301);

	/* reported once; the connection goes on without B's acknowledgments */
	PASS(&w, A, ACK(101, 9301), "ESTABLISHED", "ESTABLISHED");
	assert_false(w.r.events & TRACK_EVENT_ASYMMETRIC);
	PASS(&w, A, ACK(101, 9301, .len = 8000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(8101, 9301, .len = 8000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(16101, 9301, .len = 1), "ESTABLISHED", "ESTABLISHED");
	/* when B's segments are seen again, they continue where A's last ACK pointed */
	PASS(&w, B, ACK(9301, 16102, .len = 10), "ESTABLISHED", "ESTABLISHED");
}

static void
an_asymmetric_connection_is_still_judged(void **state)
{
	struct world w;

	(void)state;
	world_establish(&w);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	PASS(&w, A, ACK(101, 1301, .len = 5), "ESTABLISHED", "ESTABLISHED");
	/* B cannot have sent beyond what A has offered */
	DROP(&w, A, ACK(106, 1301 + 8001 + 8000), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(106 + 8001, 1301, .len = 1), REASON_TCP_SEQ_RIGHT);
	DROP(&w, A, ACK(100 - 8001, 1301, .len = 8100), REASON_TCP_SEQ_LEFT);
	DROP(&w, A, RST(50), REASON_TCP_RST_SEQ);
	/*
	 * The number is RCV.NXT of B as far as is known. But B's acknowledgments are not
	 * seen, so the RST is in doubt.
	 */
	PASS(&w, A, RST(106), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.cold.flags & COLD_RST_PEND);
}

static void
not_by_segments_that_are_not_exact(void **state)
{
	struct world w;
	int i;

	(void)state;
	world_establish(&w);
	for (i = 0; i < 10; i++) {
		DROP(&w, A, ACK(102, 1301), REASON_TCP_ACK_UNSENT);
		DROP(&w, A, ACK(100, 1301), REASON_TCP_ACK_UNSENT);
		DROP(&w, A, ACK(101, 0x80000000u), REASON_TCP_ACK_UNSENT);
		DROP(&w, A, ACK(101, 301 + 8001), REASON_TCP_ACK_UNSENT);
	}
	assert_false(asymmetric(&w));
}

static void
not_when_something_passes_in_between(void **state)
{
	struct world w;
	int i;

	(void)state;
	world_establish(&w);
	for (i = 0; i < 5; i++) {
		world_wait(&w, 10);
		DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
		DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
		world_wait(&w, 10);
		PASS(&w, i & 1, ACK(i & 1 ? 301 : 101, i & 1 ? 101 : 301), "ESTABLISHED",
		     "ESTABLISHED");
	}
	assert_false(asymmetric(&w));
	/*
	 * ACKs that decrease, or of both sides in turn, are not evidence of another path
	 */
	world_wait(&w, 10);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(101, 1300), REASON_TCP_ACK_UNSENT);
	DROP(&w, B, ACK(301, 1000), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	assert_false(asymmetric(&w));
}

/*
 * Only the data of a transfer is seen, not its acknowledgments. After gigabytes the
 * numbers have wrapped, so una has to advance with the data.
 */
static void
goes_on_for_longer_than_half_the_space(void **state)
{
	struct world w;
	uint32_t seq = 301;
	int i;

	(void)state;
	world_establish(&w);
	for (; seq < 8301; seq += 1000)
		PASS(&w, B, ACK(seq, 101, .len = 1000), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, B, ACK(seq, 101, .len = 1000), REASON_TCP_SEQ_RIGHT);
	DROP(&w, B, ACK(seq, 101, .len = 1000), REASON_TCP_SEQ_RIGHT);
	for (i = 0; i < 700000; i++, seq += 8000)
		PASS(&w, B, ACK(seq, 101, .len = 8000), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, B, ACK(seq + 100000, 101, .len = 8000), REASON_TCP_SEQ_RIGHT);
	assert_true(seq - w.hot.una[B] < 100000);
	/* the first segment of A that is seen again */
	PASS(&w, A, ACK(101, seq, .len = 10), "ESTABLISHED", "ESTABLISHED");
}

/*
 * Segments of both directions were not seen. Segments of both ends are far from the
 * tracker's numbers, but acknowledge each other's numbers.
 */
static void
both_ends_that_agree_are_believed(void **state)
{
	struct world w;

	(void)state;
	world_establish(&w);
	DROP(&w, A, ACK(5000101, 7000301, .len = 500), REASON_TCP_SEQ_RIGHT);
	DROP(&w, B, ACK(7000301, 5000601), REASON_TCP_SEQ_RIGHT);
	PASS(&w, A, ACK(5000101, 7000301, .len = 500), "ESTABLISHED", "ESTABLISHED");
	assert_true(asymmetric(&w));
	PASS(&w, B, ACK(7000301, 5000601), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(5000601, 7000301, .len = 500), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, B, ACK(7000301, 5001101, .len = 10), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(5001101, 7000311), "ESTABLISHED", "ESTABLISHED");
	/* numbers are checked exactly again */
	DROP(&w, A, ACK(5001101, 7000312), REASON_TCP_ACK_UNSENT);
	DROP(&w, B, ACK(7000311, 5001102), REASON_TCP_ACK_UNSENT);
	DROP(&w, B, RST(301), REASON_TCP_RST_SEQ);
}

/*
 * The same, with numbers more than half of the sequence space away from the known ones.
 */
static void
both_ends_that_agree_are_believed_however_far(void **state)
{
	struct world w;

	(void)state;
	world_establish(&w);
	DROP(&w, A, ACK(3000000101, 2800000301, .len = 500), REASON_TCP_SEQ_LEFT);
	DROP(&w, B, ACK(2800000301, 3000000601), REASON_TCP_SEQ_LEFT);
	PASS(&w, A, ACK(3000000101, 2800000301, .len = 500), "ESTABLISHED",
	     "ESTABLISHED");
	PASS(&w, B, ACK(2800000301, 3000000601), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(3000000601, 2800000301, .len = 500), "ESTABLISHED",
	     "ESTABLISHED");
	PASS(&w, B, ACK(2800000301, 3000001101, .len = 10), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(3000001101, 2800000311), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, B, ACK(2800000311, 3000001102), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(3001001101, 2800000311), REASON_TCP_SEQ_RIGHT);
	DROP(&w, B, ACK(2801000311, 3000001101), REASON_TCP_SEQ_RIGHT);
	DROP(&w, A, ACK(101, 301), REASON_TCP_SEQ_RIGHT);
}

/* ACC-10 (b): A's timestamp clock has wrapped while its segments were not seen. */
static void
timestamps_of_ends_that_agree_count_anew(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100, TS(4000000000, 0)), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101, TS(50, 4000000000)), "ESTABLISHED", "SYN_RECEIVED");
	PASS(&w, A, ACK(101, 301, TS(4000000001, 50)), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(5000101, 7000301, .len = 500, TS(2000000000, 60)),
	     REASON_TCP_SEQ_RIGHT);
	DROP(&w, B, ACK(7000301, 5000601, TS(60, 2000000000)), REASON_TCP_SEQ_RIGHT);
	PASS(&w, A, ACK(5000101, 7000301, .len = 500, TS(2000000001, 60)), "ESTABLISHED",
	     "ESTABLISHED");
	PASS(&w, B, ACK(7000301, 5000601, TS(61, 2000000001)), "ESTABLISHED",
	     "ESTABLISHED");
	PASS(&w, A, ACK(5000601, 7000301, TS(2000000002, 61)), "ESTABLISHED",
	     "ESTABLISHED");
}

/*
 * ACC-10 (b): both ends also agree when A sends a keepalive, whose SEQ is one less than
 * the number that B acknowledges.
 */
static void
both_ends_that_agree_by_a_keepalive_are_believed(void **state)
{
	struct world w;

	(void)state;
	world_establish(&w);
	DROP(&w, A, ACK(5000100, 7000301), REASON_TCP_SEQ_RIGHT);
	DROP(&w, B, ACK(7000301, 5000101), REASON_TCP_SEQ_RIGHT);
	PASS(&w, A, ACK(5000101, 7000301), "ESTABLISHED", "ESTABLISHED");
	assert_true(asymmetric(&w));
}

static void
not_where_only_one_end_agrees(void **state)
{
	struct world w;
	int i;

	(void)state;
	world_establish(&w);
	for (i = 0; i < 10; i++) {
		/*
		 * the forger has guessed A's numbers, but not what A has received from B
		 */
		DROP(&w, A, ACK(5000101, 7000301, .len = 500), REASON_TCP_SEQ_RIGHT);
		DROP(&w, B, ACK(9000301, 5000601), REASON_TCP_SEQ_RIGHT);
		DROP(&w, B, ACK(7000301, 5000602), REASON_TCP_SEQ_RIGHT);
	}
	assert_false(asymmetric(&w));
}

static void
not_two_ends_that_agree_once_a_fin_is_known(void **state)
{
	struct world w;
	int i;

	(void)state;
	world_establish(&w);
	PASS(&w, A, FIN(101, 301), "FIN_WAIT_1", "CLOSE_WAIT");
	for (i = 0; i < 10; i++) {
		DROP(&w, A, ACK(5000101, 7000301, .len = 500), REASON_TCP_SEQ_RIGHT);
		DROP(&w, B, ACK(7000301, 5000601), REASON_TCP_SEQ_RIGHT);
	}
	assert_false(asymmetric(&w));
}

static void
not_two_ends_that_agree_in_the_handshake(void **state)
{
	struct world w;
	int i;

	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(&w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	for (i = 0; i < 10; i++) {
		DROP(&w, A, ACK(5000101, 301, .len = 500), REASON_TCP_SEQ_RIGHT);
		DROP(&w, B, ACK(301, 5000601), REASON_TCP_ACK_UNSENT);
	}
	assert_false(asymmetric(&w));
}

static void
not_two_ends_that_agree_before_and_after_what_passes(void **state)
{
	struct world w;

	(void)state;
	world_establish(&w);
	DROP(&w, A, ACK(5000101, 7000301, .len = 500), REASON_TCP_SEQ_RIGHT);
	DROP(&w, B, ACK(7000301, 5000601), REASON_TCP_SEQ_RIGHT);
	PASS(&w, A, ACK(101, 301, .len = 10), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(5000101, 7000301, .len = 500), REASON_TCP_SEQ_RIGHT);
	assert_false(asymmetric(&w));
}

static void
three_segments_show_an_answer_if_their_acks_are_near(void **state)
{
	const uint32_t far = TCP_UNSEEN_MAX + 1;
	struct world w;

	(void)state;
	world_init(&w);
	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
	DROP(&w, A, ACK(101, 301), REASON_TCP_NO_HANDSHAKE);
	DROP(&w, A, ACK(101, 301 + far), REASON_TCP_NO_HANDSHAKE);
	DROP(&w, A, ACK(101, 301 + 2 * far), REASON_TCP_NO_HANDSHAKE);
	DROP(&w, A, ACK(101, 301 + 2 * far), REASON_TCP_NO_HANDSHAKE);
	PASS(&w, A, ACK(101, 302 + 2 * far), "ESTABLISHED", "ESTABLISHED");
}

static void
a_pickup_is_assured_by_its_answer_alone(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.config.tcp_loose = true;
	PASS(&w, A, ACK(100, 200), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(100, 200, .len = 10), "ESTABLISHED", "ESTABLISHED");
	assert_false(w.hot.flags & (TRACK_ASSURED | TRACK_REPLIED));
	PASS(&w, B, ACK(200, 110), "ESTABLISHED", "ESTABLISHED");
	assert_true(w.hot.flags & TRACK_ASSURED);
}

static void
not_when_told_to_be_strict(void **state)
{
	struct world w;
	int i;

	(void)state;
	world_establish(&w);
	w.config.tcp_asymmetric = false;
	for (i = 0; i < 10; i++)
		DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	assert_false(asymmetric(&w));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_exact_segments_that_acknowledge_the_unseen),
		cmocka_unit_test(an_asymmetric_connection_is_still_judged),
		cmocka_unit_test(not_by_segments_that_are_not_exact),
		cmocka_unit_test(not_when_something_passes_in_between),
		cmocka_unit_test(goes_on_for_longer_than_half_the_space),
		cmocka_unit_test(both_ends_that_agree_are_believed),
		cmocka_unit_test(both_ends_that_agree_are_believed_however_far),
		cmocka_unit_test(timestamps_of_ends_that_agree_count_anew),
		cmocka_unit_test(both_ends_that_agree_by_a_keepalive_are_believed),
		cmocka_unit_test(not_where_only_one_end_agrees),
		cmocka_unit_test(not_two_ends_that_agree_once_a_fin_is_known),
		cmocka_unit_test(not_two_ends_that_agree_in_the_handshake),
		cmocka_unit_test(not_two_ends_that_agree_before_and_after_what_passes),
		cmocka_unit_test(three_segments_show_an_answer_if_their_acks_are_near),
		cmocka_unit_test(a_pickup_is_assured_by_its_answer_alone),
		cmocka_unit_test(not_when_told_to_be_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
