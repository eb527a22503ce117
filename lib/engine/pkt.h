/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet being processed, and the functions that process one: each decides about a
 * kind of packet and fills in the result, s->r; act() does what the result says.
 */
#ifndef ENGINE_PKT_H
#define ENGINE_PKT_H

#include <stdbool.h>
#include <stdint.h>

#include <packet/packet.h>
#include <policy/policy.h>
#include <track/track.h>

#include "engine_state.h"

/* The packet being processed. */
struct pkt_ctx {
	struct engine *e;
	struct rte_mbuf *m;
	const struct packet *p; /* valid once the packet is parsed completely */
	/* family of the packet or its connection; entry FAMILY_NONE without one */
	struct engine_family *f;
	uint64_t hash; /* hash of the packet's key */
	struct policy_class
		*classified; /* set by stage_classify(); NULL without batch_classify */
	uint32_t index;      /* connection index, or FLOW_NONE */
	uint16_t port;       /* the port that received it */
	uint8_t icmp_type;   /* type of the ICMP error, with ACTION_ICMP */
	uint8_t icmp_code;
	uint8_t ct;           /* enum policy_ct of the last evaluation */
	bool has_before;      /* recorder_before() has filled before_* */
	uint8_t before_ep[2]; /* track_hot.ep, before the packet */
	uint8_t before_flags; /* track_cold.flags, before the packet */
	bool raw_done;        /* the rules before tracking have been evaluated: raw.c */
	/* `ct mark` for the connection that the packet may open */
	uint32_t ct_mark;
	/* the answer is that of a rule's `reject` */
	bool rejected;
	bool audited;      /* it would have been dropped, and has been counted: audit.c */
	uint16_t icmp_mtu; /* MTU in a "packet too big"; 0: another error */
	struct policy_verdict rules; /* last verdict of the rules */
	struct track_result r;       /* what is to be done with the packet */
};

/* Parse the rest of packet i, a fast-path frame. */
static inline void
stage_finish(struct engine_stage *stage, unsigned i)
{
	packet_finish(stage->pkts[i], &stage->fast[i], stage->port & 1,
		      &stage->packet[i]);
}

/* Initialise the context of the i-th packet of the burst. */
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

/* The family whose table may have the connection of a completely parsed packet. */
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

/* One of the ports of the wire that the packet crosses. */
static inline uint16_t
port_of(const struct pkt_ctx *s, uint8_t side)
{
	return (uint16_t)((s->port & ~1u) | side);
}

/* dispatch.c: decide about a packet that is not a fragment. Fills s->r. */
void pkt_dispatch(struct pkt_ctx *s);

/* tcp.c: process a TCP segment. s->index is its connection, or FLOW_NONE. */
void pkt_tcp(struct pkt_ctx *s);

/* datagram.c: process other packets, ICMP errors, and neighbour discovery. */
void pkt_datagram(struct pkt_ctx *s);
void pkt_icmp_error(struct pkt_ctx *s);
void pkt_untracked(struct pkt_ctx *s); /* neighbour discovery */

/* bypass.c: whether the packet passes without rules and tracking. If so, s->r is set. */
bool pkt_bypass(struct pkt_ctx *s);

/* fragment.c: hold a fragment, and process the datagram when it is complete. */
void pkt_fragment(struct pkt_ctx *s);

/*
 * Drop datagrams that have timed out, about max fragments. Returns the number of
 * fragments, at most max.
 */
unsigned fragments_expire(struct engine *e, unsigned max);

/* record.c: fill a record of the verdict, for the caller of engine_burst(). */
void pkt_record(const struct pkt_ctx *s, struct engine_record *record);

/*
 * Put a packet into a port's transmit buffer. When that is full, frees m and returns
 * false.
 */
bool act_send(struct engine *e, uint16_t port, struct rte_mbuf *m);

/* Do what s->r says. The stage collects packets to be dropped. */
void act(struct pkt_ctx *s);

/*
 * TIM-1: send both probes of a connection. Returns false when at least one could not be
 * sent, for lack of a buffer or of a known link layer.
 */
bool act_probe(struct engine *e, const struct engine_family *f, uint32_t index,
	       const struct tcp_segment probe[2]);

/* GEN-6: send RSTs to both endpoints of a TCP connection, if link layers are known. */
void act_resets(struct engine *e, const struct engine_family *f, uint32_t index);

#endif
