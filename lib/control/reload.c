/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/reload.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "dry_run.h"
#include "refusal.h"
#include "sweep.h"

#define STOP_NS 300000000
#define REFUSED_BYTES 80u /* room for the words before the reason */
/* not the process's limit, since the JSON of rules may be deeply nested */
#define STACK_BYTES ((size_t)8 << 20)

static void
event_set(int fd)
{
	const uint64_t one = 1;

	/*
	 * fails only if the counter would overflow; then the descriptor is readable
	 * anyway
	 */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/*
 * Wait for a request. Returns false when the thread has to end. *asked: an answer is
 * wanted.
 */
static bool
reload_wait(struct control_reload *r, struct control_reload_task *task, bool *asked)
{
	bool go_on;

	pthread_mutex_lock(&r->lock);
	while (!r->stopped && !r->asked && !r->signalled)
		pthread_cond_wait(&r->changed, &r->lock);
	go_on = !r->stopped;
	*asked = r->asked;
	*task = r->asked ? r->task : r->normal;
	r->running = go_on;
	r->owed |= r->asked;
	r->asked = false;
	/* a dry run does not satisfy a request by signal */
	r->signalled &= task->dry_run;
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

static bool
reload_is_stopped(struct control_reload *r)
{
	bool stopped;

	pthread_mutex_lock(&r->lock);
	stopped = r->stopped;
	pthread_mutex_unlock(&r->lock);
	return stopped;
}

/* Put the loaded rules in force. Writes a message if that fails. */
static int
reload_swap(struct control_reload *r, struct policy *policy, char *message)
{
	int status = -ECANCELED;

	if (!reload_is_stopped(r))
		status = control_rules_swap(r->rules, r->backend, policy);
	if (status == -ENOMEM || status == -ECANCELED || status == -ENOTSUP)
		policy_free(policy);
	if (status != 0)
		snprintf(message, CONTROL_RELOAD_BYTES,
			 "rules not reloaded everywhere: %s",
			 status == -ENOMEM ? "out of memory, the old ones stay in force"
			 : status == -ECANCELED ? "sluice is ending"
			 : status == -ENOTSUP
				 ? "they use 'ct mark', 'ct bytes', 'ct packets' or 'ct "
				   "timeout', for which memory is set aside at the "
				   "start: restart sluice; the old ones stay in force"
				 : "a worker does not answer");
	return status;
}

/*
 * The new rules are in force: end connections, and append to the message how many. They
 * are judged by the sets of these rules as they stand.
 */
static int
reload_sweep(struct control_reload *r, const struct control_reload_task *task,
	     char *message)
{
	struct refusal_rules rules = {.interfaces = r->interfaces};
	struct sweep sweep = {.backend = r->backend, .reset = task->reset};
	const size_t used = strlen(message);
	uint64_t seen = 0, ended = 0;
	int status = 0;

	if (task->connections == RELOAD_RECHECK) {
		rules.now_ns = control_rules_now(r->rules);
		rules.wall_ns = clock_wall_ns();
		status = control_rules_reader(r->rules, &rules.policy, &rules.state);
		sweep.rules = &rules;
	}
	if (status == 0)
		status = sweep_run(&sweep, &seen, &ended);
	if (rules.state != NULL)
		control_rules_reader_free(r->rules, rules.state);
	snprintf(message + used, CONTROL_RELOAD_BYTES - used,
		 "\n%llu of %llu connections ended%s", (unsigned long long)ended,
		 (unsigned long long)seen,
		 status == 0         ? ""
		 : status == -ENOMEM ? ": out of memory"
				     : ", then a worker did not answer");
	return status;
}

/* Make the message of a dry run: the report of load(), then the effect on connections. */
static int
reload_try(struct control_reload *r, struct policy *policy, char *message)
{
	const struct dry_run run = {policy, r->backend, r->interfaces, clock_wall_ns()};
	size_t used = strlen(message);
	int status;

	if (used + 1 < CONTROL_RELOAD_BYTES)
		message[used++] = '\n';
	status = dry_run(&run, message + used, CONTROL_RELOAD_BYTES - used);
	policy_free(policy);
	if (status != 0)
		snprintf(message, CONTROL_RELOAD_BYTES, "no dry run: %s",
			 status == -ENOMEM ? "out of memory"
					   : "a worker does not answer");
	return status;
}

/* Put in force, or discard, what was loaded besides the rules. Returns a status. */
static int
reload_finish(struct control_reload *r, int status, bool dry, char *message)
{
	int settings = 0;

	if (r->finish != NULL)
		settings = r->finish(r->context, status == 0 && !dry, message,
				     CONTROL_RELOAD_BYTES);
	return status != 0 ? status : settings;
}

static void
reload_once(struct control_reload *r, const struct control_reload_task *task, bool asked)
{
	char text[CONTROL_RELOAD_BYTES], message[CONTROL_RELOAD_BYTES];
	struct policy *policy;
	int status;

	r->trying = task->dry_run;
	status = r->load(r->context, r->cancel, &policy, text,
			 sizeof(text) - REFUSED_BYTES);
	if (status != 0) {
		snprintf(message, sizeof(message),
			 "rules not reloaded, the old ones stay in force: %.*s",
			 (int)(sizeof(message) - REFUSED_BYTES), text);
	} else {
		snprintf(message, sizeof(message), "%s: %.*s",
			 task->dry_run ? "dry run, the old rules stay in force"
				       : "rules reloaded",
			 (int)(sizeof(message) - REFUSED_BYTES), text);
		status = task->dry_run ? reload_try(r, policy, message)
				       : reload_swap(r, policy, message);
		status = reload_finish(r, status, task->dry_run, message);
		if (status == 0 && !task->dry_run && task->connections != RELOAD_KEEP)
			status = reload_sweep(r, task, message);
	}
	if (reload_is_stopped(r))
		return;
	if (!task->dry_run)
		r->report(r->context, status, message);
	pthread_mutex_lock(&r->lock);
	/* before the answer, since its reader may send the next request at once */
	r->running = false;
	if (!task->dry_run) {
		r->last.at = time(NULL);
		r->last.status = status;
		r->last.succeeded += status == 0;
		r->last.failed += status != 0;
		memcpy(r->last.message, message, sizeof(message));
	}
	if (asked) {
		r->status = status;
		memcpy(r->message, message, sizeof(message));
		event_set(r->answered);
	}
	pthread_mutex_unlock(&r->lock);
}

static void *
reload_thread(void *context)
{
	struct control_reload *r = context;
	struct control_reload_task task;
	bool asked;

	while (reload_wait(r, &task, &asked))
		reload_once(r, &task, asked);
	return NULL;
}

int
control_reload_start(struct control_reload *r)
{
	pthread_attr_t attr;
	int status;

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->answered = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->cancel < 0 || r->answered < 0)
		return -errno;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	status = pthread_create(&r->thread, &attr, reload_thread, r);
	pthread_attr_destroy(&attr);
	r->started = status == 0;
	return -status;
}

void
control_reload_signal(struct control_reload *r)
{
	pthread_mutex_lock(&r->lock);
	r->signalled = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

int
control_reload_ask(struct control_reload *r, const struct control_reload_task *task)
{
	int status = -EBUSY;

	pthread_mutex_lock(&r->lock);
	if (!r->running && !r->asked && !r->signalled && !r->owed) {
		r->asked = true;
		r->task = *task;
		status = 0;
		pthread_cond_signal(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return status;
}

bool
control_reload_answer(struct control_reload *r, int *status, char *message)
{
	uint64_t count;
	bool is_there;

	pthread_mutex_lock(&r->lock);
	is_there = read(r->answered, &count, sizeof(count)) == sizeof(count);
	if (is_there) {
		r->owed = false;
		*status = r->status;
		memcpy(message, r->message, sizeof(r->message));
	}
	pthread_mutex_unlock(&r->lock);
	return is_there;
}

static void
reload_ended(struct control_reload *r)
{
	close(r->cancel);
	close(r->answered);
	r->started = false;
}

struct control_reload_task
control_reload_normal(struct control_reload *r)
{
	struct control_reload_task task;

	pthread_mutex_lock(&r->lock);
	task = r->normal;
	pthread_mutex_unlock(&r->lock);
	return task;
}

void
control_reload_set_normal(struct control_reload *r, struct control_reload_task task)
{
	pthread_mutex_lock(&r->lock);
	r->normal = task;
	pthread_mutex_unlock(&r->lock);
}

void
control_reload_last(struct control_reload *r, struct control_reload_last *last)
{
	pthread_mutex_lock(&r->lock);
	*last = r->last;
	pthread_mutex_unlock(&r->lock);
}

bool
control_reload_stop(struct control_reload *r)
{
	struct timespec until;

	if (!r->started)
		return true;
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	event_set(r->cancel);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += STOP_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_clockjoin_np(r->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
		return false;
	reload_ended(r);
	return true;
}

void
control_reload_join(struct control_reload *r)
{
	if (!r->started)
		return;
	pthread_join(r->thread, NULL);
	reload_ended(r);
}
