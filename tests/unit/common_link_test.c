/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "link.h"

/* A server's end of a link, and the link. */
struct ends {
	char folder[32];
	struct sockaddr_un address;
	int listener;
	int server;
	struct link *link;
};

static int
setup(void **state)
{
	static struct ends ends;

	ends = (struct ends){.folder = "/tmp/link-test-XXXXXX"};
	assert_non_null(mkdtemp(ends.folder));
	ends.address.sun_family = AF_UNIX;
	snprintf(ends.address.sun_path, sizeof(ends.address.sun_path), "%s/socket",
		 ends.folder);
	ends.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(ends.listener, (const struct sockaddr *)&ends.address,
			      sizeof(ends.address)),
			 0);
	assert_int_equal(listen(ends.listener, 1), 0);
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
	unlink(ends->address.sun_path);
	rmdir(ends->folder);
	return 0;
}

static void
answer(const struct ends *ends, const char *text)
{
	assert_int_equal(write(ends->server, text, strlen(text)), strlen(text));
}

/* Receive an object with the member n. */
static void
assert_received(const struct ends *ends, int n)
{
	json_t *object = link_receive(ends->link);

	assert_non_null(object);
	assert_int_equal(json_integer_value(json_object_get(object, "n")), n);
	json_decref(object);
}

static void
a_request_is_a_line(void **state)
{
	const struct ends *ends = *state;
	json_t *request = json_pack("{ss}", "request", "li\nst");
	char line[64] = "";

	assert_int_equal(link_send(ends->link, request), 0);
	assert_true(read(ends->server, line, sizeof(line) - 1) > 0);
	assert_string_equal(line, "{\"request\":\"li\\nst\"}\n");
	json_decref(request);
}

static void
answers_may_come_together_and_in_parts(void **state)
{
	const struct ends *ends = *state;

	answer(ends, "{\"n\":1}\n{\"n\":2}\n{\"n\"");
	assert_false(link_has_line(ends->link));
	assert_received(ends, 1);
	assert_true(link_has_line(ends->link));
	assert_received(ends, 2);
	assert_false(link_has_line(ends->link));
	answer(ends, ":3}\n");
	assert_received(ends, 3);
}

static void
an_answer_may_be_long(void **state)
{
	const struct ends *ends = *state;
	static char text[150001];
	json_t *object;
	int part;

	/* less than the buffer of a socket, since this test is one thread */
	snprintf(text, sizeof(text), "{\"n\":1%*s", 149000, "");
	answer(ends, "{\"n\":0}\n");
	answer(ends, text);
	assert_received(ends, 0);
	answer(ends, "}\n{\"n\":2}\n");
	for (part = 1; part <= 2; part++)
		assert_received(ends, part);
	answer(ends, "no JSON\n");
	object = link_receive(ends->link);
	assert_null(object);
	assert_int_equal(errno, 0);
}

static void
the_end_and_the_time_limit_are_told_apart(void **state)
{
	struct ends *ends = *state;

	answer(ends, "{\"n\":1}\n{\"n\"");
	assert_received(ends, 1);
	assert_null(link_receive(ends->link));
	assert_int_equal(errno, EAGAIN);
	shutdown(ends->server, SHUT_WR);
	assert_null(link_receive(ends->link));
	assert_int_equal(errno, 0);
}

static void
bytes_are_taken_without_waiting_for_a_line(void **state)
{
	const struct ends *ends = *state;

	assert_false(link_fill(ends->link));
	assert_int_equal(errno, EAGAIN);
	answer(ends, "{\"n\"");
	assert_true(link_fill(ends->link));
	assert_false(link_has_line(ends->link));
	answer(ends, ":1}\n");
	assert_true(link_fill(ends->link));
	assert_true(link_has_line(ends->link));
	assert_received(ends, 1);
	shutdown(ends->server, SHUT_WR);
	assert_false(link_fill(ends->link));
	assert_int_equal(errno, 0);
}

static void
a_socket_that_cannot_be_opened_is_an_error(void **state)
{
	struct ends *ends = *state;
	struct link *link;
	int status;

	close(ends->listener);
	ends->listener = -1;
	status = link_open(ends->address.sun_path, 1, &link);
	assert_int_equal(status, -ECONNREFUSED);
	assert_non_null(strstr(link_open_text(status), "stale socket"));
	status = link_open("/tmp/link-test/none", 1, &link);
	assert_int_equal(status, -ENOENT);
	assert_non_null(strstr(link_open_text(status), "is not there"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_a_line),
		TEST(answers_may_come_together_and_in_parts),
		TEST(an_answer_may_be_long),
		TEST(the_end_and_the_time_limit_are_told_apart),
		TEST(bytes_are_taken_without_waiting_for_a_line),
		TEST(a_socket_that_cannot_be_opened_is_an_error),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
