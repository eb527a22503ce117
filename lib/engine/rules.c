/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the rules are evaluated. A packet of a connection passes without an evaluation
 * when
 *
 *   - its state is `established`, and the rules accept all established packets: the
 *     usual ruleset, whose counters are updated once per burst; or
 *   - the connection has the generation of these rules: they have accepted it, and would
 *     accept it in each direction and state that can follow, since they test nothing that
 *     differs between its packets.
 *
 * All other packets are evaluated. As in the kernel, packets are `new` until the
 * responder has answered, so the rules see a retransmitted SYN like the first.
 */
#include <netinet/in.h>

#include <rte_branch_prediction.h>

#include <base/reset.h>

#include "engine_state.h"
#include "pkt.h"
#include "rules.h"

bool
rules_eval(struct pkt_ctx *s, enum policy_ct ct)
{
	struct policy_packet q;

	if (unlikely(s->e->raw) && !s->raw_done && !raw_accepts(s))
		return audit_rules(s);
	s->ct = (uint8_t)ct;
	rules_packet(s, s->p->side, ct, &q);
	if (ct == POLICY_CT_NEW && s->classified != NULL)
		policy_eval_classified(s->e->policy, s->e->policy_state, &q, s->e->now_ns,
				       s->classified, &s->rules);
	else
		policy_eval(s->e->policy, s->e->policy_state, &q, s->e->now_ns,
			    &s->rules);
	if (unlikely(s->rules.effects.logs > 0))
		rules_log(s);
	if (unlikely(s->e->needs != 0))
		extra_keep(s);
	return likely(s->rules.kind == POLICY_ACCEPT) || audit_rules(s);
}

void
rules_classify(const struct pkt_ctx *s)
{
	struct policy_packet q;

	rules_packet(s, s->p->side, POLICY_CT_NEW, &q);
	policy_classify_begin(s->e->policy, &q, s->classified);
}

/*
 * Whether a reject answers packets of a protocol with an ICMP error. The kernel verifies
 * the checksum of what it answers. Protocols of which it does not know where that is get
 * no answer (nf_reject_verify_csum()).
 */
static bool
is_answered(uint8_t proto)
{
	enum { IGMP = 2, DCCP = 33, UDPLITE = 136 };

	switch (proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_GRE:
	case IPPROTO_ESP:
	case IPPROTO_AH:
	case IPPROTO_SCTP:
	case IGMP:
	case DCCP:
	case UDPLITE:
		return true;
	default:
		return false;
	}
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
	if (s->rules.kind == POLICY_REJECT_RESET && p->kind == PACKET_TCP) {
		if (p->seg.flags & TCP_RST)
			return;
		s->r.action = ACTION_RST; /* GEN-1 */
		s->r.generated = segment_reset(&p->seg);
		return;
	}
	if (!is_answered(p->proto))
		return;
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

/* Whether the rules accept each established packet that comes in by a port. */
static bool
port_accepts_each(const struct pkt_ctx *s, uint16_t port)
{
	const struct engine *e = s->e;
	struct policy_verdict verdict;
	struct policy_packet q;
	struct raw_marks marks = {0, 0};

	if (unlikely(e->raw) && !raw_accepts_each(s, port, &marks))
		return false;
	rules_packet(s, port & 1, POLICY_CT_ESTABLISHED, &q);
	rules_ports(s, port, &q);
	q.dry_run = true;
	if (q.extra != NULL) {
		q.extra->mark = marks.mark;
		q.extra->ct_zone = marks.ct_zone;
	}
	policy_eval(e->policy, e->policy_state, &q, e->now_ns, &verdict);
	return verdict.kind == POLICY_ACCEPT && verdict.cacheable;
}

void
verdict_cache_store(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	uint16_t port;

	if (!s->rules.cacheable || e->generation == GENERATION_FLUSHING)
		return;
	for (port = 0; port < 2 * e->config.wires && !e->established_accept; port++) {
		/* packets of the connection may cross any wire of its group */
		if (e->network[port / 2] == e->network[s->port / 2] &&
		    !port_accepts_each(s, port))
			return;
	}
	s->f->generation[s->index] = e->generation;
}

void
rules_invalid(struct pkt_ctx *s)
{
	/* these drops do not mean that the packet is invalid */
	if (!s->e->config.enforce_ruleset || s->r.reason == REASON_POLICY_DROP ||
	    s->r.reason == REASON_TABLE_FULL)
		return;
	if (rules_eval(s, POLICY_CT_INVALID)) {
		pkt_pass(s);
		/* no answer of ours: the receiver gets the packet and answers itself */
		s->r.action = ACTION_NONE;
	} else if (s->rules.kind != POLICY_DROP) {
		rules_refuse(s);
	}
}
