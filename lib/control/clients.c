/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients.h"

#include <stddef.h>
#include <string.h>

/*
 * Whether the client has no request in progress and no answer to read. An incomplete line
 * does not count as a request.
 */
static bool
is_idle(const struct client *c)
{
	return c->task == CLIENT_IDLE && c->reader.fanout == NULL &&
	       client_pending(c) == 0;
}

static uint64_t
silence(const struct client *c, uint64_t now_ms)
{
	return now_ms > c->active_ms ? now_ms - c->active_ms : 0;
}

/* Whether the place of the client may be given to another one. */
static bool
is_yielding(const struct client *c, uint64_t now_ms)
{
	if (is_idle(c))
		return silence(c, now_ms) >= CLIENTS_YIELD_MS;
	return client_pending(c) > 0 && silence(c, now_ms) >= CLIENTS_STUCK_MS;
}

/* Index of the client that has to yield its place to a new one; clients->count: none. */
static unsigned
find_yielding(const struct clients *clients, bool privileged, uint64_t now_ms)
{
	unsigned i, found = clients->count;
	const struct client *c;

	for (i = 0; i < clients->count; i++) {
		c = clients->list[i];
		if ((c->privileged && !privileged) || !is_yielding(c, now_ms))
			continue;
		if (found == clients->count ||
		    c->active_ms < clients->list[found]->active_ms)
			found = i;
	}
	return found;
}

static void
remove_at(struct clients *clients, unsigned i)
{
	client_free(clients->list[i]);
	clients->list[i] = clients->list[--clients->count];
}

bool
clients_add(struct clients *clients, struct client *c, uint64_t now_ms)
{
	const unsigned room = c->privileged ? CLIENTS_ROOM : CLIENTS_MAX;
	unsigned i;

	if (clients->count >= room) {
		i = find_yielding(clients, c->privileged, now_ms);
		if (i == clients->count || clients->count > room)
			return false;
		remove_at(clients, i);
	}
	c->active_ms = now_ms;
	clients->list[clients->count++] = c;
	return true;
}

static bool
is_done(const struct client *c, uint64_t now_ms)
{
	if (c->broken || (is_idle(c) && silence(c, now_ms) >= CLIENTS_IDLE_MS))
		return true;
	return c->ended && is_idle(c) && memchr(c->in, '\n', c->in_length) == NULL;
}

void
clients_drop(struct clients *clients, uint64_t now_ms)
{
	unsigned i = 0;

	while (i < clients->count) {
		if (is_done(clients->list[i], now_ms))
			remove_at(clients, i);
		else
			i++;
	}
}

void
clients_free(struct clients *clients)
{
	while (clients->count > 0)
		remove_at(clients, clients->count - 1);
}
