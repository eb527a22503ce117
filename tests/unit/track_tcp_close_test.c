/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Close, time-outs, probes and eviction, and the RSTs with which the tracker ends a
 * connection. RSTs of the endpoints are tested in track_tcp_reset_test.c.
 */
#include "tcp_world.h"

#include <base/ticks.h>

static struct world w;

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
		cmocka_unit_test(gen_6_resets_have_rcv_nxt_of_each_endpoint),
		cmocka_unit_test(four_segment_close_ends_in_time_wait_for_2msl),
		cmocka_unit_test(simultaneous_close_passes_through_closing),
		cmocka_unit_test(time_wait_of_a_fin_that_is_withdrawn_is_forgotten),
		cmocka_unit_test(pressure_takes_the_idle_half_closed_and_the_unconfirmed),
		cmocka_unit_test(idle_pair_is_probed_three_times_before_it_goes),
		cmocka_unit_test(
			unacknowledged_data_and_zero_windows_shorten_the_time_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
