/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query.h"

#define PAIRS_MAX 8

/* Take names and values, up to a NULL. */
static void
take(struct query *query, const char *const pairs[PAIRS_MAX][2])
{
	int i;

	query_begin(query);
	for (i = 0; i < PAIRS_MAX && pairs[i][0] != NULL; i++)
		query_take(query, pairs[i][0], pairs[i][1]);
}

static void
assert_request(json_t *request, const char *expected)
{
	char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
	json_decref(request);
}

static void
filters_become_members_of_the_request(void **state)
{
	static const char *const pairs[PAIRS_MAX][2] = {
		{"src", "10.0.0.0/8"}, {"dport", "443"},     {"state", ""},
		{"vlan", NULL},        {"proto", "\"}{tcp"}, {"limit", "7"},
	};
	struct query query;

	(void)state;
	take(&query, pairs);
	assert_string_equal(query.error, "");
	assert_int_equal(query.limit, 7);
	assert_request(query_list(&query),
		       "{\"dport\":\"443\",\"proto\":\"\\\"}{tcp\",\"request\":\"list\","
		       "\"src\":\"10.0.0.0/8\"}");
	query_end(&query);
}

static void
without_a_query_all_connections_are_listed(void **state)
{
	static const char *const pairs[PAIRS_MAX][2] = {{NULL, NULL}};
	struct query query;

	(void)state;
	take(&query, pairs);
	assert_int_equal(query.limit, QUERY_LIMIT_DEFAULT);
	assert_request(query_list(&query), "{\"request\":\"list\"}");
	query_end(&query);
}

static void
what_is_no_filter_is_refused(void **state)
{
	static const char *const wrong[][PAIRS_MAX][2] = {
		{{"request", "flush"}},
		{{"records", "all"}},
		{{"", "1"}},
		{{"src", "10.0.0.1"}, {"src", "10.0.0.2"}},
		{{"src", "\xff"}},
		{{"limit", "5"}, {"limit", "5"}},
		{{"dst", ""}, {"dst", ""}},
		{{"limit", "0"}},
		{{"limit", "1001"}},
		{{"limit", "-1"}},
		{{"limit", "7x"}},
		{{"limit", "99999999999999999999"}},
	};
	struct query query;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		take(&query, wrong[i]);
		if (query.error[0] == '\0')
			fail_msg("row %zu: an error expected", i);
		assert_request(query_list(&query), i == 3 ? "{\"request\":\"list\","
							    "\"src\":\"10.0.0.1\"}"
							  : "{\"request\":\"list\"}");
		query_end(&query);
	}
}

static void
a_zero_byte_is_found_before_decoding(void **state)
{
	(void)state;
	assert_true(query_has_nul("/connections?src=10.0.0.1%00x"));
	assert_true(query_has_nul("/rules%00"));
	assert_false(query_has_nul("/connections?src=%2500%01%10%0A0"));
	assert_false(query_has_nul(""));
}

static void
the_first_error_stays(void **state)
{
	static const char *const pairs[PAIRS_MAX][2] = {{"limit", "0"}, {"other", "1"}};
	struct query query;

	(void)state;
	take(&query, pairs);
	assert_string_equal(query.error, "limit: 0: a number from 1 to 1000 is expected");
	query_end(&query);
}

static void
a_ladder_follows_both_directions(void **state)
{
	static const char *const pairs[PAIRS_MAX][2] = {
		{"proto", "6"},       {"src", "10.0.0.1"}, {"sport", "40000"},
		{"dst", "192.0.2.7"}, {"dport", "443"},    {"vlan", "10"},
	};
	struct query query;

	(void)state;
	take(&query, pairs);
	assert_true(query_is_connection(&query));
	assert_request(query_follow(&query, false),
		       "{\"dport\":\"443\",\"dst\":\"192.0.2.7\",\"proto\":\"6\","
		       "\"records\":\"all\",\"request\":\"follow\",\"sport\":\"40000\","
		       "\"src\":\"10.0.0.1\",\"vlan\":\"10\"}");
	assert_request(query_follow(&query, true),
		       "{\"dport\":\"40000\",\"dst\":\"10.0.0.1\",\"proto\":\"6\","
		       "\"records\":\"all\",\"request\":\"follow\",\"sport\":\"443\","
		       "\"src\":\"192.0.2.7\",\"vlan\":\"10\"}");
	query_end(&query);
}

static void
a_ladder_of_icmp_has_no_ports(void **state)
{
	static const char *const pairs[PAIRS_MAX][2] = {{"proto", "1"},
							{"src", "10.0.0.1"},
							{"dst", "192.0.2.7"}};
	struct query query;

	(void)state;
	take(&query, pairs);
	assert_true(query_is_connection(&query));
	assert_request(query_follow(&query, true),
		       "{\"dst\":\"10.0.0.1\",\"proto\":\"1\",\"records\":\"all\","
		       "\"request\":\"follow\",\"src\":\"192.0.2.7\"}");
	query_end(&query);
}

/* Whether a ladder without ports may be of a protocol. */
static bool
needs_no_ports(const char *proto)
{
	const char *const pairs[PAIRS_MAX][2] = {{"proto", proto},
						 {"src", "10.0.0.1"},
						 {"dst", "192.0.2.7"}};
	struct query query;
	bool answer;

	take(&query, pairs);
	answer = query_is_connection(&query);
	query_end(&query);
	return answer;
}

static void
a_ladder_of_a_protocol_with_ports_needs_them(void **state)
{
	static const char *const with[] = {"tcp", "udp", "sctp", "dccp", "udplite",
					   "6",   "17",  "132",  "33",   "136"};
	/* sluice refuses the last three */
	static const char *const without[] = {"icmp", "icmpv6", "gre", "1",   "58",
					      "47",   "262",    "6x",  "quic"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (needs_no_ports(with[i]))
			fail_msg("%s: an error expected", with[i]);
	for (i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (!needs_no_ports(without[i]))
			fail_msg("%s: no error expected", without[i]);
}

static void
a_ladder_needs_one_connection(void **state)
{
	static const char *const wrong[][PAIRS_MAX][2] = {
		{{NULL, NULL}},
		{{"src", "10.0.0.1"}, {"dst", "192.0.2.7"}},
		{{"proto", "6"}, {"src", "10.0.0.1"}},
		{{"proto", "6"},
		 {"src", "10.0.0.1"},
		 {"dst", "192.0.2.7"},
		 {"dport", "443"}},
		{{"proto", "1"},
		 {"src", "10.0.0.1"},
		 {"dst", "192.0.2.7"},
		 {"state", "ESTABLISHED"}},
	};
	struct query query;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		take(&query, wrong[i]);
		if (query_is_connection(&query) || query.error[0] == '\0')
			fail_msg("row %zu: an error expected", i);
		query_end(&query);
	}
}

static void
a_ladder_needs_the_addresses_of_two_endpoints(void **state)
{
	static const struct {
		const char *src;
		const char *dst;
		const char *error; /* "": none */
	} rows[] = {
		{"10.0.0.1", "192.0.2.7", ""},
		{"2001:db8::1", "2001:db8::2", ""},
		{"10.0.0.0/8", "192.0.2.7",
		 "src: 10.0.0.0/8: the address of an endpoint is expected"},
		{"10.0.0.1/32", "192.0.2.7",
		 "src: 10.0.0.1/32: the address of an endpoint is expected"},
		{"2001:db8::1", "2001:db8::/64",
		 "dst: 2001:db8::/64: the address of an endpoint is expected"},
		{"nowhere", "192.0.2.7",
		 "src: nowhere: the address of an endpoint is expected"},
		{"10.0.0.1", "2001:db8::2",
		 "src and dst: addresses of one family are expected"},
	};
	struct query query;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const pairs[PAIRS_MAX][2] = {{"proto", "1"},
							 {"src", rows[i].src},
							 {"dst", rows[i].dst}};

		take(&query, pairs);
		assert_int_equal(query_is_connection(&query), rows[i].error[0] == '\0');
		assert_string_equal(query.error, rows[i].error);
		query_end(&query);
	}
}

static void
an_error_of_sluice_may_be_about_a_parameter(void **state)
{
	static const char *const pairs[PAIRS_MAX][2] = {{"vlan", "9999"}};
	struct query query;

	(void)state;
	take(&query, pairs);
	assert_true(query_is_blamed(&query, "vlan: a VLAN expected"));
	assert_false(query_is_blamed(&query, "proto: a number expected"));
	assert_false(query_is_blamed(&query, "16 clients read events or records"));
	assert_false(query_is_blamed(&query, "vlans: expected"));
	assert_false(query_is_blamed(&query, ""));
	query_end(&query);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_become_members_of_the_request),
		cmocka_unit_test(without_a_query_all_connections_are_listed),
		cmocka_unit_test(what_is_no_filter_is_refused),
		cmocka_unit_test(a_zero_byte_is_found_before_decoding),
		cmocka_unit_test(the_first_error_stays),
		cmocka_unit_test(a_ladder_follows_both_directions),
		cmocka_unit_test(a_ladder_of_icmp_has_no_ports),
		cmocka_unit_test(a_ladder_of_a_protocol_with_ports_needs_them),
		cmocka_unit_test(a_ladder_needs_one_connection),
		cmocka_unit_test(a_ladder_needs_the_addresses_of_two_endpoints),
		cmocka_unit_test(an_error_of_sluice_may_be_about_a_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
