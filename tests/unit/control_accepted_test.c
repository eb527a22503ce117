/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the connections of an HTTP server are closed to make room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <control/accepted.h>

#include "mhd_fake.h"

#define MAX 3u
#define CONNECTIONS (MAX + ACCEPTED_SPARE + 2)

_Static_assert(CONNECTIONS <= MHD_FAKE_CONNECTIONS, "a connection each");

static struct accepted accepted;

static void
begin(unsigned n)
{
	accepted_notify(&accepted, mhd_fake_connection(n), MHD_CONNECTION_NOTIFY_STARTED);
}

static void
end(unsigned n)
{
	accepted_notify(&accepted, mhd_fake_connection(n), MHD_CONNECTION_NOTIFY_CLOSED);
}

static void
keep(unsigned n, bool kept)
{
	accepted_keep(&accepted, mhd_fake_connection(n), kept);
}

static int
start(void **state)
{
	accepted = (struct accepted){.max = MAX};
	return mhd_fake_open(state);
}

static void
one_too_many_closes_the_oldest(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < MAX; i++)
		begin(i);
	for (i = 0; i < MAX; i++)
		assert_false(mhd_fake_is_closed(i));
	begin(MAX);
	assert_true(mhd_fake_is_closed(0));
	assert_false(mhd_fake_is_closed(1));
	/* the first has not ended yet: it and the second are the two too many */
	begin(MAX + 1);
	assert_true(mhd_fake_is_closed(1));
	assert_false(mhd_fake_is_closed(2));
	assert_int_equal(accepted.count, MAX + 2);
}

static void
one_that_has_ended_makes_room(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < MAX; i++)
		begin(i);
	end(1);
	end(1); /* without effect */
	begin(MAX);
	for (i = 0; i <= MAX; i++)
		assert_false(mhd_fake_is_closed(i));
	begin(MAX + 1);
	assert_true(mhd_fake_is_closed(0));
	assert_false(mhd_fake_is_closed(2));
}

static void
a_kept_one_stays_until_it_is_kept_no_longer(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < MAX; i++)
		begin(i);
	keep(0, true);
	keep(MAX, true); /* has not begun */
	begin(MAX);
	assert_false(mhd_fake_is_closed(0));
	assert_true(mhd_fake_is_closed(1));
	end(1);
	keep(0, false);
	begin(MAX + 1);
	assert_true(mhd_fake_is_closed(0));
	assert_false(mhd_fake_is_closed(2));
}

static void
when_all_others_are_kept_the_newest_is_closed(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < CONNECTIONS; i++) {
		begin(i);
		keep(i, true);
	}
	for (i = 0; i < CONNECTIONS; i++)
		assert_int_equal(mhd_fake_is_closed(i),
				 i >= MAX && i < MAX + ACCEPTED_SPARE);
	assert_int_equal(accepted.count, MAX + ACCEPTED_SPARE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_too_many_closes_the_oldest, start,
						mhd_fake_close),
		cmocka_unit_test_setup_teardown(one_that_has_ended_makes_room, start,
						mhd_fake_close),
		cmocka_unit_test_setup_teardown(
			a_kept_one_stays_until_it_is_kept_no_longer, start,
			mhd_fake_close),
		cmocka_unit_test_setup_teardown(
			when_all_others_are_kept_the_newest_is_closed, start,
			mhd_fake_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
