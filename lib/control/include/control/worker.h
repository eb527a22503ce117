/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The backend of a running sluice: requests to the workers over rings. Only a worker uses
 * its engine. Another thread puts a job into the worker's ring; the worker does it
 * between two bursts, and puts it into the ring of replies. A job is a bounded amount of
 * work (64 connections of a list), so a long list takes many jobs, between which packets
 * are processed.
 *
 *	each worker        control_worker_init(w, ..)
 *	                   control_worker_poll(w, now_ns) in each iteration of its loop
 *	other threads      control_workers_backend(workers, n, &backend), then backend.ops
 *
 * A worker has one job at a time. Callers wait for one another at a mutex, which workers
 * never use. A caller waits at most two seconds for the worker.
 */
#ifndef CONTROL_WORKER_H
#define CONTROL_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_ring.h>

#include <control/backend.h>

/* number of events of a worker that may wait for the control thread */
#define CONTROL_EVENTS 8192u
/* period after which the longest turn is measured anew */
#define CONTROL_TURNS_NS UINT64_C(10000000000)

enum control_op {
	CONTROL_STATS,
	CONTROL_STATES,
	CONTROL_LIST,
	CONTROL_SAMPLE,
	CONTROL_REMOVE,
	CONTROL_FLUSH,
	CONTROL_POLICY,
	CONTROL_SETTINGS,
	CONTROL_REARM,
	CONTROL_COUNTERS,
	CONTROL_SUBSCRIBE,
	CONTROL_RECORDED,
};

/*
 * Return the bytes that control_worker_init() needs: the rings of requests, replies,
 * events and records, and the recorder of dropped packets.
 */
size_t control_worker_bytes(void);

/* A request and its answer: the arguments of a function in control/backend.h. */
struct control_job {
	uint8_t op; /* enum control_op */
	union {
		struct control_worker_stats stats;
		struct {
			bool end;
			bool complete;
			struct engine_states counts;
		} states;
		struct {
			uint64_t cursor;
			uint8_t family; /* 4 or 6; for a sample */
			unsigned part;
			unsigned parts;
			unsigned count; /* number of views */
			struct conn_view views[CONTROL_PIECE];
		} list;
		struct {
			struct control_removal which;
			bool found;
		} removal;
		struct {
			uint64_t cursor;
			unsigned removed; /* for a rearm: number of timers armed */
		} flush;
		struct {
			const struct policy *policy;
			struct policy_state *state;
		} policy;
		struct control_settings settings;
		struct {
			unsigned first;
			unsigned count;
			struct policy_counter values[CONTROL_PIECE];
		} counters;
		struct control_reports subscribe;
		struct {
			uint8_t reason;
			unsigned count;
			struct packet_record records[RECORDER_KEPT];
		} recorded;
	};
};

struct control_worker {
	/* The worker's members. */
	struct engine *engine;
	struct policy_state *state; /* state of the policy in force, for this worker */
	struct rte_ring *requests;
	struct rte_ring *replies;
	struct rte_ring *events; /* elements are struct conn_event */
	uint64_t events_lost;    /* written by the worker, read by the control thread */
	/* recorder of the engine; its ring has elements of struct packet_record */
	struct recorder *recorder;
	/*
	 * What to add to the engine's times in events and records for the system time,
	 * ns; NULL: 0.
	 */
	const _Atomic int64_t *wall_offset_ns;
	/* number of packets handed over; NULL: the worker hands none over */
	const uint64_t *handed_over;
	/* fragment table besides the engine's; NULL: none */
	struct fragment_table *gathered;
	/* configuration by which the worker gathers them; NULL: none */
	struct engine_config *gather_config;
	struct control_turns turns;
	/* the longest turn of the current period, and the end of that */
	uint64_t turns_longest_ns;
	uint64_t turns_until_ns;
	/*
	 * eventfd to which others write after they have sent a request, for a worker that
	 * sleeps; -1: it never sleeps. Set before the first request.
	 */
	int wake;
	/* Members of the other threads, protected by the mutex. */
	pthread_mutex_t lock __attribute__((aligned(64)));
	struct control_job job;
	bool late; /* the worker did not answer in time, and still has the job */
	/* the worker has left its loop, and does not answer any more */
	atomic_bool ended;
};

/*
 * Make the rings of worker `number` in the EAL's memory, and give its engine a recorder.
 * state is the one in which the engine counts, or NULL. Returns 0 or -errno.
 */
int control_worker_init(struct control_worker *w, unsigned number, struct engine *engine,
			struct policy_state *state);

/* Count a turn of the worker's loop that had packets and took ns; it ended at now_ns. */
static inline void
control_worker_busy(struct control_worker *w, uint64_t ns, uint64_t now_ns)
{
	w->turns.busy++;
	w->turns.busy_ns += ns;
	if (unlikely(now_ns >= w->turns_until_ns)) {
		w->turns.longest_ns = w->turns_longest_ns;
		w->turns_longest_ns = 0;
		w->turns_until_ns = now_ns + CONTROL_TURNS_NS;
	}
	if (unlikely(ns > w->turns_longest_ns))
		w->turns_longest_ns = ns;
}

/* Free the rings and the recorder. The engine makes no records any more. */
void control_worker_free(struct control_worker *w);

/*
 * Tell that the worker has left its loop. From now on calls return -ETIMEDOUT at once,
 * including those that are waiting. Any thread.
 */
void control_worker_end(struct control_worker *w);

/* Do the job that is waiting. control_worker_poll() calls it. */
void control_worker_serve(struct control_worker *w, uint64_t now_ns);

/*
 * The worker calls this in its loop. When there is no job, it costs one read of a ring.
 */
static inline void
control_worker_poll(struct control_worker *w, uint64_t now_ns)
{
	if (unlikely(!rte_ring_empty(w->requests)))
		control_worker_serve(w, now_ns);
}

/* Make the backend of these workers, which have to stay valid. */
void control_workers_backend(struct control_worker *workers, unsigned count,
			     struct control_backend *backend);

#endif
