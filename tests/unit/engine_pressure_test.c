/* SPDX-License-Identifier: BSD-3-Clause */
/* TIM-2: which connections are evicted from a full table, and which are not. */
#include "engine_fixture.h"

#define SYNS 300000u

static void
start(struct fixture *f, uint32_t max)
{
	*f = (struct fixture){.config = fixture_config()};
	f->config.max = max;
	fixture_start(f, OFFICE);
}

static struct frame
syn_from(uint32_t client)
{
	struct frame frame = segment(LAN, FRAME_SYN, client * 7919, 0);
	static char address[32];

	snprintf(address, sizeof(address), "10.%u.%u.%u", 1 + (client >> 16 & 127),
		 client >> 8 & 255, client & 255);
	frame.src = address;
	return frame;
}

/* Return whether the engine lists a connection with this source port. */
static bool
there(struct fixture *f, uint16_t sport)
{
	struct conn_view views[64];
	uint64_t cursor = 0;
	unsigned n, i;

	while (cursor != ENGINE_CURSOR_END) {
		n = engine_list(f->e, START, &cursor, views, RTE_DIM(views));
		for (i = 0; i < n; i++)
			if (views[i].key.id.port[0] == rte_cpu_to_be_16(sport))
				return true;
	}
	return false;
}

static void
a_flood_of_syns_leaves_established_alone(void **state)
{
	struct fixture f;
	struct frame frame;
	uint32_t i;

	(void)state;
	start(&f, 256);
	for (i = 0; i < 128; i++)
		handshake_from(&f, (uint16_t)(1000 + i));
	for (i = 0; i < SYNS; i++) {
		frame = syn_from(i);
		assert_passed(inject_at(&f, LAN, &frame, START + i * (MS / 100)));
	}
	/* the table stayed full, and each SYN got an entry */
	assert_int_equal(stats(&f).drops[REASON_TABLE_FULL], 0);
	assert_true(stats(&f).evicted >= SYNS - 128);
	for (i = 0; i < 128; i++) {
		frame = segment(LAN, FRAME_ACK, 1001, 5001);
		frame.sport = (uint16_t)(1000 + i);
		frame.payload_len = 10;
		assert_states(inject_at(&f, LAN, &frame, START + 4 * S), "ESTABLISHED",
			      "ESTABLISHED");
	}
	fixture_end(&f);
}

/*
 * A run of 50,000 established connections must not make a SYN fail: while the scan
 * crosses it, new connections take the slots that are kept free.
 */
static void
a_row_of_established_costs_no_syn_its_place(void **state)
{
	enum { ROW = 50000, TABLE = 70000 };
	struct fixture f;
	struct frame frame;
	uint32_t i;

	(void)state;
	start(&f, TABLE);
	for (i = 0; i < ROW; i++)
		handshake_from(&f, (uint16_t)(1000 + i));
	for (i = 0; i < SYNS; i++) {
		frame = syn_from(i);
		assert_passed(inject_at(&f, LAN, &frame, START + i * (MS / 100)));
	}
	assert_int_equal(stats(&f).drops[REASON_TABLE_FULL], 0);
	assert_int_equal(stats(&f).drops[REASON_TABLE_CROWDED], 0);
	for (i = 0; i < ROW; i++)
		assert_true(i % 1000 != 0 || there(&f, (uint16_t)(1000 + i)));
	fixture_end(&f);
}

/* Close the connection from a port, up to the given step. */
static void
close_from(struct fixture *f, uint16_t sport, unsigned steps)
{
	struct frame frames[] = {
		segment(LAN, FRAME_FIN | FRAME_ACK, 1001, 5001),
		segment(WAN, FRAME_FIN | FRAME_ACK, 5001, 1002),
		segment(LAN, FRAME_ACK, 1002, 5002),
	};
	unsigned i;

	for (i = 0; i < steps; i++) {
		uint16_t port = i == 1 ? WAN : LAN;

		if (port == LAN)
			frames[i].sport = sport;
		else
			frames[i].dport = sport;
		assert_passed(inject(f, port, &frames[i]));
	}
}

static void
the_least_goes_first(void **state)
{
	/* source ports of one connection in each state, in reverse order of eviction */
	static const uint16_t order[] = {1006, 1005, 1004, 1003, 1002};
	struct fixture f;
	struct frame frame;
	unsigned i, k;

	(void)state;
	start(&f, 6);
	handshake_from(&f, 1001); /* ESTABLISHED */
	frame = segment(LAN, FRAME_SYN, 1000, 0);
	frame.sport = 1002;
	assert_passed(inject(&f, LAN, &frame)); /* SYN_RECEIVED */
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	frame.dport = 1002;
	assert_passed(inject(&f, WAN, &frame));
	handshake_from(&f, 1003);
	close_from(&f, 1003, 2); /* LAST_ACK */
	frame = segment(LAN, FRAME_SYN, 1000, 0);
	frame.sport = 1004;
	assert_passed(inject(&f, LAN, &frame)); /* SYN_SENT */
	handshake_from(&f, 1005);
	handshake_from(&f, 1006);
	close_from(&f, 1005, 3); /* TIME_WAIT */
	frame = segment(LAN, FRAME_RST, 1001, 0);
	frame.sport = 1006;
	assert_passed(inject(&f, LAN, &frame)); /* CLOSED */

	for (i = 0; i < RTE_DIM(order); i++) {
		assert_true(there(&f, order[i]));
		handshake_from(&f, (uint16_t)(2000 + i));
		assert_false(there(&f, order[i]));
		for (k = i + 1; k < RTE_DIM(order); k++)
			assert_true(there(&f, order[k]));
	}
	/* six connections are established now, so none is evicted */
	frame = segment(LAN, FRAME_SYN, 1000, 0);
	frame.sport = 3000;
	assert_dropped(inject(&f, LAN, &frame), REASON_TABLE_FULL);
	assert_true(there(&f, 1001));
	assert_int_equal(stats(&f).evicted, 5);
	assert_int_equal(stats(&f).evictions[TRACK_EVICT_CLOSED], 1);
	assert_int_equal(stats(&f).evictions[TRACK_EVICT_TIME_WAIT], 1);
	assert_int_equal(stats(&f).evictions[TRACK_EVICT_STALE], 0);
	assert_int_equal(stats(&f).evictions[TRACK_EVICT_UNANSWERED], 1);
	assert_int_equal(stats(&f).evictions[TRACK_EVICT_LAST_ACK], 1);
	assert_int_equal(stats(&f).evictions[TRACK_EVICT_UNCONFIRMED], 1);
	fixture_end(&f);
}

/*
 * Under pressure a connection in SYN_SENT is evicted after 5 s, otherwise after its whole
 * timeout.
 */
static void
stale_syns_go_before_the_table_is_full(void **state)
{
	struct fixture f;
	struct frame frame;
	uint32_t i;

	(void)state;
	start(&f, 1000);
	for (i = 0; i < 940; i++) {
		frame = syn_from(i);
		assert_passed(inject(&f, LAN, &frame));
	}
	/* the fill level exceeds 95 % meanwhile, but no connection is stale */
	for (; i < 960; i++) {
		frame = syn_from(i);
		assert_passed(inject_at(&f, LAN, &frame, START + 4 * S));
	}
	assert_int_equal(stats(&f).evicted, 0);
	frame = syn_from(i);
	assert_passed(inject_at(&f, LAN, &frame, START + 5001 * MS));
	assert_true(stats(&f).evicted > 0);
	assert_int_equal(stats(&f).evictions[TRACK_EVICT_STALE], stats(&f).evicted);
	fixture_end(&f);
}

/*
 * The table has fewer slots than a scan examines; the scan must not examine a slot twice.
 */
static void
in_a_small_table_nobody_goes_twice(void **state)
{
	struct fixture f;
	struct frame frame;
	uint32_t i;

	(void)state;
	start(&f, 3);
	for (i = 0; i < 2; i++) {
		frame = syn_from(i);
		assert_passed(inject(&f, LAN, &frame));
	}
	frame = syn_from(i);
	assert_passed(inject_at(&f, LAN, &frame, START + 6 * S));
	assert_int_equal(stats(&f).evicted, 2);
	assert_int_equal(stats(&f).removed, 2);
	assert_int_equal(stats(&f).connections, 1);
	fixture_end(&f);
}

static void
questions_go_and_streams_stay(void **state)
{
	struct frame frame;
	struct fixture f;
	uint16_t i;

	(void)state;
	start(&f, 3);
	/* a stream: in use for more than 2 s, in both directions */
	for (i = 0; i < 2; i++) {
		frame = datagram(LAN, 1000, 53);
		assert_passed(inject_at(&f, LAN, &frame, START + i * 3 * S));
		frame = datagram(WAN, 1000, 53);
		assert_passed(inject_at(&f, WAN, &frame, START + i * 3 * S));
	}
	frame = datagram(LAN, 1001, 53); /* with a reply */
	assert_passed(inject_at(&f, LAN, &frame, START + 3 * S));
	frame = datagram(WAN, 1001, 53);
	assert_passed(inject_at(&f, WAN, &frame, START + 3 * S));
	frame = datagram(LAN, 1002, 53); /* without a reply */
	assert_passed(inject_at(&f, LAN, &frame, START + 3 * S));

	frame = datagram(LAN, 1003, 53);
	assert_passed(inject_at(&f, LAN, &frame, START + 3 * S));
	assert_false(there(&f, 1002));
	assert_true(there(&f, 1000) && there(&f, 1001) && there(&f, 1003));
	fixture_end(&f);
}

/* Return the n-th datagram, each from another host. */
static struct frame
stranger(uint32_t n, char src[16])
{
	struct frame frame = datagram(LAN, 1000, 53);

	snprintf(src, 16, "10.%u.%u.%u", n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
	frame.src = src;
	return frame;
}

/*
 * Return the next host after n whose connection belongs in the two `buckets`. An attacker
 * could not compute this without the table's secret.
 */
static uint32_t
next_crowded(const struct flow_table *t, uint32_t n, uint32_t buckets[2])
{
	struct flow_key key = {.id = {.port = {RTE_BE16(1000), RTE_BE16(53)},
				      .network = FLOW_UDP},
			       .addr.v4 = {0, RTE_BE32(0xc0000201)}};
	uint32_t home, other;
	uint64_t hash;

	for (;; n++) {
		key.addr.v4[0] = rte_cpu_to_be_32(0x0a000000 + n);
		hash = flow_table_hash(t, &key);
		home = flow_primary(t, hash);
		other = flow_alternate(t, home, flow_tag(hash));
		if (buckets[0] == buckets[1]) {
			buckets[0] = home;
			buckets[1] = other;
		}
		if ((home == buckets[0] && other == buckets[1]) ||
		    (home == buckets[1] && other == buckets[0]))
			return n;
	}
}

/*
 * The two buckets have sixteen slots: the seventeenth connection is refused, and none is
 * evicted.
 */
static void
crowded_keys_are_refused_and_cost_nobody_a_place(void **state)
{
	uint32_t buckets[2] = {0, 0}, n = 1, i;
	struct flow_config config;
	struct flow_table table;
	struct frame frame;
	struct fixture f;
	void *memory;
	char src[16];

	(void)state;
	start(&f, 1000);
	config = (struct flow_config){.family = 4,
				      .connections = f.config.max,
				      .secret = f.config.secret};
	memory = aligned_alloc(64, RTE_ALIGN_CEIL(flow_table_bytes(&config), 64));
	assert_non_null(memory);
	assert_int_equal(flow_table_init(&table, memory, &config), 0);
	for (i = 0; i < 2 * FLOW_BUCKET_SLOTS; i++, n++) {
		n = next_crowded(&table, n, buckets);
		frame = stranger(n, src);
		assert_passed(inject(&f, LAN, &frame));
	}
	for (i = 0; i < 5; i++, n++) {
		n = next_crowded(&table, n, buckets);
		frame = stranger(n, src);
		assert_dropped(inject(&f, LAN, &frame), REASON_TABLE_CROWDED);
	}
	free(memory);
	assert_int_equal(stats(&f).evicted, 0);
	assert_int_equal(stats(&f).connections, 2 * FLOW_BUCKET_SLOTS);
	/* connections in other buckets are still accepted */
	for (i = 0; i < 100; i++) {
		frame = stranger(0xf00000 + i, src);
		assert_passed(inject(&f, LAN, &frame));
	}
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_of_syns_leaves_established_alone),
		cmocka_unit_test(a_row_of_established_costs_no_syn_its_place),
		cmocka_unit_test(the_least_goes_first),
		cmocka_unit_test(stale_syns_go_before_the_table_is_full),
		cmocka_unit_test(in_a_small_table_nobody_goes_twice),
		cmocka_unit_test(questions_go_and_streams_stay),
		cmocka_unit_test(crowded_keys_are_refused_and_cost_nobody_a_place),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
