/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Distribute the workers' items to several readers, each with a queue and a loss counter
 * of its own.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "control_fake.h"
#include "request.h"
#include "subscribe.h"

/* A reader whose queue has room for `room` items. */
struct queue {
	struct fanout_reader reader;
	unsigned room;
	unsigned items;
	uint64_t notes; /* sum of the losses that notes have reported */
};

static bool
queue_put(struct fanout_reader *reader, const struct fanout_item *item, uint64_t lost)
{
	struct queue *q = (struct queue *)reader;

	if (q->room == 0)
		return false;
	q->room--;
	if (item != NULL)
		q->items++;
	q->notes += lost;
	return true;
}

static void
queue_init(struct queue *q, unsigned room)
{
	*q = (struct queue){
		.reader = {.streams = CONTROL_STREAM_EVENTS,
			   .filter = {.any = true},
			   .put = queue_put},
		.room = room,
	};
}

static void
put_events(struct fanout *fanout, unsigned n)
{
	struct conn_event event = {.kind = CONN_EVENT_NEW,
				   .view = fake_connection(1000, 1)};

	while (n-- > 0)
		fanout_put(fanout,
			   &(struct fanout_item){CONTROL_STREAM_EVENTS, 0, &event, NULL});
}

static void
a_slow_reader_loses_and_the_others_do_not(void **state)
{
	struct fanout fanout = {0};
	struct queue slow, fast;

	(void)state;
	queue_init(&slow, 3);
	queue_init(&fast, 100);
	assert_int_equal(fanout_join(&fanout, &slow.reader), 0);
	assert_int_equal(fanout_join(&fanout, &fast.reader), 0);
	put_events(&fanout, 10);
	assert_int_equal(slow.items, 3);
	assert_int_equal(slow.reader.lost, 7);
	assert_int_equal(fast.items, 10);
	assert_int_equal(fast.reader.lost_total, 0);
}

static void
a_reader_is_told_of_its_loss_before_the_next_item(void **state)
{
	struct fanout fanout = {0};
	struct queue q;

	(void)state;
	queue_init(&q, 1);
	assert_int_equal(fanout_join(&fanout, &q.reader), 0);
	put_events(&fanout, 3);
	assert_int_equal(q.notes, 0);
	q.room = 1; /* room for a note but not for an item, so the item is lost too */
	put_events(&fanout, 1);
	assert_int_equal(q.notes, 2);
	assert_int_equal(q.items, 1);
	q.room = 2;
	put_events(&fanout, 1);
	assert_int_equal(q.notes, 3);
	assert_int_equal(q.items, 2);
	assert_int_equal(q.reader.lost, 0);
	assert_int_equal(q.reader.lost_total, 3);
}

static void
what_a_worker_left_out_is_lost_to_all_readers_of_the_stream(void **state)
{
	struct fanout fanout = {0};
	struct queue reads, other;

	(void)state;
	queue_init(&reads, 10);
	queue_init(&other, 10);
	other.reader.streams = 0x8000;
	assert_int_equal(fanout_join(&fanout, &reads.reader), 0);
	assert_int_equal(fanout_join(&fanout, &other.reader), 0);
	fanout_lose(&fanout, CONTROL_STREAM_EVENTS, 5);
	put_events(&fanout, 1);
	assert_int_equal(reads.notes, 5);
	assert_int_equal(reads.items, 1);
	assert_int_equal(other.notes, 0);
	assert_int_equal(other.items, 0);
}

static void
a_filter_is_of_its_reader_alone(void **state)
{
	struct fanout fanout = {0};
	struct queue all, some;

	(void)state;
	queue_init(&all, 10);
	queue_init(&some, 10);
	some.reader.filter = (struct filter){.match = CONN_MATCH_ANY};
	some.reader.filter.match.sport = 7;
	assert_int_equal(fanout_join(&fanout, &all.reader), 0);
	assert_int_equal(fanout_join(&fanout, &some.reader), 0);
	put_events(&fanout, 2);
	assert_int_equal(all.items, 2);
	assert_int_equal(some.items, 0);
	assert_int_equal(some.reader.lost, 0);
}

static void
readers_are_bounded_and_one_that_leaves_makes_room(void **state)
{
	struct queue queues[FANOUT_READERS + 1];
	struct fanout fanout = {0};
	unsigned i;

	(void)state;
	for (i = 0; i <= FANOUT_READERS; i++)
		queue_init(&queues[i], 10);
	for (i = 0; i < FANOUT_READERS; i++)
		assert_int_equal(fanout_join(&fanout, &queues[i].reader), 0);
	assert_int_equal(fanout_join(&fanout, &queues[i].reader), -ENOSPC);
	/* a reader that has joined already needs no further place */
	assert_int_equal(fanout_join(&fanout, &queues[3].reader), 0);
	fanout_leave(&queues[3].reader);
	fanout_leave(&queues[3].reader);
	assert_int_equal(fanout_join(&fanout, &queues[i].reader), 0);
	put_events(&fanout, 1);
	assert_int_equal(queues[i].items, 1);
	assert_int_equal(queues[3].items, 0);
}

/* ---- clients of the socket ---- */

static struct fake fake;
static struct server server;
static struct client *clients[FANOUT_READERS + 1];
static int peers[FANOUT_READERS + 1];

static int
set_up(void **state)
{
	unsigned i;
	int fds[2];

	(void)state;
	fake_init(&fake);
	server = (struct server){.config = &fake.config};
	for (i = 0; i <= FANOUT_READERS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
			return -1;
		clients[i] = client_new(fds[0]);
		peers[i] = fds[1];
	}
	return 0;
}

static int
tear_down(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i <= FANOUT_READERS; i++) {
		client_free(clients[i]);
		close(peers[i]);
	}
	return server.fanout.count == 0 ? 0 : -1;
}

/* Return what a client has been sent. */
static const char *
sent_to(unsigned i)
{
	static char text[8192];
	ssize_t n;

	client_write(clients[i]);
	n = recv(peers[i], text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
make_event(unsigned worker)
{
	struct fake_worker *w = &fake.workers[worker];

	w->events[w->event_count++] =
		(struct conn_event){.kind = CONN_EVENT_NEW,
				    .view = fake_connection(1000, 1)};
}

static void
workers_make_events_while_a_client_reads_them(void **state)
{
	(void)state;
	subscribe_switch(&server);
	assert_int_equal(fake.workers[0].subscribes, 0);
	request_line(&server, clients[0], "{\"request\":\"events\"}");
	subscribe_switch(&server);
	assert_int_equal(fake.workers[0].streams, CONTROL_STREAM_EVENTS);
	assert_int_equal(fake.workers[1].streams, CONTROL_STREAM_EVENTS);
	request_line(&server, clients[1], "{\"request\":\"events\"}");
	subscribe_switch(&server);
	assert_int_equal(fake.workers[0].subscribes, 1);
	fanout_leave(&clients[0]->reader);
	fanout_leave(&clients[1]->reader);
	subscribe_switch(&server);
	assert_int_equal(fake.workers[0].streams, 0);
}

static void
each_client_gets_the_events_of_all_workers(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		request_line(&server, clients[i], "{\"request\":\"events\"}");
		assert_string_equal(sent_to(i), "{\"events\":\"subscribed\"}\n");
	}
	subscribe_switch(&server);
	make_event(0);
	make_event(1);
	fake.workers[1].lost = 4;
	subscribe_poll(&server);
	for (i = 0; i < 2; i++) {
		const char *text = sent_to(i), *second = strchr(text, '\n') + 1;

		assert_non_null(strstr(text, "{\"event\":\"new\""));
		assert_int_equal(strncmp(second, "{\"lost\":4}\n", 11), 0);
		assert_non_null(strstr(second, "{\"event\":\"new\""));
	}
}

static void
records_go_to_the_clients_that_follow_their_kind(void **state)
{
	static const char *const requests[] = {
		"{\"request\":\"follow\"}",
		"{\"request\":\"follow\",\"records\":\"logs\"}",
		"{\"request\":\"follow\",\"records\":\"all\",\"frames\":true}",
		"{\"request\":\"follow\",\"reason\":\"mtu\"}",
		"{\"request\":\"events\"}",
	};
	static const struct {
		bool drop, log, frame;
	} expected[] = {{true, false, false},
			{false, true, false},
			{true, true, true},
			{false, false, false},
			{false, false, false}};
	struct fake_worker *w = &fake.workers[1];
	const char *text;
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++) {
		request_line(&server, clients[i], requests[i]);
		sent_to(i);
	}
	w->records_lost[RECORD_DROP] = 100; /* lost before the reader existed */
	subscribe_switch(&server);
	assert_int_equal(w->streams, CONTROL_STREAM_EVENTS | CONTROL_STREAM_RECORDS);
	assert_int_equal(w->reports.selections, 1);
	w->records[0] = fake_drop(1);
	w->records[1] = fake_drop(2);
	w->records[1].kind = RECORD_LOG;
	w->records[2] = fake_drop(3);
	w->records[2].kind = RECORD_PASS;
	w->record_count = 3;
	subscribe_poll(&server);
	for (i = 0; i < 5; i++) {
		text = sent_to(i);
		assert_int_equal(strstr(text, "{\"drop\":") != NULL, expected[i].drop);
		assert_int_equal(strstr(text, "{\"log\":") != NULL, expected[i].log);
		assert_int_equal(strstr(text, "\"frame\":") != NULL, expected[i].frame);
		assert_int_equal(strstr(text, "{\"pass\":") != NULL, i == 2);
		assert_null(strstr(text, "lost"));
	}
	w->records_lost[RECORD_DROP] = 103;
	w->records[0] = fake_drop(1);
	w->record_count = 1;
	subscribe_poll(&server);
	text = sent_to(0);
	assert_ptr_equal(strstr(text, "{\"lost\":3}\n{\"drop\":"), text);
	assert_string_equal(sent_to(1), ""); /* no log record was lost */
}

static void
a_worker_is_told_what_each_reader_of_passed_packets_selects(void **state)
{
	static const char *const requests[] = {
		"{\"request\":\"follow\",\"records\":\"passed\",\"dport\":80}",
		"{\"request\":\"follow\",\"records\":[\"passed\",\"drops\"]}",
		/* only dropped packets have a reason */
		"{\"request\":\"follow\",\"records\":\"all\",\"reason\":\"mtu\"}",
	};
	struct fake_worker *w = &fake.workers[0];
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		request_line(&server, clients[i], requests[i]);
		assert_string_equal(sent_to(i), "{\"follow\":\"subscribed\"}\n");
		subscribe_switch(&server);
	}
	assert_int_equal(w->streams, CONTROL_STREAM_RECORDS);
	assert_int_equal(w->reports.selections, 2);
	assert_int_equal(w->reports.selection[0].dport, 80);
	assert_int_equal(w->reports.selection[1].dport, -1);
	/* the same streams with another selection are another subscription */
	request_line(&server, clients[0],
		     "{\"request\":\"follow\",\"records\":\"passed\",\"dport\":53}");
	subscribe_switch(&server);
	assert_int_equal(w->reports.selection[0].dport, 53);
	i = w->subscribes;
	subscribe_switch(&server);
	assert_int_equal(w->subscribes, i);
	fanout_leave(&clients[0]->reader);
	fanout_leave(&clients[1]->reader);
	subscribe_switch(&server);
	assert_int_equal(w->streams, CONTROL_STREAM_DROPS | CONTROL_STREAM_LOGS);
	assert_int_equal(w->reports.selections, 0);
}

static void
one_client_too_many_is_told_the_limit_and_what_to_do(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < FANOUT_READERS; i++) {
		request_line(&server, clients[i], "{\"request\":\"events\"}");
		assert_string_equal(sent_to(i), "{\"events\":\"subscribed\"}\n");
	}
	request_line(&server, clients[i], "{\"request\":\"events\"}");
	assert_string_equal(sent_to(i),
			    "{\"error\":\"16 clients read events or records already, the "
			    "most there can be: end one of them, or have one read for "
			    "all\"}\n");
	client_free(clients[0]);
	clients[0] = client_new(dup(peers[0]));
	request_line(&server, clients[i], "{\"request\":\"events\"}");
	assert_string_equal(sent_to(i), "{\"events\":\"subscribed\"}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_reader_loses_and_the_others_do_not),
		cmocka_unit_test(a_reader_is_told_of_its_loss_before_the_next_item),
		cmocka_unit_test(
			what_a_worker_left_out_is_lost_to_all_readers_of_the_stream),
		cmocka_unit_test(a_filter_is_of_its_reader_alone),
		cmocka_unit_test(readers_are_bounded_and_one_that_leaves_makes_room),
		cmocka_unit_test_setup_teardown(
			workers_make_events_while_a_client_reads_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			each_client_gets_the_events_of_all_workers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_worker_is_told_what_each_reader_of_passed_packets_selects,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			records_go_to_the_clients_that_follow_their_kind, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			one_client_too_many_is_told_the_limit_and_what_to_do, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
