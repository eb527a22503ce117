/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP, ICMP queries and other protocols: which side has sent, and the timeouts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include <cmocka.h>

#include <track/datagram.h>

#define T0 0xffffff00u /* the clock wraps soon */

struct fixture {
	struct track_hot hot;
	struct track_cold cold;
	struct track_conn conn;
	struct track_config config;
};

static void
open_from(struct fixture *f, uint8_t side)
{
	*f = (struct fixture){.config = TRACK_CONFIG_DEFAULT};
	f->conn = (struct track_conn){&f->hot, &f->cold, NULL};
	datagram_open(&f->conn, side, T0);
}

static struct track_result
packet(struct fixture *f, uint8_t side, uint32_t after_ms)
{
	struct track_result r;

	datagram_packet(&f->conn, side, T0 + after_ms, &r);
	return r;
}

static uint32_t
left(const struct fixture *f, uint8_t proto, uint32_t after_ms)
{
	return datagram_deadline(&f->conn, proto, &f->config) - (T0 + after_ms);
}

static void
unanswered_udp_never_becomes_a_stream(void **state)
{
	struct fixture f;
	uint32_t at;

	(void)state;
	open_from(&f, 1);
	for (at = 0; at < 60000; at += 1000) {
		struct track_result r = packet(&f, 1, at);

		assert_int_equal(r.verdict, VERDICT_PASS);
		assert_int_equal(r.events, 0);
	}
	assert_int_equal(f.hot.flags, TRACK_ORIG);
	f.config.udp_timeout = 90000;
	assert_int_equal(left(&f, IPPROTO_UDP, 59000), 90000);
}

static void
answered_udp_has_the_timeout_of_a_stream_at_once(void **state)
{
	struct fixture f;

	(void)state;
	open_from(&f, 0);
	f.config.udp_timeout = 90000;
	assert_int_not_equal(packet(&f, 1, 10).events & TRACK_EVENT_STATE, 0);
	assert_int_equal(f.hot.flags, TRACK_REPLIED);
	assert_int_equal(left(&f, IPPROTO_UDP, 10), 120000);
	assert_int_equal(packet(&f, 0, 2000).events, 0);
	assert_int_equal(f.hot.flags, TRACK_REPLIED);
	assert_int_equal(left(&f, IPPROTO_UDPLITE, 2000), 120000);
}

static void
dns_has_its_own_timeout_answered_or_not(void **state)
{
	struct fixture f;

	(void)state;
	open_from(&f, 1);
	datagram_is_dns(&f.conn);
	f.config.udp_timeout_dns = 20000;
	assert_int_equal(left(&f, IPPROTO_UDP, 0), 20000);
	packet(&f, 0, 10);
	assert_int_equal(left(&f, IPPROTO_UDP, 10), 20000);
	packet(&f, 1, 3000);
	assert_int_equal(f.hot.flags, TRACK_ORIG | TRACK_REPLIED | TRACK_ASSURED);
	assert_int_equal(left(&f, IPPROTO_UDP, 3000), 20000);
	assert_false(datagram_has_query(&f.conn, 0));
}

static void
what_is_not_answered_for_long_goes_first(void **state)
{
	struct fixture f;

	(void)state;
	open_from(&f, 0);
	assert_int_equal(datagram_eviction(&f.conn, T0 + 5000), TRACK_EVICT_UNANSWERED);
	assert_int_equal(datagram_eviction(&f.conn, T0 + 5001), TRACK_EVICT_STALE);
	packet(&f, 0, 5001);
	assert_int_equal(datagram_eviction(&f.conn, T0 + 5001), TRACK_EVICT_UNANSWERED);
	packet(&f, 1, 9000);
	assert_int_equal(datagram_eviction(&f.conn, T0 + 90000), TRACK_EVICT_UNCONFIRMED);
	packet(&f, 0, 90000);
	assert_int_equal(datagram_eviction(&f.conn, T0 + 200000), TRACK_EVICT_NEVER);
}

static void
late_answer_alone_makes_no_stream(void **state)
{
	struct fixture f;

	(void)state;
	open_from(&f, 0);
	packet(&f, 1, 5000);
	assert_int_equal(f.hot.flags, TRACK_REPLIED);
}

static void
udp_both_ways_after_two_seconds_is_a_stream(void **state)
{
	struct fixture f;

	(void)state;
	open_from(&f, 0);
	packet(&f, 1, 10);
	assert_int_not_equal(packet(&f, 0, 2001).events & TRACK_EVENT_STATE, 0);
	assert_int_equal(f.hot.flags, TRACK_REPLIED | TRACK_ASSURED);
	assert_int_equal(left(&f, IPPROTO_UDP, 2001), 120000);
	assert_int_equal(packet(&f, 1, 3000).events, 0);
	assert_int_equal(left(&f, IPPROTO_UDPLITE, 3000), 120000);
}

static void
each_protocol_has_its_timeout(void **state)
{
	struct fixture f;

	(void)state;
	open_from(&f, 0);
	f.config.icmpv6_timeout = 31000;
	assert_int_equal(left(&f, IPPROTO_ICMP, 0), 30000);
	assert_int_equal(left(&f, IPPROTO_ICMPV6, 0), 31000);
	assert_int_equal(left(&f, IPPROTO_SCTP, 0), 30000);
	assert_int_equal(left(&f, IPPROTO_DCCP, 0), 240000);
	assert_int_equal(left(&f, IPPROTO_GRE, 0), 30000);
	assert_int_equal(left(&f, IPPROTO_ESP, 0), 600000);
	packet(&f, 1, 0);
	assert_int_equal(left(&f, IPPROTO_SCTP, 0), 210000);
	assert_int_equal(left(&f, IPPROTO_DCCP, 0), 43200000);
	assert_int_equal(left(&f, IPPROTO_GRE, 0), 180000);
	assert_int_equal(left(&f, IPPROTO_ESP, 0), 600000);
}

static void
only_who_has_asked_is_owed_an_answer(void **state)
{
	struct fixture f;

	(void)state;
	open_from(&f, 0);
	assert_false(datagram_has_query(&f.conn, 0));
	datagram_note_query(&f.conn, 0);
	assert_true(datagram_has_query(&f.conn, 0));
	assert_false(datagram_has_query(&f.conn, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unanswered_udp_never_becomes_a_stream),
		cmocka_unit_test(answered_udp_has_the_timeout_of_a_stream_at_once),
		cmocka_unit_test(dns_has_its_own_timeout_answered_or_not),
		cmocka_unit_test(what_is_not_answered_for_long_goes_first),
		cmocka_unit_test(late_answer_alone_makes_no_stream),
		cmocka_unit_test(udp_both_ways_after_two_seconds_is_a_stream),
		cmocka_unit_test(each_protocol_has_its_timeout),
		cmocka_unit_test(only_who_has_asked_is_owed_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
