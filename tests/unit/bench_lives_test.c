/* SPDX-License-Identifier: BSD-3-Clause */
/* The generator of connections (bench/gen), over a lossy wire and through the engine. */
#include "engine_fixture.h"

#include <getopt.h>

#include <options.h>

#define SLOTS 10u
#define TIMEOUT 50u

struct wire {
	struct lives lives;
	void *memory;
	struct fixture *engine; /* NULL: frames cross without an engine */
	unsigned lose;          /* one of this many segments is lost; 0: none */
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
	engine_tx_done(w->engine->e, tx, 1, 0);
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

/*
 * Run the generator for n turns. A turn starts connections, sends the segments that are
 * ready, and checks for late ones.
 */
static void
turns(struct wire *w, unsigned n)
{
	struct rte_mbuf *m;
	unsigned i;

	while (n-- > 0) {
		w->now++;
		for (i = 0; i < SLOTS; i++) {
			lives_next(&w->lives, LIVES_HELD, LIVES_AT_ONCE);
			lives_next(&w->lives, LIVES_ENDING, LIVES_AT_ONCE);
		}
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
		.sizes = 1,
		.size = {{100, 1}},
		.data = 3,
		.connections = {hold ? SLOTS : 0, hold ? 0 : SLOTS},
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
	/* one segment a turn, except that the ACK and the first data share a turn */
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

/*
 * lives_late() gets a time that was read before some segments were sent. Such segments
 * must not count as late.
 */
static void
what_was_just_written_is_not_late(void **state)
{
	struct lives_config config = config_of(4, false);
	struct wire w = {0};
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	(void)state;
	wire_start(&w, &config);
	assert_non_null(m);
	assert_true(lives_next(&w.lives, LIVES_ENDING, LIVES_AT_ONCE));
	lives_write(&w.lives, 100, m);
	rte_pktmbuf_free(m);
	lives_late(&w.lives, 99, SLOTS);
	lives_late(&w.lives, 99 + TIMEOUT, SLOTS);
	assert_int_equal(w.lives.stats.again, 0);
	lives_late(&w.lives, 100 + TIMEOUT, SLOTS);
	assert_int_equal(w.lives.stats.again, 1);
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
		turns(&w, 1000); /* each packet must pass */
		assert_true(w.lives.stats.ended > 2 * SLOTS);
		assert_in_range(stats(&f).created, w.lives.stats.ended,
				w.lives.stats.ended +
					SLOTS); /* the last SYN of a slot may be lost */
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

/*
 * With a due time, the measured latency includes the time that a segment waited to be
 * sent.
 */
static void
latency_counts_from_when_it_was_due(void **state)
{
	struct lives_config config = config_of(4, true);
	struct wire w = {0};
	struct rte_mbuf *m;

	(void)state;
	config.connections[LIVES_HELD] = 1;
	wire_start(&w, &config);
	turns(&w, 10); /* establish the connection */
	memset(&w.lives.latency, 0, sizeof(w.lives.latency));

	w.now = 100;
	assert_true(lives_next(&w.lives, LIVES_HELD, 90));
	/* its only connection is busy */
	assert_false(lives_next(&w.lives, LIVES_HELD, 91));
	m = rte_pktmbuf_alloc(pool);
	assert_non_null(m);
	cross(&w, lives_write(&w.lives, w.now, m), m);
	assert_int_equal(w.lives.latency.count, 1);
	assert_int_equal(w.lives.latency.max, 10);

	w.now = 120; /* the segment that had to wait */
	assert_true(lives_next(&w.lives, LIVES_HELD, 91));
	m = rte_pktmbuf_alloc(pool);
	assert_non_null(m);
	cross(&w, lives_write(&w.lives, w.now, m), m);
	assert_int_equal(w.lives.latency.count, 2);
	assert_int_equal(w.lives.latency.max, 29);
	free(w.memory);
}

static void
held_ones_and_ending_ones_live_side_by_side(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct lives_config config = config_of(4, true);
	struct wire w = {.engine = &f, .lose = 13};

	(void)state;
	config.connections[LIVES_HELD] = SLOTS / 2;
	config.connections[LIVES_ENDING] = SLOTS / 2;
	fixture_start(&f, OFFICE);
	wire_start(&w, &config);
	turns(&w, 1000);
	assert_in_range(w.lives.stats.opened, SLOTS / 2 + w.lives.stats.ended,
			SLOTS + w.lives.stats.ended);
	assert_true(w.lives.stats.ended > SLOTS);
	assert_in_range(lives_open(&w.lives), SLOTS / 2, SLOTS);
	assert_int_equal(w.lives.stats.abandoned, 0);
	fixture_end(&f);
	free(w.memory);
}

/* The bytes transferred match the sizes and their weights; lost segments are repeated. */
static void
sizes_come_as_often_as_they_weigh(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct lives_config config = config_of(4, true);
	struct wire w = {.engine = &f, .lose = 17};
	double mean;

	(void)state;
	assert_int_equal(options_sizes(&config, "10:3,1000"), 0);
	fixture_start(&f, OFFICE);
	wire_start(&w, &config);
	turns(&w, 3000);
	assert_int_equal(w.lives.stats.alien, 0);
	assert_int_equal(w.lives.stats.abandoned, 0);
	mean = (double)w.lives.stats.bytes / (double)w.lives.stats.received - 54;
	assert_true(mean > 0.9 * (3 * 10 + 1000) / 4);
	assert_true(mean < 1.1 * (3 * 10 + 1000) / 4);
	fixture_end(&f);
	free(w.memory);
}

static void
what_is_no_list_of_sizes_is_refused(void **state)
{
	static const char *const bad[] = {
		"",    "0",   "1461", "6:0", "6:65",      "6:33,7:32",
		"six", "6;7", "6:1:", "-6",  "1,2,3,4,5", "6:x",
	};
	struct lives_config config = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(options_sizes(&config, bad[i]), -1);
	assert_int_equal(options_sizes(&config, "1460"), 0);
	assert_int_equal(config.sizes, 1);
	assert_int_equal(config.size[0].payload, 1460);
	assert_int_equal(config.size[0].weight, 1);
	assert_int_equal(options_sizes(&config, "imix"), 0);
	assert_int_equal(config.sizes, 3);
	assert_int_equal(config.size[1].payload, 536);
	assert_int_equal(config.size[1].weight, 4);
}

/* Parse the options of one command line; -1: error. */
static int
read_words(struct options *o, const char *words)
{
	char copy[128], name[] = "bench-gen", *argv[16] = {name}, *save = NULL, *word;
	int argc = 1;

	assert_true(strlen(words) < sizeof(copy));
	memcpy(copy, words, strlen(words) + 1);
	for (word = strtok_r(copy, " ", &save); word != NULL && argc < 15;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	optind = 0; /* glibc: 0 restarts the scan */
	return options_read(o, argc, argv);
}

static void
options_say_who_is_held_and_how_fast(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(read_words(&o, "-c 5 -R 7"), 0);
	assert_int_equal(o.lives.connections[LIVES_HELD], 0);
	assert_int_equal(o.lives.connections[LIVES_ENDING], 5);
	assert_true(o.rate[LIVES_ENDING] == 7);
	assert_int_equal(read_words(&o, "-H -c 5 -R 7 -n 3 -r 2 -F 1 -s imix"), 0);
	assert_int_equal(o.lives.connections[LIVES_HELD], 5);
	assert_int_equal(o.lives.connections[LIVES_ENDING], 3);
	assert_true(o.rate[LIVES_HELD] == 7);
	assert_true(o.rate[LIVES_ENDING] == 2);
	assert_true(o.flood == 1);
	assert_int_equal(o.lives.sizes, 3);
	assert_int_equal(read_words(&o, "-n 3"), -1);
	assert_int_equal(read_words(&o, "-s imix -6"), -1);
	assert_int_equal(read_words(&o, "-s 1460 -T"), -1);
	assert_int_equal(read_words(&o, "-R -1"), -1);
	assert_int_equal(read_words(&o, "-c 0"), -1);
	assert_int_equal(read_words(&o, "more"), -1);
}

static void
a_flood_is_counted_and_not_answered(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct lives_config config = config_of(4, true);
	struct wire w = {.engine = &f};
	struct rte_mbuf *m;
	unsigned i;

	(void)state;
	fixture_start(&f, OFFICE);
	wire_start(&w, &config);
	turns(&w, 10);
	for (i = 0; i < 5; i++) {
		m = rte_pktmbuf_alloc(pool);
		assert_non_null(m);
		lives_flood(&w.lives, m);
		cross(&w, 0, m);
	}
	assert_int_equal(w.lives.stats.flood_sent, 5);
	assert_int_equal(w.lives.stats.flood_received, 5);
	assert_int_equal(w.lives.stats.alien, 0);
	assert_int_equal(lives_ready(&w.lives), 0);
	assert_int_equal(stats(&f).created, SLOTS + 5);
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
	/* a generated frame on the side that sent it */
	lives_next(&w.lives, LIVES_HELD, LIVES_AT_ONCE);
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
	assert_int_equal(h.max, 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_of_nine_segments_follow_each_other),
		cmocka_unit_test(what_is_lost_is_sent_again),
		cmocka_unit_test(what_was_just_written_is_not_late),
		cmocka_unit_test(what_never_comes_is_given_up),
		cmocka_unit_test(the_tracker_finds_all_valid),
		cmocka_unit_test(held_connections_stay_and_talk),
		cmocka_unit_test(latency_counts_from_when_it_was_due),
		cmocka_unit_test(held_ones_and_ending_ones_live_side_by_side),
		cmocka_unit_test(sizes_come_as_often_as_they_weigh),
		cmocka_unit_test(what_is_no_list_of_sizes_is_refused),
		cmocka_unit_test(options_say_who_is_held_and_how_fast),
		cmocka_unit_test(a_flood_is_counted_and_not_answered),
		cmocka_unit_test(what_nobody_sent_is_alien),
		cmocka_unit_test(percentiles_are_right_to_three_in_a_hundred),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
