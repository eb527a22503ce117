/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "ipfix_active.h"
#include "ipfix_record.h"

#define NS_IN_S 1000000000
#define CLOSE_NS 300000000
/* how long a record waits for others in its message; up to WAIT_S more if none comes */
#define FLUSH_MS 1000u
#define WAIT_S 1
/* over UDP a collector that has begun later needs the templates (RFC 7011 8.4) */
#define TEMPLATES_MS 60000u
#define RETRY_FIRST_MS 1000u
#define RETRY_LAST_MS 60000u
/* number of walks over all connections in an active time-out */
#define WALKS 10u
/* between two pieces of a walk, so that the workers have others' requests as well */
#define WALK_PAUSE_NS 1000000
/* ends after which a piece of the walk is done, although there are further ones */
#define WALK_ENDS 64u

struct item {
	struct conn_event event;
	uint64_t wall_ms; /* when it was taken; the engine's own clock drifts */
	unsigned worker;
};

struct ipfix {
	struct fanout_reader reader;
	const struct control_config *config;
	struct control_ipfix *to;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	/* protected by the lock: a ring of IPFIX_QUEUE items */
	struct item *queue;
	unsigned head, count;
	bool stopped;
	/* The members below are the thread's. */
	fbInfoModel_t *model;
	fBuf_t *buffer;   /* NULL: not connected */
	unsigned pending; /* records in the buffer */
	bool failed;      /* a failure has been reported, and no message sent since */
	uint64_t flush_ms, templates_ms, retry_ms, retry_after_ms;
	struct ipfix_active *active;
	uint64_t walk_ms;     /* when the next walk begins */
	unsigned walk_worker; /* of the walk in progress */
	uint64_t walk_cursor;
	bool walks;
};

static struct ipfix *
ipfix_of(struct fanout_reader *reader)
{
	return (struct ipfix *)(void *)((char *)reader - offsetof(struct ipfix, reader));
}

/* Implements fanout_reader.put. What there is no room for is counted here. */
static bool
ipfix_put(struct fanout_reader *reader, const struct fanout_item *item, uint64_t lost)
{
	struct ipfix *ipfix = ipfix_of(reader);

	if (item == NULL) {
		atomic_fetch_add(&ipfix->to->lost, lost);
		return true;
	}
	if (item->event->kind != CONN_EVENT_DESTROY)
		return true;
	pthread_mutex_lock(&ipfix->lock);
	if (ipfix->count < IPFIX_QUEUE) {
		ipfix->queue[(ipfix->head + ipfix->count++) % IPFIX_QUEUE] =
			(struct item){*item->event, clock_wall_ns() / 1000000,
				      item->worker};
		pthread_cond_signal(&ipfix->filled);
	} else {
		atomic_fetch_add(&ipfix->to->lost, 1);
	}
	pthread_mutex_unlock(&ipfix->lock);
	return true;
}

/* ---- the connection to the collector ---- */

/*
 * Give the collector up for a while, which doubles each time; connect() may have taken
 * minutes. Frees the error.
 */
static void
collector_failed(struct ipfix *ipfix, GError *error)
{
	char text[512];

	atomic_fetch_add(&ipfix->to->lost, ipfix->pending);
	ipfix->pending = 0;
	if (!ipfix->failed && ipfix->config->warn != NULL) {
		snprintf(text, sizeof(text),
			 "ipfix: %s: %.300s: records are lost until it can be reached",
			 ipfix->to->collector, error != NULL ? error->message : "?");
		ipfix->config->warn(text);
	}
	ipfix->failed = true;
	g_clear_error(&error);
	if (ipfix->buffer != NULL)
		fBufFree(ipfix->buffer);
	ipfix->buffer = NULL;
	ipfix->retry_after_ms = ipfix->retry_after_ms == 0 ? RETRY_FIRST_MS
							   : 2 * ipfix->retry_after_ms;
	if (ipfix->retry_after_ms > RETRY_LAST_MS)
		ipfix->retry_after_ms = RETRY_LAST_MS;
	ipfix->retry_ms = clock_monotonic_ms() + ipfix->retry_after_ms;
}

/* Send the message in the buffer. */
static bool
collector_emit(struct ipfix *ipfix, uint64_t now_ms)
{
	GError *error = NULL;

	ipfix->flush_ms = now_ms + FLUSH_MS;
	if (!fBufEmit(ipfix->buffer, &error)) {
		collector_failed(ipfix, error);
		return false;
	}
	/* one that takes the templates, and then closes, has taken nothing yet */
	if (ipfix->pending != 0) {
		ipfix->failed = false;
		ipfix->retry_after_ms = 0;
	}
	atomic_fetch_add(&ipfix->to->sent, ipfix->pending);
	ipfix->pending = 0;
	return true;
}

/* Send the records in the buffer, if there are any. */
static bool
collector_flush(struct ipfix *ipfix, uint64_t now_ms)
{
	return ipfix->pending == 0 || collector_emit(ipfix, now_ms);
}

/* Have a connection to the collector. Returns whether there is one. */
static bool
collector_ready(struct ipfix *ipfix, uint64_t now_ms)
{
	fbConnSpec_t spec = {
		.transport = ipfix->to->tcp ? FB_TCP : FB_UDP,
		.host = ipfix->to->host,
		.svc = ipfix->to->port,
	};
	GError *error = NULL;

	if (ipfix->buffer != NULL)
		return true;
	if (now_ms < ipfix->retry_ms)
		return false;
	ipfix->buffer = ipfix_buffer(ipfix->model, fbExporterAllocNet(&spec),
				     ipfix->to->domain, &error);
	if (ipfix->buffer == NULL) {
		collector_failed(ipfix, error);
		return false;
	}
	ipfix->templates_ms = now_ms + TEMPLATES_MS;
	ipfix->flush_ms = now_ms + FLUSH_MS;
	return true;
}

static void
send_flow(struct ipfix *ipfix, const struct ipfix_flow *flow, uint64_t now_ms)
{
	GError *error = NULL;
	bool done;

	if (!collector_ready(ipfix, now_ms)) {
		atomic_fetch_add(&ipfix->to->lost, 1);
		return;
	}
	done = ipfix_append(ipfix->buffer, flow, &error);
	if (!done && g_error_matches(error, FB_ERROR_DOMAIN, FB_ERROR_EOM)) {
		g_clear_error(&error);
		done = collector_emit(ipfix, now_ms) &&
		       ipfix_append(ipfix->buffer, flow, &error);
	}
	if (done) {
		ipfix->pending++;
		return;
	}
	atomic_fetch_add(&ipfix->to->lost, 1);
	if (ipfix->buffer != NULL)
		collector_failed(ipfix, error);
}

/* Send what has waited for long enough, and the templates again. */
static void
collector_tick(struct ipfix *ipfix, uint64_t now_ms)
{
	GError *error = NULL;

	if (ipfix->buffer != NULL && now_ms >= ipfix->flush_ms)
		collector_flush(ipfix, now_ms);
	if (ipfix->buffer == NULL || ipfix->to->tcp || now_ms < ipfix->templates_ms)
		return;
	ipfix->templates_ms = now_ms + TEMPLATES_MS;
	if (!collector_flush(ipfix, now_ms))
		return;
	if (!fbSessionExportTemplates(fBufGetSession(ipfix->buffer), &error) ||
	    !fBufEmit(ipfix->buffer, &error))
		collector_failed(ipfix, error);
}

/* ---- records ---- */

static void
send_share(struct ipfix *ipfix, struct ipfix_flow *flow, const struct active_share *share,
	   uint64_t now_ms)
{
	flow->start_ms = share->start_ms;
	memcpy(flow->packets, share->packets, sizeof(flow->packets));
	memcpy(flow->bytes, share->bytes, sizeof(flow->bytes));
	send_flow(ipfix, flow, now_ms);
}

static void
send_end(struct ipfix *ipfix, const struct item *item, uint64_t now_ms)
{
	struct ipfix_flow flow = {
		.view = item->event.view,
		.at_ms = item->wall_ms,
		.end = item->event.end,
	};
	struct active_share share;

	active_ended(ipfix->active, item->worker, &flow.view, flow.at_ms, &share);
	send_share(ipfix, &flow, &share, now_ms);
}

/* Do a piece of the walk that looks for long connections. */
static void
walk(struct ipfix *ipfix, uint64_t now_ms)
{
	const struct control_backend *b = ipfix->config->backend;
	struct conn_view views[CONTROL_PIECE];
	struct active_share share;
	struct active_time at;
	struct ipfix_flow flow;
	int i, n;

	if (!ipfix->walks) {
		if (now_ms < ipfix->walk_ms)
			return;
		ipfix->walks = true;
		ipfix->walk_worker = 0;
		ipfix->walk_cursor = 0;
		ipfix->walk_ms = now_ms + ipfix->to->active_s * 1000 / WALKS;
	}
	n = b->ops->list(b->context, ipfix->walk_worker, &ipfix->walk_cursor, views);
	if (n < 0) {
		ipfix->walks = false;
		return;
	}
	at = (struct active_time){clock_wall_ns() / 1000000, now_ms};
	flow.at_ms = at.wall_ms;
	flow.end = CONN_END_NONE;
	for (i = 0; i < n; i++) {
		if (!active_seen(ipfix->active, ipfix->walk_worker, &views[i], at,
				 &share))
			continue;
		flow.view = views[i];
		send_share(ipfix, &flow, &share, now_ms);
	}
	if (ipfix->walk_cursor != ENGINE_CURSOR_END)
		return;
	ipfix->walk_cursor = 0;
	if (++ipfix->walk_worker < b->workers)
		return;
	ipfix->walks = false;
	active_walked(ipfix->active);
}

/* ---- the thread ---- */

/* A time of CLOCK_MONOTONIC. */
static struct timespec
deadline(long ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ns;
	until.tv_sec += until.tv_nsec / NS_IN_S;
	until.tv_nsec %= NS_IN_S;
	return until;
}

/*
 * Take an item. Waits a short time for one, and a shorter one while a walk is in
 * progress. Returns 1; 0 if there is none; -1: the thread has to end.
 */
static int
take(struct ipfix *ipfix, struct item *item)
{
	struct timespec until;
	int taken = 0;

	until = deadline(ipfix->walks ? WALK_PAUSE_NS : WAIT_S * NS_IN_S);
	pthread_mutex_lock(&ipfix->lock);
	if (ipfix->count == 0 && !ipfix->stopped)
		pthread_cond_timedwait(&ipfix->filled, &ipfix->lock, &until);
	if (ipfix->count > 0) {
		*item = ipfix->queue[ipfix->head];
		ipfix->head = (ipfix->head + 1) % IPFIX_QUEUE;
		ipfix->count--;
		taken = 1;
	} else if (ipfix->stopped) {
		taken = -1;
	}
	pthread_mutex_unlock(&ipfix->lock);
	return taken;
}

static void *
ipfix_thread(void *context)
{
	struct ipfix *ipfix = context;
	struct item item;
	uint64_t now_ms;
	unsigned ends = 0; /* since a piece of the walk */
	int taken;

	while ((taken = take(ipfix, &item)) >= 0) {
		now_ms = clock_monotonic_ms();
		if (taken > 0)
			send_end(ipfix, &item, now_ms);
		if (taken == 0 || ++ends == WALK_ENDS) {
			walk(ipfix, now_ms);
			ends = 0;
		}
		collector_tick(ipfix, now_ms);
	}
	if (ipfix->buffer != NULL)
		collector_flush(ipfix, clock_monotonic_ms());
	return NULL;
}

static void
ipfix_free(struct ipfix *ipfix)
{
	if (ipfix->buffer != NULL)
		fBufFree(ipfix->buffer);
	if (ipfix->model != NULL)
		fbInfoModelFree(ipfix->model);
	active_free(ipfix->active);
	free(ipfix->queue);
	free(ipfix);
}

int
ipfix_open(const struct control_config *config, struct ipfix **ipfix, char *message)
{
	struct ipfix *x = calloc(1, sizeof(*x));
	pthread_condattr_t attr;
	int status = -ENOMEM;

	if (x != NULL) {
		x->config = config;
		x->to = config->ipfix;
		x->queue = calloc(IPFIX_QUEUE, sizeof(*x->queue));
		x->active = active_new(x->to->active_s * 1000);
		x->model = ipfix_model(x->to->enterprise);
		x->walk_ms = clock_monotonic_ms();
		x->reader.streams = CONTROL_STREAM_EVENTS;
		x->reader.put = ipfix_put;
		filter_init(&x->reader.filter);
		pthread_mutex_init(&x->lock, NULL);
		pthread_condattr_init(&attr);
		pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
		pthread_cond_init(&x->filled, &attr);
	}
	if (x != NULL && x->queue != NULL && x->active != NULL)
		status = -pthread_create(&x->thread, NULL, ipfix_thread, x);
	if (status != 0) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "ipfix: %s", strerror(-status));
		if (x != NULL)
			ipfix_free(x);
		return status;
	}
	*ipfix = x;
	return 0;
}

struct fanout_reader *
ipfix_reader(struct ipfix *ipfix)
{
	return &ipfix->reader;
}

void
ipfix_close(struct ipfix *ipfix)
{
	struct timespec until;

	if (ipfix == NULL)
		return;
	fanout_leave(&ipfix->reader);
	pthread_mutex_lock(&ipfix->lock);
	ipfix->stopped = true;
	pthread_cond_signal(&ipfix->filled);
	pthread_mutex_unlock(&ipfix->lock);
	until = deadline(CLOSE_NS);
	/* the collector does not answer: do not free what the thread still uses */
	if (pthread_clockjoin_np(ipfix->thread, NULL, CLOCK_MONOTONIC, &until) == 0)
		ipfix_free(ipfix);
}
