/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Learns to which MAC addresses, and by which port, a connection's segments go in each
 * direction. Probes (TIM-1), which no received packet causes, are sent there. The
 * addresses may change during a connection: a router fails over, a virtual machine moves.
 * A probe to an old address gets no answer, and three such probes would end a live
 * connection.
 *
 * A segment that the tracker has accepted teaches its own direction (link_learn()):
 *
 *   - each segment on the slow path;
 *   - each on the fast path that comes alone or with one other in its burst, that is, all
 *     while there is little traffic; of longer runs one segment of each sixteenth run;
 *   - the next of each side after the connection's timer has gone off, which it does
 *     every five minutes: TRACK_RELEARN() keeps them from the fast path;
 *   - the same for all connections, when one of them shows that frames go elsewhere now
 *     (a router has been replaced): a walk over the tables, a piece a call of
 *     engine_expire(), at most one in LINK_WALK_GAP_NS, since one host can cause it.
 *
 * docs/adr/0015-link-layers-learnt-from-segments.md says why.
 *
 * Only TCP connections that have been answered, or were picked up in mid-stream, have a
 * pair of link layers: SYNs from forged addresses take nothing from others, and flow/l2.h
 * bounds what else one host can take. The first answer makes it known, and the
 * acknowledgment of that confirms it; a change is charged to the side whose frames have
 * changed.
 */
#include "link.h"
#include "connection.h"
#include "engine_state.h"
#include "pkt.h"
#include "shared.h"

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <flow/lock.h>

#define LINK_WALK_PLACES 256u /* entries of the tables that one call visits */
#define LINK_WALK_GAP_NS 30000000000ull

static bool
l2_equal(const struct reply_l2 *a, const struct reply_l2 *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Whether frames go to another destination; the sender's own address is ignored. */
static bool
l2_moved(const struct reply_l2 *before, const struct reply_l2 *after)
{
	struct reply_l2 copy = *before;

	copy.src = after->src;
	return !l2_equal(&copy, after);
}

/*
 * Return the pair with l2 for the direction to side y. The other direction changes only
 * if its frames go to the station whose address has changed.
 */
static struct flow_l2_pair
pair_changed(const struct flow_l2_pair *before, uint8_t y, const struct reply_l2 *l2)
{
	struct flow_l2_pair pair = *before;

	if (rte_is_same_ether_addr(&pair.to[!y].dst, &before->to[y].src))
		pair.to[!y].dst = l2->src;
	pair.to[y] = *l2;
	return pair;
}

/*
 * The first pair of a connection: the direction to the sender is derived from its frame.
 */
static struct flow_l2_pair
pair_first(const struct reply_l2 *l2, uint8_t y, uint16_t port)
{
	struct flow_l2_pair pair;

	pair.to[y] = *l2;
	pair.to[!y] = reply_l2_back(l2);
	pair.to[!y].port = port;
	return pair;
}

/* Get the number of a pair. Returns 0 when there is no room for it. */
static uint16_t
pair_take(struct pkt_ctx *s, const struct flow_l2_pair *pair, uint8_t payer)
{
	const struct flow_key *key = &s->p->key;
	bool v4 = s->p->family == 4;
	struct flow_l2_source source = {
		.addr = v4 ? (const void *)&key->addr.v4[payer] : key->addr.v6[payer],
		.bytes = v4 ? sizeof(key->addr.v4[0]) : sizeof(key->addr.v6[0]),
		.answered = flow_conn(&s->f->table, s->index)->hot.flags & TRACK_REPLIED,
	};

	return flow_l2_take(s->e->l2, pair, &source);
}

void
link_first(struct pkt_ctx *s)
{
	struct flow_conn *conn = flow_conn(&s->f->table, s->index);
	struct flow_meta *meta = connection_meta(s->f, s->index);
	const struct flow_l2_pair *last = flow_l2_last(s->e->l2);
	uint8_t y = !s->p->side;
	struct flow_l2_pair pair;
	struct reply_l2 l2;

	if (likely(last != NULL && link_is_of(&last->to[y], s))) {
		meta->l2 = flow_l2_take_last(s->e->l2);
		return;
	}
	reply_l2_of(s->m, s->p, &l2);
	l2.port = s->port ^ 1;
	pair = pair_first(&l2, y, s->port);
	meta->l2 = pair_take(s, &pair, conn->hot.flags & TRACK_ORIG);
}

void
link_change(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	struct flow_meta *meta = connection_meta(s->f, s->index);
	const struct flow_l2_pair *before = flow_l2_get(e->l2, meta->l2);
	struct flow_l2_pair pair;
	struct reply_l2 l2;
	uint16_t number;

	reply_l2_of(s->m, s->p, &l2);
	l2.port = s->port ^ 1;
	pair = pair_changed(before, !s->p->side, &l2);
	if (l2_moved(&before->to[0], &pair.to[0]) ||
	    l2_moved(&before->to[1], &pair.to[1]))
		e->link_moved = true;
	number = pair_take(s, &pair, s->p->side);
	if (number == 0)
		return;
	flow_l2_drop(e->l2, meta->l2);
	meta->l2 = number;
}

void
link_sample(struct engine *e, unsigned first, unsigned end)
{
	struct engine_stage *stage = &e->stage;
	struct pkt_ctx s;
	unsigned i;

	if (end - first > LINK_SHORT_RUN) {
		first += e->link_runs / LINK_SAMPLE_RUNS % (end - first);
		end = first + 1;
	}
	for (i = first; i < end; i++) {
		stage_finish(stage, i);
		s = pkt_of(e, i);
		link_learn(&s);
	}
}

/* One step of the walk that makes all connections learn again. */
static void
walk_some(struct engine *e)
{
	unsigned places = LINK_WALK_PLACES;
	const struct engine_family *f;
	struct flow_conn *conn;
	uint32_t index, *lock;

	while ((index = walk_next(e, &e->link_cursor, &places)) != FLOW_NONE) {
		f = &e->family[e->link_cursor >> 32];
		lock = connection_lock(f, index);
		conn = flow_conn(&f->table, index);
		conn->hot.flags |= TRACK_RELEARN(0) | TRACK_RELEARN(1);
		flow_unlock(lock);
	}
}

void
link_walk(struct engine *e)
{
	if (e->link_moved && e->now_ns >= e->link_walk_ns) {
		e->link_moved = false;
		e->link_walk_ns = e->now_ns + LINK_WALK_GAP_NS;
		e->link_cursor = 0;
	}
	if (e->link_cursor != ENGINE_CURSOR_END)
		walk_some(e);
}
