/* SPDX-License-Identifier: BSD-3-Clause */
/* When the filling of a table is reported, and which hosts the report names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "fill.h"

static void
a_table_is_spoken_of_at_80_and_95_percent_once_a_minute(void **state)
{
	struct fill_said said = {0};

	(void)state;
	assert_false(fill_due(&said, 799, 1000, 0));
	assert_true(fill_due(&said, 800, 1000, 1000));
	assert_false(fill_due(&said, 949, 1000, 2000));
	assert_true(fill_due(&said, 950, 1000,
			     3000)); /* the next level is reported at once */
	assert_false(fill_due(&said, 1000, 1000, 4000));
	/* a lower level of filling is not reported at once */
	assert_false(fill_due(&said, 900, 1000, 5000));
	assert_false(fill_due(&said, 950, 1000, 62999));
	assert_true(fill_due(&said, 950, 1000, 63000));
	assert_false(fill_due(&said, 10, 1000, 200000));
	assert_true(fill_due(&said, 800, 1000, 200001));
}

static void
a_table_without_room_is_none(void **state)
{
	struct fill_said said = {0};

	(void)state;
	assert_false(fill_due(&said, 0, 0, 0));
	assert_true(fill_due(&said, 0xffffffff, 0xffffffff, 0));
}

static struct conn_view
connection(const char *a, const char *b, uint8_t orig)
{
	struct conn_view view = {.family = strchr(a, ':') == NULL ? 4 : 6, .orig = orig};

	if (view.family == 4) {
		inet_pton(AF_INET, a, &view.key.addr.v4[0]);
		inet_pton(AF_INET, b, &view.key.addr.v4[1]);
	} else {
		inet_pton(AF_INET6, a, view.key.addr.v6[0]);
		inet_pton(AF_INET6, b, view.key.addr.v6[1]);
	}
	return view;
}

static void
the_addresses_that_began_most_are_named(void **state)
{
	struct conn_view sample[10];
	char text[FILL_TEXT_BYTES];
	unsigned n = 0, i;

	(void)state;
	sample[n++] = connection("10.0.0.1", "192.0.2.1", 0);
	for (i = 0; i < 5; i++)
		sample[n++] = connection("10.0.0.2", "192.0.2.9", 1);
	sample[n++] = connection("10.0.0.3", "192.0.2.1", 0);
	sample[n++] = connection("10.0.0.4", "192.0.2.1", 0);
	sample[n++] = connection("10.0.0.3", "192.0.2.2", 0);
	sample[n++] = connection("10.0.0.3", "192.0.2.3", 0);
	fill_text(text, &(struct fill_table){1, 4, 950, 1000}, sample, n);
	assert_string_equal(text, "the IPv4 table of worker 1 is 95 % full: 950 of 1000 "
				  "connections, most from 192.0.2.9 (about 50 %), "
				  "10.0.0.3 (about 30 %), 10.0.0.1 (about 10 %)");
}

static void
an_ipv6_table_has_its_addresses(void **state)
{
	struct conn_view sample[2] = {
		connection("2001:db8::1", "2001:db8:1::1", 0),
		connection("2001:db8::1", "2001:db8:1::2", 0),
	};
	char text[FILL_TEXT_BYTES];

	(void)state;
	fill_text(text, &(struct fill_table){0, 6, 81, 100}, sample, 2);
	assert_string_equal(text, "the IPv6 table of worker 0 is 81 % full: 81 of 100 "
				  "connections, most from 2001:db8::1 (about 100 %)");
	/* the sample may be empty, when all connections have ended meanwhile */
	fill_text(text, &(struct fill_table){0, 6, 81, 100}, sample, 0);
	assert_string_equal(text, "the IPv6 table of worker 0 is 81 % full: 81 of 100 "
				  "connections");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_spoken_of_at_80_and_95_percent_once_a_minute),
		cmocka_unit_test(a_table_without_room_is_none),
		cmocka_unit_test(the_addresses_that_began_most_are_named),
		cmocka_unit_test(an_ipv6_table_has_its_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
