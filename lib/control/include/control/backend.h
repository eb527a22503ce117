/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions of the workers that lib/control needs, as a table. control/worker.h
 * implements it by requests to running workers over rings; the unit tests implement it
 * with data in memory.
 *
 *	status = b->ops->stats(b->context, worker, &stats);
 *
 * worker is below b->workers. Each function does a bounded amount of work. Any thread
 * except a worker may call it. Unless stated otherwise, it returns 0 or a number;
 * -ETIMEDOUT: the worker does not answer, and the output is undefined.
 */
#ifndef CONTROL_BACKEND_H
#define CONTROL_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/engine.h>
#include <engine/records.h>
#include <engine/states.h>
#include <policy/policy.h>

#define CONTROL_MAX_WORKERS 64u
#define CONTROL_PIECE 64u /* number of connections, or of counters, in one call */

/* Reports that workers make while they have a reader. */
#define CONTROL_STREAM_EVENTS 0x1u /* connections that begin, change and end */
#define CONTROL_STREAM_DROPS 0x2u  /* records of dropped packets */
#define CONTROL_STREAM_LOGS 0x4u   /* records of packets that a `log` has matched */
#define CONTROL_STREAM_PASSES 0x8u /* records of packets that pass */
#define CONTROL_STREAM_RECORDS                                                           \
	(CONTROL_STREAM_DROPS | CONTROL_STREAM_LOGS | CONTROL_STREAM_PASSES)
#define CONTROL_STREAMS 4u

/* The reports that readers want of a worker. */
struct control_reports {
	unsigned streams; /* CONTROL_STREAM_* */
	/* with CONTROL_STREAM_PASSES: packets with `meta nftrace set 1` are reported */
	bool trace;
	/* with CONTROL_STREAM_PASSES: packets that match one of these are reported */
	unsigned selections;
	struct conn_match selection[RECORDER_SELECTIONS];
};

/* The settings of a worker that can change while it runs. */
struct control_settings {
	/* the members that engine_config_change() copies; the others are ignored */
	struct engine_config engine;
	uint32_t record_rate; /* recorder.rate */
};

/* The turns of a worker's loop in which it had packets. */
struct control_turns {
	uint64_t busy;    /* number of these turns */
	uint64_t busy_ns; /* time spent in them */
	/* the longest one of the last 10 to 20 s, CONTROL_TURNS_NS */
	uint64_t longest_ns;
};

struct control_worker_stats {
	struct engine_stats engine;
	struct control_turns turns;
	uint64_t handed_over; /* packets that were handed to other workers */
	struct record_counts records[RECORD_KINDS];
};

/* A connection to be removed. */
struct control_removal {
	struct flow_key key;
	uint8_t family; /* 4 or 6 */
	uint8_t end;    /* enum conn_end: why */
	bool reset;     /* send RSTs to both endpoints of a TCP connection */
};

struct control_backend_ops {
	int (*stats)(void *context, unsigned worker, struct control_worker_stats *stats);

	/*
	 * Begin or go on to count endpoints by state, as engine_states(). Returns 1 when
	 * all connections are counted, else 0. states NULL: end it, engine_states_end().
	 */
	int (*states)(void *context, unsigned worker, struct engine_states *states);

	/*
	 * Get the next connections of a walk over the worker's tables, as engine_list().
	 * views has room for CONTROL_PIECE. Returns the number of views filled; 0 does
	 * not mean the end: *cursor == ENGINE_CURSOR_END does.
	 */
	int (*list)(void *context, unsigned worker, uint64_t *cursor,
		    struct conn_view *views);

	/*
	 * Get connections of a family (4 or 6), from the entry at part / parts of its
	 * table on. Returns the number of views filled, at most CONTROL_PIECE.
	 */
	int (*sample)(void *context, unsigned worker, uint8_t family, unsigned part,
		      unsigned parts, struct conn_view *views);

	/* Remove a connection, as engine_delete(). Returns 1; or 0 when there is none. */
	int (*remove)(void *context, unsigned worker,
		      const struct control_removal *removal);

	/*
	 * Remove the next connections of a walk, as engine_flush(). Returns their number.
	 */
	int (*flush)(void *context, unsigned worker, uint64_t *cursor);

	/* Put other rules in force, with their state for this worker. */
	int (*set_policy)(void *context, unsigned worker, const struct policy *policy,
			  struct policy_state *state);

	/* Put other settings in force; then timers have to be armed again. */
	int (*set_settings)(void *context, unsigned worker,
			    const struct control_settings *settings);

	/*
	 * Arm the timers of the next connections of a walk again, as engine_rearm().
	 * Returns their number.
	 */
	int (*rearm)(void *context, unsigned worker, uint64_t *cursor);

	/*
	 * Get the counters `first` to first + count - 1 of the rules; count <=
	 * CONTROL_PIECE.
	 */
	int (*counters)(void *context, unsigned worker, unsigned first, unsigned count,
			struct policy_counter *values);

	/*
	 * Have the worker make these reports, and no others. Earlier reports that were
	 * not taken are discarded.
	 */
	int (*subscribe)(void *context, unsigned worker,
			 const struct control_reports *reports);

	/*
	 * Take at most max events that the worker has made, with system times. Returns
	 * their number. *lost: number of events that it has lost since its start. Does
	 * not wait for the worker.
	 */
	unsigned (*events)(void *context, unsigned worker, struct conn_event *events,
			   unsigned max, uint64_t *lost);

	/*
	 * Get the last dropped packets for a reason from the flight recorder, newest
	 * first, with system times. Returns the number of records filled, at most
	 * RECORDER_KEPT.
	 */
	int (*recorded)(void *context, unsigned worker, enum reason reason,
			struct packet_record *records);

	/*
	 * Take at most max records that the worker has made, with system times. Returns
	 * their number. lost: by kind, how many it has left out since its start, for lack
	 * of room or because of the rate limit. Does not wait for the worker.
	 */
	unsigned (*records)(void *context, unsigned worker, struct packet_record *records,
			    unsigned max, uint64_t lost[RECORD_KINDS]);
};

struct control_backend {
	const struct control_backend_ops *ops;
	void *context;
	unsigned workers;
};

#endif
