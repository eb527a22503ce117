/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loading rules on a thread of its own. What is loaded waits until the test lets it go
 * on, so that each order is one that the test makes.
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
#include <unistd.h>

#include <cmocka.h>

#include <control/reload.h>
#include <policy/policy.h>

/* A loading: begun, and let go on with this status. */
static sem_t begun, go_on, reported;
static int load_status;
static char last_report[CONTROL_RELOAD_BYTES];
static struct control_rules rules;
static struct control_reload reload;

static int
load(void *context, int cancel, struct policy **policy, char *message, size_t size)
{
	struct pollfd fd = {.fd = cancel, .events = POLLIN};

	assert_ptr_equal(context, &load_status);
	sem_post(&begun);
	while (sem_trywait(&go_on) != 0)
		if (poll(&fd, 1, 1) > 0)
			return snprintf(message, size, "broken off"), -ECANCELED;
	snprintf(message, size, load_status == 0 ? "done" : "line 7");
	return load_status != 0 ? load_status : policy_accept_all(policy);
}

static void
report(void *context, int status, const char *message)
{
	assert_int_equal(status, load_status);
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
	load_status = 0;
	assert_int_equal(policy_accept_all(&policy), 0);
	assert_int_equal(control_rules_init(&rules, policy, 0), 0);
	reload = (struct control_reload){
		.rules = &rules,
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
	assert_true(control_reload_stop(&reload));
	control_rules_free(&rules);
	return 0;
}

/* The answer, once it is there. */
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
	assert_int_equal(control_reload_ask(&reload), 0);
	sem_wait(&begun);
	assert_false(control_reload_answer(&reload, &status, message));
	assert_ptr_equal(rules.policy, before);
	sem_post(&go_on);
	assert_string_equal(answer(&status), "done");
	assert_int_equal(status, 0);
	assert_ptr_not_equal(rules.policy, before);
	assert_string_equal(last_report, "done");
	assert_false(control_reload_answer(&reload, &status, message));
}

static void
an_error_is_told_and_the_old_rules_stay(void **state)
{
	const struct policy *before = rules.policy;
	int status;

	(void)state;
	load_status = -EINVAL;
	sem_post(&go_on);
	assert_int_equal(control_reload_ask(&reload), 0);
	assert_string_equal(answer(&status), "rules not reloaded, the old ones stay in "
					     "force: line 7");
	assert_int_equal(status, -EINVAL);
	assert_ptr_equal(rules.policy, before);
}

static void
a_second_one_is_told_that_it_is_busy(void **state)
{
	int status;

	(void)state;
	assert_int_equal(control_reload_ask(&reload), 0);
	assert_int_equal(control_reload_ask(&reload), -EBUSY); /* not even begun */
	sem_wait(&begun);
	assert_int_equal(control_reload_ask(&reload), -EBUSY);
	sem_post(&go_on);
	sem_wait(&reported);
	/* until the answer is taken, which would be taken for the second one's */
	assert_int_equal(control_reload_ask(&reload), -EBUSY);
	assert_string_equal(answer(&status), "done");
	assert_int_equal(control_reload_ask(&reload), 0);
	sem_wait(&begun);
	sem_post(&go_on);
	assert_string_equal(answer(&status), "done");
}

static void
a_signal_meanwhile_is_remembered_once(void **state)
{
	int status;

	(void)state;
	assert_int_equal(control_reload_ask(&reload), 0);
	sem_wait(&begun);
	control_reload_signal(&reload);
	control_reload_signal(&reload);
	sem_post(&go_on);
	sem_wait(&reported);
	assert_string_equal(answer(&status), "done");
	sem_wait(&begun); /* again, for the signal */
	assert_int_equal(control_reload_ask(&reload), -EBUSY);
	sem_post(&go_on);
	sem_wait(&reported);
	/* for nobody: there is no answer, and it can be asked again */
	while (control_reload_ask(&reload) != 0)
		sched_yield();
	sem_wait(&begun); /* and this is the third */
	sem_post(&go_on);
	assert_string_equal(answer(&status), "done");
	assert_int_equal(sem_trywait(&begun), -1);
}

static void
stopping_breaks_it_off(void **state)
{
	const struct policy *before = rules.policy;

	(void)state;
	assert_int_equal(control_reload_ask(&reload), 0);
	sem_wait(&begun);
	assert_true(control_reload_stop(&reload));
	assert_ptr_equal(rules.policy, before);
	assert_int_equal(sem_trywait(&reported), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_comes_when_it_is_loaded, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_error_is_told_and_the_old_rules_stay,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_one_is_told_that_it_is_busy,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_signal_meanwhile_is_remembered_once,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(stopping_breaks_it_off, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
