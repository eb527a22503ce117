/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of packets as JSON, filters of records, and headers of frames of any length. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <frame/frame.h>

#include "control_fake.h"
#include "headers.h"
#include "policy_fixture.h"
#include "record.h"

static const char *const port_names[] = {"lan", "wan"};
static const struct record_names names = {port_names, 2, NULL};

static void
assert_json(const struct packet_record *record, bool with_frame, const char *expected)
{
	json_t *json = record_json(record, 2, &names, with_frame);
	char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void
a_drop_by_the_tracker_has_numbers_and_states(void **state)
{
	struct packet_record record = fake_drop(5);

	(void)state;
	record.after[1] = TCP_STATE_CLOSED;
	record.numbers.una[1] = 5001;
	record.numbers.right[1] = 70001;
	assert_json(&record, false,
		    "{\"drop\":{\"time_ns\":5,\"port\":\"wan\",\"worker\":2,"
		    "\"reason\":\"tcp_seq_right\","
		    "\"text\":\"sequence beyond the window [ACC-1]\","
		    "\"expected\":\"SEQ 900000 is beyond the window 5001..70001\","
		    "\"family\":\"ipv4\",\"proto\":\"tcp\",\"protonum\":6,"
		    "\"src\":\"192.0.2.1\",\"dst\":\"10.0.0.1\",\"sport\":80,"
		    "\"dport\":1000,\"flags\":\"PA\",\"seq\":900000,\"ack\":1001,"
		    "\"window\":65000,\"payload\":10,\"bytes\":64,\"connection\":7,"
		    "\"direction\":\"reply\","
		    "\"before\":{\"orig\":\"ESTABLISHED\",\"reply\":\"ESTABLISHED\"},"
		    "\"after\":{\"orig\":\"ESTABLISHED\",\"reply\":\"CLOSED\"}}}");
}

static void
a_drop_by_the_rules_has_the_rule_and_the_answer(void **state)
{
	struct packet_record record = {
		.kind = RECORD_DROP,
		.reason = REASON_POLICY_REJECT,
		.action = ACTION_ICMP,
		.ct = POLICY_CT_NEW,
		.rule = 3,
		.has_rule = true,
		.port = RECORD_NO_PORT,
		.frame_bytes = 60,
		.head_bytes = 4,
		.head = {0xab, 0, 1, 0xff},
	};

	(void)state;
	assert_json(&record, true,
		    "{\"drop\":{\"time_ns\":0,\"port\":\"?\",\"worker\":2,"
		    "\"reason\":\"policy_reject\",\"text\":\"rejected by a rule\","
		    "\"rule\":3,\"ct\":\"new\",\"answer\":\"icmp\",\"ether_type\":0,"
		    "\"bytes\":60,\"frame\":\"ab0001ff\"}}");
}

#define RULES                                                                            \
	"table inet t { chain forward { type filter hook forward priority 0; "           \
	"policy drop;\ntcp dport 80 accept\ntcp sport 80 accept\n}\n}\n"

/* Return the text of the rule in the JSON of a record; NULL: it has none. */
static const char *
rule_text(const struct packet_record *record, const char *kind,
	  struct control_rules *rules)
{
	const struct record_names with = {port_names, 2, rules};
	static char text[256];
	json_t *json = record_json(record, 0, &with, false), *member;

	member = json_object_get(json_object_get(json, kind), "rule_text");
	if (member != NULL)
		snprintf(text, sizeof(text), "%s", json_string_value(member));
	json_decref(json);
	return member != NULL ? text : NULL;
}

static void
a_rule_has_its_text_while_its_ruleset_is_in_force(void **state)
{
	struct packet_record record = fake_drop(5);
	struct rules rules = rules_of(RULES);
	struct control_rules control = {.policy = rules.policy};

	(void)state;
	pthread_mutex_init(&control.lock, NULL);
	record.policy = policy_id(rules.policy);
	record.kind = RECORD_PASS;
	record.rule = 2;
	assert_null(rule_text(&record, "pass", &control)); /* no rule decided */
	record.has_rule = true;
	assert_string_equal(rule_text(&record, "pass", &control),
			    "forward: tcp sport 80 accept");
	record.rule = 3; /* there are two rules */
	assert_null(rule_text(&record, "pass", &control));
	record.kind = RECORD_DROP;
	record.reason = REASON_POLICY_DROP;
	record.rule = 0;
	assert_string_equal(rule_text(&record, "drop", &control), "the chain's policy");
	record.policy++;
	assert_null(rule_text(&record, "drop", &control));
	pthread_mutex_destroy(&control.lock);
	rules_free(&rules);
}

static void
a_pass_has_no_states_before_its_connection(void **state)
{
	struct packet_record record = fake_drop(5);

	(void)state;
	record.kind = RECORD_PASS;
	record.opened = true;
	record.head_bytes = 14;
	assert_json(&record, false,
		    "{\"pass\":{\"time_ns\":5,\"port\":\"wan\",\"worker\":2,"
		    "\"ether_type\":2048,\"bytes\":64,\"connection\":7,"
		    "\"direction\":\"reply\","
		    "\"after\":{\"orig\":\"ESTABLISHED\",\"reply\":\"ESTABLISHED\"}}}");
}

static void
a_log_has_prefix_group_and_rule(void **state)
{
	struct packet_record record = fake_drop(5);

	(void)state;
	record.kind = RECORD_LOG;
	record.reason = REASON_NONE;
	record.has_conn = record.has_states = false;
	record.has_rule = true;
	record.rule = 9;
	record.log = (struct record_log){.level = 4,
					 .has_group = true,
					 .group = 2,
					 .snaplen = 20,
					 .prefix = "ssh \x1b[1m\xff"};
	assert_json(&record, true,
		    "{\"log\":{\"time_ns\":5,\"port\":\"wan\",\"worker\":2,"
		    "\"prefix\":\"ssh \\\\x1b[1m\\\\xff\",\"group\":2,"
		    "\"rule\":9,\"ct\":\"new\",\"family\":\"ipv4\",\"proto\":\"tcp\","
		    "\"protonum\":6,\"src\":\"192.0.2.1\",\"dst\":\"10.0.0.1\","
		    "\"sport\":80,\"dport\":1000,\"flags\":\"PA\",\"seq\":900000,"
		    "\"ack\":1001,\"window\":65000,\"payload\":10,\"bytes\":64,"
		    "\"frame\":\"0200000000020200000000010800"
		    "450000320000400040060000c00002010a000001\"}}");
}

/* Return how many bytes of the frame a log with this `snaplen` shows. */
static size_t
frame_shown(struct packet_record *record, uint32_t snaplen)
{
	json_t *json, *frame;
	size_t length;

	record->kind = RECORD_LOG;
	record->log = (struct record_log){.level = 4, .snaplen = snaplen};
	json = record_json(record, 0, &names, true);
	frame = json_object_get(json_object_get(json, "log"), "frame");
	assert_non_null(frame);
	length = json_string_length(frame) / 2;
	json_decref(json);
	return length;
}

static void
snaplen_counts_from_the_ip_header_on(void **state)
{
	struct packet_record record = fake_drop(5);
	const uint16_t bytes = record.head_bytes;

	(void)state;
	assert_int_equal(frame_shown(&record, 20), 14 + 20);
	assert_int_equal(frame_shown(&record, 0), bytes);
	assert_int_equal(frame_shown(&record, bytes), bytes);
	assert_int_equal(frame_shown(&record, UINT32_MAX), bytes);
	assert_int_equal(frame_shown(&record, UINT32_MAX - 13), bytes);
	/* with a VLAN tag */
	memmove(record.head + 16, record.head + 12, bytes - 12u);
	memcpy(record.head + 12, "\x81\x00\x00\x05", 4);
	record.head_bytes += 4;
	assert_int_equal(frame_shown(&record, 20), 18 + 20);
}

/* Return whether the filter of a request matches a record. */
static bool
matches(const char *request, const struct packet_record *record)
{
	json_t *json = json_loads(request, 0, NULL);
	struct filter filter;
	char message[256];

	assert_int_equal(filter_parse_record(&filter, json, message, sizeof(message)), 0);
	json_decref(json);
	return record_match(&filter, record);
}

static void
a_filter_is_about_the_packet_and_its_reason(void **state)
{
	struct packet_record record = fake_drop(5), none = {.kind = RECORD_DROP};

	(void)state;
	assert_true(matches("{}", &record));
	assert_true(matches("{\"proto\":\"tcp\",\"src\":\"192.0.2.0/24\",\"dport\":1000}",
			    &record));
	assert_true(matches("{\"reason\":\"tcp_seq_right\"}", &record));
	assert_true(matches("{\"state\":\"ESTABLISHED\",\"family\":\"ipv4\"}", &record));
	assert_false(matches("{\"src\":\"10.0.0.1\"}", &record));
	assert_false(matches("{\"sport\":1000}", &record));
	assert_false(matches("{\"reason\":\"mtu\"}", &record));
	assert_false(matches("{\"reason\":\"tcp_seq_right\",\"proto\":\"udp\"}",
			     &record));
	assert_false(matches("{\"state\":\"SYN_SENT\"}", &record));
	assert_false(matches("{\"vlan\":5}", &record));
	/* a frame without IP has no protocol and no address */
	assert_true(matches("{}", &none));
	assert_false(matches("{\"proto\":\"0\"}", &none));
	assert_false(matches("{\"src\":\"0.0.0.0/0\"}", &none));
}

static void
headers_behind_tags_and_extensions_are_found(void **state)
{
	static const uint8_t ext[] = {IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0};
	const struct frame frame = {
		.tags = 2,
		.tag = {{.tci = 0x2005, .tpid = 0x88a8}, {.tci = 7, .tpid = 0x8100}},
		.src = "2001:db8::1",
		.dst = "2001:db8::2",
		.proto = IPPROTO_TCP,
		.ext_next = IPPROTO_HOPOPTS,
		.ext = {ext, sizeof(ext)},
		.sport = 1000,
		.dport = 80,
		.flags = FRAME_SYN,
		.seq = 0xfffffff0,
		.payload_len = 9,
	};
	uint8_t bytes[FRAME_MAX], address[16];
	struct headers h;
	size_t n = frame_build(&frame, bytes, sizeof(bytes));

	(void)state;
	headers_read(bytes, n, &h);
	assert_int_equal(h.vlans, 2);
	assert_int_equal(h.vid[0], 5);
	assert_int_equal(h.vid[1], 7);
	assert_int_equal(h.family, 6);
	assert_int_equal(h.proto, IPPROTO_TCP);
	inet_pton(AF_INET6, "2001:db8::2", address);
	assert_memory_equal(h.dst, address, 16);
	assert_true(h.has_ports && h.has_tcp);
	assert_int_equal(h.dport, 80);
	assert_int_equal(h.seq, 0xfffffff0);
	assert_int_equal(h.payload, 9);
	assert_int_equal(h.tcp_flags, FRAME_SYN);
}

static void
a_later_fragment_has_addresses_and_no_ports(void **state)
{
	struct frame frame = {.src = "10.0.0.1",
			      .dst = "10.0.0.2",
			      .proto = IPPROTO_UDP,
			      .frag_off = 3,
			      .payload_len = 40};
	uint8_t bytes[FRAME_MAX];
	struct headers h;

	(void)state;
	headers_read(bytes, frame_build(&frame, bytes, sizeof(bytes)), &h);
	assert_int_equal(h.proto, IPPROTO_UDP);
	assert_true(h.is_fragment);
	assert_int_equal(h.fragment_offset, 24);
	assert_false(h.has_ports);
}

static void
no_byte_behind_the_end_is_read(void **state)
{
	struct packet_record record = fake_drop(0);
	struct headers h;
	uint8_t *exact;
	size_t n;

	(void)state;
	for (n = 0; n <= record.head_bytes; n++) {
		/* exact size, so that ASan and valgrind detect reads past the end */
		exact = malloc(n + (n == 0));
		memcpy(exact, record.head, n);
		headers_read(exact, n, &h);
		assert_int_equal(h.family, n >= 34 ? 4 : 0);
		assert_int_equal(h.has_ports, n >= 38);
		assert_int_equal(h.has_tcp, n >= 50);
		free(exact);
	}
}

static void
flags_are_letters(void **state)
{
	char text[HEADERS_FLAGS_BYTES];

	(void)state;
	headers_flags(0, text);
	assert_string_equal(text, "-");
	headers_flags(0x12, text);
	assert_string_equal(text, "SA");
	headers_flags(0xff, text);
	assert_string_equal(text, "FSRPAUEC");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drop_by_the_tracker_has_numbers_and_states),
		cmocka_unit_test(a_drop_by_the_rules_has_the_rule_and_the_answer),
		cmocka_unit_test(a_rule_has_its_text_while_its_ruleset_is_in_force),
		cmocka_unit_test(a_pass_has_no_states_before_its_connection),
		cmocka_unit_test(a_log_has_prefix_group_and_rule),
		cmocka_unit_test(snaplen_counts_from_the_ip_header_on),
		cmocka_unit_test(a_filter_is_about_the_packet_and_its_reason),
		cmocka_unit_test(headers_behind_tags_and_extensions_are_found),
		cmocka_unit_test(a_later_fragment_has_addresses_and_no_ports),
		cmocka_unit_test(no_byte_behind_the_end_is_read),
		cmocka_unit_test(flags_are_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
