/* SPDX-License-Identifier: BSD-3-Clause */
/* Which client of the control socket must yield its place to a new one, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "clients.h"

static struct clients clients;
static struct fanout fanout;
static int peers[2 * CLIENTS_ROOM];
static unsigned peer_count;

static int
set_up(void **state)
{
	(void)state;
	clients = (struct clients){0};
	fanout = (struct fanout){0};
	peer_count = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	clients_free(&clients);
	while (peer_count > 0)
		close(peers[--peer_count]);
	return 0;
}

static struct client *
make(bool privileged)
{
	struct client *c;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	c = client_new(fds[0]);
	assert_non_null(c);
	c->privileged = privileged;
	peers[peer_count++] = fds[1];
	return c;
}

/* Connect a client; NULL: it is refused. */
static struct client *
come(bool privileged, uint64_t now_ms)
{
	struct client *c = make(privileged);

	if (clients_add(&clients, c, now_ms))
		return c;
	client_free(c);
	return NULL;
}

static bool
is_there(const struct client *c)
{
	unsigned i;

	for (i = 0; i < clients.count; i++)
		if (clients.list[i] == c)
			return true;
	return false;
}

/* Occupy all places for ordinary clients with clients that have a request in progress. */
static struct client *
fill_busy(void)
{
	struct client *c = NULL;
	unsigned i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		c = come(false, 0);
		assert_non_null(c);
		c->task = CLIENT_LIST;
	}
	return c;
}

static void
a_full_house_of_the_idle_gives_way_to_a_newcomer(void **state)
{
	struct client *first, *second;
	unsigned i;

	(void)state;
	first = come(false, 5);
	second = come(false, 3);
	for (i = 2; i < CLIENTS_MAX; i++)
		assert_non_null(come(false, 10 + i));
	/* new clients keep their places for a moment, to send a request */
	assert_null(come(false, CLIENTS_YIELD_MS + 2));
	/* only the client that has been idle longest must yield */
	assert_non_null(come(false, CLIENTS_YIELD_MS + 3));
	assert_false(is_there(second));
	assert_true(is_there(first));
	assert_int_equal(clients.count, CLIENTS_MAX);
}

static void
places_are_kept_for_the_owner(void **state)
{
	unsigned i;

	(void)state;
	fill_busy();
	assert_null(come(false, 1000000));
	for (i = 0; i < CLIENTS_KEPT; i++) {
		struct client *c = come(true, 1000000);

		assert_non_null(c);
		c->task = CLIENT_LIST;
	}
	assert_null(come(true, 1000000));
	assert_null(come(false, 1000000));
}

static void
others_never_take_the_owners_place(void **state)
{
	struct client *c;
	unsigned i;

	(void)state;
	for (i = 0; i < CLIENTS_MAX; i++)
		assert_non_null(come(true, 0));
	assert_null(come(false, 100000)); /* all clients are idle */
	/* takes one of the places reserved for privileged clients */
	c = come(true, 100000);
	assert_non_null(c);
	assert_int_equal(clients.count, CLIENTS_MAX + 1);
}

static void
who_does_not_read_gives_way_after_a_while(void **state)
{
	struct client *stuck;

	(void)state;
	stuck = fill_busy();
	client_send(stuck, json_object());
	assert_null(come(false, CLIENTS_STUCK_MS - 1));
	assert_non_null(come(false, CLIENTS_STUCK_MS));
	assert_false(is_there(stuck));
}

static void
who_waits_for_events_or_a_reload_stays(void **state)
{
	unsigned i;

	(void)state;
	fill_busy();
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (i % 2 == 0)
			assert_int_equal(fanout_join(&fanout, &clients.list[i]->reader),
					 0);
		clients.list[i]->task = i % 2 == 0 ? CLIENT_IDLE : CLIENT_RELOAD;
	}
	assert_null(come(false, 10 * CLIENTS_IDLE_MS));
	clients_drop(&clients, 10 * CLIENTS_IDLE_MS);
	assert_int_equal(clients.count, CLIENTS_MAX);
}

static void
the_idle_the_broken_and_the_done_are_dropped(void **state)
{
	struct client *idle, *broken, *ended, *asks, *half;

	(void)state;
	idle = come(true, 0);
	broken = come(false, 1000);
	ended = come(false, 1000);
	asks = come(false, 1000);
	half = come(false, 0);
	broken->broken = true;
	ended->ended = true;
	asks->ended = true; /* disconnected, but a request of it is not answered yet */
	asks->in[0] = '\n';
	asks->in_length = 1;
	/* an incomplete line counts as idle */
	half->in[0] = '{';
	half->in_length = 1;
	clients_drop(&clients, CLIENTS_IDLE_MS - 1);
	assert_true(is_there(idle) && is_there(asks) && is_there(half));
	assert_int_equal(clients.count, 3);
	clients_drop(&clients, CLIENTS_IDLE_MS);
	assert_int_equal(clients.count, 1);
	assert_true(is_there(asks));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_full_house_of_the_idle_gives_way_to_a_newcomer, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(places_are_kept_for_the_owner, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(others_never_take_the_owners_place,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_read_gives_way_after_a_while,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_waits_for_events_or_a_reload_stays,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_idle_the_broken_and_the_done_are_dropped, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
