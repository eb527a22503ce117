/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers on one wire, simulated in one thread that runs them in turn, with the
 * rings between them as in app/sluice/worker.c. For any number of workers the same
 * packets pass and the same connections remain.
 */
#include "engine_fixture.h"

#include <steer/handoff.h>

#define PACKETS 6000u
#define PAIRS 40u
#define WORKERS_MAX 4u
#define WAITING 12u /* room for fragments that are not sent yet */

struct world {
	unsigned workers;
	bool one_sender; /* only one worker sends on each side */
	struct steer steer;
	struct fixture f[WORKERS_MAX];
	struct handoff *h[WORKERS_MAX];
	uint8_t passed[PACKETS +
		       /*
		        * how often each packet left, indexed by the number in its IP
		        * header
		        */
		       1];
	unsigned made;    /* number of generated segments that left */
	unsigned entered; /* number of frames that entered */
	unsigned turn;
	uint16_t count[2]; /* lengths of the next bursts, by side */
	struct rte_mbuf *pkts[2][ENGINE_BURST_MAX];
	uint64_t now_ns;
	uint16_t last[2][PAIRS]
		     /* number of the last packet that left, by side, pair and protocol */
		     [256];
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
	const int sockets[WORKERS_MAX] = {0};
	uint8_t secret[KEY_SECRET_BYTES];
	unsigned i;

	memset(w, 0, sizeof(*w));
	memset(secret, 0x77, sizeof(secret));
	w->workers = workers;
	w->one_sender = one_sender;
	w->now_ns = START;
	if (toeplitz)
		steer_init_toeplitz(&w->steer, 0, workers, 128, secret);
	else
		steer_init_keyed(&w->steer, 0, workers, secret);
	for (i = 0; i < workers; i++) {
		w->f[i].config = fixture_config();
		w->f[i].config.fragments = 1000;
		memset(w->f[i].config.secret, (int)i + 1, KEY_SECRET_BYTES);
		fixture_start(&w->f[i], OFFICE);
		w->h[i] = rte_zmalloc(NULL, sizeof(struct handoff), 64);
		assert_non_null(w->h[i]);
		w->h[i]->engine = w->f[i].e;
		if (workers > 1)
			w->h[i]->config = w->f[i].config;
	}
	assert_int_equal(handoff_init(w->h, &w->steer, sockets,
				      one_sender ? sender : each),
			 0);
}

static void
world_end(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->workers; i++) {
		handoff_stop(w->h[i]);
		engine_stop(w->f[i].e);
	}
	for (i = 0; i < w->workers; i++) {
		handoff_free(w->h[i]);
		rte_free(w->h[i]);
		fixture_end(&w->f[i]);
	}
}

/* Count a frame that has left the wire. Generated frames have number 0. */
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
	}
	if (number != 0 && p.kind != PACKET_FRAGMENT) {
		pair = (uint16_t)(rte_be_to_cpu_32(p.key.addr.v4[0]) & 0xff) % PAIRS;
		/* a burst may be split, but never reordered */
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
		sent = handoff_send(w->h[i], side, tx->pkts, sent);
	else
		for (j = 0; j < sent; j++)
			note_sent(w, side, tx->pkts[j]);
	engine_tx_done(w->f[i].e, tx, sent, 0);
}

static void
judge(struct world *w, unsigned i, uint8_t side, struct rte_mbuf **pkts, uint16_t n)
{
	engine_burst(w->f[i].e, side, pkts, n, w->now_ns, NULL);
	transmit(w, i, side ^ 1);
	transmit(w, i, side);
}

/* Give a worker a turn in which it receives no burst. */
static void
turn(struct world *w, unsigned i)
{
	struct rte_mbuf *taken[ENGINE_BURST_MAX];
	uint64_t peers;
	uint16_t n;
	uint8_t x;

	handoff_flush(w->h[i]);
	handoff_gather(w->h[i], w->now_ns);
	for (x = 0; x < 2; x++)
		for (peers = handoff_ready(w->h[i], x); peers != 0; peers &= peers - 1) {
			n = handoff_take(w->h[i], rte_bsf64(peers), x, taken);
			assert_int_not_equal(n, 0);
			judge(w, i, x, taken, n);
		}
}

/* Let a worker receive a burst on a side, then give each worker a turn. */
static void
receive(struct world *w, uint8_t side)
{
	unsigned i = w->turn++ % w->workers, round;
	uint16_t n = w->count[side];

	if (w->workers > 1)
		n = handoff_split(w->h[i], side, w->pkts[side], n);
	w->entered += w->count[side];
	w->count[side] = 0;
	if (n != 0)
		judge(w, i, side, w->pkts[side], n);
	handoff_flush(w->h[i]);
	/* fragments are handed over twice */
	for (round = 0; round < 2; round++)
		for (i = 0; i < w->workers; i++)
			turn(w, i);
	for (i = 0; i < w->workers; i++) {
		handoff_collect(w->h[i]);
		transmit(w, i, 0);
		transmit(w, i, 1);
	}
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
arrive(struct world *w, uint8_t side, struct rte_mbuf *m, unsigned burst)
{
	w->pkts[side][w->count[side]++] = m;
	if (w->count[side] == burst)
		receive(w, side);
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
	arrive(w, side, m, burst);
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
			arrive(w, side, mbuf_of(&f), burst);
		}
		while (waiting.n > WAITING - 4 || (waiting.n > 0 && random_below(2) == 0))
			arrive_piece(w, burst);
	}
	while (waiting.n > 0)
		arrive_piece(w, burst);
	for (side = 0; side < 2; side++)
		receive(w, side);
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

static struct engine_stats
sum_of(const struct world *w)
{
	struct engine_stats sum = {0}, one;
	unsigned i, r, gathered;

	for (i = 0; i < w->workers; i++) {
		one = stats(&w->f[i]);
		gathered = w->workers == 1 ? 0 : fragment_count(w->h[i]->fragments);
		/*
		 * fragments at their gatherer have entered, but no engine has counted
		 * them yet
		 */
		sum.packets += one.packets + gathered;
		sum.fragments += one.fragments + gathered;
		sum.reassembled += one.reassembled;
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
	static struct conn_view va[4 * PAIRS], vb[4 * PAIRS];
	unsigned n = connections(a, va, RTE_DIM(va)), i;
	struct engine_stats sa = sum_of(a), sb = sum_of(b);

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
		traffic(&w, 32); /* note_sent() checks the order */
		assert_true(w.entered > PACKETS);
		assert_int_equal(sum_of(&w).packets, w.entered);
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

/* Send one fragment to each worker on a side. */
static void
send_pieces(struct world *w, const struct frame *f, uint8_t side, unsigned n)
{
	static const uint16_t off[] = {800, 0, 400}, len[] = {200, 400, 400};
	unsigned i;

	for (i = 0; i < n && i < RTE_DIM(off); i++)
		arrive(w, side, piece_of(f, off[i], len[i], off[i] != 800), 1);
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
		assert_int_equal(sum_of(&w).drops[REASON_POLICY_DROP], 3 * i);
		there.id = (uint16_t)(100 + i);
		arrive(&w, LAN, mbuf_of(&there), 1);
		back.id = (uint16_t)(200 + i);
		send_pieces(&w, &back, WAN, 2);
		assert_int_equal(w.passed[200 + i], 0);
		send_pieces(&w, &back, WAN, 3); /* two fragments arrive twice */
		assert_int_equal(w.passed[200 + i], 3);
	}
	assert_int_equal(sum_of(&w).drops[REASON_IP_FRAGMENT_DUPLICATE], 200);
	assert_int_equal(sum_of(&w).fragments, 0);
	assert_int_equal(sum_of(&w).reassembled, 200);
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
	assert_int_equal(sum_of(&w).fragments, 2);
	w.now_ns += 30 * S - MS;
	for (i = 0; i < 2; i++)
		turn(&w, i);
	assert_int_equal(sum_of(&w).drops[REASON_IP_FRAGMENT_TIMEOUT], 0);
	w.now_ns += 2 * MS;
	for (i = 0; i < 2; i++)
		turn(&w, i);
	assert_int_equal(sum_of(&w).drops[REASON_IP_FRAGMENT_TIMEOUT], 2);
	assert_int_equal(sum_of(&w).fragments, 0);
	/* fragments that are still held at the end */
	send_pieces(&w, &f, LAN, 1);
	for (i = 0; i < 2; i++)
		handoff_stop(w.h[i]);
	assert_int_equal(sum_of(&w).drops[REASON_IP_FRAGMENT_TIMEOUT], 3);
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
	assert_int_equal(sum_of(&w).drops[REASON_HANDOVER_FULL], 3);
	assert_int_equal(sum_of(&w).packets, 3);
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
		cmocka_unit_test(two_and_four_workers_judge_as_one),
		cmocka_unit_test(bursts_stay_in_order_on_their_way),
		cmocka_unit_test(one_sender_sends_for_all),
		cmocka_unit_test(who_has_handed_over_is_ready_until_all_is_taken),
		cmocka_unit_test(sixty_four_workers_can_share_a_wire),
		cmocka_unit_test(a_full_ring_drops_and_counts),
		cmocka_unit_test(fragments_find_the_connection_of_their_datagram),
		cmocka_unit_test(what_is_not_whole_in_time_is_dropped),
		cmocka_unit_test(a_datagram_goes_over_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
