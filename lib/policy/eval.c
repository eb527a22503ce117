/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk through a program, one packet: chain after chain in the order of their
 * priorities. An accept ends a base chain and the next one is asked; a drop or reject is
 * final. The last accepting rule is the one that is reported.
 */
#include "policy_internal.h"
#include "program.h"

#define ICMP_UNREACHABLE 3
#define ICMPV6_UNREACHABLE 1

struct walk {
	const struct policy *policy;
	const struct program *program;
	const struct policy_packet *packet;
	struct policy_counter *counters;
	struct policy_verdict *verdict;
	uint32_t stack[CHAIN_DEPTH_MAX];
	unsigned depth;
	bool unclassified; /* evaluate each rule: policy_eval_walk() */
	struct policy_class *class;
};

static bool
match_test(struct walk *w, const struct ir_match *match)
{
	if (!key_concerns(&match->key, w->packet))
		return false;
	if (match->key.nfields == 0)
		return true;
	if (match->key.per_packet)
		w->verdict->cacheable = false;
	return (match->set->all || match_find(match, w->packet) >= 0) != match->negate;
}

/* NULL: nothing is said, the rule ends. */
static const struct ir_verdict *
map_find(struct walk *w, const struct ir_match *map)
{
	int64_t at;

	if (!key_concerns(&map->key, w->packet))
		return NULL;
	if (map->key.per_packet)
		w->verdict->cacheable = false;
	at = match_find(map, w->packet);
	if (at >= 0)
		return &map->set->verdicts[at];
	return map->set->all ? &map->set->otherwise : NULL;
}

static void
count(struct policy_counter *counters, uint32_t counter, uint64_t packets, uint64_t bytes)
{
	if (counters == NULL)
		return;
	counters[counter].packets += packets;
	counters[counter].bytes += bytes;
}

/* A final verdict in the terms of the packet's family. */
static void
verdict_of(const struct ir_verdict *from, uint8_t family, struct policy_verdict *to)
{
	if (from->op != OP_REJECT) {
		to->kind = from->op == OP_DROP ? POLICY_DROP : POLICY_ACCEPT;
		return;
	}
	to->kind = from->reset ? POLICY_REJECT_RESET : POLICY_REJECT_ICMP;
	to->icmp_type = family == 4 ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE;
	to->icmp_code = family == 4 ? from->icmp_code : from->icmpv6_code;
}

/* Where to go on after a verdict, or -1: the base chain is done. */
static int64_t
verdict_take(struct walk *w, const struct ir_verdict *verdict, const struct instr *at)
{
	uint32_t after = (uint32_t)(at - w->program->code) + 1;

	switch (verdict->op) {
	case OP_CONTINUE:
		return after;
	case OP_JUMP:
		w->stack[w->depth++] = after;
		return w->program->start[verdict->chain];
	case OP_GOTO:
		return w->program->start[verdict->chain];
	case OP_RETURN:
		if (w->depth > 0)
			return w->stack[--w->depth];
		return -2;
	default:
		verdict_of(verdict, w->packet->family, w->verdict);
		w->verdict->rule = at->rule;
		return -1;
	}
}

/* One base chain. */
static void
chain_walk(struct walk *w, uint32_t number)
{
	const struct ir_verdict *verdict;
	const struct instr *instr;
	int64_t pc = w->program->start[number];

	w->depth = 0;
	while (pc >= 0) {
		instr = &w->program->code[pc];
		switch (instr->op) {
		case INSTR_MATCH:
			pc = match_test(w, instr->match) ? pc + 1 : instr->next;
			break;
		case INSTR_VMAP:
			verdict = map_find(w, instr->match);
			pc = verdict != NULL ? verdict_take(w, verdict, instr)
					     : instr->next;
			break;
		case INSTR_COUNT:
			count(w->counters, instr->counter, 1, w->packet->length);
			w->verdict->cacheable = false;
			pc++;
			break;
		case INSTR_VERDICT:
			pc = verdict_take(w, &instr->verdict, instr);
			break;
		case INSTR_CLASSIFY:
			if (instr->classifier == NULL || w->unclassified)
				pc++;
			else
				pc = classifier_next(instr->classifier, w->class,
						     w->packet, instr->index);
			break;
		default:
			pc = w->depth > 0 ? (int64_t)w->stack[--w->depth] : -2;
			break;
		}
	}
	if (pc == -2) { /* nothing was said: the chain's policy */
		w->verdict->kind = w->policy->ir.chains[number].drop ? POLICY_DROP
								     : POLICY_ACCEPT;
		w->verdict->rule = 0;
	}
}

static void
eval(struct walk *w)
{
	const struct policy *policy = w->policy;
	uint8_t family;
	uint32_t i;

	w->program = &policy->program[w->packet->ct];
	*w->verdict = (struct policy_verdict){.kind = POLICY_ACCEPT, .cacheable = true};
	for (i = 0; i < policy->ir.nbase && w->verdict->kind == POLICY_ACCEPT; i++) {
		family = policy->ir.chains[policy->base[i]].family;
		if (family == 0 || family == w->packet->family)
			chain_walk(w, policy->base[i]);
	}
}

/* The classifier with which the first base chain of a family begins, or NULL. */
static const struct classifier *
first_classifier(const struct policy *policy, uint8_t family, uint8_t ct)
{
	const struct program *program = &policy->program[ct];
	const struct ir_chain *chain;
	const struct instr *instr;
	uint32_t i;

	for (i = 0; i < policy->ir.nbase; i++) {
		chain = &policy->ir.chains[policy->base[i]];
		if (chain->family != 0 && chain->family != family)
			continue;
		instr = &program->code[program->start[policy->base[i]]];
		return instr->op == INSTR_CLASSIFY ? instr->classifier : NULL;
	}
	return NULL;
}

bool
policy_wants_batch(const struct policy *policy, enum policy_ct ct)
{
	const struct classifier *v4 = first_classifier(policy, 4, (uint8_t)ct);
	const struct classifier *v6 = first_classifier(policy, 6, (uint8_t)ct);

	return (v4 != NULL && classifier_wants_batch(v4)) ||
	       (v6 != NULL && classifier_wants_batch(v6));
}

void
policy_classify_begin(const struct policy *policy, const struct policy_packet *packet,
		      struct policy_class *class)
{
	const struct classifier *classifier = first_classifier(policy, packet->family,
							       packet->ct);

	class->classifier = NULL;
	if (classifier != NULL)
		classifier_begin(classifier, class, packet);
}

void
policy_classify_end(const struct policy *policy, enum policy_ct ct,
		    struct policy_class *class)
{
	if (class->classifier == NULL)
		return;
	classifier_end(class);
	__builtin_prefetch(&policy->program[ct].code[class->first]);
}

void
policy_eval_classified(const struct policy *policy, const struct policy_packet *packet,
		       struct policy_class *class, struct policy_counter *counters,
		       struct policy_verdict *verdict)
{
	struct walk w;

	w.policy = policy;
	w.packet = packet;
	w.counters = counters;
	w.verdict = verdict;
	w.unclassified = false;
	w.class = class;
	eval(&w);
}

void
policy_eval(const struct policy *policy, const struct policy_packet *packet,
	    struct policy_counter *counters, struct policy_verdict *verdict)
{
	struct policy_class class;

	class.classifier = NULL;
	policy_eval_classified(policy, packet, &class, counters, verdict);
}

void
policy_eval_walk(const struct policy *policy, const struct policy_packet *packet,
		 struct policy_counter *counters, struct policy_verdict *verdict)
{
	struct walk w = {
		.policy = policy,
		.packet = packet,
		.counters = counters,
		.verdict = verdict,
		.unclassified = true,
	};

	eval(&w);
}

void
policy_count_constant(const struct policy *policy, enum policy_ct ct, uint64_t packets,
		      uint64_t bytes, struct policy_counter *counters)
{
	const struct program *program = &policy->program[ct];
	uint32_t i;

	for (i = 0; program->constant && i < program->ncounters; i++)
		count(counters, program->counters[i], packets, bytes);
}
