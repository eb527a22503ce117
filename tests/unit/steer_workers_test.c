/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers on one wire, in one thread, turn by turn, with the rings between them as
 * app/sluice/worker.c uses them. Whatever the number of workers, the same packets pass and
 * the same connections are left.
 */
#include "engine_fixture.h"

#include <steer/handover.h>

#define PACKETS 6000u
#define PAIRS 40u
#define MOST 4u

struct world {
	unsigned workers;
	bool one_sender; /* each side is sent by one worker only */
	struct steer steer;
	struct fixture f[MOST];
	struct handover *h[MOST];
	uint8_t passed[PACKETS +
		       1]; /* by the number in the IP header: how often it left */
	unsigned made;     /* segments of ours that left */
	uint16_t last[2][PAIRS]
		     [256]; /* by side, pair, protocol: the number that left last */
};

static uint32_t seed;

static uint32_t
random_below(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static void
world_start(struct world *w, unsigned workers, bool toeplitz, bool one_sender)
{
	const uint8_t sender[2] = {0, (uint8_t)(workers - 1)},
		      each[2] = {STEER_ANY, STEER_ANY};
	const int sockets[MOST] = {0};
	uint8_t secret[KEY_SECRET_BYTES];
	unsigned i;

	memset(w, 0, sizeof(*w));
	memset(secret, 0x77, sizeof(secret));
	w->workers = workers;
	w->one_sender = one_sender;
	if (toeplitz)
		steer_init_toeplitz(&w->steer, 0, workers, 128);
	else
		steer_init_keyed(&w->steer, 0, workers, secret);
	for (i = 0; i < workers; i++) {
		w->f[i].config = fixture_config();
		memset(w->f[i].config.secret, (int)i + 1, KEY_SECRET_BYTES);
		fixture_start(&w->f[i], OFFICE);
		w->h[i] = rte_zmalloc(NULL, sizeof(struct handover), 64);
		assert_non_null(w->h[i]);
		w->h[i]->engine = w->f[i].e;
	}
	assert_int_equal(handover_init(w->h, &w->steer, sockets,
				       one_sender ? sender : each),
			 0);
}

static void
world_end(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->workers; i++) {
		handover_free(w->h[i]);
		rte_free(w->h[i]);
		fixture_end(&w->f[i]);
	}
}

/* A frame has left the wire. What is ours has the number 0. */
static void
note_sent(struct world *w, uint8_t side, struct rte_mbuf *m)
{
	uint16_t number, pair;
	struct packet p;

	packet_parse(m, side ^ 1, 0, 0, &p);
	memcpy(&number, rte_pktmbuf_mtod_offset(m, uint8_t *, 18), sizeof(number));
	number = rte_be_to_cpu_16(number);
	if (number == 0) {
		w->made++;
	} else {
		w->passed[number]++;
		pair = (uint16_t)(rte_be_to_cpu_32(p.key.addr.v4[0]) & 0xff) % PAIRS;
		/* a burst may be cut, never turned round */
		assert_true(w->last[side][pair][p.proto] < number);
		w->last[side][pair][p.proto] = number;
	}
	rte_pktmbuf_free(m);
}

static void
transmit(struct world *w, unsigned i, uint8_t side)
{
	struct engine_tx *tx = engine_tx(w->f[i].e, side);
	uint16_t sent = tx->count, j;

	if (w->h[i]->frames_to[side] != NULL)
		sent = handover_send(w->h[i], side, tx->pkts, sent);
	else
		for (j = 0; j < sent; j++)
			note_sent(w, side, tx->pkts[j]);
	engine_tx_done(w->f[i].e, tx, sent);
}

static void
judge(struct world *w, unsigned i, uint8_t side, struct rte_mbuf **pkts, uint16_t n)
{
	engine_burst(w->f[i].e, side, pkts, n, START, NULL);
	transmit(w, i, side ^ 1);
	transmit(w, i, side);
}

/* A burst comes in on a side, at the worker whose turn it is; then each has a turn. */
static void
receive(struct world *w, unsigned i, uint8_t side, struct rte_mbuf **pkts, uint16_t n)
{
	struct rte_mbuf *taken[ENGINE_BURST_MAX];
	unsigned peer;
	uint8_t x;

	n = handover_split(w->h[i], side, pkts, n);
	if (n != 0)
		judge(w, i, side, pkts, n);
	handover_flush(w->h[i]);
	for (i = 0; i < w->workers; i++)
		for (peer = 0; peer < w->workers; peer++)
			for (x = 0; x < 2; x++) {
				n = handover_take(w->h[i], peer, x, taken);
				if (n != 0)
					judge(w, i, x, taken, n);
			}
	for (i = 0; i < w->workers; i++) {
		handover_collect(w->h[i]);
		transmit(w, i, 0);
		transmit(w, i, 1);
	}
}

/* The n-th packet, and its side. Half of them make sense, the others are what comes. */
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

static void
traffic(struct world *w, unsigned burst)
{
	struct rte_mbuf *pkts[2][ENGINE_BURST_MAX];
	uint16_t count[2] = {0, 0};
	unsigned n, i = 0;
	char src[16];
	uint8_t side;

	seed = 7;
	for (n = 1; n <= PACKETS; n++) {
		struct frame f = frame_of(n, &side, src);

		pkts[side][count[side]++] = mbuf_of(&f);
		if (count[side] < burst)
			continue;
		receive(w, i++ % w->workers, side, pkts[side], count[side]);
		count[side] = 0;
	}
	for (side = 0; side < 2; side++)
		if (count[side] != 0)
			receive(w, 0, side, pkts[side], count[side]);
}

static int
compare_views(const void *a, const void *b)
{
	const struct flow_key *x = &((const struct engine_view *)a)->key;
	const struct flow_key *y = &((const struct engine_view *)b)->key;
	uint64_t i = flow_id_word(&x->id), j = flow_id_word(&y->id);

	if (i != j)
		return i < j ? -1 : 1;
	return memcmp(x->addr.v6, y->addr.v6, sizeof(x->addr.v6));
}

/* All connections of all workers, in the order of their keys. */
static unsigned
connections(const struct world *w, struct engine_view *views, unsigned room)
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

static struct engine_stats
sum_of(const struct world *w)
{
	struct engine_stats sum = {0}, one;
	unsigned i, r;

	for (i = 0; i < w->workers; i++) {
		one = stats(&w->f[i]);
		sum.packets += one.packets;
		sum.passed += one.passed;
		sum.created += one.created;
		for (r = 0; r < REASON_COUNT; r++)
			sum.drops[r] += one.drops[r];
	}
	return sum;
}

static void
assert_same(const struct world *a, const struct world *b)
{
	static struct engine_view va[4 * PAIRS], vb[4 * PAIRS];
	unsigned n = connections(a, va, RTE_DIM(va)), i;
	struct engine_stats sa = sum_of(a), sb = sum_of(b);

	assert_memory_equal(a->passed, b->passed, sizeof(a->passed));
	assert_int_equal(a->made, b->made);
	assert_memory_equal(&sa, &sb, sizeof(sa));
	assert_int_equal(n, connections(b, vb, RTE_DIM(vb)));
	assert_true(n > PAIRS);
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

/* In bursts the two directions may overtake one another, as on two ports: not here. */
static void
bursts_stay_in_order_on_their_way(void **state)
{
	static struct world w;
	unsigned i;

	(void)state;
	for (i = 2; i <= 4; i += 2) {
		world_start(&w, i, i == 4, false);
		traffic(&w, 32); /* note_sent() looks at the order */
		assert_int_equal(sum_of(&w).packets, PACKETS);
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
	ring = w.h[0]->lane[1][LAN].to;
	/* a packet of the other worker's, whose ring has room for one more */
	do {
		m = mbuf_of(&f);
		f.sport++;
		if (handover_split(w.h[0], LAN, &m, 1) == 0)
			break;
		rte_pktmbuf_free(m);
	} while (true);
	f.sport--;
	while (rte_ring_free_count(ring) > 1)
		assert_int_equal(rte_ring_sp_enqueue(ring, nothing), 0);
	handover_flush(w.h[0]);
	assert_int_equal(w.h[0]->handed_over, 1);
	assert_int_equal(stats(&w.f[0]).drops[REASON_HANDOVER_FULL], 0);

	m = mbuf_of(&f);
	assert_int_equal(handover_split(w.h[0], LAN, &m, 1), 0);
	handover_flush(w.h[0]);
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
		cmocka_unit_test(two_and_four_workers_judge_as_one),
		cmocka_unit_test(bursts_stay_in_order_on_their_way),
		cmocka_unit_test(one_sender_sends_for_all),
		cmocka_unit_test(a_full_ring_drops_and_counts),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
