/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * State that the statements of all workers share: limits, quotas, sets.
 *
 * An object has a part for each worker, and a last one for the control thread. Only its
 * owner writes a part; the others may read it at any time. So no worker waits for
 * another, and no update is lost when two workers write at the same moment. A reader may
 * miss what another worker wrote in the last moments, until the caches are coherent:
 * docs/adr/0019-state-of-rules.md has the bounds.
 *
 * A struct policy_group holds the objects of one policy. The states of all workers refer
 * to it. The groups of two policies share the objects that survive a reload.
 */
#ifndef POLICY_OBJECT_H
#define POLICY_OBJECT_H

#include "cell.h"

/*
 * Alignment of the parts: two cache lines, because a core may prefetch the line next to
 * the one that it writes.
 */
#define PART_ALIGN 128

struct live_table;

struct object {
	/* name that a reload finds it by; NULL: the object belongs to one rule */
	const char *name;
	uint8_t type;             /* enum cell_type; not used for a set */
	struct live_table *table; /* for a set: its slots; NULL: the object is a cell */
	/* how many times rules that list elements have been loaded */
	uint32_t listings;
	/* time at which the first worker began to use it, ns; 0: none has yet */
	uint64_t start_ns;
	/* number of groups that hold it; changed only under the reload lock */
	unsigned references;
	unsigned parts;
	unsigned char *part; /* parts, at multiples of PART_ALIGN bytes */
};

struct policy_group {
	unsigned references; /* number of states that refer to the group */
	unsigned workers;
	uint32_t nobjects;
	bool sets; /* one of the objects is a set */
	/* one table for each worker, when a statement is `ct count`; else NULL */
	struct counted *counted[CELL_PARTS_MAX];
	struct object *object[];
};

/*
 * old: the group whose objects are taken over, or NULL; now_ns: time of its workers.
 * Returns NULL when memory runs out.
 */
struct policy_group *group_create(const struct policy_ir *ir,
				  const struct policy_group *old, unsigned workers,
				  uint64_t now_ns);
/* Tell that the worker with this part uses the objects from now on. */
void group_start(struct policy_group *group, unsigned part, uint64_t now_ns);
/*
 * Reclaim expired elements from a worker's part; each call scans a bounded number of
 * slots.
 */
void group_sweep(struct policy_group *group, unsigned part, uint64_t now_ns);
void group_release(struct policy_group *group);

static inline union cell *
object_cell(const struct object *object, unsigned part)
{
	return (union cell *)(void *)(object->part + (size_t)part * PART_ALIGN);
}

/* Get the cells of an object as the worker sees them. */
static inline void
object_cells(const struct object *object, unsigned own, struct cell_parts *cells)
{
	unsigned i;

	cells->own = object_cell(object, own);
	cells->others = 0;
	for (i = 0; i < object->parts; i++)
		if (i != own)
			cells->other[cells->others++] = object_cell(object, i);
}

#endif
