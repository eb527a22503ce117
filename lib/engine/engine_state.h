/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of an engine. The files of the engine:
 *
 *	engine.c      memory, configuration, counters
 *	burst.c       the stages of a burst
 *	fast_path.c   the next segments of established connections
 *	dispatch.c    calls the file that decides about a kind of packet
 *	record.c      records of verdicts, for the caller of engine_burst()
 *	recorder.c    records of packets that are dropped or logged, for other threads
 *	tcp.c         TCP segments that are not on the fast path
 *	datagram.c    all other packets with a connection, ICMP errors
 *	bypass.c      frames that pass without rules and tracking
 *	fragment.c    holds fragments until their datagram is complete
 *	rules.c       when the rules are evaluated, and what follows
 *	rules_ct.c    the conntrack state of a packet
 *	audit.c       what would be dropped passes, in audit mode
 *	raw.c         the rules that are evaluated before tracking
 *	rules_packet.c what the rules are told about a packet, records of `log`
 *	extra.c       input of rules other than the 5-tuple, and marks
 *	timeouts.c    time-outs that rules have set for connections
 *	ext.c         optional data of connections, in arrays beside the table
 *	open.c        creation of connections
 *	connection.c  timers, removal and views of connections
 *	act.c         transmission of packets and of generated segments
 *	mirror.c      copies of packets for mirror ports
 *	budget.c      rate limits of generated answers
 *	link.c        link layers of connections, for generated segments
 *	expire.c      time-outs and probes
 *	mtu.c         frames too long for the port that they would leave by
 *	list.c        lists, deletes and flushes connections
 *	states.c      counts endpoints by state
 *	walk.c        walks over the connections in pieces
 *	shared.c      what a BPF program needs that shares the connections
 *	pressure.c    eviction when the table is nearly full
 *
 * All of them work on a struct pkt_ctx (pkt.h), the packet being processed. The files
 * that decide fill in its result, r; act.c then does what the result says.
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

#include <base/ticks.h>
#include <engine/engine.h>
#include <engine/records.h>
#include <engine/states.h>
#include <flow/l2.h>
#include <flow/table.h>
#include <fragment/fragment.h>
#include <packet/packet.h>
#include <policy/policy.h>
#include <track/track.h>

#include "budget.h"

/*
 * engine.generation has eight bits: before a number is used again, no connection may
 * still hold it from its previous use. So at this number, engine_expire() sets the
 * generation of all connections to 0, GENERATION_FLUSH_PLACES in each call, and meanwhile
 * no connection stores one.
 */
#define GENERATION_FLUSHING UINT8_MAX
#define GENERATION_FLUSH_PLACES 256u

/* Flags of engine_family.changed: changes of the table since the lookup of the burst. */
#define CHANGED_INSERTED 0x1u /* a lookup that missed may hit now */
/* an index that was found may belong to another connection now */
#define CHANGED_REMOVED 0x2u

/* Packets and bytes that each side of a connection has sent, with conntrack.acct. */
struct engine_acct {
	uint64_t packets[2];
	uint64_t bytes[2];
};

/* Packets of a connection that were dropped, with conntrack.acct. */
struct engine_dropped {
	uint32_t packets[2]; /* by side that has sent them */
	uint8_t reason;      /* enum reason of the last one */
};

/* The connections of an address family. */
struct engine_family {
	struct flow_table table;
	/* both by connection index; NULL: conntrack.acct is off */
	struct engine_acct *acct;
	struct engine_dropped *dropped;
	/* `ct mark` by connection index; NULL: the rules do not use it */
	uint32_t *mark;
	/*
	 * packet_seclabel() of the SYN by connection index, GEN-4; NULL: labels are not
	 * checked
	 */
	uint32_t *seclabel;
	/*
	 * By connection index: the engine.generation of the rules that have accepted all
	 * packets of the connection; 0: none. It is a separate array of bytes, because
	 * the hot line has no room for it, the key must not change with the rules, and
	 * the usual ruleset (established_accept) never reads it.
	 */
	uint8_t *generation;
	uint8_t *states; /* by connection index: states.c */
	/* entry of timeouts.c by connection index; NULL: the rules have no ct timeout */
	uint8_t *timeout;
	bool exists;     /* false: this family has no connections */
	uint8_t changed; /* CHANGED_* */
	/* number of connections from which pressure_relieve() evicts */
	uint32_t high_watermark;
	/* number of free entries that pressure_relieve() keeps */
	uint32_t reserve;
	uint32_t clock_hand;     /* index of the next entry to scan for eviction */
	uint32_t fruitless;      /* entries scanned since the last eviction */
	uint32_t fruitless_tick; /* tick of the last scan that evicted nothing */
};

/*
 * A copy of a connection before a packet, to restore when the rules drop a packet that
 * the tracker passed.
 */
struct engine_saved {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext ext;
};

/* The burst that is being processed: arrays that the stages fill, by packet. */
struct engine_stage {
	struct rte_mbuf **pkts;
	struct engine_record *records; /* NULL: the caller wants no records */
	uint16_t port;
	bool mixed; /* a packet of the last burst took the slow path */
	/* after each packet: fill records, or record for others that it passes */
	bool observed;
	/* family 0: not a fast-path frame, or parsed completely since */
	struct packet_fast fast[ENGINE_BURST_MAX];
	struct packet packet[ENGINE_BURST_MAX]; /* valid unless packet_is_fast() */
	struct engine_family *family[ENGINE_BURST_MAX];
	uint64_t hash[ENGINE_BURST_MAX];
	uint32_t index[ENGINE_BURST_MAX];         /* connection index, or FLOW_NONE */
	struct flow_conn *conn[ENGINE_BURST_MAX]; /* the connection, or NULL */
	struct policy_class classified[ENGINE_BURST_MAX]; /* only with batch_classify */
	struct rte_mbuf *dropped[ENGINE_BURST_MAX];
	unsigned drops;
	/*
	 * packets accepted by the constant verdict for established, counted once per
	 * burst
	 */
	uint64_t constant_packets;
	uint64_t constant_bytes;
};

/*
 * Index in engine.family for packets that never have a connection. Its table is empty, so
 * that every lookup misses.
 */
#define FAMILY_NONE 2

/* What the rules before tracking have set for a packet; 0: nothing. */
struct raw_marks {
	uint32_t mark;
	uint16_t ct_zone;
};

struct engine {
	struct engine_family family[3]; /* IPv4, IPv6, FAMILY_NONE */
	struct engine_stage stage;
	uint64_t now_ns;
	uint32_t now; /* ticks */
	uint32_t next_id;
	const struct policy *policy;
	struct policy_state *policy_state;
	uint32_t policy_id; /* policy_id() of the policy */
	/* generation of the policy, 1 to GENERATION_FLUSHING */
	uint8_t generation;
	uint32_t network[ENGINE_MAX_WIRES]; /* engine_network() of each wire */
	bool established_accept;            /* the rules accept each established packet */
	bool raw;                           /* the rules have chains before tracking */
	bool counts_connections;            /* the rules have `ct count` */
	bool notes_removals; /* counts_connections, or timeouts is not NULL */
	bool batch_classify; /* new packets meet many rules: run stage_classify() */
	struct engine_budget budget;      /* rate limits of generated answers */
	struct fragment_table *fragments; /* NULL: all fragments are dropped */
	/* fragments of the datagram that has just become complete */
	struct fragment_group group;
	struct packet whole;              /* the complete datagram */
	struct engine_timeouts *timeouts; /* NULL: the rules have no ct timeout */
	struct flow_l2 *l2;
	uint64_t link_cursor;  /* position of link.c's walk; ENGINE_CURSOR_END: no walk */
	uint64_t link_walk_ns; /* earliest time of the next walk */
	uint32_t link_runs;    /* number of long runs on the fast path */
	bool link_moved;       /* link layers have changed: a walk is to begin */
	bool watched;          /* changes of connections go to events, or are counted */
	bool counts_states;
	struct rte_ring *events;
	uint64_t *events_lost;
	struct engine_states states;
	/* connections before this position of a walk have been counted */
	uint64_t states_cursor;
	unsigned needs; /* POLICY_NEEDS_* of the rules */
	/* state of the random number generator of `meta random` and `numgen` */
	uint64_t random;
	struct raw_marks raw_marks; /* of the packet being processed */
	bool raw_traced; /* the same: `meta nftrace` of the rules before tracking */
	uint16_t mtu[2 * ENGINE_MAX_WIRES]; /* MTU of each port, 0: not known */
	/* input of the last evaluation, when `needs` is not 0 */
	struct policy_extra extra;
	struct policy_conn extra_conn;
	struct recorder *recorder; /* NULL: no records are made */
	/* the lock held for the packet being processed (flow/lock.h); NULL: none */
	uint32_t *lock;
	struct engine_config config;
	struct engine_stats stats;
	struct engine_saved saved;
	/* engine_expire() begins with IPv6; the families alternate */
	bool expire_v6_first;
	/* position of the walk that clears generations, with GENERATION_FLUSHING */
	uint64_t forget_cursor;
	struct engine_tx tx[]; /* one for each port of the wires, then the mirrors */
};

/* Round up to whole cache lines: each part of the engine's memory begins with one. */
static inline size_t
part_bytes(size_t bytes)
{
	return RTE_ALIGN_CEIL(bytes, (size_t)RTE_CACHE_LINE_SIZE);
}

/* The connection in the form that the trackers take. */
static inline struct track_conn
family_conn(const struct engine_family *f, uint32_t index)
{
	struct flow_conn *conn = flow_conn(&f->table, index);
	struct flow_cold *cold = flow_cold(&f->table, conn);

	return (struct track_conn){&conn->hot, &cold->track, flow_ext(&f->table, cold)};
}

/* The engine's own data of a connection, which the trackers do not use. */
static inline struct flow_meta *
connection_meta(const struct engine_family *f, uint32_t index)
{
	return &flow_cold(&f->table, flow_conn(&f->table, index))->meta;
}

/* Set the engine's time to now_ns. An earlier time than the last is ignored. */
static inline void
engine_advance(struct engine *e, uint64_t now_ns)
{
	if (now_ns <= e->now_ns)
		return;
	e->now_ns = now_ns;
	e->now = ticks_from_ns(now_ns);
}

#endif
