/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments that several workers receive: one worker gathers those of a datagram, and
 * hands them to the worker that owns the connection.
 */
#include "steer_fixture.h"

/* Send one fragment to each worker on a side. */
static void
send_pieces(struct world *w, const struct frame *f, uint8_t side, unsigned n)
{
	static const uint16_t off[] = {800, 0, 400}, len[] = {200, 400, 400};
	unsigned i;

	for (i = 0; i < n && i < RTE_DIM(off); i++)
		world_arrive(w, side, piece_of(f, off[i], len[i], off[i] != 800), 1);
}

static void
fragments_find_the_connection_of_their_datagram(void **state)
{
	static struct world w;
	struct frame there, back;
	unsigned i;

	(void)state;
	world_start(&w, 4, false, false);
	for (i = 1; i <= 100; i++) {
		there = datagram(LAN, (uint16_t)(5000 + i), 53);
		back = datagram(WAN, (uint16_t)(5000 + i), 53);
		back.payload_len = 992;
		/* no worker has polled yet */
		back.id = (uint16_t)(300 + i);
		send_pieces(&w, &back, WAN, 3);
		assert_int_equal(w.passed[300 + i], 0);
		assert_int_equal(world_stats(&w).drops[REASON_POLICY_DROP], 3 * i);
		there.id = (uint16_t)(100 + i);
		world_arrive(&w, LAN, mbuf_of(&there), 1);
		back.id = (uint16_t)(200 + i);
		send_pieces(&w, &back, WAN, 2);
		assert_int_equal(w.passed[200 + i], 0);
		send_pieces(&w, &back, WAN, 3); /* two fragments arrive twice */
		assert_int_equal(w.passed[200 + i], 3);
	}
	assert_int_equal(world_stats(&w).drops[REASON_IP_FRAGMENT_DUPLICATE], 200);
	assert_int_equal(world_stats(&w).fragments, 0);
	assert_int_equal(world_stats(&w).reassembled, 200);
	world_end(&w);
}

static void
what_is_not_whole_in_time_is_dropped(void **state)
{
	static struct world w;
	struct frame f = datagram(LAN, 5000, 53);
	unsigned i;

	(void)state;
	world_start(&w, 2, true, false);
	f.payload_len = 992;
	send_pieces(&w, &f, LAN, 2);
	assert_int_equal(world_stats(&w).fragments, 2);
	w.now_ns += 30 * S - MS;
	for (i = 0; i < 2; i++)
		world_turn(&w, i);
	assert_int_equal(world_stats(&w).drops[REASON_IP_FRAGMENT_TIMEOUT], 0);
	w.now_ns += 2 * MS;
	for (i = 0; i < 2; i++)
		world_turn(&w, i);
	assert_int_equal(world_stats(&w).drops[REASON_IP_FRAGMENT_TIMEOUT], 2);
	assert_int_equal(world_stats(&w).fragments, 0);
	/* fragments that are still held at the end */
	send_pieces(&w, &f, LAN, 1);
	for (i = 0; i < 2; i++)
		handoff_stop(w.h[i]);
	assert_int_equal(world_stats(&w).drops[REASON_IP_FRAGMENT_TIMEOUT], 3);
	world_end(&w);
}

static void
a_fragment_wakes_the_worker_that_gathers_it(void **state)
{
	static struct world w;
	struct frame f = datagram(LAN, 5000, 53);
	struct rte_mbuf *m;
	unsigned i;

	(void)state;
	world_start(&w, 2, false, false);
	assert_int_equal(handoff_sleepy(w.h, 2), 0);
	f.payload_len = 992;
	handoff_doze(w.h[1]);
	for (f.id = 1; rte_ring_empty(w.h[1]->link[1][LAN].pieces); f.id++) {
		assert_true(f.id < 100);
		assert_false(is_woken(w.h[1])); /* these were for the first */
		m = piece_of(&f, 0, 400, true);
		assert_int_equal(handoff_split(w.h[0], LAN, &m, 1), 0);
	}
	assert_true(is_woken(w.h[1]));
	assert_int_equal(handoff_gather(w.h[1], w.now_ns), 1);
	assert_int_equal(handoff_gather(w.h[1], w.now_ns), 0);
	assert_int_equal(handoff_gather(w.h[0], w.now_ns), f.id - 2);
	for (i = 0; i < 2; i++)
		handoff_stop(w.h[i]);
	world_end(&w);
}

/* If a ring has no room for all fragments of a datagram, none of them is handed over. */
static void
a_datagram_goes_over_whole_or_not_at_all(void **state)
{
	static struct world w;
	struct frame f = datagram(LAN, 5000, 53);
	struct rte_ring *ring;
	struct rte_mbuf *m;
	void *nothing = NULL;
	unsigned from, to, filled = 0;

	(void)state;
	world_start(&w, 2, false, false);
	for (from = 0; from < 2; from++)
		for (to = 0; to < 2; to++) {
			ring = w.h[from]->link[to][LAN].to;
			while (rte_ring_free_count(ring) > 2)
				filled += rte_ring_sp_enqueue(ring, nothing) == 0;
		}
	f.payload_len = 992;
	m = piece_of(&f, 0, 400, true);
	assert_int_equal(handoff_split(w.h[0], LAN, &m, 1), 0);
	m = piece_of(&f, 400, 400, true);
	assert_int_equal(handoff_split(w.h[1], LAN, &m, 1), 0);
	m = piece_of(&f, 800, 200, false);
	assert_int_equal(handoff_split(w.h[0], LAN, &m, 1), 0);
	for (to = 0; to < 2; to++)
		handoff_gather(w.h[to], START);
	assert_int_equal(world_stats(&w).drops[REASON_HANDOVER_FULL], 3);
	assert_int_equal(world_stats(&w).packets, 3);
	for (from = 0; from < 2; from++)
		for (to = 0; to < 2; to++) {
			ring = w.h[from]->link[to][LAN].to;
			while (rte_ring_sc_dequeue(ring, &nothing) == 0) {
				assert_null(nothing);
				filled--;
			}
		}
	assert_int_equal(filled, 0);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fragment_wakes_the_worker_that_gathers_it),
		cmocka_unit_test(fragments_find_the_connection_of_their_datagram),
		cmocka_unit_test(what_is_not_whole_in_time_is_dropped),
		cmocka_unit_test(a_datagram_goes_over_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
