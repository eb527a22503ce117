/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments in the engine: one verdict for a datagram, in bursts of any size, and no mbuf
 * leaks.
 */
#include "engine_fixture.h"

#define DATAGRAMS 40u
#define PIECES 3u
#define PIECE_BYTES 400u
#define FRAMES (DATAGRAMS * PIECES)

/* Make fragment i of a UDP datagram to a port of the server. */
static struct rte_mbuf *
udp_piece(uint16_t dport, uint16_t id, unsigned i, bool bad)
{
	struct frame frame = datagram(LAN, 1000, dport);
	bool more = i + 1 < PIECES;

	frame.id = id;
	frame.payload_len = 2 * PIECE_BYTES + 300;
	frame.bad_l4_checksum = bad;
	return piece_of(&frame, (uint16_t)(i * PIECE_BYTES), more ? PIECE_BYTES : 308,
			more);
}

/*
 * Send the fragments of all datagrams interleaved, in bursts of `size`. The rules drop
 * every third datagram; every fifth is malformed.
 */
static void
run_bursts(unsigned size, struct engine_record *records)
{
	struct rte_mbuf *pkts[FRAMES];
	struct fixture f = {.config = fixture_config()};
	struct engine_stats s;
	unsigned i, n;

	fixture_start(&f, FORWARD("accept", "udp dport 53 drop\n"));
	for (i = 0; i < FRAMES; i++) {
		/* 7 and FRAMES are coprime, so each fragment is sent once */
		n = (i * 7) % FRAMES;
		pkts[i] = udp_piece((uint16_t)(n / PIECES % 3 == 0 ? 53
								   : 2000 + n / PIECES),
				    (uint16_t)(n / PIECES), n % PIECES,
				    n / PIECES % 5 == 0);
	}
	for (i = 0; i < FRAMES; i += n) {
		n = RTE_MIN(size, FRAMES - i);
		drain(&f);
		engine_burst(f.e, LAN, &pkts[i], (uint16_t)n, START, &records[i]);
	}
	s = stats(&f);
	assert_int_equal(s.packets, FRAMES);
	assert_int_equal(s.reassembled, DATAGRAMS);
	assert_int_equal(s.fragments, 0);
	assert_int_equal(s.drops[REASON_L4_CHECKSUM], 8 * PIECES);
	assert_int_equal(s.drops[REASON_POLICY_DROP], 11 * PIECES);
	assert_int_equal(s.passed, (DATAGRAMS - 8 - 11) * PIECES);
	fixture_end(&f);
}

static void
bursts_of_any_size_decide_alike(void **state)
{
	static struct engine_record one[FRAMES], more[FRAMES];
	static const unsigned size[] = {2, 32, 64};
	unsigned i, n;

	(void)state;
	run_bursts(1, one);
	for (i = 0; i < RTE_DIM(size); i++) {
		run_bursts(size[i], more);
		for (n = 0; n < FRAMES; n++) {
			assert_int_equal(more[n].verdict, one[n].verdict);
			assert_int_equal(more[n].reason, one[n].reason);
			assert_int_equal(more[n].conn, one[n].conn);
			assert_int_equal(more[n].held, one[n].held);
		}
	}
}

static void
what_waits_is_dropped_in_time_and_at_the_end(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct rte_mbuf *m = udp_piece(53, 1, 0, false);
	struct engine_record records[2];
	uint64_t at;

	(void)state;
	fixture_start(&f, FORWARD("accept", ""));
	f.free_mbufs++; /* taken before fixture_start() counted the free mbufs */
	engine_burst(f.e, LAN, &m, 1, START, &records[0]);
	assert_int_equal(records[0].verdict, VERDICT_HELD);
	assert_int_equal(left_count(&f, WAN), 0);
	assert_int_equal(stats(&f).fragments, 1);
	assert_true(engine_next_ns(f.e, &at));
	assert_int_equal(at, START + 30 * S);
	engine_expire(f.e, at - MS, ENGINE_EXPIRE_MAX);
	assert_int_equal(records[0].verdict, VERDICT_HELD);
	engine_expire(f.e, at, ENGINE_EXPIRE_MAX);
	assert_dropped(records[0], REASON_IP_FRAGMENT_TIMEOUT);
	m = udp_piece(53, 2, 1, false);
	engine_burst(f.e, LAN, &m, 1, at, &records[1]);
	assert_int_equal(records[1].verdict, VERDICT_HELD);
	engine_stop(f.e);
	assert_dropped(records[1], REASON_IP_FRAGMENT_TIMEOUT);
	assert_int_equal(stats(&f).drops[REASON_IP_FRAGMENT_TIMEOUT], 2);
	fixture_end(&f);
}

static void
a_flood_holds_no_more_than_its_buffers(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct rte_mbuf *m;
	unsigned i;

	(void)state;
	fixture_start(&f, FORWARD("accept", ""));
	for (i = 0; i < 5000; i++) {
		m = udp_piece(53, (uint16_t)i, 0, false);
		engine_burst(f.e, LAN, &m, 1, START, NULL);
		assert_true(rte_mempool_in_use_count(pool) <= f.config.fragments);
	}
	assert_int_equal(stats(&f).fragments, f.config.fragments);
	assert_int_equal(stats(&f).drops[REASON_IP_FRAGMENT_MEMORY],
			 5000 - f.config.fragments);
	fixture_end(&f);
}

static void
without_buffers_fragments_are_dropped(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct engine_record record;
	struct rte_mbuf *m;

	(void)state;
	f.config.fragments = 0;
	fixture_start(&f, FORWARD("accept", ""));
	m = udp_piece(53, 1, 0, false);
	engine_burst(f.e, LAN, &m, 1, START, &record);
	assert_dropped(record, REASON_IP_FRAGMENT);
	fixture_end(&f);
}

/*
 * RFC 791: every link carries 576 bytes at least, so the longest datagram may be in 119
 * fragments.
 */
static void
the_longest_datagram_passes_over_links_of_576(void **state)
{
	enum { BYTES = 65515, PIECE = 552, N = (BYTES + PIECE - 1) / PIECE };
	struct frame frame = datagram(LAN, 1000, 2000);
	struct fixture f = {.config = fixture_config()};
	struct engine_record records[N];
	struct rte_mbuf *m;
	unsigned i;

	(void)state;
	assert_int_equal(N, 119);
	frame.no_l4_checksum = true;
	frame.say_l4_len = BYTES;
	fixture_start(&f, FORWARD("accept", ""));
	for (i = 0; i < N; i++) {
		frame.mf = i + 1 < N;
		frame.frag_off = (uint16_t)(i * PIECE / 8);
		frame.payload_len = i + 1 < N ? PIECE : BYTES - i * PIECE;
		if (i == 0)
			frame.payload_len -= 8; /* without the UDP header */
		m = mbuf_of(&frame);
		engine_burst(f.e, LAN, &m, 1, START, &records[i]);
		assert_int_equal(records[i].verdict,
				 i + 1 < N ? VERDICT_HELD : VERDICT_PASS);
	}
	assert_int_equal(left_count(&f, WAN), N);
	assert_int_equal(records[0].verdict, VERDICT_PASS);
	assert_int_equal(stats(&f).reassembled, 1);
	fixture_end(&f);
}

/* A port that cannot send all fragments of a datagram gets none of them. */
static void
a_datagram_leaves_whole_or_not_at_all(void **state)
{
	struct frame frame = datagram(LAN, 1000, 2000);
	struct fixture f = {.config = fixture_config()};
	struct engine_record records[PIECES];
	struct rte_mbuf *m;
	unsigned i;

	(void)state;
	fixture_start(&f, FORWARD("accept", ""));
	for (i = 0; i < ENGINE_TX_MAX - PIECES + 1; i++) {
		m = mbuf_of(&frame);
		engine_burst(f.e, LAN, &m, 1, START, NULL);
	}
	for (i = 0; i < PIECES; i++) {
		m = udp_piece(2000, 1, i, false);
		engine_burst(f.e, LAN, &m, 1, START, &records[i]);
	}
	for (i = 0; i < PIECES; i++)
		assert_dropped(records[i], REASON_TX_FULL);
	assert_int_equal(left_count(&f, WAN), ENGINE_TX_MAX - PIECES + 1);
	assert_int_equal(stats(&f).drops[REASON_TX_FULL], PIECES);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bursts_of_any_size_decide_alike),
		cmocka_unit_test(what_waits_is_dropped_in_time_and_at_the_end),
		cmocka_unit_test(a_flood_holds_no_more_than_its_buffers),
		cmocka_unit_test(without_buffers_fragments_are_dropped),
		cmocka_unit_test(the_longest_datagram_passes_over_links_of_576),
		cmocka_unit_test(a_datagram_leaves_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
