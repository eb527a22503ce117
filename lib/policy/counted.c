/* SPDX-License-Identifier: BSD-3-Clause */
#include "counted.h"

#include <stdlib.h>

#include "live.h"

#define BUCKETS (COUNTED_MAX / 2)

struct counted *
counted_create(void)
{
	struct counted *counted = calloc(1, sizeof(*counted));

	if (counted == NULL)
		return NULL;
	counted->references = 1;
	/* the kernel gives no memory to pages that are never written */
	counted->bucket = calloc(BUCKETS, sizeof(*counted->bucket));
	counted->entry = calloc(COUNTED_MAX, sizeof(*counted->entry));
	if (counted->bucket == NULL || counted->entry == NULL) {
		counted_release(counted);
		return NULL;
	}
	return counted;
}

void
counted_release(struct counted *counted)
{
	if (counted == NULL || --counted->references > 0)
		return;
	free(counted->bucket);
	free(counted->entry);
	free(counted);
}

/* The bucket of a connection. Connection numbers are sequential, so they need no hash. */
static uint32_t *
bucket_of(const struct counted *counted, uint32_t conn)
{
	return &counted->bucket[conn % BUCKETS];
}

bool
counted_has(const struct counted *counted, uint32_t conn, const union cell *cell)
{
	const struct counted_entry *entry;
	uint32_t at;

	for (at = *bucket_of(counted, conn); at != 0; at = entry->next) {
		entry = &counted->entry[at - 1];
		if (entry->conn == conn && entry->in.cell == cell &&
		    (entry->in.slot == NULL || entry->in.slot->born == entry->in.born))
			return true;
	}
	return false;
}

static void
cell_add(const struct counted_in *in, uint32_t change)
{
	if (in->slot == NULL || (in->slot->used && in->slot->born == in->born))
		__atomic_store_n(&in->cell->connections, in->cell->connections + change,
				 __ATOMIC_RELAXED);
}

bool
counted_add(struct counted *counted, uint32_t conn, const struct counted_in *in)
{
	uint32_t *bucket = bucket_of(counted, conn), at = counted->free;

	if (at == 0 && counted->taken == COUNTED_MAX)
		return false;
	if (at == 0)
		at = ++counted->taken;
	else
		counted->free = counted->entry[at - 1].next;
	counted->entry[at - 1] = (struct counted_entry){
		.next = *bucket,
		.conn = conn,
		.in = *in,
	};
	*bucket = at;
	cell_add(in, 1);
	return true;
}

/* Remove the entry with the index in *at from its bucket. */
static void
entry_free(struct counted *counted, uint32_t *at)
{
	struct counted_entry *entry = &counted->entry[*at - 1];
	uint32_t index = *at;

	*at = entry->next;
	entry->conn = 0;
	entry->next = counted->free;
	counted->free = index;
}

void
counted_remove(struct counted *counted, uint32_t conn)
{
	uint32_t *at = bucket_of(counted, conn);
	struct counted_entry *entry;

	while (*at != 0) {
		entry = &counted->entry[*at - 1];
		if (entry->conn != conn) {
			at = &entry->next;
			continue;
		}
		cell_add(&entry->in, UINT32_MAX);
		entry_free(counted, at);
	}
}

void
counted_purge(struct counted *counted,
	      bool (*keep)(const void *arg, const struct object *object), const void *arg)
{
	struct counted_entry *entry;
	uint32_t b, *at;

	for (b = 0; counted->taken > 0 && b < BUCKETS; b++) {
		for (at = &counted->bucket[b]; *at != 0;) {
			entry = &counted->entry[*at - 1];
			if (keep(arg, entry->in.object))
				at = &entry->next;
			else
				entry_free(counted, at);
		}
	}
}

bool
counted_by(const struct cell_use *use, union cell *cell)
{
	const struct counted_in in = {
		.object = use->object,
		.cell = cell,
		.slot = use->slot,
		.born = use->slot != NULL ? use->slot->born : 0,
	};

	if (use->conn != 0 && counted_has(use->counted, use->conn, cell))
		return true;
	if (!use->take)
		return false;
	if (use->conn != 0)
		return counted_add(use->counted, use->conn, &in);
	if (use->effects->counts < POLICY_COUNTS_MAX)
		use->pending[use->effects->counts++] = in;
	return false;
}
