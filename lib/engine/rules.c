/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the rules are evaluated. A packet of a connection passes without when
 *
 *   - its state is `established`, and the rules accept all established packets: the
 *     usual ruleset, counted once a burst; or
 *   - the connection holds the generation of these rules: they have accepted it, and
 *     would accept it in each direction and state that can follow, since they test
 *     nothing that differs between its packets.
 *
 * All others are evaluated. As in the kernel, packets are `new` until the responder has
 * answered, so the rules see a retransmitted SYN like the first.
 */
#include <netinet/in.h>

#include <base/reset.h>

#include "engine_internal.h"

enum policy_ct
rules_ct(const struct track_hot *hot, uint8_t side)
{
	bool from_orig = side == (hot->flags & TRACK_ORIG ? 1 : 0);

	return from_orig && !(hot->flags & TRACK_REPLIED) ? POLICY_CT_NEW
							  : POLICY_CT_ESTABLISHED;
}

/* The fields that the rules test, as if the packet came from side. */
static void
rules_packet(const struct pkt_ctx *s, uint8_t side, enum policy_ct ct,
	     struct policy_packet *q)
{
	const struct packet *p = s->p;
	const struct flow_key *key = &p->key;
	bool ports = flow_id_has_ports(&key->id);

	*q = (struct policy_packet){
		.length = p->ip_len,
		.sport = ports ? key->id.port[side] : 0,
		.dport = ports ? key->id.port[!side] : 0,
		.iif = port_of(s, side),
		.oif = port_of(s, !side),
		.family = p->family,
		.proto = p->proto,
		.icmp_type = p->icmp_type,
		.icmp_code = p->icmp_code,
		.tcp_flags = p->kind == PACKET_TCP ? p->seg.flags | p->seg.ecn : 0,
		.ct = (uint8_t)ct,
	};
	if (p->family == 4) {
		q->saddr = (const uint8_t *)&key->addr.v4[side];
		q->daddr = (const uint8_t *)&key->addr.v4[!side];
	} else {
		q->saddr = key->addr.v6[side];
		q->daddr = key->addr.v6[!side];
	}
}

bool
rules_eval(struct pkt_ctx *s, enum policy_ct ct)
{
	struct policy_packet q;

	rules_packet(s, s->p->side, ct, &q);
	if (ct == POLICY_CT_NEW && s->classified != NULL)
		policy_eval_classified(s->e->policy, s->e->policy_state, &q, s->e->now_ns,
				       s->classified, &s->rules);
	else
		policy_eval(s->e->policy, s->e->policy_state, &q, s->e->now_ns,
			    &s->rules);
	return s->rules.kind == POLICY_ACCEPT;
}

void
rules_classify(const struct pkt_ctx *s)
{
	struct policy_packet q;

	rules_packet(s, s->p->side, POLICY_CT_NEW, &q);
	policy_classify_begin(s->e->policy, &q, s->classified);
}

void
rules_refuse(struct pkt_ctx *s)
{
	const struct packet *p = s->p;

	s->r.action = ACTION_NONE;
	if (s->rules.kind == POLICY_DROP) {
		pkt_drop(s, REASON_POLICY_DROP);
		return;
	}
	pkt_drop(s, REASON_POLICY_REJECT);
	s->r.generated_to = p->side;
	s->rejected = true;
	if (p->kind == PACKET_TCP && (p->seg.flags & TCP_RST))
		return;
	if (s->rules.kind == POLICY_REJECT_RESET && p->kind == PACKET_TCP) {
		s->r.action = ACTION_RST; /* GEN-1 */
		s->r.generated = segment_reset(&p->seg);
		return;
	}
	s->r.action = ACTION_ICMP;
	s->icmp_type = s->rules.effects.icmp_type;
	s->icmp_code = s->rules.effects.icmp_code;
}

bool
rules_known(const struct pkt_ctx *s, enum policy_ct ct)
{
	const struct engine *e = s->e;

	return (ct == POLICY_CT_ESTABLISHED && e->established_accept) ||
	       s->f->generation[s->index] == e->generation;
}

void
rules_count(struct pkt_ctx *s, enum policy_ct ct)
{
	struct engine_stage *stage = &s->e->stage;

	if (ct != POLICY_CT_ESTABLISHED || !s->e->established_accept)
		return;
	stage->constant_packets++;
	stage->constant_bytes += s->p->ip_len;
}

void
verdict_cache_store(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	struct policy_verdict verdict;
	struct policy_packet q;
	uint16_t port;

	if (!s->rules.cacheable || e->generation == GENERATION_FLUSHING)
		return;
	for (port = 0; port < 2 * e->config.wires && !e->established_accept; port++) {
		/* the connection's packets may come over any wire of its group */
		if (e->network[port / 2] != e->network[s->port / 2])
			continue;
		rules_packet(s, port & 1, POLICY_CT_ESTABLISHED, &q);
		q.iif = port;
		q.oif = port ^ 1;
		q.dry_run = true;
		policy_eval(e->policy, e->policy_state, &q, e->now_ns, &verdict);
		if (verdict.kind != POLICY_ACCEPT || !verdict.cacheable)
			return;
	}
	s->f->generation[s->index] = e->generation;
}

void
rules_invalid(struct pkt_ctx *s)
{
	/* the rules have dropped it, or the table is full: it is not invalid */
	if (!s->e->config.enforce_ruleset || s->r.reason == REASON_POLICY_DROP ||
	    s->r.reason == REASON_TABLE_FULL)
		return;
	if (rules_eval(s, POLICY_CT_INVALID)) {
		pkt_pass(s);
		s->r.action = ACTION_NONE; /* the receiver answers it */
	} else if (s->rules.kind != POLICY_DROP) {
		rules_refuse(s);
	}
}
