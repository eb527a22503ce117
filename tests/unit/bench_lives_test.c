/* SPDX-License-Identifier: BSD-3-Clause */
/* The generator of connections (bench/gen), over a wire that loses, and through the engine. */
#include "engine_fixture.h"

#include <lives.h>

#define SLOTS 10u
#define TIMEOUT 50u

struct wire {
	struct lives lives;
	void *memory;
	struct fixture *engine; /* NULL: a bare wire */
	unsigned lose;          /* each lose-th segment; 0: none */
	unsigned seen;
	uint64_t now;
};

static void
wire_start(struct wire *w, const struct lives_config *config)
{
	w->memory = calloc(1, lives_bytes(config));
	assert_non_null(w->memory);
	lives_init(&w->lives, config, w->memory);
	w->now = 1;
}

static void
arrive(struct wire *w, uint8_t side, struct rte_mbuf *m)
{
	lives_take(&w->lives, side, w->now, m);
	rte_pktmbuf_free(m);
}

static void
cross_engine(struct wire *w, uint8_t from, struct rte_mbuf *m)
{
	struct engine_tx *tx = engine_tx(w->engine->e, !from);
	struct engine_record record;

	engine_burst(w->engine->e, from, &m, 1, START + w->now * MS, &record);
	assert_passed(record);
	assert_int_equal(tx->count, 1);
	m = tx->pkts[0];
	engine_tx_done(w->engine->e, tx, 1);
	arrive(w, !from, m);
}

static void
cross(struct wire *w, uint8_t from, struct rte_mbuf *m)
{
	if (w->lose != 0 && ++w->seen % w->lose == 0)
		rte_pktmbuf_free(m);
	else if (w->engine != NULL)
		cross_engine(w, from, m);
	else
		arrive(w, !from, m);
}

/* Turns of the generator: begin what goes, send what is ready, look for what is late. */
static void
turns(struct wire *w, unsigned n)
{
	struct rte_mbuf *m;
	unsigned i;

	while (n-- > 0) {
		w->now++;
		for (i = 0; i < SLOTS; i++)
			lives_next(&w->lives);
		for (i = lives_ready(&w->lives); i > 0; i--) {
			m = rte_pktmbuf_alloc(pool);
			assert_non_null(m);
			cross(w, lives_write(&w->lives, w->now, m), m);
		}
		lives_late(&w->lives, w->now, SLOTS);
	}
}

static struct lives_config
config_of(uint8_t family, bool hold)
{
	return (struct lives_config){
		.family = family,
		.hold = hold,
		.payload = 100,
		.data = 3,
		.connections = SLOTS,
		.timeout = TIMEOUT,
	};
}

static void
lives_of_nine_segments_follow_each_other(void **state)
{
	struct lives_config config = config_of(4, false);
	struct wire w = {0};

	(void)state;
	wire_start(&w, &config);
	turns(&w, 90);
	/* a segment a turn, but the ACK and the first data share one's wait */
	assert_in_range(w.lives.stats.ended, 9 * SLOTS, 10 * SLOTS);
	assert_int_equal(w.lives.stats.sent, w.lives.stats.received);
	assert_in_range(w.lives.stats.received, 9 * w.lives.stats.ended,
			9 * w.lives.stats.ended + 9 * SLOTS);
	assert_int_equal(w.lives.stats.again, 0);
	assert_int_equal(w.lives.stats.alien, 0);
	assert_int_equal(w.lives.latency.count, w.lives.stats.received);
	free(w.memory);
}

static void
what_is_lost_is_sent_again(void **state)
{
	struct lives_config config = config_of(4, false);
	struct wire w = {.lose = 7};

	(void)state;
	wire_start(&w, &config);
	turns(&w, 1000);
	assert_true(w.lives.stats.ended > SLOTS);
	assert_int_equal(w.lives.stats.abandoned, 0);
	assert_true(w.lives.stats.again > 0);
	assert_true(w.lives.stats.sent > w.lives.stats.received);
	free(w.memory);
}

static void
what_never_comes_is_given_up(void **state)
{
	struct lives_config config = config_of(4, false);
	struct wire w = {.lose = 1};

	(void)state;
	wire_start(&w, &config);
	turns(&w, TIMEOUT * (LIVES_TRIES + 1));
	assert_int_equal(w.lives.stats.received, 0);
	assert_int_equal(w.lives.stats.opened, 0);
	assert_int_equal(w.lives.stats.abandoned, SLOTS);
	free(w.memory);
}

static void
the_tracker_finds_all_valid(void **state)
{
	uint8_t family;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct fixture f = {.config = fixture_config()};
		struct lives_config config = config_of(family, false);
		struct wire w = {.engine = &f, .lose = 11};

		config.timestamps = family == 6;
		fixture_start(&f, OFFICE);
		wire_start(&w, &config);
		turns(&w, 1000); /* each packet is asserted to pass */
		assert_true(w.lives.stats.ended > 2 * SLOTS);
		assert_in_range(stats(&f).created, w.lives.stats.ended,
				w.lives.stats.ended +
					SLOTS); /* the last SYN may be lost */
		fixture_end(&f);
		free(w.memory);
	}
}

static void
held_connections_stay_and_talk(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct lives_config config = config_of(4, true);
	struct wire w = {.engine = &f};

	(void)state;
	fixture_start(&f, OFFICE);
	wire_start(&w, &config);
	turns(&w, 500);
	assert_int_equal(lives_open(&w.lives), SLOTS);
	assert_int_equal(w.lives.stats.opened, SLOTS);
	assert_int_equal(w.lives.stats.ended, 0);
	assert_in_range(w.lives.stats.received, 490 * SLOTS, 500 * SLOTS);
	assert_int_equal(stats(&f).created, SLOTS);
	fixture_end(&f);
	free(w.memory);
}

static void
what_nobody_sent_is_alien(void **state)
{
	struct lives_config config = config_of(4, true);
	struct frame rst = segment(WAN, FRAME_RST, 5001, 0);
	struct wire w = {0};
	struct rte_mbuf *m;

	(void)state;
	wire_start(&w, &config);
	turns(&w, 10);
	assert_int_equal(w.lives.stats.alien, 0);
	m = mbuf_of(&rst);
	arrive(&w, LAN, m);
	assert_int_equal(w.lives.stats.alien, 1);
	/* one of ours, but at the side that sent it */
	lives_next(&w.lives);
	m = rte_pktmbuf_alloc(pool);
	assert_non_null(m);
	arrive(&w, lives_write(&w.lives, w.now, m), m);
	assert_int_equal(w.lives.stats.alien, 2);
	free(w.memory);
}

static void
percentiles_are_right_to_three_in_a_hundred(void **state)
{
	static struct histogram h;
	uint64_t value;

	(void)state;
	assert_int_equal(histogram_percentile(&h, 0.5), 0);
	for (value = 1; value <= 100000; value++)
		histogram_add(&h, value);
	assert_in_range(histogram_percentile(&h, 0.5), 48500, 50001);
	assert_in_range(histogram_percentile(&h, 0.99), 96000, 99001);
	assert_in_range(histogram_percentile(&h, 1), 96900, 100000);
	assert_int_equal(h.most, 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_of_nine_segments_follow_each_other),
		cmocka_unit_test(what_is_lost_is_sent_again),
		cmocka_unit_test(what_never_comes_is_given_up),
		cmocka_unit_test(the_tracker_finds_all_valid),
		cmocka_unit_test(held_connections_stay_and_talk),
		cmocka_unit_test(what_nobody_sent_is_alien),
		cmocka_unit_test(percentiles_are_right_to_three_in_a_hundred),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
