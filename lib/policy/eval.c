/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One packet through a program: chain after chain in the order of their priorities. An
 * accept ends a base chain, and the next one is evaluated; a drop or reject is final. The
 * verdict reports the last rule that accepted.
 */
#include "eval.h"

#include "rule_classifier.h"
#include "stmt_table.h"

/* One base chain. */
static void
chain_walk(struct walk *w, uint32_t number)
{
	const struct instr *instr;
	int64_t pc = w->program->start[number];

	w->depth = 0;
	while (pc >= 0) {
		instr = &w->program->code[pc];
		switch (instr->op) {
#define X(NAME, name)                                                                    \
	case STMT_##NAME:                                                                \
		pc = name##_eval(w, instr);                                              \
		break;
			POLICY_STATEMENTS(X)
#undef X
		case INSTR_CLASSIFY:
			if (w->unclassified)
				pc++;
			else
				pc = rule_classifier_next(instr->classifier, w->class,
							  w->packet, instr->index);
			break;
		default: /* INSTR_END */
			pc = walk_return(w);
			break;
		}
	}
	if (pc == WALK_POLICY) {
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
static const struct rule_classifier *
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
	const struct rule_classifier *v4 = first_classifier(policy, 4, (uint8_t)ct);
	const struct rule_classifier *v6 = first_classifier(policy, 6, (uint8_t)ct);

	return (v4 != NULL && rule_classifier_wants_batch(v4)) ||
	       (v6 != NULL && rule_classifier_wants_batch(v6));
}

void
policy_classify_begin(const struct policy *policy, const struct policy_packet *packet,
		      struct policy_class *class)
{
	const struct rule_classifier *classifier =
		first_classifier(policy, packet->family, packet->ct);

	class->classifier = NULL;
	if (classifier != NULL)
		rule_classifier_begin(classifier, class, packet);
}

void
policy_classify_end(const struct policy *policy, enum policy_ct ct,
		    struct policy_class *class)
{
	if (class->classifier == NULL)
		return;
	rule_classifier_end(class);
	__builtin_prefetch(&policy->program[ct].code[class->first]);
}

void
policy_eval_classified(const struct policy *policy, struct policy_state *state,
		       const struct policy_packet *packet, uint64_t now_ns,
		       struct policy_class *class, struct policy_verdict *verdict)
{
	struct walk w;

	w.policy = policy;
	w.state = state;
	w.packet = packet;
	w.now_ns = now_ns;
	w.verdict = verdict;
	w.unclassified = false;
	w.class = class;
	eval(&w);
}

void
policy_eval(const struct policy *policy, struct policy_state *state,
	    const struct policy_packet *packet, uint64_t now_ns,
	    struct policy_verdict *verdict)
{
	struct policy_class class;

	class.classifier = NULL;
	policy_eval_classified(policy, state, packet, now_ns, &class, verdict);
}

void
policy_eval_walk(const struct policy *policy, struct policy_state *state,
		 const struct policy_packet *packet, uint64_t now_ns,
		 struct policy_verdict *verdict)
{
	struct walk w = {
		.policy = policy,
		.state = state,
		.packet = packet,
		.now_ns = now_ns,
		.verdict = verdict,
		.unclassified = true,
	};

	eval(&w);
}

void
policy_count_constant(const struct policy *policy, struct policy_state *state,
		      enum policy_ct ct, uint64_t packets, uint64_t bytes)
{
	const struct program *program = &policy->program[ct];
	struct policy_counter *counter;
	uint32_t i;

	for (i = 0; program->constant && i < program->ncounters; i++) {
		counter = &state->counter[program->counters[i]];
		counter->packets += packets;
		counter->bytes += bytes;
	}
}
