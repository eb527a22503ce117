/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reload rules in a separate thread. load() waits for the test, and so does a worker that
 * takes new rules, so the test controls the order of events.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <control/reload.h>
#include <policy/policy.h>

#include "control_fake.h"
#include "policy_fixture.h"

#define DROP_ALL                                                                         \
	"table inet t { chain forward { type filter hook forward priority 0; "           \
	"policy drop;\n}\n}\n"

static sem_t begun;    /* a load posts it when it begins */
static sem_t go_on;    /* a load waits for it before it returns */
static sem_t reported; /* the reload thread posts it with the result of a load */
static int load_status;
static bool drop_all;       /* load rules that drop everything */
static int expected_status; /* status that the report of the load must have */
static char last_report[CONTROL_RELOAD_BYTES];
static struct control_rules rules;
static struct control_reload reload;
static struct fake fake;
static const struct control_reload_task plain;
/* posted when a worker is asked to swap; awaited before it answers */
static sem_t swapping, swap_on;

static int
load(void *context, int cancel, struct policy **policy, char *message, size_t size)
{
	struct pollfd fd = {.fd = cancel, .events = POLLIN};
	struct rules rules;

	assert_ptr_equal(context, &load_status);
	sem_post(&begun);
	while (sem_trywait(&go_on) != 0)
		if (poll(&fd, 1, 1) > 0)
			return snprintf(message, size, "broken off"), -ECANCELED;
	snprintf(message, size, load_status == 0 ? "done" : "line 7");
	if (load_status == 0 && drop_all) {
		rules = rules_of(DROP_ALL);
		policy_state_free(rules.state);
		*policy = rules.policy;
		return 0;
	}
	return load_status != 0 ? load_status : policy_accept_all(policy);
}

/* the calls of finish() since the start of the test, and what it is to return */
static unsigned put_in_force, discarded;
static int finish_status;

static int
finish(void *context, bool put, char *message, size_t size)
{
	size_t used = strlen(message);

	assert_ptr_equal(context, &load_status);
	put_in_force += put;
	discarded += !put;
	snprintf(message + used, size - used, ", %s", put ? "settings" : "nothing");
	return put ? finish_status : 0;
}

static void
report(void *context, int status, const char *message)
{
	assert_int_equal(status, expected_status);
	assert_ptr_equal(context, &load_status);
	snprintf(last_report, sizeof(last_report), "%s", message);
	sem_post(&reported);
}

static int
set_up(void **state)
{
	struct policy *policy;

	(void)state;
	sem_init(&begun, 0, 0);
	sem_init(&go_on, 0, 0);
	sem_init(&reported, 0, 0);
	load_status = expected_status = finish_status = 0;
	put_in_force = discarded = 0;
	assert_int_equal(policy_accept_all(&policy), 0);
	fake_init(&fake);
	assert_int_equal(control_rules_init(&rules, policy, FAKE_WORKERS), 0);
	reload = (struct control_reload){
		.rules = &rules,
		.backend = &fake.backend,
		.load = load,
		.report = report,
		.context = &load_status,
	};
	return control_reload_start(&reload);
}

static int
tear_down(void **state)
{
	(void)state;
	control_reload_stop(&reload);
	control_reload_join(&reload);
	control_rules_free(&rules);
	return 0;
}

/* Return the answer as soon as it is available. */
static const char *
answer(int *status)
{
	static char message[CONTROL_RELOAD_BYTES];
	struct pollfd fd = {.fd = reload.answered, .events = POLLIN};

	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_true(control_reload_answer(&reload, status, message));
	return message;
}

static void
an_answer_comes_when_it_is_loaded(void **state)
{
	const struct policy *before = rules.policy;
	char message[CONTROL_RELOAD_BYTES];
	int status;

	(void)state;
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	sem_wait(&begun);
	assert_false(control_reload_answer(&reload, &status, message));
	assert_ptr_equal(rules.policy, before);
	sem_post(&go_on);
	assert_string_equal(answer(&status), "rules reloaded: done");
	assert_int_equal(status, 0);
	assert_ptr_not_equal(rules.policy, before);
	assert_string_equal(last_report, "rules reloaded: done");
	assert_false(control_reload_answer(&reload, &status, message));
}

static void
an_error_is_told_and_the_old_rules_stay(void **state)
{
	const struct policy *before = rules.policy;
	int status;

	(void)state;
	load_status = expected_status = -EINVAL;
	sem_post(&go_on);
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	assert_string_equal(answer(&status), "rules not reloaded, the old ones stay in "
					     "force: line 7");
	assert_int_equal(status, -EINVAL);
	assert_ptr_equal(rules.policy, before);
}

static void
a_dry_run_puts_nothing_in_force(void **state)
{
	const struct policy *before = rules.policy;
	int status;

	(void)state;
	fake_add(&fake, 0, 1000);
	assert_int_equal(control_reload_ask(&reload,
					    &(struct control_reload_task){
						    .dry_run = true}),
			 0);
	sem_wait(&begun);
	control_reload_signal(&reload); /* this request is kept */
	sem_post(&go_on);
	assert_string_equal(answer(&status),
			    "dry run, the old rules stay in force: done\nof 1 "
			    "connections, 0 would be dropped with their next packet, and "
			    "0 more would not be let in if they began now");
	assert_int_equal(status, 0);
	assert_ptr_equal(rules.policy, before);
	sem_wait(&begun);
	sem_post(&go_on);
	sem_wait(&reported);
	assert_ptr_not_equal(rules.policy, before);
}

/* Reload rules that accept everything, with this task, and return the answer. */
static const char *
reload_with(enum reload_connections connections, bool reset, bool drop)
{
	const struct control_reload_task task = {
		.connections = connections,
		.reset = reset,
	};
	int status;

	drop_all = drop;
	assert_int_equal(control_reload_ask(&reload, &task), 0);
	sem_wait(&begun);
	sem_post(&go_on);
	answer(&status);
	assert_int_equal(status, expected_status);
	drop_all = false;
	return last_report;
}

static void
a_recheck_ends_what_the_new_rules_refuse(void **state)
{
	(void)state;
	fake_add(&fake, 0, 1000);
	fake_add(&fake, 1, 1001);
	assert_string_equal(reload_with(RELOAD_RECHECK, false, false),
			    "rules reloaded: done\n0 of 2 connections ended");
	assert_string_equal(reload_with(RELOAD_KEEP, false, true),
			    "rules reloaded: done");
	assert_int_equal(fake.workers[0].views[0].family, 4);
	assert_string_equal(reload_with(RELOAD_RECHECK, true, true),
			    "rules reloaded: done\n2 of 2 connections ended");
	assert_int_equal(fake.workers[0].views[0].family, 0);
	assert_int_equal(fake.workers[0].resets + fake.workers[1].resets, 2);
	assert_int_equal(fake.workers[0].end, CONN_END_RELOADED);
}

/* The time of the engines has stayed behind, since the system time was set forward. */
static void
limits_and_sets_have_the_time_of_the_engines(void **state)
{
	const int64_t hour_ns = INT64_C(3600) * 1000000000;
	_Atomic int64_t offset = hour_ns;
	const uint64_t before = control_rules_now(&rules);

	(void)state;
	rules.wall_offset_ns = &offset;
	assert_true(control_rules_now(&rules) >= before - (uint64_t)hour_ns);
	assert_true(control_rules_now(&rules) < before);
	offset = -hour_ns;
	assert_true(control_rules_now(&rules) >= before + (uint64_t)hour_ns);
	rules.wall_offset_ns = NULL;
}

static void
a_flush_ends_all_connections(void **state)
{
	(void)state;
	fake_add(&fake, 1, 1000);
	assert_string_equal(reload_with(RELOAD_FLUSH, false, false),
			    "rules reloaded: done\n1 of 1 connections ended");
	assert_int_equal(fake.workers[1].views[0].family, 0);
	assert_int_equal(fake.workers[1].resets, 0);
}

static void
a_signal_does_what_is_configured(void **state)
{
	(void)state;
	fake_add(&fake, 0, 1000);
	reload.normal = (struct control_reload_task){.connections = RELOAD_FLUSH};
	control_reload_signal(&reload);
	sem_post(&go_on);
	sem_wait(&reported);
	assert_int_equal(fake.workers[0].views[0].family, 0);
}

static void
settings_are_put_in_force_after_the_rules(void **state)
{
	const struct control_reload_task dry = {.dry_run = true};
	struct control_reload_last last;
	int status;

	(void)state;
	reload.finish = finish;
	control_reload_last(&reload, &last);
	assert_int_equal(last.at, 0);
	sem_post(&go_on);
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	assert_string_equal(answer(&status), "rules reloaded: done, settings");
	assert_int_equal(put_in_force, 1);
	control_reload_last(&reload, &last);
	assert_int_not_equal(last.at, 0);
	assert_int_equal(last.status, 0);
	sem_post(&go_on);
	assert_int_equal(control_reload_ask(&reload, &dry), 0);
	answer(&status);
	assert_int_equal(discarded, 1);
	control_reload_last(&reload, &last);
	assert_int_equal(last.status, 0); /* a dry run does not count */
}

static void
settings_that_fail_make_the_reload_fail(void **state)
{
	struct control_reload_last last;
	int status;

	(void)state;
	reload.finish = finish;
	finish_status = expected_status = -ETIMEDOUT;
	sem_post(&go_on);
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	answer(&status);
	assert_int_equal(status, -ETIMEDOUT);
	control_reload_last(&reload, &last);
	assert_int_equal(last.status, -ETIMEDOUT);
	assert_string_equal(last.message, "rules reloaded: done, settings");
	/* load() itself has discarded what it could not load */
	finish_status = 0;
	load_status = expected_status = -EINVAL;
	sem_post(&go_on);
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	answer(&status);
	assert_int_equal(put_in_force, 1);
	assert_int_equal(discarded, 0);
}

static void
a_second_one_is_told_that_it_is_busy(void **state)
{
	int status;

	(void)state;
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	/* refused before it begins */
	assert_int_equal(control_reload_ask(&reload, &plain), -EBUSY);
	sem_wait(&begun);
	assert_int_equal(control_reload_ask(&reload, &plain), -EBUSY);
	sem_post(&go_on);
	sem_wait(&reported);
	/*
	 * also after the reload has ended, until its answer is taken: otherwise that
	 * answer could be taken for the second request's
	 */
	assert_int_equal(control_reload_ask(&reload, &plain), -EBUSY);
	assert_string_equal(answer(&status), "rules reloaded: done");
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	sem_wait(&begun);
	sem_post(&go_on);
	assert_string_equal(answer(&status), "rules reloaded: done");
}

static void
a_signal_meanwhile_is_remembered_once(void **state)
{
	int status;

	(void)state;
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	sem_wait(&begun);
	control_reload_signal(&reload);
	control_reload_signal(&reload);
	sem_post(&go_on);
	sem_wait(&reported);
	assert_string_equal(answer(&status), "rules reloaded: done");
	sem_wait(&begun); /* wait for the start of the reload that the signal requested */
	assert_int_equal(control_reload_ask(&reload, &plain), -EBUSY);
	sem_post(&go_on);
	sem_wait(&reported);
	/* a reload by signal has no waiting client, so another one may start */
	while (control_reload_ask(&reload, &plain) != 0)
		sched_yield();
	sem_wait(&begun); /* wait for the start of the third reload */
	sem_post(&go_on);
	assert_string_equal(answer(&status), "rules reloaded: done");
	assert_int_equal(sem_trywait(&begun), -1);
}

static void
stopping_breaks_it_off(void **state)
{
	const struct policy *before = rules.policy;

	(void)state;
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	sem_wait(&begun);
	assert_true(control_reload_stop(&reload));
	assert_ptr_equal(rules.policy, before);
	assert_int_equal(sem_trywait(&reported), -1);
}

static void
slow_worker(struct fake *f, unsigned worker)
{
	(void)f;
	(void)worker;
	sem_post(&swapping);
	sem_wait(&swap_on);
}

static void *
let_go_on(void *unused)
{
	(void)unused;
	poll(NULL, 0,
	     50); /* join() should be waiting by now; the test passes even if it is not */
	sem_post(&swap_on);
	sem_post(&swap_on);
	return NULL;
}

static void
rules_that_a_slow_worker_takes_are_not_freed_at_the_end(void **state)
{
	const struct policy *before = rules.policy;
	pthread_t thread;

	(void)state;
	sem_init(&swapping, 0, 0);
	sem_init(&swap_on, 0, 0);
	fake.before_policy = slow_worker;
	sem_post(&go_on);
	control_reload_signal(&reload);
	sem_wait(&swapping);
	assert_false(control_reload_stop(&reload)); /* the worker is still swapping */
	assert_ptr_equal(rules.policy, before);
	assert_int_equal(pthread_create(&thread, NULL, let_go_on, NULL), 0);
	control_reload_join(&reload);
	/* the thread has ended, so what it started is complete and may be freed */
	assert_ptr_not_equal(rules.policy, before);
	assert_ptr_equal(fake.workers[1].policy, rules.policy);
	pthread_join(thread, NULL);
}

static void
a_worker_that_does_not_answer_is_told_as_an_error(void **state)
{
	struct policy *before = rules.policy;
	struct policy_state *states_before[] = {rules.states[0], rules.states[1]};
	int status;

	(void)state;
	fake.workers[1].silent = true;
	sem_post(&go_on);
	load_status = 0;
	expected_status = -ETIMEDOUT;
	assert_int_equal(control_reload_ask(&reload, &plain), 0);
	assert_string_equal(answer(&status),
			    "rules not reloaded everywhere: a worker does not answer");
	assert_int_equal(status, -ETIMEDOUT);
	/*
	 * neither the old nor the new rules were freed, because the silent worker may use
	 * either
	 */
	assert_ptr_not_equal(rules.policy, before);
	policy_free(before);
	policy_state_free(states_before[0]);
	policy_state_free(states_before[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_comes_when_it_is_loaded, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_error_is_told_and_the_old_rules_stay,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_dry_run_puts_nothing_in_force, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			limits_and_sets_have_the_time_of_the_engines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_recheck_ends_what_the_new_rules_refuse,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_flush_ends_all_connections, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_signal_does_what_is_configured, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(settings_are_put_in_force_after_the_rules,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(settings_that_fail_make_the_reload_fail,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_one_is_told_that_it_is_busy,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_signal_meanwhile_is_remembered_once,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(stopping_breaks_it_off, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			rules_that_a_slow_worker_takes_are_not_freed_at_the_end, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_worker_that_does_not_answer_is_told_as_an_error, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
