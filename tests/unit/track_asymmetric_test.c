/* SPDX-License-Identifier: BSD-3-Clause */
/* ACC-10: one direction goes another way. A is seen, B's segments after the handshake are not. */
#include <track/tcp_state.h>

#include "tcp_world.h"

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

	/* from now on without a word, and without B's acknowledgments */
	PASS(&w, A, ACK(101, 9301), "ESTABLISHED", "ESTABLISHED");
	assert_false(w.r.events & TRACK_EVENT_ASYMMETRIC);
	PASS(&w, A, ACK(101, 9301, .len = 8000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(8101, 9301, .len = 8000), "ESTABLISHED", "ESTABLISHED");
	PASS(&w, A, ACK(16101, 9301, .len = 1), "ESTABLISHED", "ESTABLISHED");
	/* B, should it come back, goes on where A has acknowledged it */
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
	/* beyond what A has offered, B cannot have sent */
	DROP(&w, A, ACK(106, 1301 + 8001 + 8000), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(106 + 8001, 1301, .len = 1), REASON_TCP_SEQ_RIGHT);
	DROP(&w, A, ACK(100 - 8001, 1301, .len = 8100), REASON_TCP_SEQ_LEFT);
	DROP(&w, A, RST(50), REASON_TCP_RST_SEQ);
	/* exact, as far as we know; but B's word for it goes another way: in doubt */
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
	/* .. nor when it goes back, nor when the two sides take turns */
	world_wait(&w, 10);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(101, 1300), REASON_TCP_ACK_UNSENT);
	DROP(&w, B, ACK(301, 1000), REASON_TCP_ACK_UNSENT);
	DROP(&w, A, ACK(101, 1301), REASON_TCP_ACK_UNSENT);
	assert_false(asymmetric(&w));
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
		cmocka_unit_test(not_when_told_to_be_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
