/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reloads the rules, and the settings that come with them, on a separate thread, because
 * a reload waits for files and a process, parses and compiles. The callers do not wait.
 * One reload runs at a time.
 *
 *	control_reload_start(&r)
 *	control_reload_signal(&r)	reload, now or after the reload in progress
 *	control_reload_ask(&r, &task)	do this, unless one is in progress, for an answer
 *	control_reload_answer(&r, ..)	the answer, once r.answered is readable
 *	control_reload_stop(&r)
 *	control_reload_join(&r)
 *
 * Any thread may call signal; only one thread may call ask and answer.
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <control/rules.h>

#define CONTROL_RELOAD_BYTES 4096u /* bytes of a message, which may have several lines */

/* What happens to the connections when other rules have been put in force. */
enum reload_connections {
	RELOAD_KEEP,    /* nothing: the new rules apply to their next packets */
	RELOAD_RECHECK, /* those that the new rules refuse are ended */
	RELOAD_FLUSH,   /* all are ended */
};

struct control_reload_task {
	bool dry_run;        /* put nothing in force, only say what the rules would do */
	uint8_t connections; /* enum reload_connections */
	bool reset;          /* connections that end get a RST at both endpoints */
};

/* How the last reload has ended; dry runs do not count. */
struct control_reload_last {
	time_t at;  /* when it ended; 0: there was none */
	int status; /* 0, or -errno */
	/* how many have ended so since the start */
	uint64_t succeeded;
	uint64_t failed;
	char message[CONTROL_RELOAD_BYTES];
};

struct control_reload {
	/*
	 * The caller sets the members down to `normal` before control_reload_start().
	 */
	struct control_rules *rules;
	const struct control_backend *backend;
	/*
	 * Load the rules; give up when the descriptor cancel becomes readable. Returns 0
	 * with *policy and a report in message, or -errno with an error in message.
	 */
	int (*load)(void *context, int cancel, struct policy **policy, char *message,
		    size_t size);
	/* load() may read it: this load is for a dry run, and must change nothing */
	bool trying;
	/*
	 * Called after load() has succeeded, and with `put` when its rules are in force:
	 * put in force what load() has read besides rules. Without `put`: discard it. May
	 * append to message, and returns 0 or -errno. NULL: load() reads only rules.
	 */
	int (*finish)(void *context, bool put, char *message, size_t size);
	/*
	 * Called with the result, on the reload thread. The message has at most
	 * CONTROL_RELOAD_BYTES.
	 */
	void (*report)(void *context, int status, const char *message);
	void *context;
	/* interface numbers, as in engine_config, to evaluate rules for connections */
	const uint16_t *interfaces;
	struct control_reload_task normal; /* control_reload_normal() */

	/* The members below are private. */
	/* eventfd: readable when there is an answer to control_reload_ask() */
	int answered;
	int cancel; /* eventfd: readable when load() has to give up */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool running;
	bool asked;                      /* the next reload has to give an answer */
	bool owed;                       /* there is an answer that has not been taken */
	struct control_reload_task task; /* what was requested */
	bool signalled; /* a reload was requested by signal since the last one began */
	bool stopped;
	struct control_reload_last last;
	int status; /* status of the answer */
	char message[CONTROL_RELOAD_BYTES];
};

/* Returns 0 or -errno. */
int control_reload_start(struct control_reload *r);

/* Reload the rules, after the reload in progress if there is one. */
void control_reload_signal(struct control_reload *r);

/*
 * Request a reload, or a dry run, the answer to which is the report of the new rules and
 * their effect on the existing connections (dry_run.h). Returns 0, and
 * control_reload_answer() will have the result; or -EBUSY: a reload is in progress.
 */
int control_reload_ask(struct control_reload *r, const struct control_reload_task *task);

/*
 * Whether there is an answer. If so, sets *status, and message, which has
 * CONTROL_RELOAD_BYTES.
 */
bool control_reload_answer(struct control_reload *r, int *status, char *message);

/*
 * What a reload by signal does, and one by request without other words; set_normal
 * changes it for later reloads. Any thread.
 */
struct control_reload_task control_reload_normal(struct control_reload *r);
void control_reload_set_normal(struct control_reload *r, struct control_reload_task task);

/* Get how the last reload has ended. Any thread. */
void control_reload_last(struct control_reload *r, struct control_reload_last *last);

/*
 * End the thread, and what it waits for. Returns false if it has not ended within 0.3
 * seconds, because it compiles rules, waits for a worker, or waits for a file system.
 * Then it does not put rules in force any more, but still uses the data of load(), the
 * rules and the backend: the caller has to call control_reload_join() before it frees any
 * of these.
 */
bool control_reload_stop(struct control_reload *r);

/* After control_reload_stop(): wait until the thread has ended, however long it takes. */
void control_reload_join(struct control_reload *r);

#endif
