/* SPDX-License-Identifier: BSD-3-Clause */
/* A client of the control socket: lines in, bounded buffers out, bad requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "client.h"
#include "request.h"

/* The two ends of a connection: the client's and the server's. */
struct pair {
	struct client *client;
	int peer;
};

static int
make_pair(void **state)
{
	static struct pair pair;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return -1;
	pair.client = client_new(fds[0]);
	pair.peer = fds[1];
	*state = &pair;
	return pair.client == NULL ? -1 : 0;
}

static int
free_pair(void **state)
{
	struct pair *pair = *state;

	client_free(pair->client);
	return close(pair->peer);
}

static void
peer_sends(struct pair *pair, const char *text)
{
	assert_int_equal(write(pair->peer, text, strlen(text)), strlen(text));
	client_read(pair->client);
}

static void
a_line_comes_when_it_is_complete(void **state)
{
	struct pair *pair = *state;

	/* nothing to read: the call neither waits nor ends the client */
	client_read(pair->client);
	assert_false(pair->client->ended);
	peer_sends(pair, "one");
	assert_null(client_line(pair->client));
	assert_false(pair->client->moved); /* a complete line has not arrived yet */
	peer_sends(pair, " line\n\nrest");
	assert_string_equal(client_line(pair->client), "one line");
	assert_true(pair->client->moved);
	assert_string_equal(client_line(pair->client), "");
	assert_null(client_line(pair->client));
	assert_false(pair->client->broken);
	shutdown(pair->peer, SHUT_WR);
	client_read(pair->client);
	assert_true(pair->client->ended);
}

static void
a_line_without_end_ends_the_client(void **state)
{
	struct pair *pair = *state;
	char text[CLIENT_LINE_BYTES + 1];

	memset(text, 'x', CLIENT_LINE_BYTES);
	text[CLIENT_LINE_BYTES] = '\0';
	peer_sends(pair, text);
	assert_null(client_line(pair->client));
	assert_true(pair->client->ended);
	/* the client receives the reason */
	assert_true(client_pending(pair->client) > 0);
}

static void
what_is_not_read_waits_up_to_a_bound(void **state)
{
	struct pair *pair = *state;
	struct client *c = pair->client;
	size_t sent = 0, lines = 0;
	char text[4096];
	ssize_t n, i;

	while (client_send(c, json_pack("{si}", "n", (int)sent))) {
		sent++;
		client_write(c); /* write until the socket is full, without waiting */
	}
	assert_false(c->broken);
	assert_true(client_pending(c) <= CLIENT_OUT_BYTES);
	assert_true(client_pending(c) > CLIENT_OUT_BYTES - 64);

	/* everything accepted for sending arrives, in complete lines */
	while (lines < sent) {
		n = read(pair->peer, text, sizeof(text));
		assert_true(n > 0);
		for (i = 0; i < n; i++)
			lines += text[i] == '\n';
		client_write(c);
	}
	assert_int_equal(client_pending(c), 0);
	assert_int_equal(lines, sent);
	assert_true(client_send(c, json_object()));
}

static void
a_peer_that_has_gone_breaks_the_client(void **state)
{
	struct pair *pair = *state;

	close(pair->peer);
	pair->peer = dup(0);
	client_send(pair->client, json_object());
	client_write(pair->client);
	assert_true(pair->client->broken);
}

/* Return the answer to a request. */
static const char *
answer_to(struct pair *pair, const char *request)
{
	static const struct control_config config;
	static struct server server = {.config = &config};
	static char text[1024];
	ssize_t n;

	request_line(&server, pair->client, request);
	client_write(pair->client);
	n = recv(pair->peer, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
bad_requests_are_answered_with_an_error(void **state)
{
	static const char *const wrong[][2] = {
		{"", "a JSON object expected: '[' or '{' expected near end of file"},
		{"[]", "a JSON object expected"},
		{"{}",
		 "request: list, stats, drops, flush, delete, events, reload, rules, "
		 "recorded, follow, set, explain or states expected"},
		{"{\"request\":1}",
		 "request: list, stats, drops, flush, delete, events, "
		 "reload, rules, recorded, follow, set, explain or states "
		 "expected"},
		{"{\"request\":\"lst\"}", "request: list, stats, drops, flush, delete, "
					  "events, reload, rules, recorded, follow, "
					  "set, explain or states expected"},
		{"{\"request\":\"follow\",\"records\":\"x\"}",
		 "records: drops, logs, passed or all expected, or an array of these"},
		{"{\"request\":\"recorded\",\"frames\":1}",
		 "frames: true or false expected"},
		{"{\"request\":\"follow\",\"trace\":1}", "trace: true or false expected"},
		{"{\"request\":\"recorded\",\"trace\":true}",
		 "unknown member 'trace', proto, family, src, dst, sport, dport, vlan "
		 "or state expected"},
		{"{\"request\":\"recorded\",\"reason\":\"mut\"}",
		 "reason: a reason as drops prints it expected"},
		{"{\"request\":\"list\",\"reason\":\"mtu\"}",
		 "unknown member 'reason', proto, family, src, dst, sport, dport, vlan "
		 "or state expected"},
		{"{\"request\":\"set\"}", "op: list, add or delete expected"},
		{"{\"request\":\"set\",\"op\":\"add\"}",
		 "set: the name of a set expected"},
		{"{\"request\":\"set\",\"op\":\"add\",\"set\":\"s\"}",
		 "element: a text expected, as nft writes it"},
		{"{\"request\":\"set\",\"op\":\"list\",\"set\":\"s\",\"timeout\":1}",
		 "timeout: only add has one, 1 to 3162240000 seconds"},
		{"{\"request\":\"stats\",\"a\":1}",
		 "this request has no members but request"},
		{"{\"request\":\"flush\",\"proto\":\"tcp\"}",
		 "this request has no members but request"},
		{"{\"request\":\"delete\"}",
		 "delete: no filter is given, at least one expected; flush removes all "
		 "connections"},
		{"{\"request\":\"events\",\"sport\":-1}",
		 "sport: a port, 0 to 65535 expected"},
		{"\xff", "a JSON object expected: unable to decode byte 0xff"},
		{"{\"a\":1,\"a\":2}", "a JSON object expected: duplicate object key near "
				      "'\\\"a\\\"'"},
	};
	struct pair *pair = *state;
	char expected[512];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(expected, sizeof(expected), "{\"error\":\"%s\"}\n", wrong[i][1]);
		assert_string_equal(answer_to(pair, wrong[i][0]), expected);
		assert_int_equal(pair->client->task, CLIENT_IDLE);
		assert_null(pair->client->reader.fanout);
	}
}

/* JSON cannot contain bytes that are not UTF-8, so the client would get no answer. */
static void
a_message_is_escaped(void **state)
{
	struct pair *pair = *state;
	char text[128];
	ssize_t n;

	client_error(pair->client, "rule \"\x1b[31m\xff\"\nline 2 \xc3\xa9");
	client_write(pair->client);
	n = recv(pair->peer, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "{\"error\":\"rule \\\"\\\\x1b[31m\\\\xff\\\"\\nline 2 "
				  "\\u00E9\"}\n");
}

static void
a_subscription_begins_with_its_filter(void **state)
{
	struct pair *pair = *state;

	assert_string_equal(answer_to(pair, "{\"request\":\"events\",\"proto\":\"udp\"}"),
			    "{\"events\":\"subscribed\"}\n");
	assert_non_null(pair->client->reader.fanout);
	assert_int_equal(pair->client->reader.filter.match.proto, 17);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_comes_when_it_is_complete,
						make_pair, free_pair),
		cmocka_unit_test_setup_teardown(a_line_without_end_ends_the_client,
						make_pair, free_pair),
		cmocka_unit_test_setup_teardown(what_is_not_read_waits_up_to_a_bound,
						make_pair, free_pair),
		cmocka_unit_test_setup_teardown(a_peer_that_has_gone_breaks_the_client,
						make_pair, free_pair),
		cmocka_unit_test_setup_teardown(bad_requests_are_answered_with_an_error,
						make_pair, free_pair),
		cmocka_unit_test_setup_teardown(a_message_is_escaped, make_pair,
						free_pair),
		cmocka_unit_test_setup_teardown(a_subscription_begins_with_its_filter,
						make_pair, free_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
