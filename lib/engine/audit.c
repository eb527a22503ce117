/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Audit mode (engine_config.audit): what rules and trackers would drop passes, and is
 * counted and recorded instead (docs/adr/0036-audit-mode.md).
 *
 * A packet that the rules would drop is processed as if they had accepted it, so it may
 * open a connection. Its verdict is not cached: the next packet is counted, too. A packet
 * that a tracker or the parser would drop passes as it is, and changes nothing.
 */
#include "pkt.h"
#include "recorder.h"
#include "rules.h"

/* Count the packet under the first reason for which it would be dropped. */
static void
audit_count(struct pkt_ctx *s, enum reason reason)
{
	const struct track_result result = s->r;

	if (s->audited)
		return;
	s->audited = true;
	s->e->stats.audited[reason]++;
	if (s->e->recorder == NULL)
		return;
	s->r.reason = (uint8_t)reason;
	s->r.action = ACTION_NONE;
	recorder_drop(s);
	s->r = result;
}

bool
audit_rules(struct pkt_ctx *s)
{
	if (!s->e->config.audit)
		return false;
	if (!s->audited && s->e->policy_state != NULL)
		policy_audit_count(s->e->policy, s->e->policy_state, s->rules.rule,
				   s->p->ip_len);
	audit_count(s, s->rules.kind == POLICY_DROP ? REASON_POLICY_DROP
						    : REASON_POLICY_REJECT);
	s->rules.cacheable = false;
	return true;
}

bool
audit_pass(struct pkt_ctx *s)
{
	const enum reason reason = s->r.reason;

	/* cannot be passed: there is no room to send them, or they exceed the MTU */
	if (s->r.verdict != VERDICT_DROP || reason == REASON_TX_FULL ||
	    reason == REASON_MTU)
		return false;
	audit_count(s, reason);
	pkt_pass(s);
	s->r.action = ACTION_NONE;
	return true;
}
