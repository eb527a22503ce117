/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP segments that the fast path does not take (fast_path.c): processed by tcp_fast() on
 * the hot line, or by the whole tracker, which may need the verdict of the rules or an
 * extension first.
 *
 * The tracker decides before the rules, so that an invalid segment gets its own reason. A
 * segment that the rules then drop must not change the connection (MODEL-2): the state
 * saved before is restored.
 */
#include <rte_branch_prediction.h>

#include <track/tcp_fast.h>

#include "connection.h"
#include "engine_state.h"
#include "link.h"
#include "pkt.h"
#include "recorder.h"
#include "rules.h"
#include "timeouts.h"

/*
 * Largest number of calls of the tracker for one segment: the first may return that it
 * needs the rules' verdict, the second an extension.
 */
#define TCP_ROUNDS 3

static struct tcp_input
input_of(const struct pkt_ctx *s)
{
	return (struct tcp_input){
		.seg = &s->p->seg,
		.config = connection_track(s->e, s->f, s->index),
		.now = s->e->now,
		.side = s->p->side,
		.rules = TCP_RULES_UNKNOWN,
	};
}

static void
input_answer(struct pkt_ctx *s, struct tcp_input *in, struct track_conn *conn)
{
	if (s->r.need & TRACK_NEED_RULES)
		in->rules = rules_eval(s, POLICY_CT_NEW) ? TCP_RULES_ALLOW
							 : TCP_RULES_DENY;
	if (conn != NULL && (s->r.need & TRACK_NEED_EXT)) {
		conn->ext = flow_ext_take(&s->f->table, s->index);
		in->no_ext = conn->ext == NULL;
	}
}

/* Let the tracker decide about the segment. Returns whether it needed the rules. */
static bool
track(struct pkt_ctx *s)
{
	struct track_conn conn = family_conn(s->f, s->index);
	struct tcp_input in = input_of(s);
	int round;

	for (round = 0; round < TCP_ROUNDS; round++) {
		tcp_segment(&conn, &in, &s->r);
		if (s->r.verdict != VERDICT_NEED_INPUT)
			return in.rules != TCP_RULES_UNKNOWN;
		input_answer(s, &in, &conn);
	}
	pkt_drop(s, REASON_TCP_RATE);
	return false;
}

/* Handle the events that the tracker reports with its verdict. */
static void
note_events(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	uint8_t events = s->r.events;

	if (likely(events == 0))
		return;
	if (events & TRACK_EVENT_RESYNC)
		connection_arm(e, s->f, s->index);
	else if (events & TRACK_EVENT_SHORTER)
		connection_arm_at(e, s->f, s->index, s->r.wakeup);
	if (events & TRACK_EVENT_RST_FORGED)
		e->stats.rst_forged++;
	if (events & TRACK_EVENT_OVERSHOOT)
		e->stats.overshoot++;
	if (events & TRACK_EVENT_ASYMMETRIC)
		e->stats.asymmetric++;
	if (events & (TRACK_EVENT_STATE | TRACK_EVENT_ASYMMETRIC | TRACK_EVENT_RESYNC))
		connection_event(e, s->f, s->index, CONN_EVENT_UPDATE);
}

static void
refused(struct pkt_ctx *s, bool asked)
{
	if (asked && s->r.reason == REASON_POLICY_DROP && s->rules.kind != POLICY_ACCEPT)
		rules_refuse(s);
	else
		rules_invalid(s);
}

/* Process a segment of a connection for which the rules accept each packet: skip them. */
__attribute__((flatten)) static void
track_known(struct pkt_ctx *s, enum policy_ct ct)
{
	struct flow_conn *fc = flow_conn(&s->f->table, s->index);
	bool asked;

	if (tcp_fast(&fc->hot, s->p->side, &s->p->seg, s->e->now)) {
		pkt_pass(s);
		rules_count(s, ct);
		return;
	}
	asked = track(s);
	note_events(s);
	if (s->r.verdict != VERDICT_PASS)
		refused(s, asked);
	else if (!asked)
		rules_count(s, ct);
}

static void
save(struct engine_saved *saved, const struct track_conn *conn)
{
	saved->hot = *conn->hot;
	saved->cold = *conn->cold;
	if (conn->ext != NULL)
		saved->ext = *conn->ext;
}

static void
restore(const struct pkt_ctx *s, const struct engine_saved *saved)
{
	struct track_conn conn;

	if (saved->cold.ext_index == 0)
		flow_ext_give_back(&s->f->table, s->index);
	conn = family_conn(s->f, s->index);
	*conn.hot = saved->hot;
	*conn.cold = saved->cold;
	if (conn.ext != NULL)
		*conn.ext = saved->ext;
}

/* Process a segment of a connection for which the rules are evaluated for each packet. */
static void
track_judged(struct pkt_ctx *s, enum policy_ct ct)
{
	struct engine_saved *saved = &s->e->saved;
	struct track_conn conn = family_conn(s->f, s->index);
	bool asked;

	save(saved, &conn);
	asked = track(s);
	if (s->r.verdict != VERDICT_PASS) {
		note_events(s);
		refused(s, asked);
		return;
	}
	if (!asked && !rules_eval(s, ct)) {
		restore(s, saved);
		rules_refuse(s);
		return;
	}
	if (!asked)
		verdict_cache_store(s);
	note_events(s);
}

/* Process a segment whose key no connection has. */
static void
track_unknown(struct pkt_ctx *s)
{
	struct tcp_input in = input_of(s);
	struct track_conn conn;

	tcp_unknown(&in, &s->r);
	if (s->r.verdict == VERDICT_DROP) {
		rules_invalid(s);
		return;
	}
	if (!rules_eval(s, POLICY_CT_NEW)) {
		rules_refuse(s);
		return;
	}
	in.rules = TCP_RULES_ALLOW;
	tcp_unknown(&in, &s->r);
	if (s->r.verdict != VERDICT_PASS || !connection_insert(s))
		return;
	conn = family_conn(s->f, s->index);
	tcp_open(&conn, &in);
	connection_opened(s);
	if (conn.cold->flags & COLD_LOOSE)
		link_learn(s);
}

/*
 * GEN-4: whether the segment has the label of the SYN. If not, no rule can accept it.
 */
static bool
seclabel_matches(struct pkt_ctx *s)
{
	struct track_conn conn;
	struct tcp_input in;

	if (packet_seclabel(s->m, s->p, s->e->config.secret) == s->f->seclabel[s->index])
		return true;
	conn = family_conn(s->f, s->index);
	in = input_of(s);
	tcp_seclabel_mismatch(&conn, &in, &s->r);
	return false;
}

/*
 * Whether a segment that has passed may teach the link layer of its direction: the
 * tracker has accepted it. After both sides have sent their FIN, no probe is needed
 * (TIM-1).
 */
static inline bool
link_teaches(const struct pkt_ctx *s, const struct track_hot *hot)
{
	return hot->last == s->e->now &&
	       (s->p->seg.flags & (TCP_RST | TCP_ACK)) == TCP_ACK &&
	       !(hot->ep[0] & hot->ep[1] & EP_FS);
}

void
pkt_tcp(struct pkt_ctx *s)
{
	enum policy_ct ct;

	if (unlikely(s->index == FLOW_NONE)) {
		track_unknown(s);
		return;
	}
	recorder_before(s);
	if (unlikely(s->f->seclabel != NULL) && !seclabel_matches(s))
		return;
	ct = rules_ct(&flow_conn(&s->f->table, s->index)->hot, s->p->side);
	if (likely(rules_known(s, ct)))
		track_known(s, ct);
	else
		track_judged(s, ct);
	if (s->r.verdict == VERDICT_PASS &&
	    link_teaches(s, &flow_conn(&s->f->table, s->index)->hot))
		link_learn(s);
}
