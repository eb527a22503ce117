/* SPDX-License-Identifier: BSD-3-Clause */
#include "subscribe.h"

#include "event.h"
#include "record.h"
#include "trace.h"
#include <control/worker.h>

#define EVENTS_PIECE 256u
#define RECORDS_PIECE 64u
#define TRACES_MAX 64u /* packets that are traced in one round of the control thread */

/* The numbers of the streams: CONTROL_STREAM_* is 1 << number. */
enum {
	EVENTS,
	DROPS,
	LOGS,
	PASSES,
};

static struct client *
client_of(struct fanout_reader *reader)
{
	return (struct client *)(void *)((char *)reader -
					 offsetof(struct client, reader));
}

static struct server *
server_of(struct fanout *fanout)
{
	return (struct server *)(void *)((char *)fanout -
					 offsetof(struct server, fanout));
}

/*
 * Add what the rules do with the packet to its record. The control thread evaluates them,
 * so the number in each of its rounds is bounded; the records of other packets are lost.
 */
static bool
trace_add(struct server *server, json_t *message, const struct packet_record *record)
{
	json_t *object = json_object_iter_value(json_object_iter(message)), *trace;

	if (server->traces == TRACES_MAX)
		return false;
	server->traces++;
	trace = trace_json(server->config, record);
	if (trace != NULL)
		json_object_set_new(object, "trace", trace);
	return true;
}

/* Implements fanout_reader.put for a client, whose queue is its output buffer. */
static bool
client_put(struct fanout_reader *reader, const struct fanout_item *item, uint64_t lost)
{
	const struct control_config *config = server_of(reader->fanout)->config;
	const struct record_names names = record_names(config);
	struct client *c = client_of(reader);
	json_t *message;

	if (client_room(c) < CLIENT_PIECE_BYTES)
		return false;
	if (item == NULL)
		return client_send(c, json_pack("{sI}", "lost", (json_int_t)lost));
	if (item->stream == CONTROL_STREAM_EVENTS)
		return client_send(c, event_json(config, item->event));
	message = record_json(item->record, item->worker, &names, c->frames);
	if (!c->trace || trace_add(server_of(reader->fanout), message, item->record))
		return client_send(c, message);
	json_decref(message);
	return false;
}

int
subscribe(struct server *server, struct client *c, unsigned streams)
{
	c->reader.streams = streams;
	c->reader.filter = c->filter;
	c->reader.traced = c->trace && c->filter.any;
	c->reader.put = client_put;
	return fanout_join(&server->fanout, &c->reader);
}

/* Tell the readers of a stream how many items a worker has lost. */
static void
note_lost(struct server *server, unsigned worker, unsigned number, uint64_t lost)
{
	uint64_t *before = &server->lost[worker][number];

	if (lost != *before)
		fanout_lose(&server->fanout, 1u << number, lost - *before);
	*before = lost;
}

static void
poll_events(struct server *server, unsigned worker)
{
	const struct control_backend *b = server->config->backend;
	static struct conn_event events[EVENTS_PIECE];
	struct fanout_item item = {.stream = CONTROL_STREAM_EVENTS, .worker = worker};
	/* no more than a ring holds, so that a fast worker does not keep the thread */
	unsigned rounds = CONTROL_EVENTS / EVENTS_PIECE + 1, i, n;
	uint64_t lost;

	do {
		n = b->ops->events(b->context, worker, events, EVENTS_PIECE, &lost);
		note_lost(server, worker, EVENTS, lost);
		for (i = 0; i < n; i++) {
			item.event = &events[i];
			fanout_put(&server->fanout, &item);
		}
	} while (n == EVENTS_PIECE && --rounds > 0);
}

static unsigned
stream_of(uint8_t kind)
{
	switch (kind) {
	case RECORD_LOG:
		return CONTROL_STREAM_LOGS;
	case RECORD_PASS:
		return CONTROL_STREAM_PASSES;
	default:
		return CONTROL_STREAM_DROPS;
	}
}

static void
poll_records(struct server *server, unsigned worker)
{
	const struct control_backend *b = server->config->backend;
	static struct packet_record records[RECORDS_PIECE];
	struct fanout_item item = {.worker = worker};
	uint64_t lost[RECORD_KINDS];
	unsigned i, n, rounds = RECORDER_RING / RECORDS_PIECE + 1;

	do {
		n = b->ops->records(b->context, worker, records, RECORDS_PIECE, lost);
		note_lost(server, worker, DROPS, lost[RECORD_DROP]);
		note_lost(server, worker, LOGS, lost[RECORD_LOG]);
		note_lost(server, worker, PASSES, lost[RECORD_PASS]);
		for (i = 0; i < n; i++) {
			item.stream = stream_of(records[i].kind);
			item.record = &records[i];
			fanout_put(&server->fanout, &item);
		}
	} while (n == RECORDS_PIECE && --rounds > 0);
}

void
subscribe_poll(struct server *server)
{
	unsigned i;

	server->traces = 0;
	for (i = 0; i < server->config->backend->workers; i++) {
		if (server->streams & CONTROL_STREAM_EVENTS)
			poll_events(server, i);
		if (server->streams & CONTROL_STREAM_RECORDS)
			poll_records(server, i);
	}
}

/*
 * Store the current counts of lost items, so that a new stream does not report older
 * losses.
 */
static void
streams_begin(struct server *server, unsigned worker, unsigned begun)
{
	const struct control_backend *b = server->config->backend;
	uint64_t lost[RECORD_KINDS];

	if (begun & CONTROL_STREAM_EVENTS)
		b->ops->events(b->context, worker, NULL, 0,
			       &server->lost[worker][EVENTS]);
	if ((begun & CONTROL_STREAM_RECORDS) == 0)
		return;
	b->ops->records(b->context, worker, NULL, 0, lost);
	if (begun & CONTROL_STREAM_DROPS)
		server->lost[worker][DROPS] = lost[RECORD_DROP];
	if (begun & CONTROL_STREAM_LOGS)
		server->lost[worker][LOGS] = lost[RECORD_LOG];
	if (begun & CONTROL_STREAM_PASSES)
		server->lost[worker][PASSES] = lost[RECORD_PASS];
}

void
subscribe_switch(struct server *server)
{
	const struct control_backend *b = server->config->backend;
	struct control_reports reports;
	unsigned i;

	if (server->changes == server->fanout.changes)
		return;
	server->changes = server->fanout.changes;
	fanout_reports(&server->fanout, &reports);
	/* with the same streams, only the selections of passed packets can differ */
	if (reports.streams == server->streams &&
	    (reports.streams & CONTROL_STREAM_PASSES) == 0)
		return;
	for (i = 0; i < b->workers; i++) {
		b->ops->subscribe(b->context, i, &reports);
		streams_begin(server, i, reports.streams & ~server->streams);
	}
	server->streams = reports.streams;
}
