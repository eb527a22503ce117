/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link layers of connections, for generated segments: learned from the frames of each
 * direction.
 */
#ifndef ENGINE_LINK_H
#define ENGINE_LINK_H

#include <stdbool.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include <flow/l2.h>
#include <flow/table.h>
#include <reply/reply.h>

#include "pkt.h"

#define LINK_SHORT_RUN 2u /* longest run of fast-path packets of which each is sampled */
#define LINK_SAMPLE_RUNS                                                                 \
	16u /* of longer runs one packet in this many runs, a power of two */

/*
 * link_first(): learn the first link layers of a connection. link_change(): learn those
 * of the packet's frame, which differ from the known ones.
 */
void link_first(struct pkt_ctx *s);
void link_change(struct pkt_ctx *s);

/*
 * Whether the tags equal those of a frame. Their priority bits are ignored, since they
 * may change from segment to segment.
 */
static inline bool
link_tags_equal(const rte_be16_t (*tag)[2], const char *frame, unsigned n)
{
	rte_be16_t seen[2];
	unsigned i;

	for (i = 0; i < n; i++) {
		memcpy(seen, frame + i * RTE_VLAN_HLEN, sizeof(seen));
		if (seen[0] != tag[i][0] ||
		    ((seen[1] ^ tag[i][1]) & RTE_BE16(RTE_VLAN_ID_MASK)) != 0)
			return false;
	}
	return true;
}

/*
 * Whether the packet has this link layer, and leaves by its port. Compares addresses and
 * tags as bytes of the frame.
 */
static inline bool
link_is_of(const struct reply_l2 *l2, const struct pkt_ctx *s)
{
	const char *head = rte_pktmbuf_mtod(s->m, const char *);

	if (s->m->data_len < s->p->l3_off || l2->vlans != s->p->vlans ||
	    l2->pppoe != s->p->pppoe || l2->port != (s->port ^ 1))
		return false;
	return memcmp(&l2->dst, head, 2 * RTE_ETHER_ADDR_LEN) == 0 &&
	       link_tags_equal(l2->tag, head + 2 * RTE_ETHER_ADDR_LEN, l2->vlans);
}

/*
 * The tracker has accepted the TCP segment: learn the link layer of its direction.
 */
static inline void
link_learn(struct pkt_ctx *s)
{
	struct flow_conn *conn = flow_conn(&s->f->table, s->index);
	const struct flow_l2_pair *pair =
		flow_l2_get(s->e->l2, flow_cold(&s->f->table, conn)->meta.l2);
	uint8_t x = s->p->side;

	if (unlikely(conn->hot.flags & TRACK_RELEARN(x)))
		conn->hot.flags &= (uint8_t)~TRACK_RELEARN(x);
	if (unlikely(pair == NULL))
		link_first(s);
	else if (unlikely(!link_is_of(&pair->to[!x], s)))
		link_change(s);
}

/*
 * Packets first to end - 1 of the burst have passed on the fast path. Learn from all of
 * them, or from one when there are more than LINK_SHORT_RUN.
 */
void link_sample(struct engine *e, unsigned first, unsigned end);

/*
 * When link_moved is set, make all connections learn again, a number of them in each
 * call.
 */
void link_walk(struct engine *e);

#endif
