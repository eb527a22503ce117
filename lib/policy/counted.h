/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections that `ct count` statements have counted. Each worker has one table for
 * its own connections. Several statements may count the same connection. When the
 * connection ends, each of their cells is decreased by one.
 *
 * A reload keeps the table together with the cells it refers to. When the worker starts
 * its new state, entries of cells that no longer exist are removed.
 */
#ifndef POLICY_COUNTED_H
#define POLICY_COUNTED_H

#include "cell.h"

#define COUNTED_MAX (1u << 18) /* largest number of entries of one worker's table */

struct live_slot;

/* The cell in which a connection is counted. */
struct counted_in {
	const struct object *object;
	union cell *cell;
	/* slot of a set element; NULL: the statement belongs to a rule */
	const struct live_slot *slot;
	/* addition stamp of the element; tells whether the slot has been reused since */
	uint64_t born;
};

struct counted_entry {
	/* next entry of the same bucket or of the free list: index + 1; 0: none */
	uint32_t next;
	uint32_t conn;
	struct counted_in in;
};

struct counted {
	unsigned references; /* number of policy groups that use the table */
	/* number of entries that were ever in use; those above are untouched */
	uint32_t taken;
	uint32_t free; /* head of the free list: index + 1; 0: empty */
	uint32_t *bucket;
	struct counted_entry *entry;
};

/* Returns NULL when memory runs out. */
struct counted *counted_create(void);
void counted_release(struct counted *counted);

bool counted_has(const struct counted *counted, uint32_t conn, const union cell *cell);
/*
 * Count the packet's connection in the cell, unless it is counted there already. A
 * connection that is not open yet is counted when the caller opens it.
 */
bool counted_by(const struct cell_use *use, union cell *cell);
/*
 * Count the connection in a cell. Returns false when the table is full; then it is not
 * counted.
 */
bool counted_add(struct counted *counted, uint32_t conn, const struct counted_in *in);
/* The connection has ended: uncount it in every cell that counted it. */
void counted_remove(struct counted *counted, uint32_t conn);
/* Remove the entries of objects for which keep() returns false. */
void counted_purge(struct counted *counted,
		   bool (*keep)(const void *arg, const struct object *object),
		   const void *arg);

#endif
