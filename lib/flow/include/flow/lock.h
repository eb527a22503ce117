/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lock of a connection, in a table that a BPF program shares. It is a word in the
 * primary bucket of the connection's key, so it does not change when the index moves the
 * connection to its alternate bucket. Connections with the same primary bucket share it.
 *
 * Its holder alone may
 *
 *   - read or write the hot part of a connection, and what a program reads beside it: the
 *     first tick (track_cold.t0), the number of its link layers, its counters (acct);
 *   - give a connection a key, or take the key away.
 *
 * A program takes the lock of the key that it looks for, and then compares the key of the
 * connection that it has found. It holds one lock at a time, does not wait with it, and
 * gives up after some tries. So the owner of the table may wait for a lock while it holds
 * others, and there is no deadlock. docs/adr/0033-the-lock-of-shared-connections.md has
 * all interleavings.
 *
 * In a table that is not shared, there are no locks.
 */
#ifndef FLOW_LOCK_H
#define FLOW_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_pause.h>

#include <flow/table.h>

/*
 * Take the lock of the connections with this hash. Returns the lock; NULL when the table
 * is not shared, or the owner already holds it.
 */
static inline uint32_t *
flow_lock(const struct flow_table *t, uint64_t hash)
{
	uint32_t *lock, expected = 0;

	if (likely(!t->shared))
		return NULL;
	lock = &t->buckets[flow_primary(t, hash)].lock;
	if (__atomic_load_n(lock, __ATOMIC_RELAXED) == FLOW_LOCK_ENGINE)
		return NULL;
	while (!__atomic_compare_exchange_n(lock, &expected, FLOW_LOCK_ENGINE, false,
					    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		expected = 0;
		rte_pause();
	}
	return lock;
}

/* Release what flow_lock() has returned. */
static inline void
flow_unlock(uint32_t *lock)
{
	if (unlikely(lock != NULL))
		__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

#endif
