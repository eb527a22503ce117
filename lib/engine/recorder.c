/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flight recorder, and the ring of records (engine/records.h). Called for packets
 * that are dropped or logged, and while there is a selection for those that pass.
 */
#include <string.h>

#include <rte_ring_elem.h>

#include "engine_state.h"
#include "pkt.h"
#include "recorder.h"
#include "rules.h"

/*
 * The rate is limited in parts of a second, since a whole second's records would fill the
 * ring.
 */
#define WINDOWS 100u /* per second */
#define WINDOW_NS (UINT64_C(1000000000) / WINDOWS)

void
recorder_init(struct recorder *r)
{
	memset(r, 0, sizeof(*r));
	r->rate = RECORDER_RATE_DEFAULT;
}

void
engine_set_recorder(struct engine *e, struct recorder *r)
{
	e->recorder = r;
}

void
engine_record_passed(struct engine *e, const struct conn_match *selection, unsigned n)
{
	struct recorder *r = e->recorder;
	unsigned i;

	r->selections = RTE_MIN(n, RECORDER_SELECTIONS);
	for (i = 0; i < r->selections; i++) {
		r->selection[i] = selection[i];
		if (e->config.vlans_joined) /* then the key of a packet has none */
			r->selection[i].vlan = r->selection[i].inner_vlan = -1;
	}
}

unsigned
recorder_last(const struct recorder *r, enum reason reason, struct packet_record *records,
	      unsigned n)
{
	const struct record_history *h = &r->history[reason];
	unsigned i;

	n = (unsigned)RTE_MIN((uint64_t)RTE_MIN(n, RECORDER_KEPT), h->count);
	for (i = 0; i < n; i++)
		records[i] = h->last[(h->count - 1 - i) % RECORDER_KEPT];
	return n;
}

/* Copy the start of the frame, which may be in several segments of the mbuf. */
static void
record_frame(struct packet_record *record, const struct rte_mbuf *m)
{
	uint32_t bytes = rte_pktmbuf_pkt_len(m), n = RTE_MIN(bytes, RECORD_HEAD_BYTES);
	const void *head;

	record->frame_bytes = bytes;
	record->head_bytes = (uint16_t)n;
	head = rte_pktmbuf_read(m, 0, n, record->head);
	if (head != NULL && head != record->head)
		memcpy(record->head, head, n);
}

/*
 * Set the states before the packet, noted by recorder_before(), or else the current ones.
 */
static void
states_before(const struct pkt_ctx *s, const struct track_conn *now,
	      struct packet_record *record)
{
	struct track_hot hot = *now->hot;
	struct track_cold cold = *now->cold;
	struct track_conn conn = {&hot, &cold, now->ext};

	if (s->has_before) {
		hot.ep[0] = s->before_ep[0];
		hot.ep[1] = s->before_ep[1];
		cold.flags = s->before_flags;
	}
	if (record->has_states)
		track_state(&conn, IPPROTO_TCP, record->before);
}

/* Whether `meta nftrace set 1` has been reached, if the rules were evaluated. */
static bool
is_traced(const struct pkt_ctx *s)
{
	return s->rules.effects.traced || (s->e->raw && s->e->raw_traced);
}

/* Fill the members that all kinds of records have, except the frame and the reason. */
static void
record_context(struct packet_record *record, const struct pkt_ctx *s)
{
	struct track_conn conn;

	record->port = s->port;
	record->action = s->r.action;
	record->ct = s->ct;
	record->traced = is_traced(s);
	record->policy = s->e->policy_id;
	record->rule = s->rules.rule;
	record->has_conn = s->index != FLOW_NONE;
	record->has_states = false;
	if (!record->has_conn)
		return;
	conn = family_conn(s->f, s->index);
	/* the rules were not evaluated, or as `new` */
	if (s->ct == POLICY_CT_NEW)
		record->ct = (uint8_t)rules_ct(conn.hot, s->p->side);
	record->conn = connection_meta(s->f, s->index)->id;
	record->orig = conn.hot->flags & TRACK_ORIG ? 1 : 0;
	record->has_states =
		track_state(&conn, flow_id_proto(&flow_conn(&s->f->table, s->index)->id),
			    record->after);
	states_before(s, &conn, record);
}

/*
 * Whether the limit allows one more record of this kind in the current part of a second.
 */
static bool
rate_take(struct recorder *r, enum record_kind kind, uint64_t now_ns)
{
	uint64_t window = now_ns / WINDOW_NS;

	if (r->window[kind] != window) {
		r->window[kind] = window;
		r->left[kind] = RTE_MAX(r->rate / WINDOWS, 1u);
	}
	if (r->left[kind] == 0)
		return false;
	r->left[kind]--;
	return true;
}

/*
 * Whether a record of this kind may be put into the ring now. If the limit forbids it,
 * count that.
 */
static bool
ring_allows(struct recorder *r, enum record_kind kind, uint64_t now_ns)
{
	if (r->ring == NULL)
		return false;
	if (rate_take(r, kind, now_ns))
		return true;
	r->counts[kind].limited++;
	return false;
}

/* Put a record into the ring, or count that there was no room. */
static void
ring_put(struct recorder *r, struct packet_record *record)
{
	struct record_counts *counts = &r->counts[record->kind];

	if (rte_ring_sp_enqueue_elem(r->ring, record, sizeof(*record)) != 0)
		counts->lost++;
	else
		counts->made++;
}

/* The entry of the flight recorder for the next drop with this reason. */
static struct packet_record *
history_next(struct recorder *r, uint64_t now_ns, enum reason reason)
{
	struct record_history *h = &r->history[reason];
	struct packet_record *record = &h->last[h->count++ % RECORDER_KEPT];

	record->at_ns = now_ns;
	record->kind = RECORD_DROP;
	record->reason = (uint8_t)reason;
	return record;
}

void
recorder_drop(const struct pkt_ctx *s)
{
	struct recorder *r = s->e->recorder;
	const enum reason reason = s->r.reason;
	struct packet_record *record = history_next(r, s->e->now_ns, reason);
	struct track_conn conn;

	record_context(record, s);
	if (record->has_states) {
		conn = family_conn(s->f, s->index);
		/* MODEL-2: the dropped segment has not changed the numbers */
		tcp_numbers(&conn, &record->numbers);
	}
	record->audited = s->audited;
	record->has_rule = reason == REASON_POLICY_DROP || reason == REASON_POLICY_REJECT;
	record_frame(record, s->m);
	if (r->follow && ring_allows(r, RECORD_DROP, record->at_ns))
		ring_put(r, record);
}

void
recorder_drop_frame(struct engine *e, const struct rte_mbuf *m, uint16_t port,
		    enum reason reason)
{
	struct recorder *r = e->recorder;
	struct packet_record *record = history_next(r, e->now_ns, reason);

	record->port = port;
	record->action = ACTION_NONE;
	record->audited = false;
	record->traced = record->has_rule = record->has_conn = false;
	record->has_states = false;
	record_frame(record, m);
	if (r->follow && ring_allows(r, RECORD_DROP, record->at_ns))
		ring_put(r, record);
}

void
recorder_log(const struct pkt_ctx *s, uint16_t rule, const struct record_log *log)
{
	struct recorder *r = s->e->recorder;
	struct packet_record record = {.at_ns = s->e->now_ns, .kind = RECORD_LOG};

	if (r == NULL || !r->log || !ring_allows(r, RECORD_LOG, record.at_ns))
		return;
	record_context(&record, s);
	record.action = ACTION_NONE;
	record.rule = rule;
	record.has_rule = true;
	record.log = *log;
	record_frame(&record, s->m);
	ring_put(r, &record);
}

/* Whether a selection matches the packet. */
static bool
is_selected(const struct recorder *r, const struct pkt_ctx *s)
{
	const struct packet *p = s->p;
	unsigned i;

	for (i = 0; i < r->selections; i++)
		if (conn_match(&r->selection[i], &p->key, p->family, s->port & 1u))
			return true;
	return false;
}

void
recorder_pass(const struct pkt_ctx *s)
{
	struct recorder *r = s->e->recorder;
	struct packet_record record;

	if ((!is_selected(r, s) && !(r->trace && is_traced(s))) ||
	    !ring_allows(r, RECORD_PASS, s->e->now_ns))
		return;
	record = (struct packet_record){.at_ns = s->e->now_ns, .kind = RECORD_PASS};
	record_context(&record, s);
	record.opened = record.has_states && !s->has_before;
	record.has_rule = record.has_conn;
	if (record.has_rule)
		record.rule = connection_meta(s->f, s->index)->rule;
	record_frame(&record, s->m);
	ring_put(r, &record);
}
