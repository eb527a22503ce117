/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way from other threads to a worker. A worker owns its engine and nobody else looks
 * into it: who wants something posts a job on a ring, the worker does it between two
 * bursts and posts it back. A job is a bounded piece of work (64 connections of a list,
 * say), so a list of millions is many jobs with packets in between, and a worker never
 * waits.
 *
 *	the worker           control_worker_poll(w, now_ns) in each turn of its loop
 *	any other thread     job = control_open(w);
 *	                     job->op = CONTROL_STATS;
 *	                     if (control_call(w) == 0)
 *	                             ... job->stats.engine ...
 *	                     control_close(w);
 *
 * One job is under way a worker; control_open() waits for its turn on a mutex that the
 * worker never touches.
 */
#ifndef CONTROL_WORKER_H
#define CONTROL_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_ring.h>

#include <engine/engine.h>
#include <policy/policy.h>

#define CONTROL_PIECE 64u    /* connections, or counters, a job */
#define CONTROL_EVENTS 8192u /* that wait for the control thread, a worker */

enum control_op {
	CONTROL_STATS,
	CONTROL_LIST,
	CONTROL_SAMPLE, /* as a list, from a part of a table on */
	CONTROL_DELETE,
	CONTROL_FLUSH,
	CONTROL_POLICY,
	CONTROL_COUNTERS,
	CONTROL_EVENTS_SWITCH,
};

struct control_job {
	uint8_t op; /* enum control_op */
	union {
		struct {
			struct engine_stats engine;
			uint64_t handed_over; /* packets that went to other workers */
		} stats;
		struct {
			uint64_t cursor; /* engine_list()'s */
			uint8_t family;  /* of a sample: engine_cursor()'s three */
			unsigned part;
			unsigned parts;
			unsigned count; /* of views */
			struct engine_view views[CONTROL_PIECE];
		} list;
		struct {
			struct flow_key key;
			uint8_t family;
			bool found;
		} removal;
		struct {
			uint64_t cursor; /* engine_flush()'s */
			unsigned removed;
		} flush;
		struct {
			const struct policy *policy;
			struct policy_state *state;
		} policy;
		struct {
			unsigned first;
			unsigned count; /* asked for, at most CONTROL_PIECE */
			struct policy_counter values[CONTROL_PIECE];
		} counters;
		struct {
			bool on;
		} events;
	};
};

struct control_worker {
	/* the worker's */
	struct engine *engine;
	struct policy_state *state; /* of the policy in force */
	struct rte_ring *requests;
	struct rte_ring *replies;
	struct rte_ring *events; /* of struct engine_event */
	uint64_t events_lost;    /* written by the worker, read by others now and then */
	const uint64_t *handed_over;           /* NULL: it never does */
	const struct fragment_table *gathered; /* beside the engine's; NULL: none */
	/* the others', below the mutex */
	pthread_mutex_t lock __attribute__((aligned(64)));
	struct control_job job;
	bool late; /* the worker still has the job: an answer did not come in time */
};

/*
 * Make the rings of worker number `number`, on the EAL's memory. state is the one that
 * the engine counts in, may be NULL. Returns 0 or -errno.
 */
int control_worker_init(struct control_worker *w, unsigned number, struct engine *engine,
			struct policy_state *state);

void control_worker_free(struct control_worker *w);

/* Do the job that waits; control_worker_poll() calls it. */
void control_worker_serve(struct control_worker *w, uint64_t now_ns);

/* In the worker's loop: costs a look at a ring when there is nothing to do. */
static inline void
control_worker_poll(struct control_worker *w, uint64_t now_ns)
{
	if (unlikely(!rte_ring_empty(w->requests)))
		control_worker_serve(w, now_ns);
}

/*
 * Take the worker's job, to be filled in; control_close() gives it back. NULL, and
 * nothing to close: the worker still owes the answer to an earlier job.
 */
struct control_job *control_open(struct control_worker *w);

/*
 * Have the job done. Returns 0, or -ETIMEDOUT: the worker has not answered within two
 * seconds, and the job says nothing.
 */
int control_call(struct control_worker *w);

void control_close(struct control_worker *w);

/* Sum of two workers' counters. */
void control_stats_add(struct engine_stats *sum, const struct engine_stats *stats);

#endif
