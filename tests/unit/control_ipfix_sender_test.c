/* SPDX-License-Identifier: BSD-3-Clause */
/* IPFIX: when records are sent and counted, with a transport that keeps the messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "control_fake.h"
#include "ipfix_sender.h"

#define AT_MS UINT64_C(1795964737616)
#define TIMEOUT_S 60u
#define TIMEOUT_MS (1000u * TIMEOUT_S)
#define MAX_RECORDS 2000u

/* What the transport answers, and what it has been given. */
static struct {
	int open_status, send_status, error_status;
	bool is_open;
	unsigned opens; /* attempts */
	unsigned messages;
	unsigned templates; /* messages with templates */
	unsigned count;     /* records */
	struct {
		uint64_t start_ms, bytes;
		uint8_t end;
	} records[MAX_RECORDS];
} wire;

static struct fake fake;
static struct control_ipfix to;
static struct ipfix_sender *sender;
static unsigned warnings;

static int
wire_open(void *context)
{
	(void)context;
	assert_false(wire.is_open);
	wire.opens++;
	wire.is_open = wire.open_status == 0;
	return wire.open_status;
}

static uint64_t
number(const uint8_t *bytes, unsigned n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | *bytes++;
	return value;
}

/* Offsets in a record of IPFIX_TEMPLATE_IPV4, and the length of what has fixed length. */
#define RECORD_BYTES 16u
#define RECORD_END 89u
#define RECORD_FIXED 91u
#define RECORD_TEXTS 4u

static void
records_read(const uint8_t *set, size_t length)
{
	size_t at = 4;
	unsigned i;

	while (at < length) {
		assert_true(wire.count < MAX_RECORDS);
		wire.records[wire.count].start_ms = number(set + at, 8);
		wire.records[wire.count].bytes = number(set + at + RECORD_BYTES, 8);
		wire.records[wire.count++].end = set[at + RECORD_END];
		at += RECORD_FIXED;
		for (i = 0; i < RECORD_TEXTS; i++)
			at += 1u + set[at];
	}
	assert_int_equal(at, length);
}

/* Read the sets of a message: RFC 7011, 3. */
static int
wire_send(void *context, const uint8_t *message, size_t length)
{
	size_t at = 16, set;
	bool templates = false;

	(void)context;
	assert_true(wire.is_open);
	if (wire.send_status != 0)
		return wire.send_status;
	assert_int_equal(number(message, 2), 10);
	assert_int_equal(number(message + 2, 2), length);
	wire.messages++;
	for (; at < length; at += set) {
		set = number(message + at + 2, 2);
		if (number(message + at, 2) == IPFIX_TEMPLATE_IPV4)
			records_read(message + at, set);
		else
			templates = true;
	}
	wire.templates += templates;
	return 0;
}

static int
wire_error(void *context)
{
	(void)context;
	assert_true(wire.is_open);
	return wire.error_status;
}

static void
wire_close(void *context)
{
	(void)context;
	wire.is_open = false;
}

static void
warn(const char *text)
{
	(void)text;
	warnings++;
}

static int
begin(void **state)
{
	static const struct ipfix_transport transport = {
		.open = wire_open,
		.send = wire_send,
		.error = wire_error,
		.close = wire_close,
	};

	(void)state;
	memset(&wire, 0, sizeof(wire));
	memset(&to, 0, sizeof(to));
	to.collector = "192.0.2.9:4739";
	to.active_s = TIMEOUT_S;
	to.enterprise = 4711;
	warnings = 0;
	fake_init(&fake);
	fake.config.ipfix = &to;
	fake.config.warn = warn;
	sender = sender_new(&fake.config, &transport, 0);
	assert_non_null(sender);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	sender_free(sender);
	assert_false(wire.is_open);
	return 0;
}

static struct active_time
at(uint64_t ms)
{
	return (struct active_time){AT_MS + ms, ms};
}

/* A turn without an end. */
static void
turn(uint64_t ms)
{
	sender_turn(sender, NULL, at(ms));
}

/* A turn with the end of a connection of this number. */
static void
turn_end(uint64_t ms, uint32_t id)
{
	struct ipfix_item item = {
		.event = {.kind = CONN_EVENT_DESTROY, .end = CONN_END_FIN},
		.wall_ms = AT_MS + ms,
	};

	item.event.view = fake_connection(1000, id);
	item.event.view.bytes[0] = 100 + id;
	sender_turn(sender, &item, at(ms));
}

/* Look for errors so many times after this time. */
static void
confirm(uint64_t ms, unsigned times)
{
	while (times-- > 0)
		turn(ms += IPFIX_CHECK_MS);
}

static void
assert_counts(uint64_t sent, uint64_t lost, uint64_t errors)
{
	assert_int_equal(to.sent, sent);
	assert_int_equal(to.lost, lost);
	assert_int_equal(to.errors, errors);
}

static void
a_record_waits_for_others_and_counts_when_no_error_has_come(void **state)
{
	(void)state;
	turn_end(0, 1);
	assert_int_equal(wire.templates, 1); /* before the first record */
	turn_end(999, 2);
	assert_int_equal(wire.count, 0);
	turn(1000);
	assert_int_equal(wire.messages, 2);
	assert_int_equal(wire.count, 2);
	assert_int_equal(wire.records[0].bytes, 101);
	assert_int_equal(wire.records[1].bytes, 102);
	assert_int_equal(wire.records[1].end, IPFIX_END_DETECTED);
	/* the time of 3 s after which a host that does not answer ARP is reported */
	confirm(1000, IPFIX_CHECKS - 2);
	turn(1000 * IPFIX_CHECKS - 1);
	assert_counts(0, 0, 0);
	turn(1000 * IPFIX_CHECKS);
	assert_counts(2, 0, 0);
	turn(100000);
	assert_counts(2, 0, 0);
	assert_int_equal(wire.messages, 2);
	assert_int_equal(warnings, 0);
}

static void
a_full_message_is_sent_at_once(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i <= 20; i++)
		turn_end(0, i);
	assert_int_equal(wire.messages, 2);
	assert_in_range(wire.count, 10, 19);
	turn(1000);
	assert_int_equal(wire.count, 20);
	assert_int_equal(wire.records[19].bytes, 120);
}

static void
the_end_sends_and_counts_what_waits(void **state)
{
	(void)state;
	turn_end(0, 1);
	sender_end(sender, 1);
	assert_int_equal(wire.count, 1);
	assert_counts(1, 0, 0);
}

static void
at_the_end_an_error_counts(void **state)
{
	(void)state;
	turn_end(0, 1);
	wire.error_status = -ECONNREFUSED;
	sender_end(sender, 1);
	assert_counts(0, 1, 1);
}

/* An ICMP error: the collector does not run. */
static void
over_udp_refused_records_are_lost_and_the_next_has_the_templates(void **state)
{
	(void)state;
	turn_end(0, 1);
	turn(1000);
	wire.error_status = -ECONNREFUSED;
	turn(2000);
	assert_counts(0, 1, 1);
	assert_int_equal(warnings, 1);
	wire.error_status = 0;
	turn_end(2500, 2);
	assert_int_equal(wire.templates, 2);
	turn(3500);
	assert_int_equal(wire.count, 2);
	wire.error_status = -EHOSTUNREACH;
	turn(4500);
	assert_counts(0, 2, 2);
	assert_int_equal(warnings, 1); /* still away */

	wire.error_status = 0;
	turn_end(5000, 3);
	assert_int_equal(wire.templates, 3);
	turn(6000);
	confirm(6000, IPFIX_CHECKS);
	assert_counts(1, 2, 2);
	turn_end(12000, 4);
	assert_int_equal(wire.templates, 3);
	wire.send_status = -ECONNREFUSED;
	turn(13000);
	assert_counts(1, 3, 3);
	assert_int_equal(warnings, 2);
}

/* An error of the next record's time is about the one before. */
static void
over_udp_an_error_found_by_a_record_is_not_about_it(void **state)
{
	(void)state;
	turn_end(0, 1);
	turn(1000);
	wire.error_status = -ECONNREFUSED;
	turn_end(1001, 2);
	wire.error_status = 0;
	assert_counts(0, 1, 1);
	turn(2001);
	confirm(2001, IPFIX_CHECKS);
	assert_counts(1, 1, 1);
}

static void
without_a_buffer_one_message_is_lost_and_nothing_else(void **state)
{
	(void)state;
	turn_end(0, 1);
	turn(1000);
	turn_end(1100, 2);
	wire.send_status = -ENOBUFS;
	turn(2100);
	wire.send_status = 0;
	confirm(2100, IPFIX_CHECKS);
	assert_counts(1, 1, 1);
	assert_int_equal(wire.opens, 1);
	assert_int_equal(warnings, 0);
	turn_end(8000, 3);
	turn(9000);
	assert_int_equal(wire.count, 2);
	assert_int_equal(wire.records[1].bytes, 103);
}

static void
templates_are_sent_each_minute_over_udp_only(void **state)
{
	unsigned tcp;

	(void)state;
	for (tcp = 0; tcp < 2; tcp++) {
		to.tcp = tcp;
		wire.templates = 0;
		turn_end(100000 * tcp, 1);
		turn(100000 * tcp + 1000);
		turn_end(100000 * tcp + IPFIX_TEMPLATES_MS - 1, 2);
		assert_int_equal(wire.templates, tcp ? 0 : 1);
		turn(100000 * tcp + IPFIX_TEMPLATES_MS + 1000);
		turn_end(100000 * tcp + IPFIX_TEMPLATES_MS + 1000, 3);
		assert_int_equal(wire.templates, tcp ? 0 : 2);
		turn(100000 * tcp + IPFIX_TEMPLATES_MS + 2000);
	}
	assert_int_equal(wire.count, 6);
	assert_int_equal(wire.opens, 1);
}

static void
over_tcp_attempts_are_made_after_1_2_4_to_60_s(void **state)
{
	static const unsigned pauses_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
	uint64_t ms = 0;
	unsigned i;

	(void)state;
	to.tcp = true;
	wire.open_status = -ECONNREFUSED;
	turn_end(0, 1);
	assert_int_equal(wire.opens, 1);
	for (i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++) {
		ms += 1000 * pauses_s[i];
		turn_end(ms - 1, 1);
		assert_int_equal(wire.opens, i + 1);
		turn_end(ms, 1);
		assert_int_equal(wire.opens, i + 2);
	}
	assert_int_equal(to.lost, 1 + 2 * i);
	assert_int_equal(to.errors, 1 + i);
	assert_int_equal(warnings, 1);
	/* one that takes the templates, and then closes, has taken nothing yet */
	wire.open_status = 0;
	turn_end(ms += 60000, 2);
	wire.error_status = -EPIPE;
	turn(ms + 1000);
	assert_false(wire.is_open);
	wire.error_status = 0;
	turn_end(ms + 60999, 3);
	assert_false(wire.is_open);
	turn_end(ms += 61000, 4);
	assert_true(wire.is_open);
	assert_int_equal(warnings, 1);
	/* a record that has been taken makes the pause short again */
	confirm(ms, 1 + IPFIX_CHECKS);
	ms += 1000 * (1 + IPFIX_CHECKS);
	assert_int_equal(to.sent, 1);
	wire.error_status = -ECONNRESET;
	turn(ms += 1000);
	assert_false(wire.is_open);
	assert_int_equal(warnings, 2);
	wire.error_status = 0;
	turn_end(ms + 999, 5);
	assert_false(wire.is_open);
	turn_end(ms + 1000, 6);
	assert_true(wire.is_open);
}

/* Add connections that are as old as this to a worker's list. */
static void
add(unsigned worker, unsigned n, uint64_t age_ms)
{
	struct fake_worker *w = &fake.workers[worker];

	while (n-- > 0) {
		fake_add(&fake, worker, 1000);
		w->views[w->view_count - 1].age_ms = age_ms;
		w->views[w->view_count - 1].bytes[0] = w->view_count;
	}
}

/* A time at which a walk is due. */
#define LATER_MS (2 * TIMEOUT_MS)

/* Do the first walk, without connections. */
static void
first_walk(void)
{
	assert_int_equal(sender_pause_ns(sender), IPFIX_WALK_PAUSE_NS);
	turn(0);
	turn(0);
	assert_int_equal(sender_pause_ns(sender), IPFIX_PAUSE_NS);
}

/* Send what waits, and return the number of records so far. */
static unsigned
records_at(uint64_t ms)
{
	wire.send_status = 0;
	sender_end(sender, ms);
	return wire.count;
}

static void
a_walk_reads_a_piece_in_a_turn(void **state)
{
	(void)state;
	first_walk();
	add(0, 2 * CONTROL_PIECE + 1, TIMEOUT_MS);
	add(1, 1, TIMEOUT_MS);
	turn(LATER_MS);
	assert_int_equal(records_at(LATER_MS), CONTROL_PIECE);
	assert_int_equal(sender_pause_ns(sender), IPFIX_WALK_PAUSE_NS);
	turn(LATER_MS + 1);
	assert_int_equal(records_at(LATER_MS + 1), 2 * CONTROL_PIECE);
	turn(LATER_MS + 2);
	assert_int_equal(records_at(LATER_MS + 2), 2 * CONTROL_PIECE + 1);
	assert_int_equal(sender_pause_ns(sender), IPFIX_WALK_PAUSE_NS);
	turn(LATER_MS + 3);
	assert_int_equal(records_at(LATER_MS + 3), 2 * CONTROL_PIECE + 2);
	assert_int_equal(sender_pause_ns(sender), IPFIX_PAUSE_NS);
}

static void
the_first_walk_finds_what_a_restart_has_adopted(void **state)
{
	struct conn_view *view;

	(void)state;
	add(0, 1, TIMEOUT_MS);
	view = &fake.workers[0].views[0];
	turn(0);
	turn(1);
	assert_int_equal(records_at(1), 0);
	view->age_ms += TIMEOUT_MS;
	view->packets[0] = 1;
	view->bytes[0] += 500;
	turn(TIMEOUT_MS);
	assert_int_equal(records_at(TIMEOUT_MS), 1);
	assert_int_equal(wire.records[0].bytes, 500);
	assert_int_equal(wire.records[0].start_ms, AT_MS);
}

static void
walks_begin_ten_times_in_an_active_time_out(void **state)
{
	const uint64_t next = LATER_MS + TIMEOUT_MS / IPFIX_WALKS;

	(void)state;
	first_walk();
	turn(LATER_MS);
	turn(LATER_MS);
	add(0, 1, TIMEOUT_MS);
	turn(next - 1);
	assert_int_equal(records_at(next - 1), 0);
	turn(next);
	assert_int_equal(records_at(next), 1);
}

static void
a_worker_that_does_not_answer_ends_the_walk(void **state)
{
	const uint64_t next = LATER_MS + TIMEOUT_MS / IPFIX_WALKS;

	(void)state;
	first_walk();
	add(0, 1, TIMEOUT_MS);
	add(1, 1, TIMEOUT_MS);
	fake.workers[0].silent = true;
	turn(LATER_MS);
	assert_int_equal(sender_pause_ns(sender), IPFIX_PAUSE_NS);
	turn(next - 1);
	assert_int_equal(records_at(next - 1), 0);
	fake.workers[0].silent = false;
	turn(next);
	turn(next + 1);
	assert_int_equal(records_at(next + 1), 2);
}

static void
ends_delay_a_walk_by_at_most_64(void **state)
{
	unsigned i;

	(void)state;
	first_walk();
	add(0, 1, TIMEOUT_MS);
	for (i = 1; i < IPFIX_WALK_ENDS; i++)
		turn_end(LATER_MS, 1000 + i);
	assert_int_equal(records_at(LATER_MS), IPFIX_WALK_ENDS - 1);
	turn_end(LATER_MS, 1000 + i);
	assert_int_equal(records_at(LATER_MS), IPFIX_WALK_ENDS + 1);
	assert_int_equal(wire.records[IPFIX_WALK_ENDS].end, IPFIX_END_ACTIVE);
}

/* The records of a connection: each counts what has come since the one before. */
static void
the_records_of_a_long_connection_add_up(void **state)
{
	struct ipfix_item item = {
		.event = {.kind = CONN_EVENT_DESTROY, .end = CONN_END_FIN},
		.wall_ms = AT_MS + 3 * TIMEOUT_MS,
	};
	struct conn_view *view;
	uint64_t ms;

	(void)state;
	add(0, 1, 0);
	view = &fake.workers[0].views[0];
	for (ms = 0; ms < 3 * TIMEOUT_MS; ms += 1000) {
		view->age_ms = ms;
		view->packets[0] = 1 + ms / 1000;
		view->bytes[0] = 100 * view->packets[0];
		turn(ms);
		turn(ms); /* the second worker */
	}
	item.event.view = *view;
	sender_turn(sender, &item, at(ms));
	assert_int_equal(records_at(ms), 3);
	assert_int_equal(wire.records[0].end, IPFIX_END_ACTIVE);
	assert_int_equal(wire.records[0].start_ms, AT_MS);
	assert_int_equal(wire.records[0].bytes, 6100);
	assert_int_equal(wire.records[1].end, IPFIX_END_ACTIVE);
	assert_int_equal(wire.records[1].start_ms, AT_MS + TIMEOUT_MS);
	assert_int_equal(wire.records[1].bytes, 6000);
	assert_int_equal(wire.records[2].end, IPFIX_END_DETECTED);
	assert_int_equal(wire.records[2].bytes, 5900);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_waits_for_others_and_counts_when_no_error_has_come),
		TEST(a_full_message_is_sent_at_once),
		TEST(the_end_sends_and_counts_what_waits),
		TEST(at_the_end_an_error_counts),
		TEST(over_udp_refused_records_are_lost_and_the_next_has_the_templates),
		TEST(over_udp_an_error_found_by_a_record_is_not_about_it),
		TEST(without_a_buffer_one_message_is_lost_and_nothing_else),
		TEST(templates_are_sent_each_minute_over_udp_only),
		TEST(over_tcp_attempts_are_made_after_1_2_4_to_60_s),
		TEST(a_walk_reads_a_piece_in_a_turn),
		TEST(the_first_walk_finds_what_a_restart_has_adopted),
		TEST(walks_begin_ten_times_in_an_active_time_out),
		TEST(a_worker_that_does_not_answer_ends_the_walk),
		TEST(ends_delay_a_walk_by_at_most_64),
		TEST(the_records_of_a_long_connection_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
