/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The links between the workers of a wire. handoff.c and gather.c use this file to put
 * packets into the rings of a link and to notify the worker at the other end.
 */
#include "handoff_internal.h"

void
link_mark(struct handoff *h, unsigned peer, unsigned side)
{
	atomic_fetch_or_explicit(&h->peers[peer]->ready[side], UINT64_C(1) << h->self,
				 memory_order_release);
}
