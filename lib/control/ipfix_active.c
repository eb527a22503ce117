/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix_active.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 65536u

struct entry {
	struct entry *next;
	uint64_t key; /* worker and id */
	struct active_time reported;
	uint64_t packets[2];
	uint64_t bytes[2];
	uint32_t dropped[2];
	unsigned missed; /* walks that have not found it since one that did */
};

struct ipfix_active {
	uint64_t timeout_ms;
	uint64_t start_ms; /* when the process has begun, by the monotonic clock */
	bool walked;       /* a walk has been completed */
	unsigned count;
	struct entry *bucket[BUCKETS];
};

struct ipfix_active *
active_new(uint64_t timeout_ms, uint64_t start_ms)
{
	struct ipfix_active *active = calloc(1, sizeof(*active));

	if (active != NULL) {
		active->timeout_ms = timeout_ms;
		active->start_ms = start_ms;
	}
	return active;
}

static uint64_t
key_of(unsigned worker, const struct conn_view *view)
{
	return (uint64_t)worker << 32 | view->id;
}

/* The place of the pointer to a key's entry; it points to NULL if there is none. */
static struct entry **
place(struct ipfix_active *active, uint64_t key)
{
	struct entry **at = &active->bucket[(key ^ key >> 32) % BUCKETS];

	while (*at != NULL && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

static void
entry_free(struct ipfix_active *active, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	free(e);
	active->count--;
}

static void
share_of(const struct entry *e, const struct conn_view *view, uint64_t wall_ms,
	 struct active_share *share)
{
	unsigned x;

	share->start_ms = e != NULL ? e->reported.wall_ms : wall_ms - view->age_ms;
	for (x = 0; x < 2; x++) {
		share->packets[x] = view->packets[x] - (e != NULL ? e->packets[x] : 0);
		share->bytes[x] = view->bytes[x] - (e != NULL ? e->bytes[x] : 0);
		share->dropped[x] = view->dropped[x] - (e != NULL ? e->dropped[x] : 0);
	}
}

/* Whether a connection has sent nothing since its last record, as far as is known. */
static bool
is_quiet(const struct entry *e, const struct conn_view *view)
{
	return view->packets[0] + view->packets[1] != 0 &&
	       memcmp(view->packets, e->packets, sizeof(e->packets)) == 0 &&
	       memcmp(view->dropped, e->dropped, sizeof(e->dropped)) == 0;
}

/* Whether the process before has made records of a connection that has no entry. */
static bool
is_adopted(const struct ipfix_active *active, const struct conn_view *view,
	   struct active_time at)
{
	const uint64_t uptime_ms = at.monotonic_ms - active->start_ms;

	return !active->walked && view->age_ms >= uptime_ms + active->timeout_ms;
}

/* Make an entry at its place, unless there are too many. Returns whether it is there. */
static bool
entry_add(struct ipfix_active *active, uint64_t key, struct entry **found)
{
	struct entry *e = active->count < ACTIVE_MAX ? calloc(1, sizeof(*e)) : NULL;

	if (e == NULL)
		return false;
	e->key = key;
	*found = e;
	active->count++;
	return true;
}

bool
active_seen(struct ipfix_active *active, unsigned worker, const struct conn_view *view,
	    struct active_time at, struct active_share *share)
{
	const uint64_t key = key_of(worker, view);
	struct entry **found = place(active, key), *e = *found;
	const bool adopted = e == NULL && is_adopted(active, view, at);

	if (e != NULL)
		e->missed = 0;
	/* the age may fall: a new connection can take the place of an old one */
	if (e == NULL && view->age_ms < active->timeout_ms)
		return false;
	if (e != NULL &&
	    (at.monotonic_ms < e->reported.monotonic_ms + active->timeout_ms ||
	     is_quiet(e, view)))
		return false;
	share_of(e, view, at.wall_ms, share);
	if (e == NULL && !entry_add(active, key, found))
		return false;
	e = *found;
	e->reported = at;
	memcpy(e->packets, view->packets, sizeof(e->packets));
	memcpy(e->bytes, view->bytes, sizeof(e->bytes));
	memcpy(e->dropped, view->dropped, sizeof(e->dropped));
	return !adopted;
}

void
active_ended(struct ipfix_active *active, unsigned worker, const struct conn_view *view,
	     uint64_t wall_ms, struct active_share *share)
{
	struct entry **at = place(active, key_of(worker, view));

	share_of(*at, view, wall_ms, share);
	if (*at != NULL)
		entry_free(active, at);
}

void
active_walked(struct ipfix_active *active)
{
	struct entry **at;
	unsigned i;

	active->walked = true;
	for (i = 0; i < BUCKETS; i++) {
		at = &active->bucket[i];
		while (*at != NULL) {
			/* the count begins with the walk that has found it */
			if ((*at)->missed++ > ACTIVE_WALKS)
				entry_free(active, at);
			else
				at = &(*at)->next;
		}
	}
}

void
active_free(struct ipfix_active *active)
{
	unsigned i;

	if (active == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		while (active->bucket[i] != NULL)
			entry_free(active, &active->bucket[i]);
	free(active);
}
