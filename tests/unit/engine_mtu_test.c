/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that exceed the MTU of the wire's other port, and packets that the device did
 * not send.
 */
#include "engine_fixture.h"

#define MTU 1400u

static const char accept_all[] = FORWARD("accept", "");

static void
fixture_begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->config = fixture_config();
	fixture_start(f, accept_all);
}

/*
 * Check a frame with an IP packet of ip_bytes against the MTU. Returns how many frames
 * remain.
 */
static uint16_t
limit(struct fixture *f, struct frame frame, size_t ip_bytes)
{
	size_t headers = strchr(frame.src, ':') != NULL ? 40 : 20;
	struct rte_mbuf *m;
	uint16_t n;

	headers += frame.proto == IPPROTO_TCP ? 20 : frame.frag_off != 0 ? 0 : 8;
	frame.payload_len = ip_bytes - headers;
	m = mbuf_of(&frame);
	drain(f);
	n = engine_limit(f->e, LAN, &m, 1, MTU, START);
	if (n == 1)
		rte_pktmbuf_free(m);
	return n;
}

/* Return the MTU in the ICMP error that was sent back to lan. */
static unsigned
told_mtu(struct fixture *f, uint8_t type, uint8_t code)
{
	struct rte_mbuf *m;
	struct packet p;

	assert_int_equal(left_count(f, LAN), 1);
	p = left(f, LAN, 0);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	assert_int_equal(p.icmp_type, type);
	assert_int_equal(p.icmp_code, code);
	m = engine_tx(f->e, LAN)->pkts[0];
	return rte_be_to_cpu_32(*rte_pktmbuf_mtod_offset(m, const rte_be32_t *,
							 p.l4_off + 4));
}

static void
what_fits_goes_on_with_its_tags(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	frame.df = true;
	assert_int_equal(limit(&f, frame, MTU), 1);
	frame.tags = 2;
	frame.tag[0] = (struct frame_tag){0x88a8, 7};
	frame.tag[1] = (struct frame_tag){0x8100, 10};
	assert_int_equal(limit(&f, frame, MTU), 1);
	assert_int_equal(stats(&f).packets, 0);
	assert_int_equal(limit(&f, frame, MTU + 1), 0);
	assert_int_equal(left(&f, LAN, 0).vlans, 2);
	fixture_end(&f);
}

static void
what_may_not_be_fragmented_is_answered(void **state)
{
	struct frame four = segment(LAN, FRAME_ACK, 1000, 1), six = four;
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	four.df = true;
	assert_int_equal(limit(&f, four, MTU + 1), 0);
	assert_int_equal(told_mtu(&f, 3, 4), MTU);
	six.src = HOST6;
	six.dst = SERVER6;
	assert_int_equal(limit(&f, six, MTU + 1), 0);
	assert_int_equal(told_mtu(&f, 2, 0), MTU);
	assert_int_equal(stats(&f).packets, 2);
	assert_int_equal(stats(&f).drops[REASON_MTU], 2);
	assert_int_equal(stats(&f).generated[ACTION_ICMP], 2);
	assert_int_equal(stats(&f).connections + stats(&f).connections6, 0);
	fixture_end(&f);
}

static void
what_may_be_fragmented_is_dropped_without_an_answer(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	assert_int_equal(limit(&f, frame, MTU + 1), 0);
	assert_int_equal(left_count(&f, LAN), 0);
	assert_int_equal(stats(&f).drops[REASON_MTU], 1);
	fixture_end(&f);
}

/* Of a fragmented datagram only the first fragment is answered. */
static void
a_first_fragment_is_answered_and_no_other(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	frame.df = true;
	frame.mf = true;
	assert_int_equal(limit(&f, frame, 20 + 1400), 0);
	assert_int_equal(told_mtu(&f, 3, 4), MTU);
	frame.frag_off = 200;
	assert_int_equal(limit(&f, frame, 20 + 1400), 0);
	assert_int_equal(left_count(&f, LAN), 0);
	fixture_end(&f);
}

/*
 * Packets to which RFC 1122 3.2.2 forbids an ICMP error, because the error would go to
 * others than the sender.
 */
static void
what_must_not_be_answered_is_not(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	frame.df = true;
	frame.dst = "224.0.0.1";
	assert_int_equal(limit(&f, frame, MTU + 1), 0);
	frame.dst = SERVER;
	memset(frame.dst_mac, 0xff, sizeof(frame.dst_mac));
	assert_int_equal(limit(&f, frame, MTU + 1), 0);
	assert_int_equal(stats(&f).drops[REASON_MTU], 2);
	assert_int_equal(left_count(&f, LAN), 0);
	/*
	 * a malformed frame is left to engine_burst(), which drops it with the parser's
	 * reason
	 */
	memset(frame.dst_mac, 0, sizeof(frame.dst_mac));
	frame.bad_ip_checksum = true;
	assert_int_equal(limit(&f, frame, MTU + 1), 1);
	fixture_end(&f);
}

static void
the_others_of_a_burst_keep_their_order(void **state)
{
	struct frame small = datagram(LAN, 1000, 53), large = small;
	struct rte_mbuf *pkts[5], *kept[3];
	struct fixture f;
	unsigned i;

	(void)state;
	fixture_begin(&f);
	large.payload_len = 1500;
	for (i = 0; i < 5; i++)
		pkts[i] = mbuf_of(i % 2 == 0 ? &small : &large);
	kept[0] = pkts[0];
	kept[1] = pkts[2];
	kept[2] = pkts[4];
	assert_int_equal(engine_limit(f.e, LAN, pkts, 5, MTU, START), 3);
	assert_memory_equal(pkts, kept, sizeof(kept));
	rte_pktmbuf_free_bulk(pkts, 3);
	fixture_end(&f);
}

/* Received packets = passed + dropped, regardless of what the device sends. */
static void
what_is_not_sent_has_not_passed(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct rte_mbuf *m;
	struct fixture f;
	unsigned i;

	(void)state;
	fixture_begin(&f);
	for (i = 0; i < 10; i++) {
		m = mbuf_of(&frame);
		m->port = 0; /* as a driver sets it */
		engine_burst(f.e, LAN, &m, 1, START, NULL);
	}
	assert_int_equal(stats(&f).passed, 10);
	for (i = 0; i < 7; i++)
		rte_pktmbuf_free(engine_tx(f.e, WAN)->pkts[i]);
	/* three were not accepted; two of the seven accepted ones were lost */
	engine_tx_done(f.e, engine_tx(f.e, WAN), 7, 2);
	assert_int_equal(stats(&f).passed, 5);
	assert_int_equal(stats(&f).drops[REASON_TX_FULL], 5);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_goes_on_with_its_tags),
		cmocka_unit_test(what_may_not_be_fragmented_is_answered),
		cmocka_unit_test(what_may_be_fragmented_is_dropped_without_an_answer),
		cmocka_unit_test(a_first_fragment_is_answered_and_no_other),
		cmocka_unit_test(what_must_not_be_answered_is_not),
		cmocka_unit_test(the_others_of_a_burst_keep_their_order),
		cmocka_unit_test(what_is_not_sent_has_not_passed),
	};

	return cmocka_run_group_tests_name("engine_mtu", tests, fixture_eal,
					   fixture_eal_end);
}
