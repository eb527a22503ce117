/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments are held until their datagram is complete (lib/fragment). The last to arrive
 * triggers one decision, on the datagram's true length and checksum: all fragments
 * are sent unchanged, in the order of arrival, or all are dropped. Rules and trackers see
 * a packet like any other; an ICMP error or a RST quotes the frame of its first fragment.
 */
#include <rte_common.h>

#include "engine_state.h"
#include "pkt.h"
#include "recorder.h"
#include "rules.h"
#include "shared.h"

/* Record the datagram's verdict for a fragment that arrived before the last. */
static void
record_earlier(const struct pkt_ctx *s, struct engine_record *record)
{
	if (record == NULL)
		return;
	pkt_record(s, record);
	record->held = true;
	record->action = ACTION_NONE; /* the last fragment's record has the action */
}

/* Drop the first n fragments of the group, all of which arrived in earlier calls. */
static void
drop_group(struct engine *e, unsigned n, enum reason reason)
{
	struct engine_record *record;
	unsigned i;

	for (i = 0; i < n; i++) {
		record = e->group.about[i];
		if (record != NULL)
			*record = (struct engine_record){.verdict = VERDICT_DROP,
							 .reason = (uint8_t)reason,
							 .held = true};
		if (e->recorder != NULL)
			recorder_drop_frame(e, e->group.piece[i].m,
					    e->group.piece[i].port, reason);
		rte_pktmbuf_free(e->group.piece[i].m);
	}
	e->stats.drops[reason] += n;
}

/*
 * Send the first n fragments of the group, all of which arrived in earlier calls: in
 * audit mode, in place of drop_group().
 */
static void
pass_group(struct engine *e, unsigned n, enum reason reason)
{
	const struct packet_piece *piece;
	struct engine_record *record;
	unsigned i;

	for (i = 0; i < n; i++) {
		record = e->group.about[i];
		if (record != NULL)
			*record = (struct engine_record){.verdict = VERDICT_PASS,
							 .held = true};
		piece = &e->group.piece[i];
		e->stats.passed += act_send(e, piece->port ^ 1, piece->m);
	}
	e->stats.audited[reason] += n;
}

/* Drop fragments of a group as drop_group(), or pass them in audit mode. */
static void
refuse_group(struct engine *e, unsigned n, enum reason reason)
{
	if (e->config.audit)
		pass_group(e, n, reason);
	else
		drop_group(e, n, reason);
}

/* Record for readers that the first n fragments of the group pass. */
static void
record_passed(const struct pkt_ctx *s, unsigned n)
{
	const struct fragment_group *g = &s->e->group;
	struct pkt_ctx piece = *s;
	unsigned i;

	for (i = 0; i < n && recorder_wants_passed(s->e); i++) {
		piece.m = g->piece[i].m;
		piece.port = g->piece[i].port;
		recorder_pass(&piece);
	}
}

/* Send or drop the earlier fragments, according to the datagram's verdict. */
static void
fragments_release(struct pkt_ctx *s, struct rte_mbuf *head)
{
	struct engine *e = s->e;
	struct fragment_group *g = &e->group;
	unsigned i, earlier = g->n - 1;

	for (i = 0; i < g->n && s->r.verdict == VERDICT_PASS; i++)
		if (e->tx[g->piece[i].port ^ 1].count + g->n > ENGINE_TX_MAX)
			pkt_drop(s, REASON_TX_FULL); /* send all fragments or none */
	for (i = 0; i < earlier; i++)
		record_earlier(s, g->about[i]);
	if (s->r.verdict == VERDICT_PASS) {
		record_passed(s, earlier);
		for (i = 0; i < earlier; i++)
			e->stats.passed += act_send(e, g->piece[i].port ^ 1,
						    g->piece[i].m);
		s->m = g->piece[earlier].m;
		return;
	}
	for (i = 0; i < g->n && e->recorder != NULL; i++)
		if (g->piece[i].m != head)
			recorder_drop_frame(e, g->piece[i].m, g->piece[i].port,
					    s->r.reason);
	/* act() frees the head, from which it may make an answer */
	for (i = 0; i < g->n; i++)
		if (g->piece[i].m != head)
			rte_pktmbuf_free(g->piece[i].m);
	e->stats.drops[s->r.reason] += earlier;
}

static void
pkt_whole(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	struct packet *p = &e->whole;
	uint32_t flags = engine_parse_flags(&e->config) |
			 (e->config.verify_checksums ? PACKET_VERIFY_L4 : 0);
	struct rte_mbuf *head = packet_parse_datagram(e->group.piece, e->group.n,
						      s->p->side, e->network[s->port / 2],
						      flags, p);

	e->stats.reassembled++;
	s->m = head;
	s->p = p;
	s->f = family_of(e, p);
	s->hash = flow_table_hash(&s->f->table, &p->key);
	s->index = flow_lookup(&s->f->table, &p->key, s->hash);
	pkt_lock(s, s->hash);
	pkt_dispatch(s);
	if (e->config.audit)
		audit_pass(s); /* before the earlier fragments get the verdict */
	fragments_release(s, head);
}

/* Evict fragments to make room if necessary, then hold the fragment. */
static enum fragment_fate
fragment_hold(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	struct engine_record *records = e->stage.records;
	struct fragment_key key = fragment_key_of(s->p);
	struct fragment f = fragment_of(s->m, s->p,
					records != NULL ? &records[s->p - e->stage.packet]
							: NULL);

	f.piece.port = s->port; /* fragments may come over different wires of a group */
	while (fragment_evict(e->fragments, s->m->nb_segs, &e->group))
		refuse_group(e, e->group.n, REASON_IP_FRAGMENT_MEMORY);
	return fragment_add(e->fragments, &key, &f, e->now, &e->group);
}

void
pkt_fragment(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	enum fragment_fate fate;

	if (e->fragments == NULL || s->m->nb_segs > e->config.fragments) {
		pkt_drop(s, REASON_IP_FRAGMENT);
		return;
	}
	fate = fragment_hold(s);
	if (fate == FRAGMENT_HELD) {
		s->r.verdict = VERDICT_HELD;
	} else if (fate == FRAGMENT_WHOLE) {
		pkt_whole(s);
	} else {
		refuse_group(e, e->group.n - 1, fragment_reason(fate));
		pkt_drop(s, fragment_reason(fate));
	}
}

unsigned
fragments_expire(struct engine *e, unsigned max)
{
	unsigned done = 0;

	while (e->fragments != NULL && done < max &&
	       fragment_expire(e->fragments, e->now, &e->group)) {
		drop_group(e, e->group.n, REASON_IP_FRAGMENT_TIMEOUT);
		done += 1 + e->group.n;
	}
	return RTE_MIN(done, max);
}

void
engine_stop(struct engine *e)
{
	while (e->fragments != NULL && fragment_oldest(e->fragments, &e->group))
		drop_group(e, e->group.n, REASON_IP_FRAGMENT_TIMEOUT);
}
