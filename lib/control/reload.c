/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/reload.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define STOP_NS 300000000
#define STACK_BYTES ((size_t)8 << 20) /* whatever the limit is: JSON nests */

static void
event_set(int fd)
{
	const uint64_t one = 1;

	/* it can only fail when it is set already, very often */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/* Wait for something to do. Returns false at the end; *asked: an answer is wanted. */
static bool
reload_wait(struct control_reload *r, bool *asked)
{
	bool go_on;

	pthread_mutex_lock(&r->lock);
	while (!r->stopped && !r->asked && !r->signalled)
		pthread_cond_wait(&r->changed, &r->lock);
	go_on = !r->stopped;
	*asked = r->asked;
	r->running = go_on;
	r->owed |= r->asked;
	r->asked = r->signalled = false;
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

/* Put loaded rules in force; a message where that fails. */
static int
reload_swap(struct control_reload *r, struct policy *policy, char *message)
{
	int status = -ECANCELED;

	if (!reload_is_stopped(r))
		status = control_rules_swap(r->rules, r->workers, policy);
	if (status == -ENOMEM || status == -ECANCELED)
		policy_free(policy);
	if (status != 0)
		snprintf(message, CONTROL_RELOAD_BYTES,
			 "rules not reloaded everywhere: %s",
			 status == -ENOMEM ? "out of memory, the old ones stay in force"
			 : status == -ECANCELED ? "sluice ends"
						: "a worker does not answer");
	return status;
}

static void
reload_once(struct control_reload *r, bool asked)
{
	char text[CONTROL_RELOAD_BYTES], message[CONTROL_RELOAD_BYTES];
	struct policy *policy;
	int status = r->load(r->context, r->cancel, &policy, text, sizeof(text));

	if (status != 0) {
		snprintf(message, sizeof(message),
			 "rules not reloaded, the old ones stay in force: %.1200s", text);
	} else {
		snprintf(message, sizeof(message), "%s", text);
		status = reload_swap(r, policy, message);
	}
	if (reload_is_stopped(r))
		return;
	r->report(r->context, status, message);
	pthread_mutex_lock(&r->lock);
	r->running = false; /* before the answer: who has it may ask again */
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
	bool asked;

	while (reload_wait(r, &asked))
		reload_once(r, asked);
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
control_reload_ask(struct control_reload *r)
{
	int status = -EBUSY;

	pthread_mutex_lock(&r->lock);
	if (!r->running && !r->asked && !r->signalled && !r->owed) {
		r->asked = true;
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
	close(r->cancel);
	close(r->answered);
	r->started = false;
	return true;
}
