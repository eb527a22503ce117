/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Implements control/worker.h for the other threads: they send jobs and wait for the
 * answers.
 */
#include <control/worker.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_pause.h>
#include <rte_ring_elem.h>

#include "clock.h"

#define ANSWER_TIMEOUT_S 2
/* polls before sleeping: a worker in its loop answers within microseconds */
#define SPINS 4000u
#define NAP_NS 50000

/*
 * Take the worker's job to fill it in; job_close() gives it back. Returns NULL, with
 * nothing to close, when the worker has not answered an earlier job yet, or has ended.
 */
static struct control_job *
job_open(struct control_worker *w, enum control_op op)
{
	void *entry;

	pthread_mutex_lock(&w->lock);
	if (atomic_load(&w->ended) ||
	    (w->late && rte_ring_sc_dequeue(w->replies, &entry) != 0)) {
		pthread_mutex_unlock(&w->lock);
		return NULL;
	}
	w->late = false;
	w->job.op = (uint8_t)op;
	return &w->job;
}

static void
job_close(struct control_worker *w)
{
	pthread_mutex_unlock(&w->lock);
}

static bool
time_is_up(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - since->tv_sec > ANSWER_TIMEOUT_S;
}

/*
 * Wait until the worker has returned the job. Returns false when it has ended or is too
 * slow.
 */
static bool
job_wait(struct control_worker *w)
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
		if (atomic_load(&w->ended) || time_is_up(&begin))
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

/* Wake a worker that sleeps. If that fails, it wakes up by itself a little later. */
static void
wake(const struct control_worker *w)
{
	const uint64_t one = 1;

	if (w->wake >= 0 && write(w->wake, &one, sizeof(one)) < 0)
		return;
}

/* Send the job and wait for it. Returns 0 or -ETIMEDOUT. */
static int
job_call(struct control_worker *w)
{
	w->late = true;
	rte_ring_sp_enqueue(w->requests, &w->job);
	wake(w);
	if (!job_wait(w))
		return -ETIMEDOUT;
	w->late = false;
	return 0;
}

static int
call_stats(void *context, unsigned worker, struct control_worker_stats *stats)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_STATS);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	status = job_call(w);
	if (status == 0)
		*stats = job->stats;
	job_close(w);
	return status;
}

static int
call_states(void *context, unsigned worker, struct engine_states *states)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_STATES);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->states.end = states == NULL;
	job->states.complete = false;
	status = job_call(w);
	if (status == 0 && states != NULL) {
		*states = job->states.counts;
		status = job->states.complete;
	}
	job_close(w);
	return status;
}

/* Finish a list or a sample: copy the views. */
static int
list_end(struct control_worker *w, struct control_job *job, uint64_t *cursor,
	 struct conn_view *views)
{
	int status = job_call(w);

	if (status == 0) {
		status = (int)job->list.count;
		*cursor = job->list.cursor;
		memcpy(views, job->list.views, job->list.count * sizeof(*views));
	}
	job_close(w);
	return status;
}

static int
call_list(void *context, unsigned worker, uint64_t *cursor, struct conn_view *views)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_LIST);

	if (job == NULL)
		return -ETIMEDOUT;
	job->list.cursor = *cursor;
	return list_end(w, job, cursor, views);
}

static int
/* NOLINTNEXTLINE(readability-function-size): as control/backend.h has it */
call_sample(void *context, unsigned worker, uint8_t family, unsigned part, unsigned parts,
	    struct conn_view *views)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_SAMPLE);
	uint64_t cursor;

	if (job == NULL)
		return -ETIMEDOUT;
	job->list.family = family;
	job->list.part = part;
	job->list.parts = parts;
	return list_end(w, job, &cursor, views);
}

static int
call_remove(void *context, unsigned worker, const struct control_removal *removal)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_REMOVE);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->removal.which = *removal;
	status = job_call(w);
	if (status == 0)
		status = job->removal.found;
	job_close(w);
	return status;
}

/* Send a job that walks over the connections without listing them. */
static int
walk(struct control_worker *w, enum control_op op, uint64_t *cursor)
{
	struct control_job *job = job_open(w, op);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->flush.cursor = *cursor;
	status = job_call(w);
	if (status == 0) {
		status = (int)job->flush.removed;
		*cursor = job->flush.cursor;
	}
	job_close(w);
	return status;
}

static int
call_flush(void *context, unsigned worker, uint64_t *cursor)
{
	return walk(&((struct control_worker *)context)[worker], CONTROL_FLUSH, cursor);
}

static int
call_rearm(void *context, unsigned worker, uint64_t *cursor)
{
	return walk(&((struct control_worker *)context)[worker], CONTROL_REARM, cursor);
}

static int
call_set_settings(void *context, unsigned worker, const struct control_settings *settings)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_SETTINGS);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->settings = *settings;
	status = job_call(w);
	job_close(w);
	return status;
}

static int
call_set_policy(void *context, unsigned worker, const struct policy *policy,
		struct policy_state *state)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_POLICY);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->policy.policy = policy;
	job->policy.state = state;
	status = job_call(w);
	job_close(w);
	return status;
}

static int
call_counters(void *context, unsigned worker, unsigned first, unsigned count,
	      struct policy_counter *values)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_COUNTERS);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->counters.first = first;
	job->counters.count = count;
	status = job_call(w);
	if (status == 0)
		memcpy(values, job->counters.values, count * sizeof(*values));
	job_close(w);
	return status;
}

static int
call_subscribe(void *context, unsigned worker, const struct control_reports *reports)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_SUBSCRIBE);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->subscribe = *reports;
	status = job_call(w);
	if (status == 0 && (reports->streams & CONTROL_STREAM_EVENTS) == 0)
		rte_ring_reset(w->events);
	if (status == 0 && (reports->streams & CONTROL_STREAM_RECORDS) == 0)
		rte_ring_reset(w->recorder->ring);
	job_close(w);
	return status;
}

static void
records_at_wall(const struct control_worker *w, struct packet_record *records,
		unsigned count)
{
	const uint64_t offset = clock_wall_offset(w->wall_offset_ns);
	unsigned i;

	for (i = 0; i < count; i++)
		records[i].at_ns += offset;
}

static unsigned
take_events(void *context, unsigned worker, struct conn_event *events, unsigned max,
	    uint64_t *lost)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	const uint64_t offset = clock_wall_offset(w->wall_offset_ns);
	unsigned i, count;

	*lost = w->events_lost;
	count = rte_ring_sc_dequeue_burst_elem(w->events, events, sizeof(*events), max,
					       NULL);
	for (i = 0; i < count; i++)
		events[i].at_ns += offset;
	return count;
}

static int
call_recorded(void *context, unsigned worker, enum reason reason,
	      struct packet_record *records)
{
	struct control_worker *w = &((struct control_worker *)context)[worker];
	struct control_job *job = job_open(w, CONTROL_RECORDED);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->recorded.reason = (uint8_t)reason;
	status = job_call(w);
	if (status == 0) {
		status = (int)job->recorded.count;
		memcpy(records, job->recorded.records,
		       job->recorded.count * sizeof(*records));
		records_at_wall(w, records, job->recorded.count);
	}
	job_close(w);
	return status;
}

static unsigned
take_records(void *context, unsigned worker, struct packet_record *records, unsigned max,
	     uint64_t lost[RECORD_KINDS])
{
	const struct control_worker *w = &((struct control_worker *)context)[worker];
	const struct record_counts *counts = w->recorder->counts;
	unsigned kind, count;

	for (kind = 0; kind < RECORD_KINDS; kind++)
		lost[kind] = counts[kind].lost + counts[kind].limited;
	count = rte_ring_sc_dequeue_burst_elem(w->recorder->ring, records,
					       sizeof(*records), max, NULL);
	records_at_wall(w, records, count);
	return count;
}

void
control_workers_backend(struct control_worker *workers, unsigned count,
			struct control_backend *backend)
{
	static const struct control_backend_ops ops = {
		.stats = call_stats,
		.states = call_states,
		.list = call_list,
		.sample = call_sample,
		.remove = call_remove,
		.flush = call_flush,
		.set_policy = call_set_policy,
		.set_settings = call_set_settings,
		.rearm = call_rearm,
		.counters = call_counters,
		.subscribe = call_subscribe,
		.events = take_events,
		.recorded = call_recorded,
		.records = take_records,
	};

	*backend = (struct control_backend){&ops, workers, count};
}
