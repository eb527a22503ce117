/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Marks and rewritten headers: packets that leave the engine are as expected, with right
 * checksums.
 */
#include <stdio.h>

#include "engine_fixture.h"

#define SYN4                                                                             \
	{                                                                                \
		.src = "192.0.2.1", .dst = "198.51.100.1", .proto = IPPROTO_TCP,         \
		.flags = FRAME_SYN, .sport = 1025, .dport = 80, .seq = 5,                \
		.opt = {.mss = 1460,                                                     \
			.sack_ok = true }                                                \
	}
#define SYN6                                                                             \
	{                                                                                \
		.src = "2001:db8::1", .dst = "2001:db8:ffff::1", .proto = IPPROTO_TCP,   \
		.flags = FRAME_SYN, .sport = 1025, .dport = 80, .seq = 5,                \
		.opt = {.mss = 1460 }                                                    \
	}

static const struct frame syn4 = SYN4;
static const struct frame syn6 = SYN6;

/*
 * Assert that the frame passes with right checksums. Returns its IP packet as it leaves.
 */
static const uint8_t *
sent(struct fixture *f, const struct frame *frame, struct packet *p)
{
	assert_true(passes(f, LAN, frame));
	*p = left(f, WAN, 0);
	assert_int_equal(p->reason, REASON_NONE);
	return rte_pktmbuf_mtod(engine_tx(f->e, WAN)->pkts[0], const uint8_t *);
}

/* Return the MSS of the SYN that leaves, its first option. */
static unsigned
mss_sent(struct fixture *f, const struct frame *frame)
{
	struct packet p;
	const uint8_t *option = sent(f, frame, &p);

	option += p.l4_off + 20;
	assert_int_equal(option[0], 2);
	return (unsigned)option[2] << 8 | option[3];
}

static void
the_segment_size_is_clamped_to_a_number(void **state)
{
	struct frame small = SYN4;
	struct fixture f;

	(void)state;
	small.opt.mss = 1000;
	small.sport = 7;
	fixture_start_rules(&f, "",
			    "tcp flags syn tcp option maxseg size set 1360\naccept");
	assert_int_equal(mss_sent(&f, &syn4), 1360);
	assert_int_equal(mss_sent(&f, &syn6), 1360);
	assert_int_equal(mss_sent(&f, &small), 1000); /* the MSS is never increased */
	fixture_end(&f);
}

static void
the_segment_size_is_clamped_to_the_mtu_of_the_ports(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, "",
			    "tcp flags syn tcp option maxseg size set rt mtu\naccept");
	assert_int_equal(mss_sent(&f, &syn4), 1460);
	engine_set_mtu(f.e, WAN, 1400);
	assert_int_equal(mss_sent(&f, &syn4), 1360);
	assert_int_equal(mss_sent(&f, &syn6), 1340);
	/* the MTU of the reverse direction counts as well */
	engine_set_mtu(f.e, WAN, 1500);
	engine_set_mtu(f.e, LAN, 1300);
	assert_int_equal(mss_sent(&f, &syn4), 1260);
	fixture_end(&f);
}

static void
a_segment_without_the_option_passes_unchanged(void **state)
{
	struct frame bare = SYN4;
	struct fixture f;

	(void)state;
	bare.opt = (struct frame_options){0};
	fixture_start_rules(&f, "", "tcp option maxseg size set 1360 accept");
	assert_true(passes(&f, LAN, &bare));
	fixture_end(&f);
}

static void
dscp_and_ecn_are_set_in_both_families(void **state)
{
	struct frame marked = SYN4;
	struct fixture f;
	struct packet p;
	const uint8_t *at;

	(void)state;
	marked.tos = 1;
	fixture_start_rules(&f, "", "ip dscp set ef\nip6 dscp set cs1\naccept");
	at = sent(&f, &marked, &p);
	assert_int_equal(at[15], 46 << 2 | 1); /* the ECN bits are kept */
	at = sent(&f, &syn6, &p);
	assert_int_equal(at[14], 0x60 | 8 >> 2);
	assert_int_equal(at[15], (8 & 3) << 6);
	fixture_end(&f);
	fixture_start_rules(&f, "", "ip ecn set ce accept");
	at = sent(&f, &marked, &p);
	assert_int_equal(at[15], 3);
	fixture_end(&f);
}

static void
time_to_live_is_set_in_both_families(void **state)
{
	struct fixture f;
	struct packet p;

	(void)state;
	fixture_start_rules(&f, "", "ip ttl set 10\nip6 hoplimit set 11\naccept");
	assert_int_equal(sent(&f, &syn4, &p)[22], 10);
	assert_int_equal(sent(&f, &syn6, &p)[21], 11);
	fixture_end(&f);
}

static void
an_option_is_reset_to_nops(void **state)
{
	const uint8_t *option;
	struct fixture f;
	struct packet p;

	(void)state;
	fixture_start_rules(&f, "", "reset tcp option sack-perm accept");
	option = sent(&f, &syn4, &p) + 14 + 20 + 20;
	assert_memory_equal(option, "\2\4\x05\xb4\1\1", 6);
	fixture_end(&f);
}

static void
established_segments_are_rewritten_too(void **state)
{
	struct frame synack = SYN4, ack = SYN4;
	struct fixture f;
	struct packet p;

	(void)state;
	fixture_start_rules(&f, "", "ip dscp set ef accept");
	sent(&f, &syn4, &p);
	synack.src = syn4.dst;
	synack.dst = syn4.src;
	synack.sport = 80;
	synack.dport = 1025;
	synack.flags = FRAME_SYN | FRAME_ACK;
	synack.seq = 100;
	synack.ack = 6;
	assert_true(passes(&f, WAN, &synack));
	ack.flags = FRAME_ACK;
	ack.seq = 6;
	ack.ack = 101;
	ack.opt = (struct frame_options){0};
	for (int i = 0; i < 3; i++)
		assert_int_equal(sent(&f, &ack, &p)[15], 46 << 2);
	fixture_end(&f);
}

static void
a_mark_lives_from_chain_to_chain(void **state)
{
	struct frame other = SYN4;
	struct fixture f;

	(void)state;
	other.dport = 22;
	f.config = fixture_config();
	fixture_start(&f,
		      "table inet t {\n"
		      "chain one { type filter hook forward priority -10; policy "
		      "accept;\ntcp dport 80 meta mark set 2\n}\n"
		      "chain two { type filter hook forward priority 0; policy drop;\n"
		      "meta mark 2 accept\n}\n}\n");
	assert_true(passes(&f, LAN, &syn4));
	assert_false(passes(&f, LAN, &other));
	fixture_end(&f);
}

static void
marks_are_combined_with_constants(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(
		&f, "",
		"meta mark set 0xff\nmeta mark set meta mark and 0xf0\n"
		"meta mark set meta mark or 0x3\nmeta mark set meta mark xor 0x1\n"
		"meta mark 0xf2 accept");
	assert_true(passes(&f, LAN, &syn4));
	fixture_end(&f);
	fixture_start_rules(&f, "", "meta mark set 0xf5\nmeta mark & 0xf == 5 accept");
	assert_true(passes(&f, LAN, &syn4));
	fixture_end(&f);
}

static void
a_map_gives_the_mark(void **state)
{
	struct frame other = SYN4, third = SYN4;
	struct fixture f;

	(void)state;
	other.dport = 85;
	third.dport = 443;
	fixture_start_rules(&f,
			    "map m { type inet_service : mark; flags interval; "
			    "elements = { 80 : 7, 82-90 : 9 } }",
			    "meta mark set tcp dport map @m meta mark { 7, 9 } accept");
	assert_true(passes(&f, LAN, &syn4));
	assert_true(passes(&f, LAN, &other));
	/* the map has no element, so the rule does not match */
	assert_false(passes(&f, LAN, &third));
	fixture_end(&f);
	fixture_start_rules(
		&f, "",
		"meta mark set tcp dport map { 80 : 1, 85 : 2 }\nmeta mark 2 accept");
	assert_false(passes(&f, LAN, &syn4));
	assert_true(passes(&f, LAN, &other));
	fixture_end(&f);
}

static void
the_mark_of_a_connection_stays_with_it(void **state)
{
	const struct frame query = {.src = "192.0.2.1",
				    .dst = "198.51.100.1",
				    .proto = IPPROTO_UDP,
				    .sport = 1024,
				    .dport = 53};
	const struct frame answer = {.src = "198.51.100.1",
				     .dst = "192.0.2.1",
				     .proto = IPPROTO_UDP,
				     .sport = 53,
				     .dport = 1024};
	struct frame other = query;
	struct fixture f;

	(void)state;
	other.sport = 1026;
	fixture_start_rules(&f, "",
			    "ct state new udp sport 1024 ct mark set 5 accept\n"
			    "ct state new accept\nct mark 5 accept");
	assert_true(passes(&f, LAN, &query));
	assert_true(passes(&f, WAN, &answer));
	assert_true(passes(&f, LAN, &query));
	assert_true(passes(&f, LAN, &other));
	assert_true(passes(&f, LAN, &other)); /* the connection is still new */
	other.src = "198.51.100.1";
	other.dst = "192.0.2.1";
	other.sport = 53;
	other.dport = 1026;
	assert_false(passes(&f, WAN, &other)); /* established, without a mark */
	fixture_end(&f);
}

static void
marks_of_packet_and_connection_are_copied(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, "",
			    "ct state new meta mark set 6 ct mark set meta mark\n"
			    "meta mark set 0\nmeta mark set ct mark\nmeta mark 6 accept");
	assert_true(passes(&f, LAN, &syn4));
	assert_true(passes(&f, LAN, &syn4));
	fixture_end(&f);
}

static void
rules_with_marks_need_an_engine_that_keeps_them(void **state)
{
	struct fixture f;
	struct policy *marks;

	(void)state;
	fixture_start_rules(&f, "", "accept");
	marks = fixture_policy("table inet t {\nchain forward { type filter hook forward "
			       "priority 0; policy drop;\nct mark 1 accept\n}\n}\n");
	assert_int_equal(engine_provides(&f.config), 0);
	assert_int_equal(policy_needs(marks) & POLICY_NEEDS_MEMORY, POLICY_NEEDS_CT_MARK);
	engine_config_rules(&f.config, marks);
	assert_int_equal(engine_provides(&f.config), POLICY_NEEDS_CT_MARK);
	policy_free(marks);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_segment_size_is_clamped_to_a_number),
		cmocka_unit_test(the_segment_size_is_clamped_to_the_mtu_of_the_ports),
		cmocka_unit_test(a_segment_without_the_option_passes_unchanged),
		cmocka_unit_test(dscp_and_ecn_are_set_in_both_families),
		cmocka_unit_test(time_to_live_is_set_in_both_families),
		cmocka_unit_test(an_option_is_reset_to_nops),
		cmocka_unit_test(established_segments_are_rewritten_too),
		cmocka_unit_test(a_mark_lives_from_chain_to_chain),
		cmocka_unit_test(marks_are_combined_with_constants),
		cmocka_unit_test(a_map_gives_the_mark),
		cmocka_unit_test(the_mark_of_a_connection_stays_with_it),
		cmocka_unit_test(marks_of_packet_and_connection_are_copied),
		cmocka_unit_test(rules_with_marks_need_an_engine_that_keeps_them),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
