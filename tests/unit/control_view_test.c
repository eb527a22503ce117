/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections in the format of conntrack and as JSON, and the filters of requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include <base/reason.h>
#include <track/tcp.h>

#include "filter.h"
#include <control/view.h>

#define TCP(a, b)                                                                        \
	(const uint8_t[])                                                                \
	{                                                                                \
		TCP_STATE_##a, TCP_STATE_##b                                             \
	}

static const char *const ports[] = {"lan", "wan"};

/*
 * Return the view of a connection that 10.0.0.1:1000 on lan opened to 10.0.1.1:80 on wan.
 */
static struct conn_view
tcp_view(const uint8_t *state)
{
	struct conn_view view = {
		.key.id = {.port = {htons(1000), htons(80)}, .network = FLOW_TCP},
		.family = 4,
		.orig = 0,
		.has_states = true,
		.state = {state[0], state[1]},
		.id = 7,
		.left_ms = 7431999,
		.rule = 3,
	};

	inet_pton(AF_INET, "10.0.0.1", &view.key.addr.v4[0]);
	inet_pton(AF_INET, "10.0.1.1", &view.key.addr.v4[1]);
	return view;
}

static void
the_word_follows_the_life_of_a_connection(void **state)
{
	static const struct {
		uint8_t state[2];
		const char *word;
	} life[] = {
		{{TCP_STATE_SYN_SENT, TCP_STATE_LISTEN}, "SYN_SENT"},
		{{TCP_STATE_SYN_SENT, TCP_STATE_SYN_SENT}, "SYN_SENT2"},
		{{TCP_STATE_SYN_SENT, TCP_STATE_SYN_RECEIVED}, "SYN_RECV"},
		{{TCP_STATE_ESTABLISHED, TCP_STATE_SYN_RECEIVED}, "SYN_RECV"},
		{{TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED}, "ESTABLISHED"},
		{{TCP_STATE_FIN_WAIT_1, TCP_STATE_CLOSE_WAIT}, "FIN_WAIT"},
		{{TCP_STATE_FIN_WAIT_1, TCP_STATE_ESTABLISHED}, "FIN_WAIT"},
		{{TCP_STATE_FIN_WAIT_2, TCP_STATE_CLOSE_WAIT}, "CLOSE_WAIT"},
		{{TCP_STATE_FIN_WAIT_2, TCP_STATE_LAST_ACK}, "LAST_ACK"},
		{{TCP_STATE_TIME_WAIT, TCP_STATE_LAST_ACK}, "LAST_ACK"},
		{{TCP_STATE_CLOSING, TCP_STATE_CLOSING}, "LAST_ACK"},
		{{TCP_STATE_FIN_WAIT_1, TCP_STATE_FIN_WAIT_1}, "LAST_ACK"},
		{{TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED}, "TIME_WAIT"},
		{{TCP_STATE_TIME_WAIT, TCP_STATE_TIME_WAIT}, "TIME_WAIT"},
		{{TCP_STATE_CLOSED, TCP_STATE_CLOSED}, "CLOSE"},
	};
	struct conn_view view;
	uint8_t turned[2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
		view = tcp_view(life[i].state);
		assert_string_equal(view_word(&view), life[i].word);
		assert_true(view_is_word(view_word(&view)));
		turned[0] = life[i].state[1];
		turned[1] = life[i].state[0];
		/* the endpoints exchanged: which side opened must not matter */
		view = tcp_view(turned);
		assert_string_equal(view_word(&view), life[i].word);
	}
	view.has_states = false;
	assert_null(view_word(&view));
	assert_false(view_is_word("FIN_WAIT_1"));
}

static void
assert_json(const struct conn_view *view, const char *expected)
{
	json_t *json = view_json(view, ports, 2), *want = json_loads(expected, 0, NULL);
	char *text = json_dumps(json, JSON_SORT_KEYS);

	assert_non_null(want);
	if (!json_equal(json, want))
		fail_msg("got %s", text);
	free(text);
	json_decref(json);
	json_decref(want);
}

static void
both_directions_and_states_are_in_the_json(void **state)
{
	struct conn_view view = tcp_view(TCP(ESTABLISHED, CLOSE_WAIT));

	(void)state;
	view.replied = view.assured = true;
	view.packets[0] = 3;
	view.bytes[0] = 300;
	view.state[0] = TCP_STATE_FIN_WAIT_2;
	assert_json(
		&view,
		"{\"id\":7,\"family\":\"ipv4\",\"proto\":\"tcp\",\"protonum\":6,"
		"\"timeout\":7431,\"age\":0,\"orig\":{\"port\":\"lan\","
		"\"src\":\"10.0.0.1\",\"dst\":\"10.0.1.1\",\"sport\":1000,\"dport\":80,"
		"\"state\":\"FIN_WAIT_2\",\"packets\":3,\"bytes\":300},"
		"\"reply\":{\"port\":\"wan\",\"src\":\"10.0.1.1\",\"dst\":\"10.0.0.1\","
		"\"sport\":80,\"dport\":1000,\"state\":\"CLOSE_WAIT\",\"packets\":0,"
		"\"bytes\":0},\"replied\":true,\"assured\":true,\"rule\":3,"
		"\"state\":\"CLOSE_WAIT\"}");
}

static void
dropped_packets_are_in_the_json_with_the_last_reason(void **state)
{
	struct conn_view view = tcp_view(TCP(ESTABLISHED, ESTABLISHED));
	json_t *json = view_json(&view, ports, 2);

	(void)state;
	assert_null(json_object_get(json, "drop_reason"));
	assert_null(json_object_get(json_object_get(json, "orig"), "dropped"));
	json_decref(json);
	view.dropped[1] = 3;
	view.drop_reason = REASON_TCP_PAWS;
	json = view_json(&view, ports, 2);
	assert_string_equal(json_string_value(json_object_get(json, "drop_reason")),
			    "tcp_paws");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "orig"),
							    "dropped")),
			 0);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json,
									    "reply"),
							    "dropped")),
			 3);
	json_decref(json);
}

static void
the_side_that_began_comes_first(void **state)
{
	struct conn_view view = tcp_view(TCP(LISTEN, SYN_SENT));
	json_t *json, *orig;

	(void)state;
	view.orig = 1;
	json = view_json(&view, ports, 2);
	orig = json_object_get(json, "orig");
	assert_string_equal(json_string_value(json_object_get(orig, "src")), "10.0.1.1");
	assert_string_equal(json_string_value(json_object_get(orig, "port")), "wan");
	assert_string_equal(json_string_value(json_object_get(orig, "state")),
			    "SYN_SENT");
	assert_int_equal(json_integer_value(json_object_get(orig, "sport")), 80);
	json_decref(json);
}

static void
icmp_has_type_code_and_identifier(void **state)
{
	struct conn_view view = tcp_view(TCP(CLOSED, CLOSED));

	(void)state;
	view.has_states = false;
	view.key.id.network = FLOW_ICMP;
	view.key.id.port[0] = htons(77);
	view.key.id.port[1] = htons(8);
	assert_json(&view,
		    "{\"id\":7,\"family\":\"ipv4\",\"proto\":\"icmp\",\"protonum\":1,"
		    "\"timeout\":7431,\"age\":0,\"orig\":{\"port\":\"lan\","
		    "\"src\":\"10.0.0.1\",\"dst\":\"10.0.1.1\",\"type\":8,\"code\":0,"
		    "\"id\":77},\"reply\":{\"port\":\"wan\",\"src\":\"10.0.1.1\","
		    "\"dst\":\"10.0.0.1\",\"type\":0,\"code\":0,\"id\":77},"
		    "\"replied\":false,\"assured\":false,\"rule\":3}");
}

static void
protocols_have_names_and_numbers(void **state)
{
	(void)state;
	assert_int_equal(view_proto_number("tcp"), 6);
	assert_int_equal(view_proto_number("58"), 58);
	assert_int_equal(view_proto_number("0"), 0);
	assert_int_equal(view_proto_number("256"), -1);
	assert_int_equal(view_proto_number("6x"), -1);
	assert_int_equal(view_proto_number("-1"), -1);
	assert_int_equal(view_proto_number(""), -1);
	assert_string_equal(view_proto_name(58), "icmpv6");
	assert_string_equal(view_proto_name(253), "unknown");
}

static int
parse(struct filter *filter, const char *text, char *message)
{
	json_t *request = json_loads(text, 0, NULL);
	int status;

	assert_non_null(request);
	message[0] = '\0';
	status = filter_parse(filter, request, message, 256);
	json_decref(request);
	return status;
}

static bool
matches(const char *text, const struct conn_view *view)
{
	struct filter filter;
	char message[256];

	if (parse(&filter, text, message) != 0)
		fail_msg("%s: %s", text, message);
	return filter_match(&filter, view);
}

static void
vlans_are_in_the_json_and_match(void **state)
{
	struct conn_view view = tcp_view(TCP(ESTABLISHED, CLOSE_WAIT));
	const char *const ports[] = {"lan", "wan"};
	json_t *json;

	(void)state;
	assert_true(matches("{\"vlan\":0}", &view));
	assert_false(matches("{\"vlan\":10}", &view));
	view.key.id.network |= flow_network(0, 10, 0);
	json = view_json(&view, ports, 2);
	assert_int_equal(json_integer_value(json_object_get(json, "vlan")), 10);
	assert_null(json_object_get(json, "inner_vlan"));
	json_decref(json);
	assert_true(matches("{\"vlan\":10}", &view));
	assert_true(matches("{\"vlan\":\"10.0\"}", &view));
	assert_false(matches("{\"vlan\":0}", &view));
	assert_false(matches("{\"vlan\":\"10.20\"}", &view));
	view.key.id.network |= flow_network(0, 0, 20);
	json = view_json(&view, ports, 2);
	assert_int_equal(json_integer_value(json_object_get(json, "vlan")), 10);
	assert_int_equal(json_integer_value(json_object_get(json, "inner_vlan")), 20);
	json_decref(json);
	assert_true(matches("{\"vlan\":\"10.20\"}", &view));
	assert_true(matches("{\"vlan\":\"10\"}", &view));
	assert_false(matches("{\"vlan\":20}", &view));
	assert_false(matches("{\"vlan\":\"10.0\"}", &view));
	/* VLANs that form one network are not shown */
	view.key.id.network = flow_network_joined(0) | FLOW_TCP;
	json = view_json(&view, ports, 2);
	assert_null(json_object_get(json, "vlan"));
	json_decref(json);
	assert_true(matches("{\"vlan\":0}", &view));
}

static void
a_filter_takes_what_it_names_and_nothing_else(void **state)
{
	struct conn_view view = tcp_view(TCP(ESTABLISHED, SYN_RECEIVED));

	(void)state;
	assert_true(matches("{\"request\":\"list\"}", &view));
	assert_true(matches("{\"proto\":\"tcp\"}", &view));
	assert_true(matches("{\"proto\":6}", &view));
	assert_false(matches("{\"proto\":\"udp\"}", &view));
	assert_true(matches("{\"family\":\"ipv4\"}", &view));
	assert_false(matches("{\"family\":\"ipv6\"}", &view));
	assert_true(matches("{\"src\":\"10.0.0.1\"}", &view));
	assert_false(matches("{\"src\":\"10.0.1.1\"}", &view));
	assert_true(matches("{\"dst\":\"10.0.0.0/15\"}", &view));
	assert_true(matches("{\"dst\":\"10.0.1.128/24\"}", &view));
	assert_false(matches("{\"dst\":\"10.0.1.128/25\"}", &view));
	assert_true(matches("{\"dst\":\"0.0.0.0/0\"}", &view));
	assert_false(matches("{\"dst\":\"::/0\"}", &view));
	assert_true(matches("{\"sport\":1000,\"dport\":\"80\"}", &view));
	assert_false(matches("{\"sport\":80}", &view));
	assert_false(matches("{\"sport\":1000,\"dport\":81}", &view));
	assert_true(matches("{\"state\":\"SYN_RECV\"}", &view));
	/* not both ends are in this state */
	assert_false(matches("{\"state\":\"ESTABLISHED\"}", &view));
	assert_true(matches("{\"state\":\"SYN_RECEIVED\"}", &view));
	assert_false(matches("{\"state\":\"FIN_WAIT_1\"}", &view));
	assert_true(matches("{\"state\":\"UNREPLIED\"}", &view));
	assert_false(matches("{\"state\":\"ASSURED\"}", &view));
	view.orig = 1;
	assert_true(matches("{\"src\":\"10.0.1.1\",\"sport\":80}", &view));
	view.key.id.network = FLOW_ICMP;
	/* the identifier of ICMP is not treated as a port */
	assert_false(matches("{\"sport\":80}", &view));
}

static void
ipv6_networks_match_by_bits(void **state)
{
	struct conn_view view = tcp_view(TCP(ESTABLISHED, ESTABLISHED));

	(void)state;
	view.family = 6;
	inet_pton(AF_INET6, "2001:db8::1", view.key.addr.v6[0]);
	inet_pton(AF_INET6, "2001:db8:1::1", view.key.addr.v6[1]);
	assert_true(matches("{\"src\":\"2001:db8::/32\",\"dst\":\"2001:db8:1::1\"}",
			    &view));
	assert_false(matches("{\"src\":\"2001:db8:1::/48\"}", &view));
	assert_true(matches("{\"src\":\"2001:db8:1::/47\"}", &view));
	assert_false(matches("{\"src\":\"0.0.0.0/0\"}", &view));
}

static void
a_wrong_filter_says_what_was_expected(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} wrong[] = {
		{"{\"proto\":\"tpc\"}",
		 "proto: tcp, udp, icmp, icmpv6 or a number up to 255 expected"},
		{"{\"proto\":-1}",
		 "proto: tcp, udp, icmp, icmpv6 or a number up to 255 expected"},
		{"{\"proto\":[]}",
		 "proto: tcp, udp, icmp, icmpv6 or a number up to 255 expected"},
		{"{\"family\":\"ipv5\"}", "family: ipv4 or ipv6 expected"},
		{"{\"src\":\"10.0.0\"}", "src: an address or a network expected"},
		{"{\"src\":\"10.0.0.0/33\"}", "src: an address or a network expected"},
		{"{\"src\":\"10.0.0.0/\"}", "src: an address or a network expected"},
		{"{\"dst\":\"::1/129\"}", "dst: an address or a network expected"},
		{"{\"dst\":5}", "dst: an address or a network expected"},
		{"{\"sport\":65536}", "sport: a port, 0 to 65535 expected"},
		{"{\"dport\":\"\"}", "dport: a port, 0 to 65535 expected"},
		{"{\"dport\":1.5}", "dport: a port, 0 to 65535 expected"},
		{"{\"state\":\"OPEN\"}",
		 "state: a state as list prints it, ASSURED or UNREPLIED expected"},
		{"{\"vlan\":4095}",
		 "vlan: a VLAN, 0 (untagged) to 4094, or two as 10.20 expected"},
		{"{\"vlan\":\"10.\"}",
		 "vlan: a VLAN, 0 (untagged) to 4094, or two as 10.20 expected"},
		{"{\"vlan\":\"10.20.30\"}",
		 "vlan: a VLAN, 0 (untagged) to 4094, or two as 10.20 expected"},
		{"{\"vlan\":-1}",
		 "vlan: a VLAN, 0 (untagged) to 4094, or two as 10.20 expected"},
		{"{\"vlan\":\"ten\"}",
		 "vlan: a VLAN, 0 (untagged) to 4094, or two as 10.20 expected"},
		{"{\"port\":1}", "unknown member 'port', proto, family, src, dst, sport, "
				 "dport, vlan or state expected"},
	};
	struct filter filter;
	char message[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_not_equal(parse(&filter, wrong[i].text, message), 0);
		assert_string_equal(message, wrong[i].message);
	}
}

static void
the_longest_object_fits_and_no_part_of_one_is_written(void **state)
{
	static const char *const names[] = {"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
					    "\x01\x01\x01\x01\x01",
					    "wan \"\\"};
	struct conn_view view = tcp_view(TCP(SYN_RECEIVED, ESTABLISHED));
	char text[VIEW_TEXT_BYTES];
	size_t length, i;
	json_t *json;

	(void)state;
	view.family = 6;
	memset(view.key.addr.v6, 0xaa, sizeof(view.key.addr.v6));
	view.key.id.port[0] = view.key.id.port[1] = 0xffff;
	view.id = UINT32_MAX;
	view.left_ms = view.age_ms = UINT32_MAX;
	view.asymmetric = true;
	view.drop_reason = REASON_COUNT - 1;
	for (i = 0; i < 2; i++) {
		view.packets[i] = view.bytes[i] = INT64_MAX;
		view.dropped[i] = UINT32_MAX;
	}
	length = view_text(&view, names, 2, text, sizeof(text));
	assert_in_range(length, 600, sizeof(text) - 100);
	json = json_loadb(text, length, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json_object_get(json,
									      "reply"),
							      "port")),
			    names[1]);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "orig"),
							    "bytes")),
			 INT64_MAX);
	json_decref(json);
	for (i = 0; i < length; i++)
		assert_int_equal(view_text(&view, names, 2, text, i), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_object_fits_and_no_part_of_one_is_written),
		cmocka_unit_test(the_word_follows_the_life_of_a_connection),
		cmocka_unit_test(both_directions_and_states_are_in_the_json),
		cmocka_unit_test(vlans_are_in_the_json_and_match),
		cmocka_unit_test(dropped_packets_are_in_the_json_with_the_last_reason),
		cmocka_unit_test(the_side_that_began_comes_first),
		cmocka_unit_test(icmp_has_type_code_and_identifier),
		cmocka_unit_test(protocols_have_names_and_numbers),
		cmocka_unit_test(a_filter_takes_what_it_names_and_nothing_else),
		cmocka_unit_test(ipv6_networks_match_by_bits),
		cmocka_unit_test(a_wrong_filter_says_what_was_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
