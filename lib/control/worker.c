/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/worker.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_pause.h>
#include <rte_ring_elem.h>

#define JOB_RING 4u
#define ANSWER_TIMEOUT_S 2
#define SPINS 4000u /* before sleeping: a worker in its loop answers in microseconds */
#define NAP_NS 50000

static struct rte_ring *
ring_create(const char *kind, unsigned number, unsigned size, unsigned count)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "sluice_%s_%u", kind, number);
	return rte_ring_create_elem(name, size, count, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ);
}

int
control_worker_init(struct control_worker *w, unsigned number, struct engine *engine,
		    struct policy_state *state)
{
	int status;

	memset(w, 0, sizeof(*w));
	w->engine = engine;
	w->state = state;
	w->requests = ring_create("requests", number, sizeof(void *), JOB_RING);
	w->replies = ring_create("replies", number, sizeof(void *), JOB_RING);
	w->events = ring_create("events", number, sizeof(struct engine_event),
				CONTROL_EVENTS);
	if (w->requests == NULL || w->replies == NULL || w->events == NULL) {
		status = -rte_errno;
		control_worker_free(w);
		return status;
	}
	pthread_mutex_init(&w->lock, NULL);
	return 0;
}

void
control_worker_free(struct control_worker *w)
{
	rte_ring_free(w->requests);
	rte_ring_free(w->replies);
	rte_ring_free(w->events);
	w->requests = w->replies = w->events = NULL;
}

static void
worker_counters(const struct control_worker *w, struct control_job *job)
{
	unsigned count = RTE_MIN(job->counters.count, CONTROL_PIECE);

	job->counters.count = count;
	if (w->state == NULL)
		memset(job->counters.values, 0, count * sizeof(job->counters.values[0]));
	else
		policy_counters_read(w->state, job->counters.first, count,
				     job->counters.values);
}

/* Connections of the family alone: the last part may be followed by the other one. */
static void
worker_sample(const struct engine *e, uint64_t now_ns, struct control_job *job)
{
	unsigned n;

	job->list.cursor = engine_cursor(e, job->list.family, job->list.part,
					 job->list.parts);
	n = engine_list(e, now_ns, &job->list.cursor, job->list.views, CONTROL_PIECE);
	while (n > 0 && job->list.views[n - 1].family != job->list.family)
		n--;
	job->list.count = n;
}

void
control_worker_serve(struct control_worker *w, uint64_t now_ns)
{
	struct engine *e = w->engine;
	struct control_job *job;
	void *entry;

	if (rte_ring_sc_dequeue(w->requests, &entry) != 0)
		return;
	job = entry;
	switch ((enum control_op)job->op) {
	case CONTROL_STATS:
		engine_stats(e, &job->stats.engine);
		if (w->gathered != NULL)
			job->stats.engine.fragments += fragment_count(w->gathered);
		job->stats.handed_over = w->handed_over != NULL ? *w->handed_over : 0;
		break;
	case CONTROL_LIST:
		job->list.count = engine_list(e, now_ns, &job->list.cursor,
					      job->list.views, CONTROL_PIECE);
		break;
	case CONTROL_SAMPLE:
		worker_sample(e, now_ns, job);
		break;
	case CONTROL_DELETE:
		job->removal.found = engine_delete(e, &job->removal.key,
						   job->removal.family);
		break;
	case CONTROL_FLUSH:
		job->flush.removed = engine_flush(e, &job->flush.cursor, CONTROL_PIECE);
		break;
	case CONTROL_POLICY:
		w->state = job->policy.state;
		engine_set_policy(e, job->policy.policy, job->policy.state);
		break;
	case CONTROL_COUNTERS:
		worker_counters(w, job);
		break;
	case CONTROL_EVENTS_SWITCH:
		engine_set_events(e, job->events.on ? w->events : NULL, &w->events_lost);
		break;
	}
	rte_ring_sp_enqueue(w->replies, job);
}

struct control_job *
control_open(struct control_worker *w)
{
	void *entry;

	pthread_mutex_lock(&w->lock);
	if (w->late && rte_ring_sc_dequeue(w->replies, &entry) != 0) {
		pthread_mutex_unlock(&w->lock);
		return NULL;
	}
	w->late = false;
	return &w->job;
}

static bool
time_is_up(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - since->tv_sec > ANSWER_TIMEOUT_S;
}

/* Whether the worker has given the job back, waiting for it a while. */
static bool
job_returned(struct control_worker *w)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	struct timespec begin;
	unsigned i;
	void *entry;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (i = 0; rte_ring_sc_dequeue(w->replies, &entry) != 0; i++) {
		if (i < SPINS) {
			rte_pause();
			continue;
		}
		if (time_is_up(&begin))
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

int
control_call(struct control_worker *w)
{
	w->late = true;
	rte_ring_sp_enqueue(w->requests, &w->job);
	if (!job_returned(w))
		return -ETIMEDOUT;
	w->late = false;
	return 0;
}

void
control_close(struct control_worker *w)
{
	pthread_mutex_unlock(&w->lock);
}

void
control_stats_add(struct engine_stats *sum, const struct engine_stats *stats)
{
	unsigned i;

#define ADD(member, ...) sum->member += stats->member;
	ENGINE_COUNTERS(ADD)
#undef ADD
	for (i = 0; i < REASON_COUNT; i++)
		sum->drops[i] += stats->drops[i];
	for (i = 0; i <= ACTION_ICMP; i++)
		sum->generated[i] += stats->generated[i];
	sum->connections += stats->connections;
	sum->connections6 += stats->connections6;
	sum->max += stats->max;
	sum->max6 += stats->max6;
}
