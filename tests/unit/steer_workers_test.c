/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers on one wire: for any number of them the same packets pass and the same
 * connections remain.
 */
#include "steer_fixture.h"

#define WAITING 12u /* room for fragments that are not sent yet */

static uint32_t seed;

static uint32_t
random_below(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

/*
 * Return the n-th packet and its side. Half of the packets follow the protocol, the
 * others are random.
 */
static struct frame
frame_of(unsigned n, uint8_t *side, char src[16])
{
	unsigned pair = random_below(PAIRS), what = random_below(10);
	uint8_t from = random_below(3) == 0 ? WAN : LAN;
	static const uint8_t flags[] = {
		FRAME_SYN, FRAME_SYN | FRAME_ACK, FRAME_ACK,
		FRAME_ACK, FRAME_ACK | FRAME_PSH, FRAME_FIN | FRAME_ACK,
		FRAME_RST};
	struct frame f = segment(from, flags[random_below(sizeof(flags))], 0, 0);

	snprintf(src, 16, "10.0.0.%u", pair + 1);
	if (what == 8)
		f = datagram(from, 5000, 53);
	else if (what == 9)
		f = echo(from, from == LAN ? 8 : 0, 7);
	else if (f.flags == FRAME_SYN)
		f.seq = from == LAN ? 1000 : 5000;
	else
		f.seq = (from == LAN ? 1001 : 5001) + random_below(3);
	if (f.proto == IPPROTO_TCP && (f.flags & FRAME_SYN) && (f.flags & FRAME_ACK))
		f.seq = from == LAN ? 1000 : 5000;
	f.ack = f.flags & FRAME_ACK ? (from == LAN ? 5001 : 1001) + random_below(2) : 0;
	if (from == LAN)
		f.src = src;
	else
		f.dst = src;
	f.id = (uint16_t)n;
	*side = from;
	return f;
}

/* Fragments that are sent in any order between other packets. */
static struct {
	unsigned n;
	uint8_t side[WAITING];
	struct rte_mbuf *m[WAITING];
} waiting;

static void
wait_piece(const struct frame *f, uint8_t side, uint16_t off, uint16_t len)
{
	uint16_t all = (uint16_t)(f->payload_len + (f->proto == IPPROTO_TCP ? 20 : 8));

	assert_true(waiting.n < WAITING);
	waiting.side[waiting.n] = side;
	waiting.m[waiting.n++] = piece_of(f, off, len, off + len < all);
}

/*
 * Split the packet into three fragments; of some packets one fragment is missing,
 * duplicated or overlapping.
 */
static void
cut(struct frame *f, uint8_t side)
{
	unsigned what = random_below(8);

	f->payload_len = (f->proto == IPPROTO_TCP ? 980 : 992);
	wait_piece(f, side, 0, 400);
	if (what != 0)
		wait_piece(f, side, 400, 400);
	wait_piece(f, side, 800, 200);
	if (what == 1)
		wait_piece(f, side, 0, 400);
	else if (what == 2)
		wait_piece(f, side, 392, 16);
}

static void
arrive_piece(struct world *w, unsigned burst)
{
	unsigned i = random_below(waiting.n);
	struct rte_mbuf *m = waiting.m[i];
	uint8_t side = waiting.side[i];

	waiting.n--;
	waiting.m[i] = waiting.m[waiting.n];
	waiting.side[i] = waiting.side[waiting.n];
	world_arrive(w, side, m, burst);
}

static void
traffic(struct world *w, unsigned burst)
{
	unsigned n;
	char src[16];
	uint8_t side;

	seed = 7;
	for (n = 1; n <= PACKETS; n++) {
		struct frame f = frame_of(n, &side, src);

		if (random_below(f.proto == IPPROTO_TCP ? 20 : 3) == 0) {
			cut(&f, side);
		} else {
			world_arrive(w, side, mbuf_of(&f), burst);
		}
		while (waiting.n > WAITING - 4 || (waiting.n > 0 && random_below(2) == 0))
			arrive_piece(w, burst);
	}
	while (waiting.n > 0)
		arrive_piece(w, burst);
	for (side = 0; side < 2; side++)
		world_receive(w, side);
}

static int
compare_views(const void *a, const void *b)
{
	const struct flow_key *x = &((const struct conn_view *)a)->key;
	const struct flow_key *y = &((const struct conn_view *)b)->key;
	uint64_t i = flow_word(&x->id), j = flow_word(&y->id);

	if (i != j)
		return i < j ? -1 : 1;
	return memcmp(x->addr.v6, y->addr.v6, sizeof(x->addr.v6));
}

/*
 * List the connections of all workers, sorted by key, so that the lists of two runs can
 * be compared.
 */
static unsigned
connections(const struct world *w, struct conn_view *views, unsigned room)
{
	unsigned i, n = 0;
	uint64_t cursor;

	for (i = 0; i < w->workers; i++)
		for (cursor = 0; cursor != ENGINE_CURSOR_END;) {
			assert_true(n < room);
			n += engine_list(w->f[i].e, START, &cursor, views + n, room - n);
		}
	qsort(views, n, sizeof(*views), compare_views);
	return n;
}

static void
assert_same(const struct world *a, const struct world *b)
{
	static struct conn_view va[4 * PAIRS], vb[4 * PAIRS];
	unsigned n = connections(a, va, RTE_DIM(va)), i;
	struct engine_stats sa = world_stats(a), sb = world_stats(b);

	assert_memory_equal(a->passed, b->passed, sizeof(a->passed));
	assert_int_equal(a->made, b->made);
	assert_memory_equal(&sa, &sb, sizeof(sa));
	assert_int_equal(n, connections(b, vb, RTE_DIM(vb)));
	assert_true(n > PAIRS);
	assert_true(sa.reassembled > PACKETS / 20);
	assert_true(sa.fragments > 50);
	assert_true(sa.drops[REASON_IP_FRAGMENT_DUPLICATE] > 10);
	assert_true(sa.drops[REASON_IP_FRAGMENT_OVERLAP] > 50);
	for (i = 0; i < n; i++) {
		assert_memory_equal(&va[i].key, &vb[i].key, sizeof(va[i].key));
		assert_memory_equal(va[i].state, vb[i].state, sizeof(va[i].state));
		assert_int_equal(va[i].left_ms, vb[i].left_ms);
		assert_int_equal(va[i].assured, vb[i].assured);
		assert_int_equal(va[i].orig, vb[i].orig);
	}
}

static void
compare(unsigned workers, bool toeplitz, bool one_sender, unsigned burst)
{
	static struct world one, several;
	unsigned i, busy = 0;
	uint64_t handed_over = 0;

	world_start(&one, 1, toeplitz, false);
	traffic(&one, burst);
	world_start(&several, workers, toeplitz, one_sender);
	traffic(&several, burst);
	assert_same(&one, &several);
	for (i = 0; i < workers; i++) {
		busy += stats(&several.f[i]).packets > PACKETS / workers / 3;
		handed_over += several.h[i]->handed_over;
	}
	assert_int_equal(busy, workers);
	assert_true(handed_over > PACKETS / 3);
	assert_true(one.made > 20);
	world_end(&several);
	world_end(&one);
}

static void
two_and_four_workers_judge_as_one(void **state)
{
	(void)state;
	compare(2, false, false, 1);
	compare(4, false, false, 1);
	compare(2, true, false, 1);
	compare(4, true, false, 1);
}

/*
 * Packets of one direction must not overtake each other. (In bursts they may overtake
 * packets of the other direction, as on two ports.)
 */
static void
bursts_stay_in_order_on_their_way(void **state)
{
	static struct world w;
	unsigned i;

	(void)state;
	for (i = 2; i <= 4; i += 2) {
		world_start(&w, i, i == 4, false);
		traffic(&w, 32); /* the world checks the order */
		assert_true(w.entered > PACKETS);
		assert_int_equal(world_stats(&w).packets, w.entered);
		world_end(&w);
	}
}

static void
one_sender_sends_for_all(void **state)
{
	(void)state;
	compare(2, false, true, 1);
	compare(4, true, true, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_and_four_workers_judge_as_one),
		cmocka_unit_test(bursts_stay_in_order_on_their_way),
		cmocka_unit_test(one_sender_sends_for_all),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
