/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * If tcp_next() accepts a segment, so does tcp_fast(), and then tcp_segment() too, and
 * each leaves the same connection behind. Random segments of an established connection
 * are passed to all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <base/seq.h>
#include <track/tcp.h>
#include <track/tcp_fast.h>

#define ROUNDS 2000
#define STEPS 60

struct world {
	struct track_hot hot;
	struct track_cold cold;
	struct track_config config;
	uint64_t random;
	uint32_t now;
	bool open;
	uint32_t ts[2];
	unsigned fast, slow;
};

/* xorshift with a fixed seed: the same numbers in each run */
static uint32_t
pick(struct world *w, uint32_t n)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)(w->random >> 32) % n;
}

static struct track_result
slow_way(struct world *w, uint8_t x, const struct tcp_segment *seg)
{
	struct track_conn conn = {.hot = &w->hot, .cold = &w->cold};
	struct tcp_input in = {.seg = seg,
			       .config = &w->config,
			       .now = w->now,
			       .side = x,
			       .rules = TCP_RULES_ALLOW,
			       .no_ext = true};
	struct track_result r;

	if (w->open) {
		tcp_segment(&conn, &in, &r);
		return r;
	}
	tcp_unknown(&in, &r);
	assert_int_equal(r.verdict, VERDICT_PASS);
	tcp_open(&conn, &in);
	w->open = true;
	return r;
}

static void
establish(struct world *w, uint32_t seed)
{
	struct tcp_segment seg = {.flags = TCP_SYN, .win = 8000};
	bool ts;

	memset(w, 0, sizeof(*w));
	w->config = TRACK_CONFIG_DEFAULT;
	w->random = 0x9e3779b97f4a7c15u * (seed + 1);
	pick(w, 2);
	ts = pick(w, 3) != 0;
	w->now = w->random >> 20;
	w->ts[0] = w->random >> 8;
	w->ts[1] = w->random >> 30;
	seg.seq = pick(w, 2) ? (uint32_t)-1000 : pick(w, UINT32_MAX);
	seg.scale = pick(w, 2) ? TCP_NO_SCALE : (uint8_t)pick(w, 15);
	seg.has_ts = ts;
	seg.tsval = ts ? w->ts[0] : 0;
	slow_way(w, 0, &seg);

	seg.flags = TCP_SYN | TCP_ACK;
	seg.ack = seg.seq + 1;
	seg.seq = pick(w, UINT32_MAX);
	seg.tsval = ts ? w->ts[1] : 0;
	seg.tsecr = ts ? w->ts[0] : 0;
	slow_way(w, 1, &seg);

	seg = (struct tcp_segment){.flags = TCP_ACK,
				   .seq = seg.ack,
				   .ack = seg.seq + 1,
				   .win = 500,
				   .has_ts = ts,
				   .tsval = seg.tsecr,
				   .tsecr = seg.tsval};
	slow_way(w, 0, &seg);
	assert_true(w->hot.flags & TRACK_ASSURED);
}

/*
 * Make a segment: usually a genuine one, sometimes with slightly wrong numbers, sometimes
 * random.
 */
static struct tcp_segment
any_segment(struct world *w, uint8_t x)
{
	static const int32_t off[] = {0,  0, 0,    0,   0,    0,     1,
				      -1, 2, -100, 100, 8000, -8001, 70000};
	static const uint32_t len[] = {0, 0, 1, 100, 1460, 9000};
	static const uint16_t win[] = {8000, 500, 1, 65535, 0};
	const struct track_hot *h = &w->hot;
	struct tcp_segment seg = {.flags = TCP_ACK, .scale = TCP_NO_SCALE};
	uint32_t base[] = {h->nxt[x], h->nxt[x], h->nxt[x], h->una[x], h->edge[x]};
	uint32_t acks[] = {h->nxt[!x], h->nxt[!x], h->una[!x], h->nxt[!x] - 10};

	seg.seq = base[pick(w, 5)] + (uint32_t)off[pick(w, 14)];
	seg.ack = acks[pick(w, 4)] + (uint32_t)off[pick(w, 14)];
	seg.len = len[pick(w, 6)];
	seg.win = win[pick(w, 5)];
	if (pick(w, 60) == 0)
		seg.flags |= TCP_FIN;
	if (pick(w, 200) == 0)
		seg.flags |= TCP_RST;
	seg.has_ts = pick(w, 20) != 0;
	w->ts[x] += pick(w, 4) ? pick(w, 10) : pick(w, 200000);
	seg.tsval = w->ts[x] - (pick(w, 6) ? 0 : pick(w, 100000));
	seg.tsecr = w->ts[!x] - (pick(w, 6) ? 0 : pick(w, 100000)) +
		    (pick(w, 30) ? 0 : 5);
	return seg;
}

/* Combine the tracker's functions as the engine does. */
static bool
tcp_next(struct track_hot *hot, uint8_t x, const struct tcp_segment *seg, uint32_t now)
{
	if (!tcp_next_fits(hot, x, seg) || !tcp_fast_timestamps(hot, x, seg))
		return false;
	tcp_next_take(hot, x, seg, now);
	return true;
}

static void
what_the_fast_way_passes_the_slow_way_passes_alike(void **state)
{
	static struct world w, copy, other;
	unsigned next = 0, fast = 0, slow = 0, round, step;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		establish(&w, round);
		for (step = 0; step < STEPS; step++) {
			uint8_t x = (uint8_t)pick(&w, 2);
			struct tcp_segment seg = any_segment(&w, x);
			struct track_result r;
			bool passed;

			w.now += pick(&w, 10) ? pick(&w, 50) : pick(&w, 100000);
			copy = w;
			other = w;
			passed = tcp_fast(&copy.hot, x, &seg, copy.now);
			if (tcp_next(&other.hot, x, &seg, other.now)) {
				assert_true(passed);
				next++;
				assert_memory_equal(&copy.hot, &other.hot,
						    sizeof(copy.hot));
			} else {
				assert_memory_equal(&w.hot, &other.hot, sizeof(w.hot));
			}
			r = slow_way(&w, x, &seg);
			if (!passed) {
				slow++;
				continue;
			}
			fast++;
			assert_int_equal(r.verdict, VERDICT_PASS);
			assert_int_equal(r.action, ACTION_NONE);
			assert_int_equal(r.events, 0);
			assert_memory_equal(&w.hot, &copy.hot, sizeof(w.hot));
			assert_memory_equal(&w.cold, &copy.cold, sizeof(w.cold));
		}
	}
	/* each of the functions has accepted many segments */
	assert_true(next > ROUNDS * STEPS / 100);
	assert_true(fast > ROUNDS * STEPS / 20);
	assert_true(slow > ROUNDS * STEPS / 20);
}

static void
expect_fast(struct world *w, uint8_t x, struct tcp_segment seg, bool expected)
{
	struct track_hot before = w->hot;

	assert_int_equal(tcp_fast(&w->hot, x, &seg, w->now), expected);
	if (!expected)
		assert_memory_equal(&w->hot, &before, sizeof(before));
}

static void
ordinary_data_and_its_ack_go_fast_and_remarkable_segments_do_not(void **state)
{
	static struct world w;
	struct tcp_segment seg;
	unsigned seed = 0;

	(void)state;
	do
		establish(&w, seed++);
	while (w.hot.flags & TRACK_TS);
	seg = (struct tcp_segment){.flags = TCP_ACK,
				   .seq = w.hot.nxt[0],
				   .ack = w.hot.nxt[1],
				   .win = 500,
				   .len = 100};
	expect_fast(&w, 0, seg, true);
	seg.flags |= TCP_PSH | TCP_URG;
	seg.seq += 100;
	expect_fast(&w, 0, seg, true);
	expect_fast(&w, 0, seg, true); /* a retransmission */
	seg.seq += 100;
	seg.win = 0;
	expect_fast(&w, 0, seg, false);
	seg.win = 500;
	seg.flags |= TCP_FIN;
	expect_fast(&w, 0, seg, false);
	seg.flags = TCP_RST;
	expect_fast(&w, 0, seg, false);
	seg.flags = TCP_ACK;
	seg.ack++;
	expect_fast(&w, 0, seg, false); /* acknowledges data not yet sent */
	seg.ack--;
	w.hot.flags |= TRACK_SLOW;
	expect_fast(&w, 0, seg, false);
}

/*
 * A segment almost 2^31 beyond the window ends at a number that, by its sign, is before
 * the window's edge. It must not pass for that.
 */
static void
segment_half_the_space_away_is_not_passed_for_its_end(void **state)
{
	static struct world w;
	struct tcp_segment seg = {.flags = TCP_ACK, .win = 500, .len = 65000};
	unsigned seed = 0;

	(void)state;
	do
		establish(&w, seed++);
	while ((w.hot.flags & TRACK_TS) || w.hot.scale != 0);
	seg.seq = w.hot.una[0] + INT32_MAX - 20000;
	seg.ack = w.hot.nxt[1];
	assert_true(seq_before(seg.seq + seg.len, w.hot.una[0]));
	expect_fast(&w, 0, seg, false);
	assert_int_equal(slow_way(&w, 0, &seg).reason, REASON_TCP_SEQ_RIGHT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_fast_way_passes_the_slow_way_passes_alike),
		cmocka_unit_test(segment_half_the_space_away_is_not_passed_for_its_end),
		cmocka_unit_test(
			ordinary_data_and_its_ack_go_fast_and_remarkable_segments_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
