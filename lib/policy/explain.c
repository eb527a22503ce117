/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evaluates a packet step by step. It runs the instructions of the program, each by the
 * function that policy_eval() calls, with counters and parts of sets of its own. Rules
 * without instructions have been left out by the compiler: their `ct state` is another,
 * or they can never match.
 */
#include <policy/explain.h>

#include <errno.h>
#include <stdlib.h>

#include "match.h"
#include "stmt_table.h"

struct explain {
	struct walk walk;
	struct policy_state state;
	policy_step_fn *step;
	void *arg;
	/* by depth of jumps: the next rule of the chain, in the order of the file */
	const struct ir_rule *expected[CHAIN_DEPTH_MAX + 1];
	uint32_t chain[CHAIN_DEPTH_MAX + 1]; /* by depth: number of the chain */
};

static void
step_report(const struct explain *x, unsigned depth, struct policy_step step)
{
	step.depth = depth;
	x->step(x->arg, &step);
}

/* Report the rules before `until` that have no instructions; NULL: all of the chain. */
static void
left_report(struct explain *x, const struct ir_rule *until)
{
	const unsigned depth = x->walk.depth;
	const struct ir_rule **rule = &x->expected[depth];

	for (; *rule != NULL && *rule != until; *rule = (*rule)->next)
		step_report(x, depth,
			    (struct policy_step){
				    .kind = POLICY_STEP_LEFT,
				    .rule = (unsigned)(*rule - x->walk.policy->ir.rules) +
					    1,
				    .chain = x->chain[depth],
			    });
}

static void
chain_enter(struct explain *x, uint32_t chain)
{
	x->chain[x->walk.depth] = chain;
	x->expected[x->walk.depth] = x->walk.policy->ir.chains[chain].first;
}

/* The part of a rule that an instruction evaluates, for messages. */
static const char *
part_name(const struct instr *instr, const struct policy_packet *packet)
{
	const struct stmt_type *type = stmt_types[instr->op];
	const struct ir_key *key;

	switch (instr->op) {
	case STMT_MATCH:
	case STMT_VMAP:
	case STMT_LOOKUP:
	case STMT_LOOKUP_MAP:
		break;
	default:
		return type->names;
	}
	key = &instr->match->key;
	if (key->family != 0 && key->family != packet->family)
		return "family";
	if (!key_applies(key, packet))
		return "protocol";
	if (key->nfields > 1)
		return "joined fields";
	return key->field[0] == FIELD_LOAD ? "field of the packet"
					   : field_info[key->field[0]].name;
}

/* The chain that begins with an instruction. */
static uint32_t
chain_at(const struct explain *x, int64_t pc)
{
	uint32_t chain = 0;

	while (chain + 1 < x->walk.policy->ir.nchains &&
	       x->walk.program->start[chain] != (uint64_t)pc)
		chain++;
	return chain;
}

/* Report what a rule that has matched leads to, and follow it into another chain. */
static void
matched_report(struct explain *x, const struct instr *instr, unsigned depth, int64_t next)
{
	struct walk *w = &x->walk;
	struct policy_step step = {
		.kind = POLICY_STEP_MATCHED,
		.rule = instr->rule,
		.chain = x->chain[depth],
	};
	bool enters = false;

	if (next == WALK_DECIDED) {
		step.kind = POLICY_STEP_DECIDED;
		step.verdict = w->verdict->kind;
	} else if (next == WALK_POLICY || w->depth < depth) {
		step.kind = POLICY_STEP_RETURN;
	} else if (next != walk_next(w, instr)) {
		step.kind = POLICY_STEP_JUMP;
		step.chain = chain_at(x, next);
		enters = true;
	}
	step_report(x, depth, step);
	if (enters)
		chain_enter(x, step.chain);
}

/* Run one instruction of a rule. Returns the next one's index, or WALK_*. */
static int64_t
instr_explain(struct explain *x, const struct instr *instr)
{
	struct walk *w = &x->walk;
	const unsigned depth = w->depth;
	const uint64_t hits = w->hits[instr->rule].packets;
	int64_t next;

	if (instr->op == INSTR_CLASSIFY)
		return walk_next(w, instr);
	if (instr->op == INSTR_HIT) {
		walk_hit(w, instr->rule);
		next = walk_next(w, instr);
	} else {
		next = stmt_types[instr->op]->eval(w, instr);
	}
	if (w->hits[instr->rule].packets > hits)
		matched_report(x, instr, depth, next);
	else if (next == instr->next)
		step_report(x, depth,
			    (struct policy_step){
				    .kind = POLICY_STEP_FAILED,
				    .rule = instr->rule,
				    .chain = x->chain[depth],
				    .failed = part_name(instr, w->packet),
			    });
	return next;
}

static void
rule_begin(struct explain *x, const struct instr *instr)
{
	const struct ir_rule *rule = &x->walk.policy->ir.rules[instr->rule - 1];

	if (x->expected[x->walk.depth] == NULL)
		return; /* the rule has begun, or a goto has ended its chain */
	left_report(x, rule);
	if (x->expected[x->walk.depth] == rule)
		x->expected[x->walk.depth] = rule->next;
}

static void
chain_explain(struct explain *x, uint32_t number)
{
	struct walk *w = &x->walk;
	const struct ir_chain *chain = &w->policy->ir.chains[number];
	int64_t pc = w->program->start[number];
	const struct instr *instr;
	unsigned last = 0;

	w->depth = 0;
	chain_enter(x, number);
	step_report(x, 0,
		    (struct policy_step){.kind = POLICY_STEP_CHAIN, .chain = number});
	while (pc >= 0) {
		instr = &w->program->code[pc];
		if (instr->op == INSTR_END) {
			left_report(x, NULL);
			pc = walk_return(w);
			last = 0;
			continue;
		}
		if (instr->rule != last)
			rule_begin(x, instr);
		last = instr->rule;
		pc = instr_explain(x, instr);
	}
	if (pc != WALK_POLICY)
		return;
	w->verdict->kind = chain->drop ? POLICY_DROP : POLICY_ACCEPT;
	w->verdict->rule = 0;
	step_report(x, 0,
		    (struct policy_step){
			    .kind = POLICY_STEP_POLICY,
			    .chain = number,
			    .verdict = w->verdict->kind,
		    });
}

/*
 * A state that reads the parts of all workers and owns the last one, which is the control
 * thread's.
 */
static void
state_borrow(struct explain *x, const struct policy_state *state)
{
	x->state = (struct policy_state){
		.group = state->group,
		.part = state->group->workers,
		.policy = state->policy,
	};
	x->walk.state = &x->state;
}

/* As chain_walk_inward() of eval.c where the hook is before forward. */
static void
base_explain(struct explain *x, uint32_t number)
{
	struct walk *w = &x->walk;
	const struct policy_packet *packet = w->packet;
	struct policy_packet inward = *packet;

	if (w->policy->ir.chains[number].hook < HOOK_FORWARD) {
		inward.oif = POLICY_NO_PORT;
		w->packet = &inward;
	}
	chain_explain(x, number);
	w->packet = packet;
	if (w->verdict->effects.untracked)
		w->program = &w->policy->program[POLICY_CT_UNTRACKED];
}

/* The chains before tracking, whose `ct state` is `invalid`, then the others. */
static void
bases_explain(struct explain *x, uint8_t ct)
{
	struct walk *w = &x->walk;
	const struct policy *policy = w->policy;
	const struct policy_ir *ir = &policy->ir;
	uint32_t i;
	uint8_t family;

	for (i = 0; i < ir->nbase && w->verdict->kind == POLICY_ACCEPT; i++) {
		w->raw = i < ir->nraw;
		if (w->raw)
			w->program = &policy->program[POLICY_CT_INVALID];
		else if (i == ir->nraw && !w->verdict->effects.untracked)
			w->program = &policy->program[ct];
		family = ir->chains[policy->base[i]].family;
		if (family == 0 || family == w->packet->family)
			base_explain(x, policy->base[i]);
	}
}

int
policy_explain(const struct policy_question *question, policy_step_fn *step, void *arg,
	       struct policy_verdict *verdict)
{
	const struct policy *policy = question->policy;
	struct policy_packet dry = *question->packet;
	struct explain x = {
		.walk =
			{
				.policy = policy,
				.program = &policy->program[dry.ct],
				.packet = &dry,
				.now_ns = question->now_ns,
				.verdict = verdict,
				.hit_packets = 1,
				.unclassified = true,
			},
		.step = step,
		.arg = arg,
	};

	dry.dry_run = true;
	*verdict = (struct policy_verdict){.kind = POLICY_ACCEPT, .cacheable = true};
	state_borrow(&x, question->state);
	x.walk.hits = calloc(policy_hits(&policy->ir), sizeof(*x.walk.hits));
	if (x.walk.hits == NULL)
		return -ENOMEM;
	bases_explain(&x, dry.ct);
	free(x.walk.hits);
	return 0;
}
