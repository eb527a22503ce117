/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a burst: stages over arrays, so that what each packet waits for, its header,
 * its bucket, its connection, is waited for by all of them together. The stages only read.
 * Then the packets act, one by one in the order of their arrival: what one does to the
 * tables the next one sees, as if it had come in a burst of its own.
 */
#include <netinet/in.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>

#include <track/tcp_fast.h>

#include "engine_internal.h"

/* Headers are fetched this many packets ahead. */
#define AHEAD 4u

/* The endpoint bits of a connection whose segments seldom need the cold line. */
#define EP_ESTABLISHED (EP_SS | EP_PA | EP_SA)

void
engine_advance(struct engine *e, uint64_t now_ns)
{
	if (now_ns <= e->now_ns)
		return;
	e->now_ns = now_ns;
	e->now = ticks_from_ns(now_ns);
}

/* Parse, key, hash; ask for the buckets. */
static void
stage_parse(struct engine *e, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	uint32_t flags = PACKET_VERIFY_IP | PACKET_VERIFY_L4;
	struct engine_stage *stage = &e->stage;
	uint64_t bytes = 0;
	uint16_t i;

	if (!e->config.verify_checksums)
		flags = 0;
	for (i = 0; i < RTE_MIN(n, AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		struct packet *p = &stage->packet[i];
		struct engine_family *f;

		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + AHEAD], void *));
		packet_parse(pkts[i], port & 1, port / 2, flags, p);
		bytes += rte_pktmbuf_pkt_len(pkts[i]);
		f = family_of(e, p);
		stage->family[i] = f;
		if (f == NULL || !f->exists)
			continue;
		stage->hash[i] = flow_table_hash(&f->table, &p->key);
		flow_prefetch_bucket(&f->table, stage->hash[i]);
	}
	e->stats.packets += n;
	e->stats.bytes += bytes;
}

/* Compare tags; ask for the connections. */
static void
stage_probe(struct engine_stage *stage, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		const struct engine_family *f = stage->family[i];

		stage->index[i] = FLOW_NONE;
		if (f != NULL && f->exists)
			stage->index[i] = flow_probe(&f->table, stage->hash[i]);
	}
}

/* The few that do not live in their first bucket. */
static void
stage_probe_second(struct engine_stage *stage, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		if (unlikely(stage->index[i] == FLOW_MAYBE))
			stage->index[i] = flow_probe_second(&stage->family[i]->table,
							    stage->hash[i],
							    stage->index[i]);
}

/* Compare keys; ask for what few packets need besides. */
static void
stage_find(struct engine_stage *stage, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		const struct engine_family *f = stage->family[i];
		const struct flow_conn *conn;

		if (stage->index[i] == FLOW_NONE)
			continue;
		stage->index[i] = flow_find(&f->table, &stage->packet[i].key,
					    stage->hash[i], stage->index[i]);
		if (stage->index[i] == FLOW_NONE)
			continue;
		conn = flow_conn(&f->table, stage->index[i]);
		if ((conn->hot.flags & TRACK_SLOW) ||
		    (conn->hot.ep[0] & conn->hot.ep[1]) != EP_ESTABLISHED)
			rte_prefetch0(flow_cold(&f->table, conn));
		if (f->acct != NULL)
			rte_prefetch0(&f->acct[stage->index[i]]);
	}
}

/* What earlier packets of the burst have done to the table may concern this one. */
static inline uint32_t
step_index(const struct engine_stage *stage, uint16_t i)
{
	const struct engine_family *f = stage->family[i];
	uint32_t index = stage->index[i];

	if (f == NULL || likely(f->changed == 0))
		return index;
	if (index == FLOW_NONE || (f->changed & CHANGED_REMOVED))
		return flow_lookup(&f->table, &stage->packet[i].key, stage->hash[i]);
	return index;
}

static uint32_t
bypass_flag(const struct packet *p)
{
	switch (p->ether_type) {
	case 0x0806:
		return ENGINE_BYPASS_ARP;
	case 0x88cc:
		return ENGINE_BYPASS_LLDP;
	case 0x8809:
		return ENGINE_BYPASS_LACP;
	case PACKET_ETHER_BPDU:
		return ENGINE_BYPASS_STP;
	default:
		return 0;
	}
}

/* Whether the packet crosses the wire unasked. */
static bool
step_bypass(struct engine_step *s)
{
	uint32_t flags = s->p->kind == PACKET_ND
				 ? ENGINE_BYPASS_ND
				 : bypass_flag(s->p) | ENGINE_BYPASS_NON_IP;

	if (!(s->e->config.bypass & flags))
		return false;
	s->e->stats.bypassed++;
	step_pass(s);
	return true;
}

void
step_judge(struct engine_step *s)
{
	switch (s->p->kind) {
	case PACKET_TCP:
		step_tcp(s);
		break;
	case PACKET_UDP:
	case PACKET_ICMP_QUERY:
	case PACKET_OTHER:
		step_datagram(s);
		break;
	case PACKET_ICMP_ERROR:
		step_icmp_error(s);
		break;
	case PACKET_ND:
		if (!step_bypass(s))
			step_untracked(s);
		break;
	case PACKET_FRAGMENT:
		step_fragment(s);
		break;
	case PACKET_NON_IP:
		if (!step_bypass(s))
			step_drop(s, REASON_NON_IP);
		break;
	default:
		step_drop(s, s->p->reason);
		break;
	}
}

static inline void
account(const struct engine_family *f, uint32_t index, const struct packet *p)
{
	struct engine_acct *acct = &f->acct[index];

	acct->packets[p->side]++;
	acct->bytes[p->side] += packet_ip_bytes(p);
}

void
step_record(const struct engine_step *s, struct engine_record *record)
{
	const struct flow_conn *fc;
	struct track_conn conn;

	*record = (struct engine_record){
		.verdict = s->r.verdict,
		.reason = s->r.reason,
		.action = s->r.action,
		.held = s->r.verdict == VERDICT_HELD,
	};
	if (s->index == FLOW_NONE)
		return;
	fc = flow_conn(&s->f->table, s->index);
	conn = family_conn(s->f, s->index);
	record->has_conn = true;
	record->conn = conn.cold->id;
	record->orig = conn.hot->flags & TRACK_ORIG ? 1 : 0;
	if (fc->id.proto != IPPROTO_TCP)
		return;
	record->has_states = true;
	record->state[0] = (uint8_t)tcp_state(&conn, 0);
	record->state[1] = (uint8_t)tcp_state(&conn, 1);
}

static void
burst_begin(struct engine *e, uint64_t now_ns)
{
	engine_advance(e, now_ns);
	e->family[0].changed = 0;
	e->family[1].changed = 0;
	e->stage.drops = 0;
	e->stage.constant_packets = 0;
	e->stage.constant_bytes = 0;
}

static void
burst_end(struct engine *e)
{
	struct engine_stage *stage = &e->stage;

	if (stage->drops != 0)
		rte_pktmbuf_free_bulk(stage->dropped, stage->drops);
	if (stage->constant_packets != 0)
		policy_count_constant(e->policy, POLICY_CT_ESTABLISHED,
				      stage->constant_packets, stage->constant_bytes,
				      e->counters);
}

void
engine_refuse(struct engine *e, struct rte_mbuf **pkts, uint16_t n, enum reason reason)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		e->stats.bytes += rte_pktmbuf_pkt_len(pkts[i]);
	e->stats.packets += n;
	e->stats.drops[reason] += n;
	rte_pktmbuf_free_bulk(pkts, n);
}

static void
burst_no_wire(struct engine *e, struct rte_mbuf **pkts, uint16_t n,
	      struct engine_record *records)
{
	uint16_t i;

	for (i = 0; i < n && records != NULL; i++)
		records[i] = (struct engine_record){.verdict = VERDICT_DROP,
						    .reason = REASON_NO_WIRE};
	engine_refuse(e, pkts, n, REASON_NO_WIRE);
}

/*
 * The way of nearly every packet: the next segment of an ESTABLISHED connection that the
 * rules have let in. False: nothing has changed.
 */
static __rte_always_inline bool
pass_next(struct engine *e, uint8_t side, uint16_t i, uint32_t index)
{
	const struct engine_family *f = e->stage.family[i];
	const struct packet *p = &e->stage.packet[i];
	struct flow_conn *conn = flow_conn(&f->table, index);

	if (p->kind != PACKET_TCP || f->label != NULL ||
	    !(conn->hot.flags & TRACK_REPLIED) ||
	    (!e->established_accept && conn->id.generation != e->generation) ||
	    !tcp_next(&conn->hot, side, &p->seg, e->now))
		return false;
	if (unlikely(f->acct != NULL))
		account(f, index, p);
	return true;
}

/*
 * All else about a packet: its way, unless it has passed already, and its record. Not inline:
 * the loop of those that pass needs the registers.
 */
static __rte_noinline void
step_rest(struct engine *e, uint16_t i, uint32_t index, bool passed)
{
	struct engine_stage *stage = &e->stage;
	struct engine_step s = {
		.e = e,
		.m = stage->pkts[i],
		.p = &stage->packet[i],
		.f = stage->family[i],
		.hash = stage->hash[i],
		.index = index,
		.port = stage->port,
		.r.verdict = VERDICT_PASS,
	};

	if (!passed) {
		step_judge(&s);
		act(&s);
		if (s.index != FLOW_NONE && s.f->acct != NULL &&
		    s.r.verdict == VERDICT_PASS && s.p->kind != PACKET_ICMP_ERROR)
			account(s.f, s.index, s.p);
	}
	if (stage->records != NULL)
		step_record(&s, &stage->records[i]);
}

/*
 * The packets act, in the order of their arrival. The side is a constant here, so that the
 * numbers of a connection are found without an index.
 */
static __rte_always_inline void
stage_act_from(struct engine *e, uint16_t n, uint8_t side)
{
	struct engine_stage *stage = &e->stage;
	struct engine_tx *tx = &e->tx[stage->port ^ 1];
	bool record = stage->records != NULL, passed;
	uint64_t count = 0, bytes = 0;
	uint32_t index;
	uint16_t i;

	for (i = 0; i < n; i++) {
		index = step_index(stage, i);
		passed = index != FLOW_NONE && tx->count < ENGINE_TX_MAX &&
			 pass_next(e, side, i, index);
		if (likely(passed)) {
			tx->pkts[tx->count++] = stage->pkts[i];
			bytes += packet_ip_bytes(&stage->packet[i]);
			count++;
		}
		if (unlikely(!passed || record))
			step_rest(e, i, index, passed);
	}
	e->stats.passed += count;
	if (e->established_accept) {
		stage->constant_packets += count;
		stage->constant_bytes += bytes;
	}
}

static void
stage_act(struct engine *e, uint16_t n)
{
	if (e->stage.port & 1)
		stage_act_from(e, n, 1);
	else
		stage_act_from(e, n, 0);
}

void
engine_burst(struct engine *e, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
	     uint64_t now_ns, struct engine_record *records)
{
	struct engine_stage *stage = &e->stage;

	if (unlikely(port >= 2 * e->config.wires)) {
		burst_no_wire(e, pkts, n, records);
		return;
	}
	burst_begin(e, now_ns);
	stage->port = port;
	stage->pkts = pkts;
	stage->records = records;
	stage_parse(e, port, pkts, n);
	stage_probe(stage, n);
	stage_probe_second(stage, n);
	stage_find(stage, n);
	stage_act(e, n);
	burst_end(e);
}
