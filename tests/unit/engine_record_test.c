/* SPDX-License-Identifier: BSD-3-Clause */
/* Records that engine_burst() fills for its caller, and pickup per packet. */
#include "engine_fixture.h"

static void
a_dropped_segment_tells_the_numbers_it_was_tested_with(void **state)
{
	struct engine_record record;
	struct frame frame;
	struct fixture f;

	(void)state;
	f = (struct fixture){.config = fixture_config()};
	fixture_start(&f, OFFICE);
	handshake(&f);
	frame = segment(WAN, FRAME_ACK, 900000, 1001);
	frame.payload_len = 10;
	record = inject(&f, WAN, &frame);
	assert_dropped(record, REASON_TCP_SEQ_RIGHT);
	assert_true(record.has_states);
	assert_int_equal(record.numbers.nxt[LAN], 1001);
	assert_int_equal(record.numbers.nxt[WAN], record.numbers.una[WAN]);
	assert_true(record.numbers.right[WAN] - record.numbers.una[WAN] <= 65536);
	assert_true(900000 - record.numbers.right[WAN] < UINT32_MAX / 2);
	assert_true(record.numbers.left[WAN] - record.numbers.una[WAN] > UINT32_MAX / 2);
	fixture_end(&f);
}

static void
a_drop_by_the_policy_has_rule_0_and_others_their_rule(void **state)
{
	struct frame frame = datagram(WAN, 53, 5353);
	struct engine_record record;
	struct fixture f;

	(void)state;
	f = (struct fixture){.config = fixture_config()};
	fixture_start(&f, OFFICE);
	record = inject(&f, WAN, &frame);
	assert_dropped(record, REASON_POLICY_DROP);
	assert_int_equal(record.rule, 0);
	frame = datagram(LAN, 5353, 53);
	record = inject(&f, LAN, &frame);
	assert_passed(record);
	assert_true(record.has_conn);
	assert_int_equal(record.rule, 2);
	fixture_end(&f);
}

static void
connections_are_picked_up_while_that_is_set(void **state)
{
	struct frame frame = segment(LAN, FRAME_ACK, 5000, 7000);
	struct fixture f;

	(void)state;
	frame.payload_len = 10;
	f = (struct fixture){.config = fixture_config()};
	fixture_start(&f, OFFICE);
	assert_dropped(inject(&f, LAN, &frame), REASON_TCP_NO_CONNECTION);
	engine_set_loose(f.e, true);
	assert_passed(inject(&f, LAN, &frame));
	engine_set_loose(f.e, false);
	frame = segment(LAN, FRAME_ACK, 5010, 7000);
	frame.payload_len = 10;
	assert_passed(inject(&f, LAN, &frame)); /* the connection exists now */
	frame = segment(LAN, FRAME_ACK, 5000, 7000);
	frame.dport = 4000;
	assert_dropped(inject(&f, LAN, &frame), REASON_TCP_NO_CONNECTION);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dropped_segment_tells_the_numbers_it_was_tested_with),
		cmocka_unit_test(a_drop_by_the_policy_has_rule_0_and_others_their_rule),
		cmocka_unit_test(connections_are_picked_up_while_that_is_set),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
