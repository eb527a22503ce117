/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "ipfix_sender.h"
#include "ipfix_socket.h"

#define NS_IN_S 1000000000
#define CLOSE_NS 300000000

struct ipfix {
	struct fanout_reader reader;
	struct control_ipfix *to;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	/* protected by the lock: a ring of IPFIX_QUEUE items */
	struct ipfix_item *queue;
	unsigned head, count;
	bool stopped;
	/* The members below are the thread's. */
	struct ipfix_socket socket;
	struct ipfix_sender *sender;
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
			(struct ipfix_item){*item->event, clock_wall_ns() / 1000000,
					    item->worker};
		pthread_cond_signal(&ipfix->filled);
	} else {
		atomic_fetch_add(&ipfix->to->lost, 1);
	}
	pthread_mutex_unlock(&ipfix->lock);
	return true;
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
 * Take an item. Waits for one as long as the sender may. Returns 1; 0 if there is none;
 * -1: the thread has to end.
 */
static int
take(struct ipfix *ipfix, struct ipfix_item *item)
{
	struct timespec until;
	int taken = 0;

	until = deadline(sender_pause_ns(ipfix->sender));
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
	struct ipfix_item item;
	struct active_time at;
	int taken;

	while ((taken = take(ipfix, &item)) >= 0) {
		at = (struct active_time){clock_wall_ns() / 1000000,
					  clock_monotonic_ms()};
		sender_turn(ipfix->sender, taken > 0 ? &item : NULL, at);
	}
	sender_end(ipfix->sender, clock_monotonic_ms());
	return NULL;
}

static void
ipfix_free(struct ipfix *ipfix)
{
	sender_free(ipfix->sender);
	free(ipfix->queue);
	free(ipfix);
}

int
ipfix_open(const struct control_config *config, struct ipfix **ipfix, char *message)
{
	struct ipfix *x = calloc(1, sizeof(*x));
	struct ipfix_transport transport;
	pthread_condattr_t attr;
	int status = -ENOMEM;

	if (x != NULL) {
		x->to = config->ipfix;
		x->queue = calloc(IPFIX_QUEUE, sizeof(*x->queue));
		transport = ipfix_socket(&x->socket, x->to);
		x->sender = sender_new(config, &transport, clock_monotonic_ms());
		x->reader.streams = CONTROL_STREAM_EVENTS;
		x->reader.put = ipfix_put;
		filter_init(&x->reader.filter);
		pthread_mutex_init(&x->lock, NULL);
		pthread_condattr_init(&attr);
		pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
		pthread_cond_init(&x->filled, &attr);
	}
	if (x != NULL && x->queue != NULL && x->sender != NULL)
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
