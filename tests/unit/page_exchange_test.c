/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "exchange.h"

#define LONG_MS 3600000u

/* A control socket, and a link to it. */
struct ends {
	char folder[32];
	struct sockaddr_un address;
	int listener;
	int server;
	int stop;
	struct link *link;
};

static int
setup(void **state)
{
	static struct ends ends;

	ends = (struct ends){.folder = "/tmp/exchange-test-XXXXXX"};
	assert_non_null(mkdtemp(ends.folder));
	ends.address.sun_family = AF_UNIX;
	snprintf(ends.address.sun_path, sizeof(ends.address.sun_path), "%s/socket",
		 ends.folder);
	ends.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(ends.listener, (const struct sockaddr *)&ends.address,
			      sizeof(ends.address)),
			 0);
	assert_int_equal(listen(ends.listener, 0), 0);
	ends.stop = eventfd(0, 0);
	assert_int_equal(link_open(ends.address.sun_path, 1, &ends.link), 0);
	ends.server = accept(ends.listener, NULL, NULL);
	assert_true(ends.server >= 0);
	*state = &ends;
	return 0;
}

static int
teardown(void **state)
{
	struct ends *ends = *state;

	link_close(ends->link);
	close(ends->server);
	close(ends->listener);
	close(ends->stop);
	unlink(ends->address.sun_path);
	rmdir(ends->folder);
	return 0;
}

static void
answer(const struct ends *ends, const char *text)
{
	assert_int_equal(write(ends->server, text, strlen(text)), strlen(text));
}

static void
an_answer_may_come_in_parts(void **state)
{
	const struct ends *ends = *state;
	const struct exchange_limit limit = exchange_within(LONG_MS, ends->stop);
	json_t *object;

	answer(ends, "{\"n\"");
	assert_true(link_fill(ends->link));
	answer(ends, ":7}\n");
	object = exchange_receive(ends->link, &limit);
	assert_int_equal(json_integer_value(json_object_get(object, "n")), 7);
	json_decref(object);
	shutdown(ends->server, SHUT_WR);
	assert_null(exchange_receive(ends->link, &limit));
	assert_int_equal(errno, 0);
}

static void
the_limit_holds_although_bytes_come(void **state)
{
	const struct ends *ends = *state;
	const struct exchange_limit limit = exchange_within(0, ends->stop);
	struct link *link;

	/* as after a byte now and then, up to the limit */
	answer(ends, "{\"n\"");
	assert_null(exchange_receive(ends->link, &limit));
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(exchange_open(ends->address.sun_path, &limit, &link), -EAGAIN);
}

static void
an_answer_that_is_there_is_received_at_the_limit(void **state)
{
	const struct ends *ends = *state;
	const struct exchange_limit limit = exchange_within(0, ends->stop);
	json_t *object;

	answer(ends, "{\"n\":7}\n");
	assert_true(link_fill(ends->link));
	object = exchange_receive(ends->link, &limit);
	assert_non_null(object);
	json_decref(object);
}

static void
nothing_waits_when_sluice_page_stops(void **state)
{
	const struct ends *ends = *state;
	const struct exchange_limit limit = exchange_within(LONG_MS, ends->stop);
	struct link *waiting, *link;

	/* one connection that is not accepted fills the queue of the listener */
	assert_int_equal(link_open(ends->address.sun_path, 1, &waiting), 0);
	eventfd_write(ends->stop, 1);
	assert_int_equal(exchange_open(ends->address.sun_path, &limit, &link),
			 -ECANCELED);
	assert_null(exchange_receive(ends->link, &limit));
	assert_int_equal(errno, EAGAIN);
	link_close(waiting);
}

static void
a_socket_that_nobody_listens_at_is_an_error_at_once(void **state)
{
	struct ends *ends = *state;
	const struct exchange_limit limit = exchange_within(LONG_MS, ends->stop);
	struct link *link;

	close(ends->listener);
	ends->listener = -1;
	assert_int_equal(exchange_open(ends->address.sun_path, &limit, &link),
			 -ECONNREFUSED);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_answer_may_come_in_parts),
		TEST(the_limit_holds_although_bytes_come),
		TEST(an_answer_that_is_there_is_received_at_the_limit),
		TEST(nothing_waits_when_sluice_page_stops),
		TEST(a_socket_that_nobody_listens_at_is_an_error_at_once),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
