/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The links between the workers of a wire. handoff.c and gather.c use this file to put
 * packets into the rings of a link and to notify the worker at the other end.
 */
#include "handoff_internal.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
handoff_sleepy(struct handoff *const *group, unsigned n)
{
	unsigned i;
	int status;

	for (i = 0; i < n; i++) {
		group[i]->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (group[i]->wake >= 0)
			continue;
		status = -errno;
		while (i-- > 0) {
			close(group[i]->wake);
			group[i]->wake = -1;
		}
		return status;
	}
	return 0;
}

void
handoff_wake_up(struct handoff *h)
{
	uint64_t count;

	atomic_store_explicit(&h->dozes, false, memory_order_relaxed);
	/* it is empty if no peer has written */
	if (read(h->wake, &count, sizeof(count)) < 0)
		return;
}

void
link_wake(struct handoff *h, unsigned peer)
{
	const uint64_t one = 1;
	struct handoff *sleeper = h->peers[peer];

	if (likely(h->wake < 0))
		return;
	/* pairs with that of handoff_doze(): it finds the packet, or we find its flag */
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&sleeper->dozes, memory_order_relaxed) ||
	    !atomic_exchange(&sleeper->dozes, false))
		return;
	/* if that fails, the peer wakes up by itself a little later */
	if (write(sleeper->wake, &one, sizeof(one)) < 0)
		return;
}

void
link_mark(struct handoff *h, unsigned peer, unsigned side)
{
	atomic_fetch_or_explicit(&h->peers[peer]->ready[side], UINT64_C(1) << h->self,
				 memory_order_release);
	link_wake(h, peer);
}
