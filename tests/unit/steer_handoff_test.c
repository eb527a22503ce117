/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings between workers that share a wire: which worker has frames to take, and what
 * happens when a ring is full.
 */
#include "steer_fixture.h"

/* SYNs that worker 1 owns and worker 0 hands over. */
static void
hand_over(struct world *w, unsigned n)
{
	struct frame f = segment(LAN, FRAME_SYN, 1000, 0);
	struct rte_mbuf *m;

	while (n > 0) {
		f.sport++;
		m = mbuf_of(&f);
		if (handoff_split(w->h[0], LAN, &m, 1) == 0)
			n--;
		else
			rte_pktmbuf_free(m);
	}
	handoff_flush(w->h[0]);
}

static void
who_has_handed_over_is_ready_until_all_is_taken(void **state)
{
	struct rte_mbuf *taken[ENGINE_BURST_MAX];
	static struct world w;
	unsigned i;

	(void)state;
	world_start(&w, 2, false, false);
	assert_int_equal(handoff_ready(w.h[1], LAN), 0);
	hand_over(&w, ENGINE_BURST_MAX + 3);
	assert_int_equal(handoff_ready(w.h[0], LAN), 0);
	assert_int_equal(handoff_ready(w.h[1], WAN), 0);

	assert_int_equal(handoff_ready(w.h[1], LAN), 1);
	assert_int_equal(handoff_take(w.h[1], 0, LAN, taken), ENGINE_BURST_MAX);
	rte_pktmbuf_free_bulk(taken, ENGINE_BURST_MAX);
	assert_int_equal(handoff_ready(w.h[1], LAN), 1);
	assert_int_equal(handoff_take(w.h[1], 0, LAN, taken), 3);
	rte_pktmbuf_free_bulk(taken, 3);
	assert_int_equal(handoff_ready(w.h[1], LAN), 0);

	/* frames that follow before it is taken set no second mark */
	for (i = 1; i <= 2; i++) {
		hand_over(&w, 1);
		hand_over(&w, 1);
		assert_int_equal(handoff_ready(w.h[1], LAN), 1);
		assert_int_equal(handoff_ready(w.h[1], LAN), 0);
		assert_int_equal(handoff_take(w.h[1], 0, LAN, taken), 2);
		rte_pktmbuf_free_bulk(taken, 2);
	}
	world_end(&w);
}

/* 64 workers need more rings than DPDK has names for. */
static void
sixty_four_workers_can_share_a_wire(void **state)
{
	const uint8_t sender[2] = {0, 1};
	static struct handoff *h[STEER_MAX_WORKERS];
	static struct steer steer;
	static const int sockets[STEER_MAX_WORKERS];
	static const uint8_t secret[KEY_SECRET_BYTES];
	unsigned i;

	(void)state;
	steer_init_toeplitz(&steer, 0, STEER_MAX_WORKERS, 512, secret);
	for (i = 0; i < STEER_MAX_WORKERS; i++) {
		h[i] = rte_zmalloc(NULL, sizeof(*h[i]), 64);
		assert_non_null(h[i]);
	}
	assert_int_equal(handoff_init(h, &steer, sockets, sender), 0);
	assert_non_null(h[63]->link[0][1].to);
	assert_ptr_equal(h[63]->link[0][1].to, h[0]->link[63][1].from);
	assert_true(h[0]->collects && h[1]->collects && !h[2]->collects);
	for (i = 0; i < STEER_MAX_WORKERS; i++)
		handoff_free(h[i]);
	for (i = 0; i < STEER_MAX_WORKERS; i++)
		rte_free(h[i]);
}

static void
a_full_ring_drops_and_counts(void **state)
{
	static struct world w;
	struct frame f = segment(LAN, FRAME_SYN, 1000, 0);
	struct rte_ring *ring;
	struct rte_mbuf *m;
	void *nothing = NULL;

	(void)state;
	world_start(&w, 2, false, false);
	ring = w.h[0]->link[1][LAN].to;
	/* fill the ring to the other worker until it has room for one more packet */
	do {
		m = mbuf_of(&f);
		f.sport++;
		if (handoff_split(w.h[0], LAN, &m, 1) == 0)
			break;
		rte_pktmbuf_free(m);
	} while (true);
	f.sport--;
	while (rte_ring_free_count(ring) > 1)
		assert_int_equal(rte_ring_sp_enqueue(ring, nothing), 0);
	handoff_flush(w.h[0]);
	assert_int_equal(w.h[0]->handed_over, 1);
	assert_int_equal(stats(&w.f[0]).drops[REASON_HANDOVER_FULL], 0);

	m = mbuf_of(&f);
	assert_int_equal(handoff_split(w.h[0], LAN, &m, 1), 0);
	handoff_flush(w.h[0]);
	assert_int_equal(w.h[0]->handed_over, 1);
	assert_int_equal(stats(&w.f[0]).drops[REASON_HANDOVER_FULL], 1);
	assert_int_equal(stats(&w.f[0]).packets, 1);
	assert_int_equal(stats(&w.f[1]).packets, 0);
	while (rte_ring_sc_dequeue(ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_handed_over_is_ready_until_all_is_taken),
		cmocka_unit_test(sixty_four_workers_can_share_a_wire),
		cmocka_unit_test(a_full_ring_drops_and_counts),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
