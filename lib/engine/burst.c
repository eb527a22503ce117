/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a burst: stages over arrays, so that what each packet waits for, its header,
 * its bucket, its connection, is waited for by all of them together. The stages only read.
 * Then the packets act, one by one in the order of their arrival: what one does to the
 * tables the next one sees, as if it had come in a burst of its own.
 */
#include <netinet/in.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>

#include <track/tcp_fast.h>

#include "engine_internal.h"

/* Headers are fetched this many packets ahead. */
#define AHEAD 4u

/* .. and buckets are read this many packets after they have been asked for. */
#define PROBE_AFTER 16u

void
engine_advance(struct engine *e, uint64_t now_ns)
{
	if (now_ns <= e->now_ns)
		return;
	e->now_ns = now_ns;
	e->now = ticks_from_ns(now_ns);
}

/* Hash; ask for the bucket. The length of a key of a known family is a constant. */
static __rte_always_inline void
stage_hash(struct engine_stage *stage, unsigned i, struct engine_family *f, size_t bytes)
{
	uint64_t hash = flow_hash(&stage->packet[i].key, bytes, f->table.secret);

	stage->family[i] = f;
	stage->hash[i] = hash;
	flow_prefetch_bucket(&f->table, hash);
}

/* Compare tags; ask for the connection. True: the second bucket has to be read first. */
static __rte_always_inline bool
stage_probe(struct engine_stage *stage, unsigned i)
{
	const struct flow_table *t = &stage->family[i]->table;
	uint32_t index = flow_probe(t, stage->hash[i]);

	stage->index[i] = index;
	stage->conn[i] = index < FLOW_MAYBE ? flow_conn(t, index) : NULL;
	return index == FLOW_MAYBE;
}

/* The few that do not live in their first bucket. */
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

/*
 * Parse, key, hash; ask for the bucket. Of a plain frame only so much is parsed as its lookup
 * needs: most pass without the rest.
 */
static __rte_always_inline void
stage_parse(struct engine *e, const struct rte_mbuf *m, unsigned i, uint8_t side,
	    uint32_t network, uint32_t flags)
{
	struct engine_stage *stage = &e->stage;
	struct packet *p = &stage->packet[i];
	const struct rte_tcp_hdr *tcp = packet_peek(m, side, network, flags, p);

	stage->tcp[i] = tcp;
	if (unlikely(tcp == NULL)) {
		packet_parse_any(m, side, network,
				 flags | engine_parse_flags(&e->config), p);
		stage_hash(stage, i, family_of(e, p), packet_key_bytes(p));
	} else if (p->kind == PACKET_PLAIN4) {
		stage_hash(stage, i, &e->family[0], KEY4_BYTES);
	} else {
		stage_hash(stage, i, &e->family[1], KEY6_BYTES);
	}
}

/*
 * Find the connections. One loop, in which a bucket is read PROBE_AFTER packets after it has
 * been asked for, so that lines are asked for as evenly as can be: the processor can wait for
 * so many at once only.
 */
static __rte_always_inline void
stage_find_from(struct engine *e, unsigned n, uint8_t side)
{
	struct engine_stage *stage = &e->stage;
	struct rte_mbuf **pkts = stage->pkts;
	uint32_t flags = e->config.verify_checksums ? PACKET_VERIFY_IP | PACKET_VERIFY_L4
						    : 0;
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

/* Whether a packet of no connection may begin one; then all of it is parsed. */
static bool
look_new(struct engine_stage *stage, unsigned i)
{
	struct packet *p = &stage->packet[i];

	if (packet_is_plain(p) &&
	    (stage->tcp[i]->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		packet_finish(stage->pkts[i], stage->tcp[i], stage->port & 1, p);
	return p->kind == PACKET_TCP || p->kind == PACKET_UDP;
}

/*
 * Where rules are many, have the new packets of a burst look at them together: what each waits
 * for, others wait for at the same time. It reads, and the answers are as they would have been.
 */
static __rte_noinline void
stage_look(struct engine *e, unsigned n)
{
	struct engine_stage *stage = &e->stage;
	struct engine_step s;
	unsigned i;

	for (i = 0; i < n; i++) {
		stage->look[i].classifier = NULL;
		if (stage->conn[i] != NULL || !look_new(stage, i))
			continue;
		s = step_of(e, i);
		rules_look(&s);
	}
	for (i = 0; i < n; i++)
		policy_classify_end(e->policy, POLICY_CT_NEW, &stage->look[i]);
}

/* Whether pass_run() may be for packet i: it is plain, and so is its connection. */
static __rte_always_inline bool
is_ordinary(const struct engine_stage *stage, unsigned i)
{
	const struct flow_conn *conn = stage->conn[i];

	return conn != NULL && packet_is_plain(&stage->packet[i]) &&
	       tcp_fast_pair(&conn->hot) &&
	       (stage->tcp[i]->tcp_flags & TCP_FAST_FLAGS) == TCP_ACK;
}

/*
 * Ask for what packets need that are not ordinary: their connections' second lines; and all,
 * with acct, and where the rules judge established packets. Where no connection of the last
 * burst needed a second line, none of this one is taken to.
 */
static void
stage_ask(struct engine *e, unsigned n)
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
		if (stage->mixed && !is_ordinary(stage, i))
			rte_prefetch0(flow_cold(&stage->family[i]->table, conn));
		if (acct)
			rte_prefetch0(&stage->family[i]->acct[stage->index[i]]);
	}
}

/* The packet's connection, now that those before it in the burst have acted. */
static uint32_t
step_index(const struct engine_stage *stage, unsigned i)
{
	const struct engine_family *f = stage->family[i];
	const struct flow_key *key = &stage->packet[i].key;

	if (stage->conn[i] == NULL && f->changed == 0)
		return FLOW_NONE;
	if (stage->conn[i] != NULL && !(f->changed & CHANGED_REMOVED) &&
	    flow_is_key_of(stage->conn[i], f->table.family, key))
		return stage->index[i];
	return flow_lookup(&f->table, key, stage->hash[i]);
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
			step_drop(s, packet_type_carries(s->p->ether_type)
					     ? REASON_ENCAPSULATED
					     : REASON_NON_IP);
		break;
	default:
		step_drop(s, s->p->reason);
		break;
	}
}

static inline void
account(const struct engine_family *f, uint32_t index, uint8_t side,
	const struct packet *p)
{
	struct engine_acct *acct = &f->acct[index];

	acct->packets[side]++;
	acct->bytes[side] += p->ip_len;
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
	if (flow_id_class(&fc->id) != FLOW_TCP)
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
		policy_count_constant(e->policy, e->policy_state, POLICY_CT_ESTABLISHED,
				      stage->constant_packets, stage->constant_bytes);
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

/* Whether the rules and its label let packet i pass in pass_run(). */
static bool
pass_asked(const struct engine *e, unsigned i)
{
	const struct engine_family *f = e->stage.family[i];

	return f->label == NULL && (e->established_accept ||
				    f->generation[e->stage.index[i]] == e->generation);
}

/* Whether it is the key of a packet of that kind, PACKET_PLAIN4 or PACKET_PLAIN6. */
static __rte_always_inline bool
pass_is_key(const struct packet *p, const struct flow_conn *conn)
{
	if (p->kind == PACKET_PLAIN4)
		return flow_is_key_of(conn, 4, &p->key);
	return p->kind == PACKET_PLAIN6 && flow_is_key_of(conn, 6, &p->key);
}

/* Whether it is the connection's next segment, which then has passed. */
static __rte_always_inline bool
pass_next(struct flow_conn *conn, const struct rte_tcp_hdr *tcp, uint32_t l4_len,
	  uint8_t side, uint32_t now)
{
	struct tcp_segment seg;

	packet_plain_segment(tcp, l4_len, &seg);
	if (!tcp_next_fits(&conn->hot, side, &seg))
		return false;
	if ((conn->hot.flags & TRACK_TS) &&
	    !(packet_plain_timestamps(tcp, &seg) &&
	      tcp_fast_timestamps(&conn->hot, side, &seg)))
		return false;
	tcp_next_take(&conn->hot, side, &seg, now);
	return true;
}

/*
 * The way of nearly every packet: the next segment of an ESTABLISHED connection that the
 * rules have let in. Let such packets pass from i on, and return the first that is something
 * else, to which nothing has been done, or n. plain: established packets are accepted whatever
 * they are, and nothing else is wanted of them. Nothing is called here but with !plain, and
 * the side is a constant, so that all is in registers.
 */
static __rte_always_inline unsigned
pass_run(struct engine *e, unsigned i, unsigned n, uint8_t side, bool plain)
{
	struct engine_stage *stage = &e->stage;
	struct engine_tx *tx = &e->tx[stage->port ^ 1];
	unsigned first = i, room = ENGINE_TX_MAX - tx->count;
	uint32_t now = e->now;
	uint64_t bytes = 0;

	if ((e->family[0].changed | e->family[1].changed) & CHANGED_REMOVED)
		return i;
	if (n - i > room)
		n = i + room;
	for (; i < n; i++) {
		const struct packet *p = &stage->packet[i];
		struct flow_conn *conn = stage->conn[i];

		if (conn == NULL || !pass_is_key(p, conn) ||
		    (!plain && !pass_asked(e, i)) ||
		    !pass_next(conn, stage->tcp[i], p->l4_len, side, now))
			break;
		bytes += p->ip_len;
		if (!plain && stage->family[i]->acct != NULL)
			account(stage->family[i], stage->index[i], side, p);
	}
	memcpy(&tx->pkts[tx->count], &stage->pkts[first],
	       (i - first) * sizeof(*tx->pkts));
	tx->count += (uint16_t)(i - first);
	e->stats.passed += i - first;
	if (e->established_accept) {
		stage->constant_packets += i - first;
		stage->constant_bytes += bytes;
	}
	return i;
}

static __rte_noinline unsigned
pass(struct engine *e, unsigned i, unsigned n)
{
	bool plain = e->established_accept && !e->config.acct &&
		     !e->config.track.ip_security_match;
	unsigned end;

	switch ((plain ? 2 : 0) | (e->stage.port & 1)) {
	case 0:
		end = pass_run(e, i, n, 0, false);
		break;
	case 1:
		end = pass_run(e, i, n, 1, false);
		break;
	case 2:
		end = pass_run(e, i, n, 0, true);
		break;
	default:
		end = pass_run(e, i, n, 1, true);
		break;
	}
	if (end - i <= LINK_SHORT_RUN || unlikely(++e->link_runs % LINK_SAMPLE_RUNS == 0))
		link_sample(e, i, end);
	return end;
}

/* The record of a packet that has passed in pass_run(). */
static void
record_passed(struct engine *e, unsigned i)
{
	struct engine_step s = step_of(e, i);

	step_record(&s, &e->stage.records[i]);
}

/* The way of all other packets. */
static void
step_rest(struct engine *e, unsigned i)
{
	struct engine_stage *stage = &e->stage;
	struct engine_step s = step_of(e, i);

	s.index = step_index(stage, i);
	if (packet_is_plain(s.p))
		packet_finish(s.m, stage->tcp[i], stage->port & 1, &stage->packet[i]);
	step_judge(&s);
	act(&s);
	if (s.index != FLOW_NONE && s.f->acct != NULL && s.r.verdict == VERDICT_PASS &&
	    s.p->kind != PACKET_ICMP_ERROR)
		account(s.f, s.index, s.p->side, s.p);
	if (stage->records != NULL)
		step_record(&s, &stage->records[i]);
}

/* The packets act, in the order of their arrival. */
static void
stage_act(struct engine *e, unsigned n)
{
	struct engine_stage *stage = &e->stage;
	unsigned i = 0, next;

	stage->mixed = false;
	while (i < n) {
		next = is_ordinary(stage, i) ? pass(e, i, n) : i;
		/* nothing of what passes there changes a record of another */
		for (; i < next && stage->records != NULL; i++)
			record_passed(e, i);
		i = next;
		if (i < n) {
			stage->mixed |= stage->conn[i] != NULL;
			step_rest(e, i++);
		}
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
	stage_find(e, n);
	if (unlikely(e->looks))
		stage_look(e, n);
	stage_ask(e, n);
	stage_act(e, n);
	burst_end(e);
}
