/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules that are evaluated before a packet's connection matters: chains of hook
 * prerouting with a priority below that of conntrack (policy_raw_eval()). They drop, set
 * marks and the zone, and say `notrack`. A packet that is not tracked has no connection:
 * the other rules decide about it as `untracked`, each time.
 *
 * Where there are such chains, the verdict cache also says that they accept all packets
 * of a connection, so that the fast path need not evaluate them.
 */
#include <rte_branch_prediction.h>

#include "engine_state.h"
#include "pkt.h"
#include "rules.h"

static void
marks_get(const struct policy_packet *q, struct raw_marks *marks)
{
	if (q->extra == NULL)
		return;
	marks->mark = q->extra->mark;
	marks->ct_zone = q->extra->ct_zone;
}

bool
raw_accepts(struct pkt_ctx *s)
{
	const struct engine *e = s->e;
	struct policy_packet q;

	s->raw_done = true;
	s->ct = POLICY_CT_INVALID;
	rules_packet(s, s->p->side, POLICY_CT_INVALID, &q);
	policy_raw_eval(e->policy, e->policy_state, &q, e->now_ns, &s->rules);
	if (unlikely(s->rules.effects.logs > 0))
		rules_log(s);
	marks_get(&q, &s->e->raw_marks);
	s->e->raw_traced = s->rules.effects.traced;
	return s->rules.kind == POLICY_ACCEPT;
}

bool
raw_accepts_each(const struct pkt_ctx *s, uint16_t port, struct raw_marks *marks)
{
	const struct engine *e = s->e;
	struct policy_verdict verdict;
	struct policy_packet q;

	rules_packet(s, port & 1, POLICY_CT_INVALID, &q);
	rules_ports(s, port, &q);
	q.dry_run = true;
	if (q.extra != NULL) {
		q.extra->mark = 0;
		q.extra->ct_zone = 0;
	}
	policy_raw_eval(e->policy, e->policy_state, &q, e->now_ns, &verdict);
	marks_get(&q, marks);
	return verdict.kind == POLICY_ACCEPT && verdict.cacheable &&
	       !verdict.effects.untracked;
}
