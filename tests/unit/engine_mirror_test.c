/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of packets by `dup`: which leave by the mirror port, with which bytes. */
#include "engine_fixture.h"

#define IDS 2  /* engine port of the mirror port "ids", after the wire's two ports */
#define IDS2 3 /* that of "ids2" */

#define DUP "dup to 192.0.2.9 device \"ids\"\n"
#define DUP2 "dup to 192.0.2.9 device \"ids2\"\n"

/* A forward chain of family ip, which dup needs, with a policy and rules. */
#define CHAIN(policy, rules)                                                             \
	"table ip t {\n"                                                                 \
	"chain forward { type filter hook forward priority 0; policy " policy            \
	";\n" rules "}\n}\n"

static void
start(struct fixture *f, const char *rules)
{
	f->config = fixture_config();
	f->config.mirrors = 2;
	fixture_start(f, rules);
}

/* Assert that the i-th frame that leaves by a port has the bytes of a frame. */
static void
assert_left(struct fixture *f, uint16_t port, uint16_t i, const struct frame *frame)
{
	struct rte_mbuf *want = mbuf_of(frame), *m;

	assert_true(i < left_count(f, port));
	m = engine_tx(f->e, port)->pkts[i];
	assert_int_equal(rte_pktmbuf_pkt_len(m), rte_pktmbuf_pkt_len(want));
	assert_memory_equal(rte_pktmbuf_mtod(m, const void *),
			    rte_pktmbuf_mtod(want, const void *),
			    rte_pktmbuf_pkt_len(want));
	rte_pktmbuf_free(want);
}

static void
the_copy_leaves_by_the_mirror_and_the_original_goes_on(void **state)
{
	struct frame mirrored = datagram(LAN, 40000, 53);
	struct frame other = datagram(LAN, 40000, 54);
	struct fixture f;

	(void)state;
	start(&f, CHAIN("accept", "udp dport 53 " DUP));
	assert_passed(inject(&f, LAN, &mirrored));
	assert_left(&f, WAN, 0, &mirrored);
	assert_left(&f, IDS, 0, &mirrored);
	assert_int_equal(left_count(&f, WAN), 1);
	assert_int_equal(left_count(&f, IDS), 1);
	assert_int_equal(left_count(&f, IDS2), 0);
	assert_passed(inject(&f, LAN, &other));
	assert_int_equal(left_count(&f, WAN), 1);
	assert_int_equal(left_count(&f, IDS), 0);
	assert_int_equal(stats(&f).copies, 1);
	fixture_end(&f);
}

/* Every packet: the verdict must not be cached with the connection. */
static void
each_packet_of_a_connection_is_copied(void **state)
{
	struct frame data = segment(LAN, FRAME_ACK | FRAME_PSH, 1001, 5001);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f, CHAIN("accept", "tcp dport 80 " DUP));
	handshake(&f);
	drain(&f);
	assert_int_equal(stats(&f).copies, 2); /* SYN and ACK; the SYN+ACK has sport 80 */
	for (i = 0; i < 10; i++) {
		assert_passed(inject(&f, LAN, &data));
		assert_left(&f, IDS, 0, &data);
	}
	fixture_end(&f);
}

static void
each_dup_makes_a_copy(void **state)
{
	struct frame frame = datagram(LAN, 40000, 53);
	struct fixture f;

	(void)state;
	start(&f, CHAIN("accept", DUP DUP2 DUP));
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(left_count(&f, IDS), 2);
	assert_left(&f, IDS, 1, &frame);
	assert_left(&f, IDS2, 0, &frame);
	assert_left(&f, WAN, 0, &frame);
	fixture_end(&f);
}

/* As in the kernel, a copy is sent although a later rule drops the packet. */
static void
a_packet_that_is_dropped_later_is_copied_first(void **state)
{
	struct frame frame = datagram(LAN, 40000, 53);
	struct fixture f;

	(void)state;
	start(&f, CHAIN("drop", DUP));
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	assert_int_equal(left_count(&f, WAN), 0);
	assert_left(&f, IDS, 0, &frame);
	fixture_end(&f);
	start(&f, CHAIN("accept", "udp dport 53 drop\n" DUP));
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	assert_int_equal(left_count(&f, IDS), 0);
	fixture_end(&f);
}

static void
a_copy_has_what_earlier_rules_rewrote_and_not_what_later_ones_do(void **state)
{
	struct frame frame = datagram(LAN, 40000, 53), before = frame, after = frame;
	struct fixture f;

	(void)state;
	before.ttl = 9;
	after.ttl = 7;
	start(&f, CHAIN("accept", "ip ttl set 9\n" DUP "ip ttl set 7\n"));
	assert_passed(inject(&f, LAN, &frame));
	assert_left(&f, IDS, 0, &before);
	assert_left(&f, WAN, 0, &after);
	fixture_end(&f);
}

static void
rules_before_tracking_copy_too(void **state)
{
	struct frame frame = datagram(LAN, 40000, 53);
	struct fixture f;

	(void)state;
	start(&f, "table ip t {\n"
		  "chain pre { type filter hook prerouting priority raw;\n" DUP "}\n"
		  "chain forward { type filter hook forward priority 0; }\n}\n");
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(left_count(&f, IDS), 1);
	assert_passed(inject(&f, LAN, &frame)); /* the verdict is not remembered */
	assert_int_equal(left_count(&f, IDS), 1);
	assert_left(&f, IDS, 0, &frame);
	fixture_end(&f);
}

static void
all_fragments_of_a_datagram_are_copied(void **state)
{
	struct frame frame = datagram(LAN, 40000, 53);
	struct rte_mbuf *m[2];
	struct fixture f;

	(void)state;
	frame.payload_len = 32;
	start(&f, CHAIN("accept", "udp dport 53 " DUP));
	m[0] = piece_of(&frame, 0, 16, true);
	m[1] = piece_of(&frame, 16, 24, false);
	engine_burst(f.e, LAN, m, 2, START, NULL);
	assert_int_equal(left_count(&f, WAN), 2);
	assert_int_equal(left_count(&f, IDS), 2);
	fixture_end(&f);
}

static void
copies_that_are_not_sent_are_counted(void **state)
{
	struct frame frame = datagram(LAN, 40000, 53);
	struct fixture f;

	(void)state;
	start(&f, CHAIN("accept", DUP DUP DUP));
	assert_passed(inject(&f, LAN, &frame));
	/* the device takes two of three, and reports one of them as not sent */
	rte_pktmbuf_free_bulk(engine_tx(f.e, IDS)->pkts, 2);
	engine_tx_done(f.e, engine_tx(f.e, IDS), 2, 1);
	assert_int_equal(stats(&f).copies, 1);
	assert_int_equal(stats(&f).copies_lost, 2);
	assert_int_equal(stats(&f).passed, 1);
	assert_int_equal(stats(&f).drops[REASON_TX_FULL], 0);
	fixture_end(&f);
}

static void
a_copy_without_a_buffer_is_lost_and_the_original_passes(void **state)
{
	static struct rte_mbuf *all[POOL_SIZE];
	struct frame frame = datagram(LAN, 40000, 53);
	struct rte_mbuf *m;
	struct fixture f;
	unsigned n;

	(void)state;
	start(&f, CHAIN("accept", DUP));
	m = mbuf_of(&frame);
	for (n = 0; (all[n] = rte_pktmbuf_alloc(pool)) != NULL; n++)
		;
	engine_burst(f.e, LAN, &m, 1, START, NULL);
	rte_pktmbuf_free_bulk(all, n);
	assert_left(&f, WAN, 0, &frame);
	assert_int_equal(left_count(&f, IDS), 0);
	assert_int_equal(stats(&f).copies_lost, 1);
	assert_int_equal(stats(&f).passed, 1);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_copy_leaves_by_the_mirror_and_the_original_goes_on),
		cmocka_unit_test(each_packet_of_a_connection_is_copied),
		cmocka_unit_test(each_dup_makes_a_copy),
		cmocka_unit_test(a_packet_that_is_dropped_later_is_copied_first),
		cmocka_unit_test(
			a_copy_has_what_earlier_rules_rewrote_and_not_what_later_ones_do),
		cmocka_unit_test(rules_before_tracking_copy_too),
		cmocka_unit_test(all_fragments_of_a_datagram_are_copied),
		cmocka_unit_test(copies_that_are_not_sent_are_counted),
		cmocka_unit_test(a_copy_without_a_buffer_is_lost_and_the_original_passes),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
