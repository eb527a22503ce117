/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's side of control/worker.h: it does the jobs that other threads send. */
#include <control/worker.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ring_elem.h>

#define JOB_RING 4u

static struct rte_ring *
ring_create(const char *kind, unsigned number, unsigned size, unsigned count)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "sluice_%s_%u", kind, number);
	return rte_ring_create_elem(name, size, count, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ);
}

size_t
control_worker_bytes(void)
{
	return (size_t)rte_ring_get_memsize_elem(sizeof(void *), JOB_RING) * 2 +
	       (size_t)rte_ring_get_memsize_elem(sizeof(struct conn_event),
						 CONTROL_EVENTS) +
	       (size_t)rte_ring_get_memsize_elem(sizeof(struct packet_record),
						 RECORDER_RING) +
	       sizeof(struct recorder);
}

/* Make the recorder and its ring. Returns 0 or -errno. */
static int
recorder_create(struct control_worker *w, unsigned number)
{
	w->recorder = aligned_alloc(RTE_CACHE_LINE_SIZE,
				    RTE_ALIGN_CEIL(sizeof(*w->recorder),
						   (size_t)RTE_CACHE_LINE_SIZE));
	if (w->recorder == NULL)
		return -ENOMEM;
	recorder_init(w->recorder);
	w->recorder->ring = ring_create("records", number, sizeof(struct packet_record),
					RECORDER_RING);
	return w->recorder->ring == NULL ? -rte_errno : 0;
}

int
control_worker_init(struct control_worker *w, unsigned number, struct engine *engine,
		    struct policy_state *state)
{
	int status;

	memset(w, 0, sizeof(*w));
	w->engine = engine;
	w->state = state;
	w->wake = -1;
	w->requests = ring_create("requests", number, sizeof(void *), JOB_RING);
	w->replies = ring_create("replies", number, sizeof(void *), JOB_RING);
	w->events = ring_create("events", number, sizeof(struct conn_event),
				CONTROL_EVENTS);
	status = w->requests == NULL || w->replies == NULL || w->events == NULL
			 ? -rte_errno
			 : recorder_create(w, number);
	if (status != 0) {
		control_worker_free(w);
		return status;
	}
	engine_set_recorder(engine, w->recorder);
	pthread_mutex_init(&w->lock, NULL);
	atomic_init(&w->ended, false);
	return 0;
}

void
control_worker_free(struct control_worker *w)
{
	if (w->engine != NULL)
		engine_set_recorder(w->engine, NULL);
	if (w->recorder != NULL)
		rte_ring_free(w->recorder->ring);
	free(w->recorder);
	w->recorder = NULL;
	rte_ring_free(w->requests);
	rte_ring_free(w->replies);
	rte_ring_free(w->events);
	w->requests = w->replies = w->events = NULL;
}

void
control_worker_end(struct control_worker *w)
{
	atomic_store(&w->ended, true);
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

/*
 * Get a sample of one family. After the family's last entry engine_list() goes on to the
 * other one, so views of that are cut off.
 */
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

static void
worker_subscribe(struct control_worker *w, const struct control_reports *reports)
{
	const unsigned streams = reports->streams;

	engine_set_events(w->engine, streams & CONTROL_STREAM_EVENTS ? w->events : NULL,
			  &w->events_lost);
	w->recorder->follow = (streams & CONTROL_STREAM_DROPS) != 0;
	w->recorder->log = (streams & CONTROL_STREAM_LOGS) != 0;
	w->recorder->trace = reports->trace;
	engine_record_passed(w->engine, reports->selection,
			     streams & CONTROL_STREAM_PASSES ? reports->selections : 0);
}

static void
worker_settings(struct control_worker *w, const struct control_settings *settings)
{
	engine_set_config(w->engine, &settings->engine);
	w->recorder->rate = settings->record_rate;
	if (w->gather_config != NULL)
		engine_config_change(w->gather_config, &settings->engine);
	if (w->gathered != NULL)
		fragment_set_timeout(w->gathered, settings->engine.track.ipfrag_time);
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
		job->stats.turns = w->turns;
		job->stats.turns.longest_ns = RTE_MAX(w->turns.longest_ns,
						      w->turns_longest_ns);
		job->stats.handed_over = w->handed_over != NULL ? *w->handed_over : 0;
		memcpy(job->stats.records, w->recorder->counts,
		       sizeof(job->stats.records));
		break;
	case CONTROL_STATES:
		if (job->states.end)
			engine_states_end(e);
		else
			job->states.complete = engine_states(e, &job->states.counts);
		break;
	case CONTROL_LIST:
		job->list.count = engine_list(e, now_ns, &job->list.cursor,
					      job->list.views, CONTROL_PIECE);
		break;
	case CONTROL_SAMPLE:
		worker_sample(e, now_ns, job);
		break;
	case CONTROL_REMOVE:
		job->removal.found = engine_delete(e, &job->removal.which.key,
						   job->removal.which.family,
						   job->removal.which.reset,
						   job->removal.which.end);
		break;
	case CONTROL_FLUSH:
		job->flush.removed = engine_flush(e, &job->flush.cursor, CONTROL_PIECE);
		break;
	case CONTROL_POLICY:
		w->state = job->policy.state;
		engine_set_policy(e, job->policy.policy, job->policy.state);
		break;
	case CONTROL_SETTINGS:
		worker_settings(w, &job->settings);
		break;
	case CONTROL_REARM:
		job->flush.removed = engine_rearm(e, &job->flush.cursor, CONTROL_PIECE);
		break;
	case CONTROL_COUNTERS:
		worker_counters(w, job);
		break;
	case CONTROL_SUBSCRIBE:
		worker_subscribe(w, &job->subscribe);
		break;
	case CONTROL_RECORDED:
		job->recorded.count = recorder_last(w->recorder, job->recorded.reason,
						    job->recorded.records, RECORDER_KEPT);
		break;
	}
	rte_ring_sp_enqueue(w->replies, job);
}
