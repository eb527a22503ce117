/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The evaluation of one packet by a program. Each statement returns the index of the
 * instruction to evaluate next:
 *
 *	walk_next()       the following one
 *	instr->next       the first one of the next rule: the statement did not match
 *	walk_verdict()    the one that a verdict leads to
 */
#ifndef POLICY_WALK_H
#define POLICY_WALK_H

#include "program.h"
#include "state.h"

#define WALK_DECIDED (-1) /* a rule has decided: walk.verdict holds the verdict */
#define WALK_POLICY (-2)  /* the chain's policy decides */

struct walk {
	const struct policy *policy;
	const struct program *program;
	const struct policy_packet *packet; /* NULL: see constant.c */
	struct policy_state *state;
	uint64_t now_ns;
	struct policy_verdict *verdict;
	/*
	 * Counters of matched packets: of each rule, by its number, then of each base
	 * chain's policy.
	 */
	struct policy_counter *hits;
	uint32_t hit_packets; /* packets to add to a hit counter, 0 in a dry run */
	uint32_t hit_bytes;
	uint32_t stack[CHAIN_DEPTH_MAX]; /* instructions that jumps return to */
	unsigned depth;
	bool raw; /* the chain is evaluated before tracking: HOOK_RAW */
	/* evaluate each rule without the classifier: policy_eval_walk() */
	bool unclassified;
	struct policy_class *class;
};

/* Whether the packet has the family and protocol; 0 and PROTO_*: as in struct ir_key. */
static inline bool
walk_applies(const struct walk *w, uint8_t family, uint8_t proto)
{
	return (family == 0 || family == w->packet->family) &&
	       (proto == PROTO_ANY || proto == w->packet->proto);
}

static inline int64_t
walk_next(const struct walk *w, const struct instr *instr)
{
	return instr - w->program->code + 1;
}

/* Count a packet that a rule has matched or a policy has decided. */
static inline void
walk_hit(struct walk *w, uint32_t number)
{
	if (w->hits == NULL) /* the caller wants no counters */
		return;
	w->hits[number].packets += w->hit_packets;
	w->hits[number].bytes += w->hit_bytes;
}

/* Leave a chain, at its end or at a `return`. */
static inline int64_t
walk_return(struct walk *w)
{
	return w->depth > 0 ? (int64_t)w->stack[--w->depth] : WALK_POLICY;
}

/* Set the answer of a reject in the verdict, for the packet's family. */
static inline void
walk_reject(const struct walk *w, const struct ir_verdict *from)
{
	enum { ICMP_UNREACHABLE = 3, ICMPV6_UNREACHABLE = 1 };
	bool v4 = w->packet->family == 4;

	w->verdict->kind = from->reset ? POLICY_REJECT_RESET : POLICY_REJECT_ICMP;
	w->verdict->effects.icmp_type = v4 ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE;
	w->verdict->effects.icmp_code = v4 ? from->icmp_code : from->icmpv6_code;
}

static inline int64_t
walk_verdict(struct walk *w, const struct ir_verdict *verdict, const struct instr *instr)
{
	walk_hit(w, instr->rule);
	switch (verdict->op) {
	case OP_CONTINUE:
		return walk_next(w, instr);
	case OP_JUMP:
		w->stack[w->depth++] = (uint32_t)walk_next(w, instr);
		return w->program->start[verdict->chain];
	case OP_GOTO:
		return w->program->start[verdict->chain];
	case OP_RETURN:
		return walk_return(w);
	case OP_REJECT:
		walk_reject(w, verdict);
		break;
	default:
		w->verdict->kind = verdict->op == OP_DROP ? POLICY_DROP : POLICY_ACCEPT;
		break;
	}
	w->verdict->rule = instr->rule;
	return WALK_DECIDED;
}

#endif
