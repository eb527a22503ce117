/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#include "sizes.h"

/* Like rte_pktmbuf_pool_create(), which lacks a parameter for flags. */
static struct rte_mempool *
create_contiguous(const char *name, unsigned node, unsigned mbufs, uint16_t room)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
	struct rte_mempool *pool =
		rte_mempool_create_empty(name, mbufs,
					 (unsigned)sizeof(struct rte_mbuf) + room,
					 SIZES_POOL_CACHE, sizeof(private), (int)node,
					 RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	int status;

	if (pool == NULL)
		return NULL;
	status = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	if (status == 0) {
		rte_pktmbuf_pool_init(pool, &private);
		status = rte_mempool_populate_default(pool);
	}
	if (status < 0) {
		rte_mempool_free(pool);
		rte_errno = -status;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/* Return whether the chunk is at least as long as the driver assumes. */
static bool
is_contiguous(const struct rte_mempool *pool)
{
	const struct rte_mempool_memhdr *chunk = STAILQ_FIRST(&pool->mem_list);
	size_t object = rte_mempool_calc_obj_size(pool->elt_size, pool->flags, NULL);

	return pool->nb_mem_chunks == 1 && chunk->len >= pool->populated_size * object;
}

int
pool_create(struct rte_mempool **pool, unsigned node, unsigned mbufs, uint16_t room,
	    bool contiguous)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "sluice_mbufs_%u", node);
	if (contiguous)
		*pool = create_contiguous(name, node, mbufs, room);
	else
		*pool = rte_pktmbuf_pool_create(name, mbufs, SIZES_POOL_CACHE, 0, room,
						(int)node);
	if (*pool == NULL)
		return -rte_errno;
	if (contiguous && !is_contiguous(*pool)) {
		rte_mempool_free(*pool);
		*pool = NULL;
		return -ENOBUFS;
	}
	return 0;
}
