/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `ct timeout set`: which connections have the time-outs of an object, before and after a
 * reload of the rules.
 */
#include "engine_fixture.h"

#define TCP_SHORT                                                                        \
	"ct timeout short {\nprotocol tcp\nl3proto ip\n"                                 \
	"policy = { established: 600, close: 4 }\n}\n"
#define UDP_SHORT                                                                        \
	"ct timeout brief {\nprotocol udp\nl3proto ip\n"                                 \
	"policy = { unreplied: 15, replied: 12 }\n}\n"

#define PORT_80 "tcp dport 80 ct timeout set \"short\"\n"
#define ANY_UDP "meta l4proto udp ct timeout set \"brief\"\n"
#define TAKE "ct state established accept\niifname \"lan\" accept\n"

/* Seconds until the only connection expires. */
static uint64_t
left_s(const struct fixture *f, uint64_t now_ns)
{
	struct conn_view views[2];
	uint64_t cursor = 0;
	unsigned n = 0;

	while (cursor != ENGINE_CURSOR_END && n == 0)
		n = engine_list(f->e, now_ns, &cursor, views, RTE_DIM(views));
	assert_int_equal(n, 1);
	return views[0].left_ms / 1000;
}

static void
expire_at(struct fixture *f, uint64_t at_ns)
{
	drain(f);
	while (engine_expire(f->e, at_ns, ENGINE_EXPIRE_MAX) == ENGINE_EXPIRE_MAX)
		;
}

static void
a_connection_has_the_timeouts_of_the_object(void **state)
{
	struct frame reset = segment(LAN, FRAME_RST, 1001, 0);
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, TCP_SHORT, PORT_80 TAKE);
	handshake(&f);
	assert_int_equal(left_s(&f, START), 600);
	assert_passed(inject(&f, LAN, &reset));
	assert_int_equal(left_s(&f, START), 4);
	expire_at(&f, START + 4 * S - MS);
	assert_int_equal(stats(&f).connections, 1);
	expire_at(&f, START + 4 * S);
	assert_int_equal(stats(&f).connections, 0);
	fixture_end(&f);
}

static void
what_the_object_does_not_say_is_as_configured(void **state)
{
	struct frame syn = segment(LAN, FRAME_SYN, 1000, 0);
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, TCP_SHORT, PORT_80 TAKE);
	assert_passed(inject(&f, LAN, &syn));
	assert_int_equal(left_s(&f, START), 120);
	fixture_end(&f);
}

static void
a_connection_without_the_statement_is_as_configured(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, TCP_SHORT,
			    "tcp dport 81 ct timeout set \"short\"\n" TAKE);
	handshake(&f);
	assert_int_equal(left_s(&f, START), 7440);
	fixture_end(&f);
}

/* As in the kernel, where the connection is confirmed by then. */
static void
a_packet_of_an_existing_connection_changes_nothing(void **state)
{
	struct frame data = segment(LAN, FRAME_ACK | FRAME_PSH, 1001, 5001);
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, TCP_SHORT,
			    "ct state established ct timeout set \"short\"\n" TAKE);
	handshake(&f);
	assert_passed(inject(&f, LAN, &data));
	assert_int_equal(left_s(&f, START), 7440);
	fixture_end(&f);
}

static void
udp_has_the_timeouts_of_the_object_also_at_port_53(void **state)
{
	static const uint16_t ports[] = {53, 5000};
	struct frame query, answer;
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(ports); i++) {
		query = datagram(LAN, 40000, ports[i]);
		answer = datagram(WAN, 40000, ports[i]);
		fixture_start_rules(&f, UDP_SHORT, ANY_UDP TAKE);
		assert_passed(inject(&f, LAN, &query));
		assert_int_equal(left_s(&f, START), 15);
		assert_passed(inject(&f, WAN, &answer));
		assert_int_equal(left_s(&f, START), 12);
		expire_at(&f, START + 12 * S - MS);
		assert_int_equal(stats(&f).connections, 1);
		expire_at(&f, START + 15 * S);
		assert_int_equal(stats(&f).connections, 0);
		fixture_end(&f);
	}
}

static void
an_object_of_another_protocol_is_not_for_the_packet(void **state)
{
	struct frame query = datagram(LAN, 40000, 5000);
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, TCP_SHORT, "ct timeout set \"short\"\n" TAKE);
	assert_passed(inject(&f, LAN, &query));
	assert_int_equal(left_s(&f, START), 120);
	fixture_end(&f);
}

static void
a_new_configuration_reaches_what_the_object_does_not_say(void **state)
{
	struct frame data = segment(LAN, FRAME_ACK | FRAME_PSH, 1001, 5001);
	struct engine_config config;
	struct fixture f;

	(void)state;
	data.payload_len = 10;
	fixture_start_rules(&f, TCP_SHORT, PORT_80 TAKE);
	handshake(&f);
	config = f.config;
	config.track.tcp_timeout_close = 5000;
	config.track.tcp_timeout_established = 5000;
	config.track.tcp_timeout_unacknowledged = 7000;
	engine_set_config(f.e, &config);
	assert_int_equal(left_s(&f, START), 600);
	assert_passed(inject(&f, LAN, &data));
	assert_int_equal(left_s(&f, START), 7);
	fixture_end(&f);
}

/* A ruleset with one object, in nft's JSON; name "": without one. */
static void
rules_of(const char *name, unsigned established, char *json, size_t size)
{
	int at = snprintf(
		json, size,
		"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},");

	if (name[0] != '\0')
		at += snprintf(json + at, size - (size_t)at,
			       "{\"ct timeout\":{\"family\":\"inet\",\"table\":\"t\","
			       "\"name\":\"%s\",\"protocol\":\"tcp\",\"policy\":{"
			       "\"established\":%u}}},",
			       name, established);
	at += snprintf(json + at, size - (size_t)at,
		       "{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\","
		       "\"type\":\"filter\",\"hook\":\"forward\",\"prio\":0}}");
	if (name[0] != '\0')
		at += snprintf(json + at, size - (size_t)at,
			       ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\","
			       "\"chain\":\"c\",\"expr\":[{\"ct timeout\":\"%s\"}]}}",
			       name);
	snprintf(json + at, size - (size_t)at, "]}");
}

/* Put rules with one object in force. */
static void
reload(struct fixture *f, const char *name, unsigned established)
{
	struct policy *policy;
	struct policy_state *policy_state;
	char json[1024];

	rules_of(name, established, json, sizeof(json));
	policy = fixture_policy(json);
	policy_state = fixture_state(policy);
	engine_set_policy(f->e, policy, policy_state);
	policy_free(f->policy);
	policy_state_free(f->state);
	f->policy = policy;
	f->state = policy_state;
}

static void
start(struct fixture *f, const char *name, unsigned established)
{
	char json[1024];

	*f = (struct fixture){.config = fixture_config()};
	rules_of(name, established, json, sizeof(json));
	fixture_start(f, json);
}

static void
a_reload_changes_the_timeouts_by_the_name_of_the_object(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "short", 600);
	handshake(&f);
	reload(&f, "short", 700);
	assert_int_equal(left_s(&f, START), 700);
	reload(&f, "other", 800);
	assert_int_equal(left_s(&f, START), 7440);
	reload(&f, "", 0);
	assert_int_equal(left_s(&f, START), 7440);
	reload(&f, "short", 500);
	assert_int_equal(left_s(&f, START), 500);
	fixture_end(&f);
}

/*
 * More names than there are entries, one after the other: each connection has the object
 * of its rules, since the entries of connections that have ended are used again.
 */
static void
more_names_than_entries_may_come_and_go(void **state)
{
	struct fixture f;
	uint64_t cursor;
	char name[16];
	unsigned i;

	(void)state;
	start(&f, "first", 600);
	for (i = 0; i < 2 * POLICY_TIMEOUTS_MAX + 2; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		reload(&f, name, 1000 + i);
		handshake(&f);
		assert_int_equal(left_s(&f, START), 1000 + i);
		cursor = 0;
		assert_int_equal(engine_flush(f.e, &cursor, 2), 1);
	}
	fixture_end(&f);
}

/*
 * With connections that stay, an entry is given to no other name: connections of earlier
 * objects, and those that find no entry, are as configured.
 */
static void
an_entry_with_connections_is_given_to_no_other_name(void **state)
{
	struct fixture f;
	struct conn_view views[8];
	uint64_t cursor = 0;
	unsigned i, n, found = 0;
	char name[16];

	(void)state;
	start(&f, "first", 600);
	for (i = 0; i < POLICY_TIMEOUTS_MAX + 2; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		reload(&f, name, 1000);
		handshake_from(&f, (uint16_t)(40000 + i));
	}
	while (cursor != ENGINE_CURSOR_END) {
		n = engine_list(f.e, START, &cursor, views, RTE_DIM(views));
		for (i = 0; i < n; i++)
			assert_int_equal(views[i].left_ms, 7440000);
		found += n;
	}
	assert_int_equal(found, POLICY_TIMEOUTS_MAX + 2);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_has_the_timeouts_of_the_object),
		cmocka_unit_test(what_the_object_does_not_say_is_as_configured),
		cmocka_unit_test(a_connection_without_the_statement_is_as_configured),
		cmocka_unit_test(a_packet_of_an_existing_connection_changes_nothing),
		cmocka_unit_test(udp_has_the_timeouts_of_the_object_also_at_port_53),
		cmocka_unit_test(an_object_of_another_protocol_is_not_for_the_packet),
		cmocka_unit_test(
			a_new_configuration_reaches_what_the_object_does_not_say),
		cmocka_unit_test(a_reload_changes_the_timeouts_by_the_name_of_the_object),
		cmocka_unit_test(more_names_than_entries_may_come_and_go),
		cmocka_unit_test(an_entry_with_connections_is_given_to_no_other_name),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
