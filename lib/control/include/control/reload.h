/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loading the rules again, on a thread of its own: it waits for a file and a process,
 * parses and compiles, and whoever asks goes on meanwhile. One loading is under way at a
 * time.
 *
 *	control_reload_start(&r)
 *	control_reload_signal(&r)	load, now or when the one under way is done
 *	control_reload_ask(&r)		load, and say what came of it, unless one is under way
 *	control_reload_answer(&r, ..)	what came of it, once r.answered is readable
 *	control_reload_stop(&r)
 *
 * Any thread may call the first two, ask and answer belong to one thread.
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <control/rules.h>

#define CONTROL_RELOAD_BYTES 1280u /* of a message */

struct control_reload {
	/* the caller's, before control_reload_start() */
	struct control_rules *rules;
	struct control_worker *workers;
	/*
	 * Load; give up when the descriptor cancel becomes readable. Returns 0, *policy
	 * and a message of success, or -errno and what is wrong.
	 */
	int (*load)(void *context, int cancel, struct policy **policy, char *message,
		    size_t size);
	/*
	 * What came of it, in the thread. The message has CONTROL_RELOAD_BYTES at most.
	 */
	void (*report)(void *context, int status, const char *message);
	void *context;

	/* its own */
	/* eventfd: readable when there is an answer to control_reload_ask() */
	int answered;
	int cancel; /* eventfd */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool running;
	bool asked;     /* with an answer to be given */
	bool owed;      /* an answer, not taken yet */
	bool signalled; /* since the last loading began */
	bool stopped;
	int status; /* of the answer */
	char message[CONTROL_RELOAD_BYTES];
};

/* Returns 0 or -errno. */
int control_reload_start(struct control_reload *r);

/* Load the rules once more after what is under way. */
void control_reload_signal(struct control_reload *r);

/*
 * Load the rules. Returns 0: control_reload_answer() will tell what came of it; or
 * -EBUSY: they are being loaded.
 */
int control_reload_ask(struct control_reload *r);

/* Returns whether there is an answer: *status, and message of CONTROL_RELOAD_BYTES. */
bool control_reload_answer(struct control_reload *r, int *status, char *message);

/*
 * End the thread, and what it waits for. Returns false when it has not ended within 0.3
 * seconds (it compiles, or a file system holds it): it puts no rules in force any more,
 * but may still use what load() uses.
 */
bool control_reload_stop(struct control_reload *r);

#endif
