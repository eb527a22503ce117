/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests and answers, with a fake backend. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "control_fake.h"
#include "request.h"
#include "states.h"

static struct fake fake;
static struct control_rules rules;
static struct server server;
static struct client *client;
static int peer;

static int
set_up(void **state)
{
	struct policy *policy;
	int fds[2];

	(void)state;
	fake_init(&fake);
	if (policy_accept_all(&policy) != 0 ||
	    control_rules_init(&rules, policy, FAKE_WORKERS) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return -1;
	fake.config.rules = &rules;
	server = (struct server){.config = &fake.config};
	client = client_new(fds[0]);
	peer = fds[1];
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	client_free(client);
	control_rules_free(&rules);
	return close(peer);
}

/* Return the object in the answer's last line, and the number of lines in *lines. */
static json_t *
answered(unsigned *lines)
{
	static char text[1 << 17];
	char *line, *last = NULL, *save = NULL;
	ssize_t n;

	client_write(client);
	n = recv(peer, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0 && text[n - 1] == '\n');
	text[n] = '\0';
	*lines = 0;
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save), ++*lines)
		last = line;
	return json_loads(last, 0, NULL);
}

/* Process a request completely. Returns what answered() does. */
static json_t *
ask(const char *request, unsigned *lines)
{
	request_line(&server, client, request);
	while (request_runnable(client))
		request_continue(&server, client);
	return answered(lines);
}

static json_int_t
number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static void
a_list_has_the_connections_of_all_workers(void **state)
{
	unsigned lines, i;
	json_t *last;

	(void)state;
	for (i = 0; i < CONTROL_PIECE + 6; i++)
		fake_add(&fake, 0, (uint16_t)(1000 + i));
	fake_add(&fake, 1, 1000);
	last = ask("{\"request\":\"list\"}", &lines);
	assert_int_equal(number(last, "listed"), CONTROL_PIECE + 7);
	assert_int_equal(lines, CONTROL_PIECE + 8);
	json_decref(last);
	last = ask("{\"request\":\"list\",\"sport\":1000}", &lines);
	assert_int_equal(number(last, "listed"), 2);
	json_decref(last);
}

static void
delete_removes_what_matches_and_flush_the_rest(void **state)
{
	unsigned lines;
	json_t *last;

	(void)state;
	fake_add(&fake, 0, 1000);
	fake_add(&fake, 0, 1001);
	fake_add(&fake, 1, 1001);
	last = ask("{\"request\":\"delete\",\"sport\":1001}", &lines);
	assert_int_equal(number(last, "deleted"), 2);
	assert_int_equal(lines, 3);
	assert_int_equal(fake.workers[0].views[0].family, 4);
	assert_int_equal(fake.workers[0].views[1].family, 0);
	assert_int_equal(fake.workers[0].end, CONN_END_DELETED);
	json_decref(last);
	last = ask("{\"request\":\"flush\"}", &lines);
	assert_int_equal(number(last, "flushed"), 3);
	json_decref(last);
}

static void
stats_are_sums_and_the_load_of_each_worker(void **state)
{
	json_t *answer, *stats, *load, *port;
	unsigned lines;

	(void)state;
	fake.workers[0].stats.engine.packets = 100;
	fake.workers[1].stats.engine.packets = 11;
	fake.workers[1].stats.handed_over = 3;
	fake.workers[0].stats.engine.drops[REASON_MTU] = 5;
	fake.workers[1].stats.engine.drops[REASON_TX_FULL] = 2;
	fake.ports[1] = (struct control_port){.rx_packets = 9,
					      .rx_missed = 2,
					      .rx_nombuf = 3,
					      .tx_errors = 4};
	answer = ask("{\"request\":\"stats\"}", &lines);
	stats = json_object_get(answer, "stats");
	assert_int_equal(number(stats, "workers"), 2);
	assert_int_equal(number(stats, "packets"), 111);
	assert_int_equal(number(stats, "dropped"), 7);
	load = json_array_get(json_object_get(stats, "load"), 1);
	assert_int_equal(number(load, "packets"), 11);
	assert_int_equal(number(load, "handed_over"), 3);
	port = json_object_get(json_object_get(stats, "ports"), "wan");
	assert_int_equal(number(port, "rx_packets"), 9);
	assert_int_equal(number(port, "rx_missed"), 5);
	assert_int_equal(number(port, "errors"), 4);
	assert_string_equal(json_string_value(json_object_get(port, "link")), "down");
	json_decref(answer);
}

static json_int_t
endpoints(const json_t *answer, const char *side, const char *state)
{
	const json_t *sides = json_object_get(answer, "states");

	return number(json_object_get(json_object_get(sides, side), "now"), state);
}

static void
states_are_sums_of_all_workers_once_all_have_counted(void **state)
{
	json_t *answer, *moved;
	unsigned lines;

	(void)state;
	fake.workers[0].states.now[0][TCP_STATE_ESTABLISHED] = 5;
	fake.workers[1].states.now[0][TCP_STATE_ESTABLISHED] = 2;
	fake.workers[1].states.now[1][TCP_STATE_TIME_WAIT] = 3;
	fake.workers[0].states.moved[1][ENGINE_STATE_NONE][TCP_STATE_LISTEN] = 9;
	fake.workers[0].states_pieces = 3;
	answer = ask("{\"request\":\"states\"}", &lines);
	assert_int_equal(lines, 1);
	assert_int_equal(endpoints(answer, "lan", "ESTABLISHED"), 7);
	assert_int_equal(endpoints(answer, "wan", "ESTABLISHED"), 0);
	assert_int_equal(endpoints(answer, "wan", "TIME_WAIT"), 3);
	moved = json_object_get(json_object_get(json_object_get(answer, "states"), "wan"),
				"moved");
	assert_int_equal(json_array_size(moved), 1);
	moved = json_array_get(moved, 0);
	assert_string_equal(json_string_value(json_object_get(moved, "from")), "none");
	assert_string_equal(json_string_value(json_object_get(moved, "to")), "LISTEN");
	assert_int_equal(number(moved, "count"), 9);
	json_decref(answer);
	fake.workers[1].silent = true;
	answer = ask("{\"request\":\"states\"}", &lines);
	assert_string_equal(json_string_value(json_object_get(answer, "error")),
			    "a worker does not answer");
	json_decref(answer);
}

static void
states_are_counted_until_a_minute_after_the_last_request(void **state)
{
	const uint64_t begin = 1000;
	unsigned lines;

	(void)state;
	states_watch(&server, begin);
	json_decref(ask("{\"request\":\"states\"}", &lines));
	states_watch(&server, begin);
	states_watch(&server, begin + STATES_ASKED_MS - 1);
	assert_int_not_equal(fake.workers[0].states_calls, 0);
	json_decref(ask("{\"request\":\"states\"}", &lines));
	states_watch(&server, begin + STATES_ASKED_MS);
	states_watch(&server, begin + 2 * STATES_ASKED_MS - 1);
	assert_int_not_equal(fake.workers[0].states_calls, 0);
	states_watch(&server, begin + 2 * STATES_ASKED_MS);
	assert_int_equal(fake.workers[0].states_calls, 0);
	assert_int_equal(fake.workers[1].states_calls, 0);
}

static void
drops_are_summed_by_reason(void **state)
{
	json_t *answer, *drop;
	unsigned lines;
	size_t i;

	(void)state;
	fake.workers[0].stats.engine.drops[REASON_MTU] = 5;
	fake.workers[1].stats.engine.drops[REASON_MTU] = 2;
	answer = ask("{\"request\":\"drops\"}", &lines);
	assert_int_equal(json_array_size(json_object_get(answer, "drops")),
			 REASON_COUNT - 1);
	json_array_foreach(json_object_get(answer, "drops"), i, drop) {
		const char *reason = json_string_value(json_object_get(drop, "reason"));

		assert_int_equal(number(drop, "packets"),
				 strcmp(reason, "mtu") == 0 ? 7 : 0);
	}
	json_decref(answer);
}

static void
the_flight_recorders_are_read_by_reason_and_time(void **state)
{
	json_t *last;
	unsigned lines, i;

	(void)state;
	for (i = 0; i < RECORDER_KEPT; i++) /* newest first */
		fake.workers[0].kept[i] = fake_drop(1000 - 10 * i);
	fake.workers[0].kept_count = RECORDER_KEPT;
	fake.workers[1].kept[0] = fake_drop(995);
	fake.workers[1].kept[1] = fake_drop(2000);
	fake.workers[1].kept[1].reason = REASON_MTU;
	fake.workers[1].kept_count = 2;
	last = ask("{\"request\":\"recorded\"}", &lines);
	assert_int_equal(number(last, "recorded"), RECORDER_KEPT + 1);
	assert_int_equal(lines, RECORDER_KEPT + 2);
	json_decref(last);
	last = ask("{\"request\":\"recorded\",\"reason\":\"mtu\"}", &lines);
	assert_int_equal(number(last, "recorded"), 1);
	json_decref(last);
	last = ask("{\"request\":\"recorded\",\"sport\":81}", &lines);
	assert_int_equal(number(last, "recorded"), 0);
	json_decref(last);
}

static void
assert_error(const json_t *answer, const char *text, const char *kind)
{
	const char *got = json_string_value(json_object_get(answer, "kind"));

	assert_string_equal(json_string_value(json_object_get(answer, "error")), text);
	if (kind == NULL)
		assert_null(got);
	else
		assert_string_equal(got, kind);
}

/* A program has to tell them apart, to know whether it tries again. */
static void
a_reload_that_is_refused_busy_or_failed_has_its_kind(void **state)
{
	struct control_reload reload = {.lock = PTHREAD_MUTEX_INITIALIZER,
					.running = true};
	json_t *answer;
	unsigned lines;

	(void)state;
	fake.config.reload = &reload;
	answer = ask("{\"request\":\"reload\",\"reset\":true}", &lines);
	assert_error(answer,
		     "reload: reset is for connections that end: give recheck or flush",
		     NULL);
	json_decref(answer);
	answer = ask("{\"request\":\"reload\"}", &lines);
	assert_error(answer,
		     "a reload of the rules is in progress: try again when it has ended",
		     "busy");
	json_decref(answer);
	client->task = CLIENT_RELOAD;
	request_reloaded(client, -EINVAL, "line 7");
	answer = answered(&lines);
	assert_error(answer, "line 7", "reload");
	json_decref(answer);
	assert_int_equal(client->task, CLIENT_IDLE);
}

static void
a_worker_that_does_not_answer_is_said(void **state)
{
	static const char *const requests[] = {
		"{\"request\":\"list\"}",  "{\"request\":\"delete\",\"proto\":\"tcp\"}",
		"{\"request\":\"flush\"}", "{\"request\":\"stats\"}",
		"{\"request\":\"drops\"}", "{\"request\":\"recorded\"}",
	};
	unsigned lines;
	json_t *answer;
	size_t i;

	(void)state;
	fake.workers[1].silent = true;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		answer = ask(requests[i], &lines);
		assert_string_equal(json_string_value(json_object_get(answer, "error")),
				    "a worker does not answer");
		assert_int_equal(client->task, CLIENT_IDLE);
		json_decref(answer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_list_has_the_connections_of_all_workers,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			delete_removes_what_matches_and_flush_the_rest, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			stats_are_sums_and_the_load_of_each_worker, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			states_are_sums_of_all_workers_once_all_have_counted, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			states_are_counted_until_a_minute_after_the_last_request, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(drops_are_summed_by_reason, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			the_flight_recorders_are_read_by_reason_and_time, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_reload_that_is_refused_busy_or_failed_has_its_kind, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_worker_that_does_not_answer_is_said,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
