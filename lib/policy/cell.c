/* SPDX-License-Identifier: BSD-3-Clause */
#include "cell.h"

#include "counted.h"

/*
 * Read a part that another thread may write. On a 64-bit processor this is an ordinary
 * load.
 */
static uint64_t
part_load(const uint64_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static void
part_store(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELAXED);
}

void
cell_init(union cell *cell, const struct ir_cell *spec, bool initial)
{
	*cell = (union cell){.counter = {0}};
	if (spec->type == CELL_LIMIT)
		cell->bucket.low_ns = INT64_MAX;
	else if (spec->type == CELL_QUOTA && initial)
		cell->quota = spec->initial.bytes;
	else if (spec->type == CELL_COUNTER && initial)
		cell->counter = spec->initial;
}

/*
 * The cost of a packet in nanoseconds of the token bucket: the same as in the kernel's
 * nft_limit_pkts_eval() and nft_limit_bytes_eval(). The product may need 128 bits.
 */
static uint64_t
limit_cost(const struct ir_cell *limit, uint32_t length)
{
	uint64_t product;

	if (!limit->bytes)
		return limit->period_ns / limit->rate;
	if (!__builtin_mul_overflow(limit->period_ns, (uint64_t)length, &product))
		return product / limit->rate;
	return (uint64_t)((u128)limit->period_ns * length / limit->rate);
}

static bool
limit_take(const struct ir_cell *limit, const struct cell_parts *cells, uint64_t cost,
	   uint64_t now_ns, bool take)
{
	uint64_t spent = cells->own->bucket.spent_ns, missing;
	int64_t low = cells->own->bucket.low_ns, other, level;
	unsigned i;

	for (i = 0; i < cells->others; i++) {
		spent += part_load(&cells->other[i]->bucket.spent_ns);
		other = __atomic_load_n(&cells->other[i]->bucket.low_ns,
					__ATOMIC_RELAXED);
		low = other < low ? other : low;
	}
	level = (int64_t)(spent - now_ns);
	low = level < low ? level : low;
	missing = (uint64_t)level - (uint64_t)low;
	if (missing > limit->bucket_ns || limit->bucket_ns - missing < cost)
		return false;
	if (take) {
		__atomic_store_n(&cells->own->bucket.low_ns, low, __ATOMIC_RELAXED);
		part_store(&cells->own->bucket.spent_ns,
			   cells->own->bucket.spent_ns + cost);
	}
	return true;
}

static bool
quota_is_over(const struct ir_cell *quota, const struct cell_parts *cells,
	      uint32_t length, bool take)
{
	uint64_t used = cells->own->quota + length;
	unsigned i;

	if (take)
		part_store(&cells->own->quota, used);
	for (i = 0; i < cells->others; i++)
		used += part_load(&cells->other[i]->quota);
	return used > quota->quota;
}

/*
 * Whether there are more connections than the limit of `ct count`. As in the kernel's
 * nft_connlimit, the packet's own connection is included. A connection that is not open
 * yet is counted when the caller opens it.
 */
static bool
connections_are_over(const struct ir_cell *spec, const struct cell_parts *cells,
		     const struct cell_use *use)
{
	bool counted = counted_by(use, cells->own);
	uint64_t count = (uint64_t)cells->own->connections + !counted;
	unsigned i;

	for (i = 0; i < cells->others; i++)
		count += __atomic_load_n(&cells->other[i]->connections, __ATOMIC_RELAXED);
	return count > spec->quota;
}

bool
cell_eval(const struct ir_cell *spec, const struct cell_parts *cells,
	  const struct cell_use *use)
{
	struct policy_counter *counter = &cells->own->counter;

	switch (spec->type) {
	case CELL_LIMIT:
		return limit_take(spec, cells, limit_cost(spec, use->length), use->now_ns,
				  use->take) != spec->over;
	case CELL_QUOTA:
		return quota_is_over(spec, cells, use->length, use->take) == spec->over;
	case CELL_CONNECTIONS:
		return connections_are_over(spec, cells, use) == spec->over;
	default:
		if (use->take) {
			part_store(&counter->packets, counter->packets + 1);
			part_store(&counter->bytes, counter->bytes + use->length);
		}
		return true;
	}
}
