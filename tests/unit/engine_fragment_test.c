/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments through the engine: one decision, in bursts of any size, and no mbuf lost. */
#include "engine_fixture.h"

#define DATAGRAMS 40u
#define PIECES 3u
#define PIECE_BYTES 400u
#define FRAMES (DATAGRAMS * PIECES)

/* Piece i of a UDP datagram to a port of the server's. */
static struct rte_mbuf *
piece_of(uint16_t dport, uint16_t id, unsigned i, bool bad)
{
	struct frame frame = datagram(LAN, 1000, dport);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t bytes[FRAME_MAX], *ip = bytes + 14;
	size_t part = i + 1 < PIECES ? PIECE_BYTES : 308, off = i * PIECE_BYTES;
	size_t len;

	frame.payload_len = 2 * PIECE_BYTES + 300;
	frame.bad_l4_checksum = bad;
	len = frame_build(&frame, bytes, sizeof(bytes));
	assert_int_equal(len, 14 + 20 + 2 * PIECE_BYTES + 308);
	memmove(ip + 20, ip + 20 + off, part);
	ip[2] = (uint8_t)((20 + part) >> 8);
	ip[3] = (uint8_t)(20 + part);
	ip[4] = (uint8_t)(id >> 8);
	ip[5] = (uint8_t)id;
	ip[6] = (uint8_t)((i + 1 < PIECES ? 0x20 : 0) | off / 8 >> 8);
	ip[7] = (uint8_t)(off / 8);
	ip[10] = ip[11] = 0;
	len = (uint16_t)~frame_sum(ip, 20, 0);
	ip[10] = (uint8_t)(len >> 8);
	ip[11] = (uint8_t)len;
	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)(34 + part)), bytes, 34 + part);
	return m;
}

/* All datagrams, their pieces interleaved: each third is refused by the rules, each fifth bad. */
static void
run_bursts(unsigned size, struct engine_record *records)
{
	struct rte_mbuf *pkts[FRAMES];
	struct fixture f = {.config = fixture_config()};
	struct engine_stats s;
	unsigned i, n;

	fixture_start(&f, RULESET("accept", RULE(UDP_DPORT(53) DROP)));
	for (i = 0; i < FRAMES; i++) {
		n = (i * 7) % FRAMES; /* 7 and FRAMES have no common factor */
		pkts[i] =
			piece_of((uint16_t)(n / PIECES % 3 == 0 ? 53 : 2000 + n / PIECES),
				 (uint16_t)(n / PIECES), n % PIECES, n / PIECES % 5 == 0);
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
	struct rte_mbuf *m = piece_of(53, 1, 0, false);
	struct engine_record records[2];
	uint64_t at;

	(void)state;
	fixture_start(&f, RULESET("accept", ""));
	f.free_mbufs++; /* the one that is there already */
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
	m = piece_of(53, 2, 1, false);
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
	fixture_start(&f, RULESET("accept", ""));
	for (i = 0; i < 5000; i++) {
		m = piece_of(53, (uint16_t)i, 0, false);
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
	fixture_start(&f, RULESET("accept", ""));
	m = piece_of(53, 1, 0, false);
	engine_burst(f.e, LAN, &m, 1, START, &record);
	assert_dropped(record, REASON_IP_FRAGMENT);
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
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
