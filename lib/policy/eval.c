/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evaluates one packet: runs the base chains in the order of their hooks and priorities.
 * An accept ends a base chain, and the next one is evaluated; a drop or reject is final.
 * The verdict reports the last rule that accepted.
 *
 * Chains of HOOK_RAW are a separate evaluation, by the program for `invalid`: before
 * tracking that is what `ct state` says in the kernel.
 */
#include "eval.h"

#include "rule_classifier.h"
#include "stmt_table.h"

/* Evaluate one base chain. */
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
		case INSTR_HIT:
			walk_hit(w, instr->rule);
			pc++;
			break;
		default: /* INSTR_END: the end of a chain */
			pc = walk_return(w);
			break;
		}
	}
	if (pc == WALK_POLICY) {
		w->verdict->kind = w->policy->ir.chains[number].drop ? POLICY_DROP
								     : POLICY_ACCEPT;
		w->verdict->rule = 0;
		walk_hit(w, policy_hit(&w->policy->ir, number));
	}
}

/*
 * Evaluate a base chain of hook prerouting, where the port that the packet leaves by is
 * not known.
 */
static __attribute__((noinline)) void
chain_walk_inward(struct walk *w, uint32_t number)
{
	const struct policy_packet *packet = w->packet;
	struct policy_packet inward = *packet;

	inward.oif = POLICY_NO_PORT;
	w->packet = &inward;
	chain_walk(w, number);
	w->packet = packet;
	if (w->verdict->effects.untracked)
		w->program = &w->policy->program[POLICY_CT_UNTRACKED];
}

/* Evaluate the base chains from `first` to `end` - 1, in the order of evaluation. */
static void
eval(struct walk *w, uint32_t first, uint32_t end)
{
	const struct policy *policy = w->policy;
	const struct ir_chain *chain;
	uint32_t i;

	*w->verdict = (struct policy_verdict){.kind = POLICY_ACCEPT, .cacheable = true};
	if (first == end)
		return;
	w->raw = first < policy->ir.nraw;
	w->program = &policy->program[w->raw ? POLICY_CT_INVALID : w->packet->ct];
	w->hits = w->state != NULL ? &w->state->counter[policy->ir.ncounters] : NULL;
	w->hit_packets = !w->packet->dry_run;
	w->hit_bytes = w->packet->dry_run ? 0 : w->packet->length;
	for (i = first; i < end && w->verdict->kind == POLICY_ACCEPT; i++) {
		chain = &policy->ir.chains[policy->base[i]];
		if (chain->family != 0 && chain->family != w->packet->family)
			continue;
		if (chain->hook >= HOOK_FORWARD)
			chain_walk(w, policy->base[i]);
		else
			chain_walk_inward(w, policy->base[i]);
	}
}

/*
 * The classifier at the start of the first base chain of hook forward or later of a
 * family; NULL: it has none.
 */
static const struct rule_classifier *
first_classifier(const struct policy *policy, uint8_t family, uint8_t ct)
{
	const struct program *program = &policy->program[ct];
	const struct ir_chain *chain;
	const struct instr *instr;
	uint32_t i;

	for (i = policy->ir.nraw; i < policy->ir.nbase; i++) {
		chain = &policy->ir.chains[policy->base[i]];
		if (chain->hook < HOOK_FORWARD ||
		    (chain->family != 0 && chain->family != family))
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
	eval(&w, policy->ir.nraw, policy->ir.nbase);
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

	eval(&w, policy->ir.nraw, policy->ir.nbase);
}

bool
policy_has_raw(const struct policy *policy)
{
	return policy->ir.nraw > 0;
}

void
policy_raw_eval(const struct policy *policy, struct policy_state *state,
		const struct policy_packet *packet, uint64_t now_ns,
		struct policy_verdict *verdict)
{
	struct policy_class class = {.classifier = NULL};
	struct walk w = {
		.policy = policy,
		.state = state,
		.packet = packet,
		.now_ns = now_ns,
		.verdict = verdict,
		.class = &class,
	};

	eval(&w, 0, policy->ir.nraw);
}

void
policy_count_constant(const struct policy *policy, struct policy_state *state,
		      enum policy_ct ct, uint64_t packets, uint64_t bytes)
{
	const struct program *program = &policy->program[ct];
	struct policy_counter *counter;
	uint32_t i;

	for (i = 0; state != NULL && program->constant && i < program->ncounters; i++) {
		counter = &state->counter[program->counters[i]];
		counter->packets += packets;
		counter->bytes += bytes;
	}
}
