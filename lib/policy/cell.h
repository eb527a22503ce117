/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of a counter, a limit or a quota. Each worker writes a part of its own; the
 * value that counts for all workers is computed from all parts.
 *
 * A limit is the kernel's token bucket (net/netfilter/nft_limit.c): tokens are
 * nanoseconds, a packet costs period / rate, and the bucket holds bucket_ns. The kernel
 * keeps {tokens, last}, which two workers cannot both write. Here each part has two
 * numbers that can be joined:
 *
 *	spent	sum of the costs of this worker's packets
 *	low	lowest level that this worker has computed
 *
 * where level = (sum of spent) - now. The level falls as time passes and rises with each
 * packet that the limit lets through. It is at its lowest when the bucket is full, so the
 * bucket holds
 *
 *	bucket_ns - (level - lowest level)
 *
 * as in the kernel, to the nanosecond. Each packet that passes adds its cost. So when two
 * workers decide at the same moment and let too much through, later packets get that much
 * less.
 */
#ifndef POLICY_CELL_H
#define POLICY_CELL_H

#include <policy/ir.h>

#define CELL_WORKERS_MAX 64
/* one part for each worker, and one for the control thread */
#define CELL_PARTS_MAX (CELL_WORKERS_MAX + 1)

union cell {
	struct policy_counter counter;
	struct {
		uint64_t spent_ns;
		int64_t low_ns;
	} bucket;
	uint64_t quota; /* bytes that have been counted */
	uint32_t connections;
	uint32_t next; /* of a CELL_SEQUENCE: this worker's next number */
};

struct counted;
struct counted_in;
struct object;
struct live_slot;

/* The evaluation that uses a cell: its worker, its packet and where the cell belongs. */
struct cell_use {
	uint32_t length; /* of the IP packet, in bytes */
	uint32_t conn;   /* number of the packet's connection; 0: it has none yet */
	/* true: count the packet; false: only test it, and change nothing */
	bool take;
	uint64_t now_ns;
	/*
	 * For CELL_CONNECTIONS: the worker's table of counted connections, and the list
	 * of cells that count the connection when the caller opens it.
	 */
	struct counted *counted;
	struct counted_in *pending;
	struct policy_effects *effects;
	/*
	 * For CELL_CONNECTIONS: the object, or the set element, that the cell belongs to.
	 */
	const struct object *object;
	const struct live_slot *slot;
};

struct cell_parts {
	union cell *own;
	union cell *other[CELL_PARTS_MAX];
	unsigned others;
};

/*
 * Set one part to its initial value. initial: add what the rules list as counted already.
 */
void cell_init(union cell *cell, const struct ir_cell *spec, bool initial);

/*
 * Evaluate a limit, quota or counter. Returns whether the rest of the rule is evaluated.
 */
bool cell_eval(const struct ir_cell *spec, const struct cell_parts *cells,
	       const struct cell_use *use);

#endif
