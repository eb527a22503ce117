/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stages of a burst. Each stage is a loop over all packets, so that the cache misses
 * for their headers, buckets and connections overlap. All stages but the last only read.
 * The last, stage_act(), processes the packets one by one in the order of arrival, so
 * each packet sees the changes that the previous ones have made to the tables.
 */
#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "connection.h"
#include "engine_state.h"
#include "fast_path.h"
#include "pkt.h"
#include "recorder.h"
#include "rules.h"
#include "shared.h"

/* Headers are fetched this many packets ahead. */
#define AHEAD 4u

/* A bucket is read this many packets after its prefetch. */
#define PROBE_AFTER 16u

/*
 * Hash the key and prefetch the bucket. bytes, the length of the key, is a compile-time
 * constant.
 */
static __rte_always_inline void
stage_hash(struct engine_stage *stage, unsigned i, struct engine_family *f,
	   const struct flow_key *key, size_t bytes)
{
	uint64_t hash = flow_hash(key, bytes, f->table.secret);

	stage->family[i] = f;
	stage->hash[i] = hash;
	flow_prefetch_bucket(&f->table, hash);
}

/*
 * Compare tags and prefetch the connection. Returns true when the alternate bucket has to
 * be read.
 */
static __rte_always_inline bool
stage_probe(struct engine_stage *stage, unsigned i)
{
	const struct flow_table *t = &stage->family[i]->table;
	uint32_t index = flow_probe(t, stage->hash[i]);

	stage->index[i] = index;
	stage->conn[i] = index < FLOW_MAYBE ? flow_conn(t, index) : NULL;
	return index == FLOW_MAYBE;
}

/* Read the alternate buckets of the packets that stage_probe() has not resolved. */
static void
stage_probe_second(struct engine_stage *stage, const unsigned *second, unsigned n)
{
	unsigned j;

	for (j = 0; j < n; j++) {
		unsigned i = second[j];
		const struct flow_table *t = &stage->family[i]->table;

		stage->index[i] = flow_probe_second(t, stage->hash[i], FLOW_MAYBE);
		if (stage->index[i] != FLOW_NONE)
			stage->conn[i] = flow_conn(t, stage->index[i]);
	}
}

/* The flags of packet_peek(): the checksums to verify. */
static inline uint32_t
stage_verify(const struct engine *e)
{
	return e->config.verify_checksums ? PACKET_VERIFY_IP | PACKET_VERIFY_L4 : 0;
}

/*
 * stage_parse() for a frame with tags, or one that is not a fast-path frame. It is not
 * inlined, so that stage_find() keeps the variables of its loop in registers.
 */
static __rte_noinline void
stage_parse_any(struct engine *e, unsigned i)
{
	struct engine_stage *stage = &e->stage;
	struct packet_fast *fast = &stage->fast[i];
	struct packet *p = &stage->packet[i];
	uint32_t network = e->network[stage->port / 2], flags = stage_verify(e);
	uint8_t side = stage->port & 1;

	if (packet_peek_tagged(stage->pkts[i], side, network, flags, fast)) {
		if (fast->family == 4)
			stage_hash(stage, i, &e->family[0], &fast->key, KEY4_BYTES);
		else
			stage_hash(stage, i, &e->family[1], &fast->key, KEY6_BYTES);
		return;
	}
	fast->family = 0;
	packet_parse_any(stage->pkts[i], side, network,
			 flags | engine_parse_flags(&e->config), p);
	stage_hash(stage, i, family_of(e, p), &p->key, packet_key_bytes(p));
}

/*
 * Parse, hash the key, prefetch the bucket. Of a fast-path frame only the fields that the
 * lookup needs are parsed; most such packets never need the others.
 */
static __rte_always_inline void
stage_parse(struct engine *e, const struct rte_mbuf *m, unsigned i, uint8_t side,
	    uint32_t network, uint32_t flags)
{
	struct engine_stage *stage = &e->stage;
	struct packet_fast *fast = &stage->fast[i];

	if (unlikely(!packet_peek(m, side, network, flags, fast)))
		stage_parse_any(e, i);
	else if (likely(fast->family == 4))
		stage_hash(stage, i, &e->family[0], &fast->key, KEY4_BYTES);
	else
		stage_hash(stage, i, &e->family[1], &fast->key, KEY6_BYTES);
}

/*
 * Find the connections. One loop reads each bucket PROBE_AFTER packets after its
 * prefetch. This spreads the prefetches evenly: a processor has a limited number of
 * outstanding cache misses.
 */
static __rte_always_inline void
stage_find_from(struct engine *e, unsigned n, uint8_t side)
{
	struct engine_stage *stage = &e->stage;
	struct rte_mbuf **pkts = stage->pkts;
	uint32_t flags = stage_verify(e);
	uint32_t network = e->network[stage->port / 2];
	unsigned second[ENGINE_BURST_MAX], seconds = 0, i;
	uint64_t bytes = 0;

	for (i = 0; i < RTE_MIN(n, AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + AHEAD], void *));
		bytes += rte_pktmbuf_pkt_len(pkts[i]);
		stage_parse(e, pkts[i], i, side, network, flags);
		if (i >= PROBE_AFTER && stage_probe(stage, i - PROBE_AFTER))
			second[seconds++] = i - PROBE_AFTER;
	}
	for (i = n > PROBE_AFTER ? n - PROBE_AFTER : 0; i < n; i++)
		if (stage_probe(stage, i))
			second[seconds++] = i;
	stage_probe_second(stage, second, seconds);
	e->stats.packets += n;
	e->stats.bytes += bytes;
}

static void
stage_find(struct engine *e, unsigned n)
{
	if (e->stage.port & 1)
		stage_find_from(e, n, 1);
	else
		stage_find_from(e, n, 0);
}

/*
 * Whether a packet without a connection may open one. If so, parse its remaining fields.
 */
static bool
finish_if_new(struct engine_stage *stage, unsigned i)
{
	const struct packet_fast *fast = &stage->fast[i];

	if (packet_is_fast(fast)) {
		if ((fast->tcp->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
			return false;
		stage_finish(stage, i);
		stage->fast[i].family = 0;
	}
	return stage->packet[i].kind == PACKET_TCP || stage->packet[i].kind == PACKET_UDP;
}

/*
 * With many rules, classify the packets of a burst that may open connections in one
 * batch, so that their cache misses overlap. This only reads, and the verdicts are the
 * same as without it.
 */
static __rte_noinline void
stage_classify(struct engine *e, unsigned n)
{
	struct engine_stage *stage = &e->stage;
	struct pkt_ctx s;
	unsigned i;

	for (i = 0; i < n; i++) {
		stage->classified[i].classifier = NULL;
		if (stage->conn[i] != NULL || !finish_if_new(stage, i))
			continue;
		s = pkt_of(e, i);
		rules_classify(&s);
	}
	for (i = 0; i < n; i++)
		policy_classify_end(e->policy, POLICY_CT_NEW, &stage->classified[i]);
}

/*
 * Prefetch the connections' second lines for packets that the fast path cannot take, and
 * for all packets their counters (acct) and the generation of the rules, if needed. When
 * no packet of the last burst took the slow path, second lines are not prefetched.
 */
static void
stage_prefetch(struct engine *e, unsigned n)
{
	struct engine_stage *stage = &e->stage;
	bool acct = e->config.acct;
	unsigned i;

	if (!stage->mixed && !acct && e->established_accept)
		return;
	for (i = 0; i < n; i++) {
		const struct flow_conn *conn = stage->conn[i];

		if (conn == NULL)
			continue;
		if (!e->established_accept)
			rte_prefetch0(&stage->family[i]->generation[stage->index[i]]);
		if (stage->mixed && !fast_path_eligible(stage, i))
			rte_prefetch0(flow_cold(&stage->family[i]->table, conn));
		if (acct)
			rte_prefetch0(&stage->family[i]->acct[stage->index[i]]);
	}
}

/*
 * Index of the packet's connection, or FLOW_NONE. The key is looked up again if an
 * earlier packet of the burst has changed the table so that the first result may be
 * wrong.
 */
static __rte_always_inline uint32_t
pkt_index(const struct engine_stage *stage, unsigned i)
{
	const struct engine_family *f = stage->family[i];
	const struct flow_key *key = &stage->packet[i].key;
	uint8_t stale = stage->index[i] == FLOW_NONE ? CHANGED_INSERTED | CHANGED_REMOVED
						     : CHANGED_REMOVED;

	if (f->changed & stale)
		return flow_lookup(&f->table, key, stage->hash[i]);
	return flow_find(&f->table, key, stage->hash[i], stage->index[i]);
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
		policy_count_constant(e->policy, e->policy_state, POLICY_CT_ESTABLISHED,
				      stage->constant_packets, stage->constant_bytes);
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

/* Tell the caller, and readers of packets that pass, what became of packet i. */
static void
observe(const struct pkt_ctx *s, unsigned i)
{
	struct engine *e = s->e;

	if (e->stage.records != NULL)
		pkt_record(s, &e->stage.records[i]);
	if (s->r.verdict == VERDICT_PASS && recorder_wants_passed(e))
		recorder_pass(s);
}

/* The same for a packet that has passed on the fast path, which changes no state. */
static __rte_noinline void
observe_fast(struct engine *e, unsigned i)
{
	struct pkt_ctx s = pkt_of(e, i);

	stage_finish(&e->stage, i);
	recorder_before(&s);
	observe(&s, i);
}

/*
 * Slow path: process a packet that the fast path does not take. shared: a constant,
 * whether a BPF program shares the connections.
 */
static __rte_always_inline void
slow_path(struct engine *e, unsigned i, bool shared)
{
	struct engine_stage *stage = &e->stage;
	struct pkt_ctx s = pkt_of(e, i);

	if (packet_is_fast(&stage->fast[i]))
		stage_finish(stage, i);
	s.index = pkt_index(stage, i);
	if (shared)
		pkt_lock(&s, s.hash);
	if (unlikely(s.p->kind == PACKET_FRAGMENT))
		pkt_fragment(&s);
	else
		pkt_dispatch(&s);
	act(&s);
	if (s.index != FLOW_NONE && s.f->acct != NULL && s.p->kind != PACKET_ICMP_ERROR) {
		if (s.r.verdict == VERDICT_PASS)
			pkt_account(s.f, s.index, s.p->side, s.p->ip_len);
		else if (s.r.verdict == VERDICT_DROP)
			arrays_dropped(&s);
	}
	if (stage->observed)
		observe(&s, i);
	if (shared)
		pkt_unlock(e);
}

/* Process the packets in the order of arrival, on the fast path or the slow path. */
static void
stage_act(struct engine *e, unsigned n)
{
	struct engine_stage *stage = &e->stage;
	unsigned i = 0, next;

	stage->mixed = false;
	while (i < n) {
		next = fast_path_eligible(stage, i) ? fast_path(e, i, n) : i;
		/*
		 * packets on the fast path do not change what the records of others show,
		 * so records can be filled after the run
		 */
		for (; i < next && stage->observed; i++)
			observe_fast(e, i);
		i = next;
		if (i < n) {
			stage->mixed |= stage->conn[i] != NULL;
			slow_path(e, i++, false);
		}
	}
}

/* The same where a BPF program shares the connections: each packet with its lock. */
static __rte_noinline void
stage_act_shared(struct engine *e, unsigned n)
{
	struct engine_stage *stage = &e->stage;
	unsigned i;

	stage->mixed = false;
	for (i = 0; i < n; i++) {
		stage->mixed |= stage->conn[i] != NULL;
		slow_path(e, i, true);
	}
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
	stage->observed = records != NULL || recorder_wants_passed(e);
	stage_find(e, n);
	if (unlikely(e->batch_classify))
		stage_classify(e, n);
	stage_prefetch(e, n);
	if (unlikely(e->config.shared != NULL))
		stage_act_shared(e, n);
	else
		stage_act(e, n);
	burst_end(e);
}
