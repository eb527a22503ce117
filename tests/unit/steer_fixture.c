/* SPDX-License-Identifier: BSD-3-Clause */
#include "steer_fixture.h"

#include <poll.h>

void
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

void
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

void
world_turn(struct world *w, unsigned i)
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

void
world_receive(struct world *w, uint8_t side)
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
			world_turn(w, i);
	for (i = 0; i < w->workers; i++) {
		handoff_collect(w->h[i]);
		transmit(w, i, 0);
		transmit(w, i, 1);
	}
}

void
world_arrive(struct world *w, uint8_t side, struct rte_mbuf *m, unsigned burst)
{
	w->pkts[side][w->count[side]++] = m;
	if (w->count[side] == burst)
		world_receive(w, side);
}

struct engine_stats
world_stats(const struct world *w)
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

void
pair_start(struct pair *p, bool sleepy)
{
	static const int nodes[2] = {SOCKET_ID_ANY, SOCKET_ID_ANY};
	static const uint8_t secret[KEY_SECRET_BYTES], sender[2] = {1, 1};
	unsigned i;

	steer_init_keyed(&p->steer, 0, RTE_DIM(p->h), secret);
	for (i = 0; i < RTE_DIM(p->h); i++) {
		p->h[i] = rte_zmalloc(NULL, sizeof(struct handoff), RTE_CACHE_LINE_SIZE);
		assert_non_null(p->h[i]);
	}
	assert_int_equal(handoff_init(p->h, &p->steer, nodes, sender), 0);
	if (sleepy)
		assert_int_equal(handoff_sleepy(p->h, RTE_DIM(p->h)), 0);
}

void
pair_end(struct pair *p)
{
	unsigned i;

	for (i = 0; i < RTE_DIM(p->h); i++) {
		handoff_free(p->h[i]);
		rte_free(p->h[i]);
	}
}

bool
is_woken(const struct handoff *h)
{
	struct pollfd fd = {.fd = h->wake, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}
