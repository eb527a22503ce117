/* SPDX-License-Identifier: BSD-3-Clause */
/* Stateful statements in the engine: connection counting, logs, set elements. */
#include <rte_ring_elem.h>

#include <engine/records.h>

#include "engine_fixture.h"

#define SECOND_NS 1000000000ull

static struct recorder recorder;

static struct frame
syn(uint16_t sport)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	frame.sport = sport;
	return frame;
}

static void
a_connection_counts_until_it_is_removed(void **state)
{
	struct frame one = syn(1001), two = syn(1002), three = syn(1003);
	unsigned i;

	WITH(f, FORWARD("drop", "ct state new ct count over 2 drop\naccept\n"));
	assert_passed(inject(&f, LAN, &one));
	assert_passed(inject(&f, LAN, &two));
	assert_dropped(inject(&f, LAN, &three), REASON_POLICY_DROP);
	/* a repeated SYN belongs to a connection that has been counted already */
	assert_passed(inject(&f, LAN, &one));
	for (i = 1; i <= 10; i++)
		engine_expire(f.e, START + i * 60 * SECOND_NS, 1000);
	assert_int_equal(stats(&f).connections, 0);
	assert_passed(inject(&f, LAN, &three));
	assert_passed(inject(&f, LAN, &two));
	assert_dropped(inject(&f, LAN, &one), REASON_POLICY_DROP);
	fixture_end(&f);
}

static void
a_log_makes_a_record_with_its_rule_and_prefix(void **state)
{
	struct frame frame = syn(1001);
	struct packet_record record;

	WITH(f, FORWARD("drop", "tcp dport 22 accept\n"
				"log prefix \"new: \" group 7 snaplen 64 accept\n"));
	recorder_init(&recorder);
	recorder.ring = rte_ring_create_elem("logs", sizeof(record), 16, SOCKET_ID_ANY,
					     RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(recorder.ring);
	recorder.log = true;
	engine_set_recorder(f.e, &recorder);
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(rte_ring_sc_dequeue_elem(recorder.ring, &record, sizeof(record)),
			 0);
	assert_int_equal(record.kind, RECORD_LOG);
	assert_int_equal(record.rule, 2);
	assert_string_equal(record.log.prefix, "new: ");
	assert_int_equal(record.log.snaplen, 64);
	assert_true(record.log.has_group);
	assert_int_equal(record.log.group, 7);
	assert_int_equal(rte_ring_count(recorder.ring), 0);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

/*
 * A verdict that depends on a set element with a timeout is not cached: each packet must
 * be evaluated, because the element may have expired.
 */
static void
an_element_of_time_is_looked_up_for_each_packet(void **state)
{
	struct frame frame = syn(1001);

	WITH(f, "table inet t { set ok { type ipv4_addr; flags timeout; elements = { "
		"10.0.0.1 timeout 10s, 10.0.1.1 timeout 10s }\n}\n"
		"chain forward { type filter hook forward priority 0; policy drop;\n"
		"ip saddr @ok accept\n}\n}\n");
	assert_passed(inject(&f, LAN, &frame));
	assert_passed(inject(&f, LAN, &frame));
	engine_expire(f.e, START + 11 * SECOND_NS, 1000);
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_counts_until_it_is_removed),
		cmocka_unit_test(a_log_makes_a_record_with_its_rule_and_prefix),
		cmocka_unit_test(an_element_of_time_is_looked_up_for_each_packet),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
