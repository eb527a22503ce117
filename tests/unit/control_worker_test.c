/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that a running worker executes in many pieces, received through its rings. */
#include "engine_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include <control/worker.h>

#include "client.h"
#include "request.h"

/* more pieces than any request in this file needs */
#define PIECES_MAX 1000u

/* A client, and a worker in a thread of its own that answers the client's requests. */
struct office {
	struct fixture f;
	struct control_worker worker;
	pthread_t thread;
	atomic_bool end;
	bool busy; /* new connections are opened continuously */
	struct client *client;
	int peer;
};

static void *
work(void *context)
{
	struct frame frame = datagram(LAN, 10000, 53);
	struct office *o = context;

	while (!atomic_load(&o->end)) {
		control_worker_poll(&o->worker, START);
		if (!o->busy)
			continue;
		frame.sport++;
		inject(&o->f, LAN, &frame);
	}
	return NULL;
}

static void
fill(struct office *o, unsigned n)
{
	struct frame frame = datagram(LAN, 1000, 53);

	for (; n > 0; n--, frame.sport++)
		assert_passed(inject(&o->f, LAN, &frame));
}

static void
build(struct office *o, uint32_t max)
{
	int fds[2];

	*o = (struct office){.f.config = fixture_config()};
	o->f.config.max = max;
	fixture_start(&o->f, OFFICE);
	assert_int_equal(control_worker_init(&o->worker, 0, o->f.e, NULL), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	o->client = client_new(fds[0]);
	assert_non_null(o->client);
	o->peer = fds[1];
}

/*
 * Send a request and process all pieces while the worker runs. Returns the last line of
 * the answer.
 */
static const char *
ask(struct office *o, const char *request)
{
	static const char *const names[] = {"lan", "wan"};
	struct control_backend backend;
	const struct control_config config = {
		.backend = &backend,
		.port_names = names,
		.port_count = 2,
		.all_port_count = 2,
	};
	struct server server = {.config = &config};
	static char text[8192];
	unsigned pieces = 0;
	char *last;
	ssize_t n;

	control_workers_backend(&o->worker, 1, &backend);
	assert_int_equal(pthread_create(&o->thread, NULL, work, o), 0);
	request_line(&server, o->client, request);
	for (; request_runnable(o->client) && pieces < PIECES_MAX; pieces++)
		request_continue(&server, o->client);
	atomic_store(&o->end, true);
	pthread_join(o->thread, NULL);
	assert_int_equal(o->client->task, CLIENT_IDLE);
	client_write(o->client);
	n = recv(o->peer, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0 && text[n - 1] == '\n');
	text[n - 1] = '\0';
	last = strrchr(text, '\n');
	return last == NULL ? text : last + 1;
}

static void
tear_down(struct office *o)
{
	client_free(o->client);
	close(o->peer);
	control_worker_free(&o->worker);
	fixture_end(&o->f);
}

static void
flush_of_a_busy_worker_ends(void **state)
{
	struct office o;
	unsigned flushed;

	(void)state;
	build(&o, 1000);
	fill(&o, 1000);
	o.busy = true;
	assert_int_equal(sscanf(ask(&o, "{\"request\":\"flush\"}"), "{\"flushed\":%u}",
				&flushed),
			 1);
	assert_true(flushed >= 1000);
	assert_true(stats(&o.f).connections > 0);
	tear_down(&o);
}

static void
requests_go_on_over_empty_places(void **state)
{
	static const char *const requests[][2] = {
		{"{\"request\":\"list\"}", "{\"listed\":1}"},
		{"{\"request\":\"delete\",\"proto\":\"udp\"}", "{\"deleted\":1}"},
		{"{\"request\":\"flush\"}", "{\"flushed\":1}"},
	};
	const unsigned count = 2 * ENGINE_WALK_PLACES + 1;
	uint64_t cursor;
	struct office o;
	unsigned i, j;

	(void)state;
	for (i = 0; i < RTE_DIM(requests); i++) {
		build(&o, count);
		fill(&o, count);
		for (cursor = 0, j = 0; j < count - 1; j++)
			assert_int_equal(engine_flush(o.f.e, &cursor, 1), 1);
		assert_string_equal(ask(&o, requests[i][0]), requests[i][1]);
		assert_int_equal(stats(&o.f).connections, i == 0);
		tear_down(&o);
	}
}

static void
the_bytes_stated_are_those_allocated(void **state)
{
	const struct rte_ring *rings[4];
	size_t bytes = sizeof(struct recorder);
	struct office o;
	unsigned i;

	(void)state;
	build(&o, 16);
	rings[0] = o.worker.requests;
	rings[1] = o.worker.replies;
	rings[2] = o.worker.events;
	rings[3] = o.worker.recorder->ring;
	for (i = 0; i < RTE_DIM(rings); i++)
		bytes += rings[i]->memzone->len;
	assert_int_equal(control_worker_bytes(), bytes);
	tear_down(&o);
}

static void
events_and_records_have_system_times(void **state)
{
	const struct control_reports reports = {
		.streams = CONTROL_STREAM_EVENTS | CONTROL_STREAM_DROPS,
	};
	const struct frame passed = datagram(LAN, 1000, 53);
	const struct frame dropped = datagram(WAN, 53, 2000);
	_Atomic int64_t offset = -1000;
	struct packet_record records[RECORDER_KEPT];
	uint64_t lost, lost_of_kind[RECORD_KINDS];
	struct control_backend backend;
	struct conn_event event;
	struct office o;

	(void)state;
	build(&o, 16);
	control_workers_backend(&o.worker, 1, &backend);
	assert_int_equal(pthread_create(&o.thread, NULL, work, &o), 0);
	assert_int_equal(backend.ops->subscribe(backend.context, 0, &reports), 0);
	o.worker.wall_offset_ns = &offset;
	assert_int_equal(backend.ops->recorded(backend.context, 0, REASON_POLICY_DROP,
					       records),
			 0);
	atomic_store(&o.end, true);
	pthread_join(o.thread, NULL);
	assert_passed(inject(&o.f, LAN, &passed));
	assert_dropped(inject(&o.f, WAN, &dropped), REASON_POLICY_DROP);
	assert_int_equal(backend.ops->events(backend.context, 0, &event, 1, &lost), 1);
	assert_int_equal(event.at_ns, START - 1000);
	offset = 2000;
	assert_int_equal(backend.ops->records(backend.context, 0, records, RECORDER_KEPT,
					      lost_of_kind),
			 1);
	assert_int_equal(records[0].at_ns, START + 2000);
	atomic_store(&o.end, false);
	assert_int_equal(pthread_create(&o.thread, NULL, work, &o), 0);
	assert_int_equal(backend.ops->recorded(backend.context, 0, REASON_POLICY_DROP,
					       records),
			 1);
	assert_int_equal(records[0].at_ns, START + 2000);
	atomic_store(&o.end, true);
	pthread_join(o.thread, NULL);
	tear_down(&o);
}

static void
busy_turns_are_added_up_and_the_longest_is_kept_for_a_period(void **state)
{
	struct control_worker w = {0};
	struct control_worker_stats stats;
	struct control_backend backend;
	struct office o;

	(void)state;
	control_worker_busy(&w, 500, START);
	control_worker_busy(&w, 2000, START + 1);
	control_worker_busy(&w, 700, START + 2);
	assert_int_equal(w.turns.busy, 3);
	assert_int_equal(w.turns.busy_ns, 3200);
	/* the next period has seen 300 ns so far, the one before 2000 ns */
	control_worker_busy(&w, 300, START + CONTROL_TURNS_NS);
	assert_int_equal(w.turns.longest_ns, 2000);
	assert_int_equal(w.turns_longest_ns, 300);
	control_worker_busy(&w, 100, START + 2 * CONTROL_TURNS_NS);
	assert_int_equal(w.turns.longest_ns, 300);
	build(&o, 16);
	control_worker_busy(&o.worker, 900, START);
	control_workers_backend(&o.worker, 1, &backend);
	assert_int_equal(pthread_create(&o.thread, NULL, work, &o), 0);
	assert_int_equal(backend.ops->stats(backend.context, 0, &stats), 0);
	atomic_store(&o.end, true);
	pthread_join(o.thread, NULL);
	assert_int_equal(stats.turns.busy, 1);
	assert_int_equal(stats.turns.longest_ns, 900); /* of the period that goes on */
	tear_down(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flush_of_a_busy_worker_ends),
		cmocka_unit_test(requests_go_on_over_empty_places),
		cmocka_unit_test(the_bytes_stated_are_those_allocated),
		cmocka_unit_test(events_and_records_have_system_times),
		cmocka_unit_test(
			busy_turns_are_added_up_and_the_longest_is_kept_for_a_period),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
