/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the engine share.
 *
 *	engine.c      memory, configuration, counters
 *	burst.c       the stages of a burst
 *	fast_path.c   the next segments of established connections
 *	dispatch.c    which file decides about a packet, by its kind
 *	record.c      what became of a packet, for the caller
 *	tcp.c         TCP segments that are not on the fast path
 *	datagram.c    all other packets with a connection, ICMP errors
 *	bypass.c      frames that pass without rules and tracking
 *	fragment.c    fragments wait until their datagram is complete
 *	rules.c       when the rules are evaluated, and what follows
 *	ext.c         what is known of each connection beside its entry in the table
 *	open.c        the beginning of a connection
 *	connection.c  its timer, its end, and its view for lists and events
 *	act.c         transmission of packets and of generated segments
 *	budget.c      rate limits of generated answers
 *	link.c        link layers of connections, for generated segments
 *	expire.c      time-outs and probes
 *	mtu.c         frames too long for the port that they would leave by
 *	list.c        walking, deleting, flushing
 *	pressure.c    eviction when the table is nearly full
 *
 * All of them work on a struct pkt_ctx, the packet being processed. The files that decide
 * fill in its result, r; act.c then does what the result says.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include <engine/engine.h>

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <base/ticks.h>
#include <flow/l2.h>
#include <flow/table.h>
#include <policy/policy.h>
#include <track/track.h>

/* budget.c: what answers packets. */
enum budget_kind {
	BUDGET_REJECT,    /* a rule's `reject`: RST or ICMP error */
	BUDGET_RST,       /* the tracker's: GEN-1, GEN-2, GEN-4 */
	BUDGET_CHALLENGE, /* ACC-9 */
	BUDGET_ICMP,      /* an ICMP error other than that of a rule */
	BUDGET_KINDS,
};

#define BUDGET_BUCKETS 4096u /* a power of two */

struct budget_bucket {
	uint32_t second; /* that left is of */
	uint32_t left;
};

struct engine_budget {
	uint64_t random;            /* state of the generator */
	uint64_t second;            /* the current one */
	uint64_t salt;              /* of this second, in the hash of a source */
	uint32_t all[BUDGET_KINDS]; /* left for all sources */
	struct budget_bucket bucket[BUDGET_BUCKETS];
};

/*
 * engine.generation has eight bits: before a number is used again, no connection may hold
 * it from its last use. So when this one is reached, engine_expire() sets the generation
 * of all connections to 0, GENERATION_FLUSH_PLACES a call, and none is stored meanwhile.
 */
#define GENERATION_FLUSHING UINT8_MAX
#define GENERATION_FLUSH_PLACES 256u

/* engine_family.changed: what has happened to the table since the burst was looked up. */
#define CHANGED_INSERTED 0x1u /* a miss may be a hit by now */
#define CHANGED_REMOVED 0x2u  /* a hit may be another's */

/* With conntrack.acct: what each side of a connection has sent. */
struct engine_acct {
	uint64_t packets[2];
	uint64_t bytes[2];
};

/* The connections of an address family. */
struct engine_family {
	struct flow_table table;
	struct engine_acct *acct; /* by connection index; NULL: not counted */
	uint32_t *seclabel; /* the same: packet_seclabel() of the SYN, GEN-4; or NULL */
	uint8_t *
		/* the same: engine.generation of the rules it remembers, 0: none */
		generation;
	bool exists;             /* false: no connections of this family, ever */
	uint8_t changed;         /* CHANGED_* */
	uint32_t high_watermark; /* connections, for pressure_relieve() */
	uint32_t reserve;        /* free entries, for pressure_relieve() */
	uint32_t clock_hand;     /* the next entry to scan for eviction */
	uint32_t fruitless;      /* entries scanned since the last eviction */
	uint32_t fruitless_tick; /* of that scan */
};

/*
 * A connection as it was before a packet, should the rules drop what the tracker passed.
 */
struct engine_saved {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext ext;
};

/* The burst in work, an array a stage. */
struct engine_stage {
	struct rte_mbuf **pkts;
	struct engine_record *records; /* or NULL */
	uint16_t port;
	bool mixed; /* a connection of the last burst was on the slow path */
	struct packet packet[ENGINE_BURST_MAX];
	const struct rte_tcp_hdr *tcp[ENGINE_BURST_MAX]; /* packet_is_fast() only */
	struct engine_family *family[ENGINE_BURST_MAX];
	uint64_t hash[ENGINE_BURST_MAX];
	uint32_t index[ENGINE_BURST_MAX];         /* of the connection, or FLOW_NONE */
	struct flow_conn *conn[ENGINE_BURST_MAX]; /* the connection, or NULL */
	struct policy_class classified[ENGINE_BURST_MAX]; /* with batch_classify */
	struct rte_mbuf *dropped[ENGINE_BURST_MAX];
	unsigned drops;
	/* accepted by the constant rules of ct state established: counted once a burst */
	uint64_t constant_packets;
	uint64_t constant_bytes;
};

/*
 * Index in engine.family for packets that never have a connection. Its table is empty, so
 * that every lookup misses.
 */
#define FAMILY_NONE 2

struct engine {
	struct engine_family family[3]; /* IPv4, IPv6, FAMILY_NONE */
	struct engine_stage stage;
	uint64_t now_ns;
	uint32_t now; /* ticks */
	uint32_t next_id;
	const struct policy *policy;
	struct policy_state *policy_state;
	uint8_t generation;                 /* of the policy, 1 to GENERATION_FLUSHING */
	uint32_t network[ENGINE_MAX_WIRES]; /* engine_network() */
	bool established_accept;            /* whatever the packet */
	bool batch_classify; /* the rules of new packets are many: stage_classify() */
	struct engine_budget budget;      /* of what answers packets */
	struct fragment_table *fragments; /* NULL: all are dropped */
	struct fragment_group group;      /* just taken out of fragments */
	struct packet whole;              /* its datagram */
	struct flow_l2 *l2;
	uint64_t link_cursor;  /* of the walk of link.c; ENGINE_CURSOR_END: none */
	uint64_t link_walk_ns; /* when the next one may begin */
	uint32_t link_runs;    /* long runs on the fast path */
	bool link_moved;       /* a walk is wanted */
	struct rte_ring *events;
	uint64_t *events_lost;
	struct engine_config config;
	struct engine_stats stats;
	struct engine_saved saved;
	bool expire_v6_first;   /* the families take turns */
	uint64_t forget_cursor; /* with GENERATION_FLUSHING */
	struct engine_tx tx[];  /* one a port */
};

/* The packet being processed. */
struct pkt_ctx {
	struct engine *e;
	struct rte_mbuf *m;
	const struct packet *p;
	struct engine_family *f; /* of the packet or its connection, or FAMILY_NONE's */
	uint64_t hash;           /* of the packet's key */
	struct policy_class
		*classified; /* of stage_classify(); NULL without batch_classify */
	uint32_t index;      /* connection, or FLOW_NONE */
	uint16_t port;       /* where it came in */
	uint8_t icmp_type;   /* with ACTION_ICMP */
	uint8_t icmp_code;
	bool rejected;               /* by a rule, which the answer is of */
	uint16_t icmp_mtu;           /* of "packet too big", or 0 */
	struct policy_verdict rules; /* the last answer of the rules */
	struct track_result r;       /* what becomes of the packet */
};

/* A part of the engine's block of memory starts and ends with a cache line. */
static inline size_t
part_bytes(size_t bytes)
{
	return RTE_ALIGN_CEIL(bytes, (size_t)RTE_CACHE_LINE_SIZE);
}

/* The i-th packet of the burst, before any decision. */
static inline struct pkt_ctx
pkt_of(struct engine *e, unsigned i)
{
	struct engine_stage *stage = &e->stage;

	return (struct pkt_ctx){
		.e = e,
		.m = stage->pkts[i],
		.p = &stage->packet[i],
		.f = stage->family[i],
		.hash = stage->hash[i],
		.classified = e->batch_classify ? &stage->classified[i] : NULL,
		.index = stage->index[i],
		.port = stage->port,
		.r.verdict = VERDICT_PASS,
	};
}

static inline void
pkt_pass(struct pkt_ctx *s)
{
	s->r.verdict = VERDICT_PASS;
	s->r.reason = REASON_NONE;
}

static inline void
pkt_drop(struct pkt_ctx *s, enum reason reason)
{
	s->r.verdict = VERDICT_DROP;
	s->r.reason = (uint8_t)reason;
}

/* The family whose table may have the connection of a packet, parsed as a whole. */
static inline struct engine_family *
family_of(struct engine *e, const struct packet *p)
{
	switch (p->kind) {
	case PACKET_TCP:
	case PACKET_UDP:
	case PACKET_ICMP_QUERY:
	case PACKET_OTHER:
		return &e->family[p->family == 4 ? 0 : 1];
	default:
		return &e->family[FAMILY_NONE];
	}
}

/* A port of the wire that the packet crosses. */
static inline uint16_t
port_of(const struct pkt_ctx *s, uint8_t side)
{
	return (uint16_t)((s->port & ~1u) | side);
}

/* A connection as the trackers see it. */
static inline struct track_conn
family_conn(const struct engine_family *f, uint32_t index)
{
	struct flow_conn *conn = flow_conn(&f->table, index);
	struct flow_cold *cold = flow_cold(&f->table, conn);

	return (struct track_conn){&conn->hot, &cold->track, flow_ext(&f->table, cold)};
}

/* engine.c */

/* Set the engine's time to now_ns; one that is before the last is ignored. */
void engine_advance(struct engine *e, uint64_t now_ns);

/* dispatch.c: decide about a packet that is not a fragment. Fills s->r. */
void pkt_dispatch(struct pkt_ctx *s);

/* record.c */
void pkt_record(const struct pkt_ctx *s, struct engine_record *record);

/* tcp.c: s->index is the connection's, or FLOW_NONE. */
void pkt_tcp(struct pkt_ctx *s);

/* datagram.c */
void pkt_datagram(struct pkt_ctx *s);
void pkt_icmp_error(struct pkt_ctx *s);
void pkt_untracked(struct pkt_ctx *s); /* neighbour discovery */

/* bypass.c: true: the packet passes without rules and tracking; s->r says so. */
bool pkt_bypass(struct pkt_ctx *s);

/* fragment.c */
void pkt_fragment(struct pkt_ctx *s);

/*
 * Drop the datagrams whose time is over, about max fragments. Returns their number, max
 * at most.
 */
unsigned fragments_expire(struct engine *e, unsigned max);

/* rules.c */

/* The conntrack state of a packet from side of a connection. */
enum policy_ct rules_ct(const struct track_hot *hot, uint8_t side);

/* Evaluate the rules into s->rules. Returns whether they accept. */
bool rules_eval(struct pkt_ctx *s, enum policy_ct ct);

/* Begin the batch classification of a packet, in s->classified, which is not NULL. */
void rules_classify(const struct pkt_ctx *s);

/* Drop or reject, as s->rules says. */
void rules_refuse(struct pkt_ctx *s);

/* Whether a packet of the connection s->index passes without evaluating the rules. */
bool rules_known(const struct pkt_ctx *s, enum policy_ct ct);

/* Count a packet that rules_known() has let pass in the counters of the rules. */
void rules_count(struct pkt_ctx *s, enum policy_ct ct);

/* s->rules has accepted the packet: if all of its connection, store that. */
void verdict_cache_store(struct pkt_ctx *s);

/* The tracker has found the packet invalid: with enforce_ruleset the rules decide. */
void rules_invalid(struct pkt_ctx *s);

/* ext.c: the arrays of a family, by connection index. */

/* Bytes of memory that they need, as many as arrays_init() uses. */
size_t arrays_bytes(const struct engine_config *config, uint32_t connections);

/* What these bytes are for; the other members of sizes stay. */
void arrays_sizes(const struct engine_config *config, uint32_t connections,
		  struct engine_family_sizes *sizes);

/* memory is zeroed and starts a cache line. */
void arrays_init(struct engine_family *f, char *memory,
		 const struct engine_config *config, uint32_t connections);

/* The packet opens connection s->index: its entries start anew. */
void arrays_open(const struct pkt_ctx *s);

/* open.c */

/*
 * Index a connection with the packet's key; false, and s dropped, when there is no room.
 */
bool connection_insert(struct pkt_ctx *s);

/* The tracker has opened it: number, rule, timer, event. */
void connection_opened(struct pkt_ctx *s);

/* connection.c */

/* Arm its timer for its next deadline. */
void connection_arm(struct engine *e, struct engine_family *f, uint32_t index);

/* Arm its timer for tick at. */
void connection_arm_at(struct engine *e, struct engine_family *f, uint32_t index,
		       uint32_t at);

void connection_remove(struct engine *e, struct engine_family *f, uint32_t index);
void connection_remove_hashed(struct engine *e, struct engine_family *f, uint32_t index,
			      uint64_t hash);

/* What lists and events show of it at tick now. */
void connection_view(const struct engine *e, const struct engine_family *f,
		     uint32_t index, uint32_t now, struct engine_view *view);

/* Tell the ring, if there is one. */
void connection_event(struct engine *e, const struct engine_family *f, uint32_t index,
		      enum engine_event_kind kind);

/* list.c */

/*
 * The next connection of a walk; its family is *cursor >> 32. FLOW_NONE at the end, or
 * when *places, counted down by the entries read, has reached 0.
 */
uint32_t walk_next(const struct engine *e, uint64_t *cursor, unsigned *places);

/* pressure.c */

/* The table's size is known. */
void pressure_init(struct engine_family *f);

/* Before an insertion: evict stale connections if the table is nearly full. */
void pressure_relieve(struct engine *e, struct engine_family *f);

/* The table is full: evict. False: no connection scanned may be evicted. */
bool pressure_evict(struct engine *e, struct engine_family *f);

/* act.c */

/* Put into a port's transmit buffer; false, and m freed, when it is full. */
bool act_send(struct engine *e, uint16_t port, struct rte_mbuf *m);

/* Do what s->r says. A packet to be dropped is collected in the stage. */
void act(struct pkt_ctx *s);

/*
 * TIM-1: send both probes of a connection. False: at least one of them could not be sent,
 * for lack of a buffer, or because its link layer is not known.
 */
bool act_probe(struct engine *e, const struct engine_family *f, uint32_t index,
	       const struct tcp_segment probe[2]);

/* budget.c */

void budget_init(struct engine_budget *b, const uint8_t *secret);

/* Whether one more packet of this kind may answer the sender of p. */
bool budget_take(struct engine *e, enum budget_kind kind, const struct packet *p);

/* link.c */

#define LINK_SHORT_RUN 2u /* all packets of a run on the fast path are sampled */
#define LINK_SAMPLE_RUNS                                                                 \
	16u /* of longer runs one packet in this many runs, a power of two */

/*
 * link_first(): the connection has no link layers yet. link_change(): those of the
 * packet's frame differ from the ones that it has.
 */
void link_first(struct pkt_ctx *s);
void link_change(struct pkt_ctx *s);

/*
 * Whether tags are those of a frame; their priority may change from segment to segment.
 */
static inline bool
link_tags_equal(const rte_be16_t (*tag)[2], const char *frame, unsigned n)
{
	rte_be16_t seen[2];
	unsigned i;

	for (i = 0; i < n; i++) {
		memcpy(seen, frame + i * RTE_VLAN_HLEN, sizeof(seen));
		if (seen[0] != tag[i][0] ||
		    ((seen[1] ^ tag[i][1]) & RTE_BE16(RTE_VLAN_ID_MASK)) != 0)
			return false;
	}
	return true;
}

/*
 * Whether the packet has this link layer, and leaves by its port. Compares addresses and
 * tags as bytes of the frame.
 */
static inline bool
link_is_of(const struct reply_l2 *l2, const struct pkt_ctx *s)
{
	const char *head = rte_pktmbuf_mtod(s->m, const char *);

	if (s->m->data_len < s->p->l3_off || l2->vlans != s->p->vlans ||
	    l2->pppoe != s->p->pppoe || l2->port != (s->port ^ 1))
		return false;
	return memcmp(&l2->dst, head, 2 * RTE_ETHER_ADDR_LEN) == 0 &&
	       link_tags_equal(l2->tag, head + 2 * RTE_ETHER_ADDR_LEN, l2->vlans);
}

/*
 * The tracker has accepted the TCP segment: learn the link layer of its direction.
 */
static inline void
link_learn(struct pkt_ctx *s)
{
	struct flow_conn *conn = flow_conn(&s->f->table, s->index);
	const struct flow_l2_pair *pair =
		flow_l2_get(s->e->l2, flow_cold(&s->f->table, conn)->track.l2);
	uint8_t x = s->p->side;

	if (unlikely(conn->hot.flags & TRACK_RELEARN(x)))
		conn->hot.flags &= (uint8_t)~TRACK_RELEARN(x);
	if (unlikely(pair == NULL))
		link_first(s);
	else if (unlikely(!link_is_of(&pair->to[!x], s)))
		link_change(s);
}

/*
 * Packets first to end - 1 of the burst have passed on the fast path: learn from all of
 * them, or from one if there are more than LINK_SHORT_RUN.
 */
void link_sample(struct engine *e, unsigned first, unsigned end);

/* If link_moved, make all connections learn again, some a call. */
void link_walk(struct engine *e);

#endif
