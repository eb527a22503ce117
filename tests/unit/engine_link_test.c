/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probes go to the MAC addresses that the connection's last segments used: with many
 * stations, in full bursts, and without free mbufs. tests/scenario/link tests the same
 * with one connection.
 */
#include <flow/l2.h>

#include "engine_fixture.h"

#define IDLE (7440 * S)
#define MANY 5000u

static void
start(struct fixture *f)
{
	*f = (struct fixture){.config = fixture_config()};
	f->config.max = 2 * MANY;
	fixture_start(f, OFFICE);
}

/*
 * The path of a connection: station and port of HOST, and the router towards SERVER, 1 or
 * its replacement 2.
 */
struct path {
	unsigned station;
	uint16_t sport;
	uint8_t router;
};

static struct frame
between(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack, struct path path)
{
	struct frame f = segment(port, flags, seq, ack);
	uint8_t *host = port == LAN ? f.src_mac : f.dst_mac;
	uint8_t *server = port == LAN ? f.dst_mac : f.src_mac;

	memcpy(host,
	       (uint8_t[6]){2, 0xa, 0, 0, (uint8_t)(path.station >> 8),
			    (uint8_t)path.station},
	       6);
	memcpy(server, (uint8_t[6]){2, 0xb, 0, 0, 0, path.router}, 6);
	*(port == LAN ? &f.sport : &f.dport) = path.sport;
	return f;
}

/* Send segments from an address on lan through a station. */
static void
open_from(struct fixture *f, const char *host, unsigned station, uint16_t sport)
{
	const struct path path = {station, sport, 1};
	struct frame frame = between(LAN, FRAME_SYN, 1000, 0, path);

	frame.src = host;
	assert_passed(inject(f, LAN, &frame));
	frame = between(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001, path);
	frame.dst = host;
	assert_passed(inject(f, WAN, &frame));
	frame = between(LAN, FRAME_ACK, 1001, 5001, path);
	frame.src = host;
	assert_passed(inject(f, LAN, &frame));
}

static void
assert_goes_to(struct fixture *f, uint16_t port, uint16_t i, const uint8_t mac[6])
{
	struct engine_tx *tx = engine_tx(f->e, port);

	assert_true(i < tx->count);
	assert_memory_equal(rte_pktmbuf_mtod(tx->pkts[i], uint8_t *), mac, 6);
}

/*
 * Expire n connections at at_ns, and assert that each is probed: one probe to lan, one to
 * this router on wan.
 */
static void
assert_probed(struct fixture *f, uint64_t at_ns, unsigned n, uint8_t router)
{
	const uint8_t mac[6] = {2, 0xb, 0, 0, 0, router};
	uint16_t i;

	drain(f);
	engine_expire(f->e, at_ns, ENGINE_EXPIRE_MAX);
	assert_int_equal(left_count(f, LAN), n);
	assert_int_equal(left_count(f, WAN), n);
	for (i = 0; i < n; i++)
		assert_goes_to(f, WAN, i, mac);
}

static void
syns_from_forged_addresses_take_no_probe_from_others(void **state)
{
	const uint8_t station[6] = {2, 0xa, 0, 0, 0x20, 0};
	struct fixture f;
	struct frame frame;
	uint16_t n;

	(void)state;
	start(&f);
	for (n = 0; n < MANY; n++) {
		frame = between(LAN, FRAME_SYN, 1000, 0, (struct path){n, n, 1});
		assert_passed(inject(&f, LAN, &frame));
	}
	open_from(&f, HOST, 0x2000, 50000);
	while (engine_expire(f.e, START + 200 * S, ENGINE_EXPIRE_MAX) != 0)
		;
	assert_probed(&f, START + IDLE, 1, 1);
	assert_goes_to(&f, LAN, 0, station);
	fixture_end(&f);
}

/* Return whether a frame to this station is in lan's transmit buffer. */
static bool
goes_to(struct fixture *f, const uint8_t mac[6])
{
	const struct engine_tx *tx = engine_tx(f->e, LAN);
	uint16_t i;

	for (i = 0; i < tx->count; i++)
		if (memcmp(rte_pktmbuf_mtod(tx->pkts[i], uint8_t *), mac, 6) == 0)
			return true;
	return false;
}

static void
connections_from_forged_addresses_take_no_probe_from_others(void **state)
{
	const uint8_t station[6] = {2, 0xa, 0, 0, 0x20, 0};
	struct fixture f;
	bool probed = false;
	uint16_t n;

	(void)state;
	start(&f);
	for (n = 0; n < MANY; n++)
		open_from(&f, HOST, n, n);
	open_from(&f, "10.0.0.2", 0x2000, 50000);
	for (n = 0; n <= MANY / ENGINE_EXPIRE_MAX + 1 && !probed; n++) {
		drain(&f);
		engine_expire(f.e, START + IDLE, ENGINE_EXPIRE_MAX);
		probed = goes_to(&f, station);
	}
	assert_true(probed);
	fixture_end(&f);
}

/* Inject one burst of data from lan with a segment of each connection. */
static void
burst_of_data(struct fixture *f, unsigned count, uint32_t seq, uint8_t router,
	      uint64_t at_ns)
{
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	struct engine_record records[ENGINE_BURST_MAX];
	struct frame frame;
	unsigned n;

	for (n = 0; n < count; n++) {
		frame = between(LAN, FRAME_ACK | FRAME_PSH, seq, 5001,
				(struct path){1, (uint16_t)n, router});
		frame.payload_len = 10;
		pkts[n] = mbuf_of(&frame);
	}
	drain(f);
	engine_burst(f->e, LAN, pkts, (uint16_t)count, at_ns, records);
	for (n = 0; n < count; n++)
		assert_passed(records[n]);
}

static void
a_new_router_seen_in_a_burst_has_all_connections_learn(void **state)
{
	struct fixture f;
	uint32_t seq = 1001;
	uint16_t n;

	(void)state;
	start(&f);
	for (n = 0; n < ENGINE_BURST_MAX; n++)
		open_from(&f, HOST, 1, n);
	/*
	 * of 16 bursts on the fast path, the engine compares the addresses of one segment
	 */
	for (n = 0; n < 16; n++, seq += 10)
		burst_of_data(&f, ENGINE_BURST_MAX, seq, 2, START + S);
	engine_expire(f.e, START + S, ENGINE_EXPIRE_MAX);
	burst_of_data(&f, ENGINE_BURST_MAX, seq, 2, START + 2 * S);
	assert_probed(&f, START + 302 * S, ENGINE_BURST_MAX, 2);
	fixture_end(&f);
}

static void
a_connection_learns_after_its_timer_has_gone_off(void **state)
{
	struct frame frame;
	struct fixture f;
	uint32_t seq = 1001;
	uint16_t n;

	(void)state;
	start(&f);
	for (n = 0; n < ENGINE_BURST_MAX; n++)
		open_from(&f, HOST, 1, n);
	engine_expire(f.e, START + 300 * S, ENGINE_EXPIRE_MAX);
	burst_of_data(&f, ENGINE_BURST_MAX, seq, 2, START + 301 * S);
	assert_probed(&f, START + 601 * S, ENGINE_BURST_MAX, 2);
	/* the answer ends the probing: the connection is on the fast path again */
	for (n = 0; n < ENGINE_BURST_MAX; n++) {
		frame = between(WAN, FRAME_ACK, 5001, seq + 10, (struct path){1, n, 2});
		assert_passed(inject_at(&f, WAN, &frame, START + 602 * S));
		frame = between(LAN, FRAME_ACK, seq + 10, 5001, (struct path){1, n, 2});
		assert_passed(inject_at(&f, LAN, &frame, START + 602 * S));
	}
	burst_of_data(&f, ENGINE_BURST_MAX, seq + 10, 3, START + 603 * S);
	assert_probed(&f, START + 903 * S, ENGINE_BURST_MAX, 2);
	fixture_end(&f);
}

static void
a_probe_that_cannot_be_sent_is_not_a_silence(void **state)
{
	struct rte_mbuf *all[POOL_SIZE];
	struct fixture f;
	unsigned n, i;

	(void)state;
	start(&f);
	open_from(&f, HOST, 1, 1);
	drain(&f);
	for (n = 0; n < POOL_SIZE; n++)
		if ((all[n] = rte_pktmbuf_alloc(pool)) == NULL)
			break;
	for (i = 0; i < 100; i++)
		engine_expire(f.e, START + IDLE + i * S, ENGINE_EXPIRE_MAX);
	assert_int_equal(stats(&f).generated[ACTION_PROBE], 0);
	assert_int_equal(stats(&f).connections, 1);
	rte_pktmbuf_free_bulk(all, n);
	/* the time without free mbufs did not count as an answer: three probes follow */
	for (i = 100; i < 103; i++)
		assert_probed(&f, START + IDLE + i * S, 1, 1);
	assert_int_equal(stats(&f).connections, 1);
	engine_expire(f.e, START + IDLE + 103 * S, ENGINE_EXPIRE_MAX);
	assert_int_equal(stats(&f).connections, 0);
	fixture_end(&f);
}

static void
without_any_buffer_it_ends_after_minutes(void **state)
{
	struct rte_mbuf *all[POOL_SIZE];
	struct fixture f;
	unsigned n, i;

	(void)state;
	start(&f);
	open_from(&f, HOST, 1, 1);
	drain(&f);
	for (n = 0; n < POOL_SIZE; n++)
		if ((all[n] = rte_pktmbuf_alloc(pool)) == NULL)
			break;
	for (i = 0; i <= 300; i++)
		engine_expire(f.e, START + IDLE + i * S, ENGINE_EXPIRE_MAX);
	assert_int_equal(stats(&f).connections, 1);
	for (; i <= 304; i++)
		engine_expire(f.e, START + IDLE + i * S, ENGINE_EXPIRE_MAX);
	assert_int_equal(stats(&f).connections, 0);
	rte_pktmbuf_free_bulk(all, n);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syns_from_forged_addresses_take_no_probe_from_others),
		cmocka_unit_test(
			connections_from_forged_addresses_take_no_probe_from_others),
		cmocka_unit_test(a_new_router_seen_in_a_burst_has_all_connections_learn),
		cmocka_unit_test(a_connection_learns_after_its_timer_has_gone_off),
		cmocka_unit_test(a_probe_that_cannot_be_sent_is_not_a_silence),
		cmocka_unit_test(without_any_buffer_it_ends_after_minutes),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
