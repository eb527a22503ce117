/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk of one packet through a program. Each statement returns the index of the
 * instruction to go on with:
 *
 *	walk_next()       the one behind it
 *	instr->next       the first one of the next rule: the statement did not match
 *	walk_verdict()    where a verdict leads
 */
#ifndef POLICY_WALK_H
#define POLICY_WALK_H

#include "program.h"
#include "state.h"

#define WALK_DECIDED (-1) /* by a rule: walk.verdict is made */
#define WALK_POLICY (-2)  /* the chain's policy decides */

struct walk {
	const struct policy *policy;
	const struct program *program;
	const struct policy_packet *packet; /* NULL: see constant.c */
	struct policy_state *state;
	uint64_t now_ns;
	struct policy_verdict *verdict;
	uint32_t stack[CHAIN_DEPTH_MAX]; /* where jumps return to */
	unsigned depth;
	bool unclassified; /* evaluate each rule: policy_eval_walk() */
	struct policy_class *class;
};

static inline int64_t
walk_next(const struct walk *w, const struct instr *instr)
{
	return instr - w->program->code + 1;
}

/* At the end of a chain, or at a `return`. */
static inline int64_t
walk_return(struct walk *w)
{
	return w->depth > 0 ? (int64_t)w->stack[--w->depth] : WALK_POLICY;
}

/* The answer of a reject, for the packet's family. */
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
