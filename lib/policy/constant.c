/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A walk without a packet. It follows the verdicts of a program; where it meets a
 * statement that depends on the packet, the program has no constant verdict. Counters on
 * the way are noted.
 */
#include "constant.h"

#include <errno.h>

#include "stmt_table.h"

#define STEPS_MAX 100000 /* chains that jump and jump: given up */

enum outcome {
	OUTCOME_ACCEPT,
	OUTCOME_DROP,
	OUTCOME_NONE,
};

struct constant {
	struct walk walk;
	struct program *program;
	uint32_t steps;
};

static void
counter_note(struct program *p, uint32_t number)
{
	if (p->counters != NULL)
		p->counters[p->ncounters] = number;
	p->ncounters++;
}

/* The next instruction, or WALK_*; *out stays unless there is no constant. */
static int64_t
instr_follow(struct constant *c, const struct instr *instr, enum outcome *out)
{
	const struct stmt_type *type;

	if (instr->op == INSTR_CLASSIFY)
		return walk_next(&c->walk, instr);
	if (instr->op == INSTR_END)
		return walk_return(&c->walk);
	type = stmt_types[instr->op];
	if (type->effects & (STMT_PACKET | STMT_EACH)) {
		*out = OUTCOME_NONE;
		return WALK_DECIDED;
	}
	if (type->effects & STMT_COUNTS) {
		counter_note(c->program, instr->number);
		return walk_next(&c->walk, instr);
	}
	return type->eval(&c->walk, instr);
}

static enum outcome
chain_follow(struct constant *c, uint32_t number)
{
	struct policy_verdict *verdict = c->walk.verdict;
	int64_t pc = c->program->start[number];
	enum outcome out = OUTCOME_ACCEPT;

	c->walk.depth = 0;
	while (pc >= 0) {
		if (++c->steps > STEPS_MAX)
			return OUTCOME_NONE;
		pc = instr_follow(c, &c->program->code[pc], &out);
	}
	if (pc == WALK_POLICY) {
		verdict->rule = 0;
		verdict->kind = c->walk.policy->ir.chains[number].drop ? POLICY_DROP
								       : POLICY_ACCEPT;
	}
	if (out != OUTCOME_NONE && verdict->kind == POLICY_DROP)
		out = OUTCOME_DROP;
	return out;
}

static enum outcome
program_follow(struct constant *c)
{
	const struct policy *policy = c->walk.policy;
	enum outcome out = OUTCOME_ACCEPT;
	uint32_t i, counted;

	c->program->ncounters = 0;
	c->steps = 0;
	for (i = 0; i < policy->ir.nbase && out == OUTCOME_ACCEPT; i++) {
		counted = c->program->ncounters;
		out = chain_follow(c, policy->base[i]);
		/*
		 * packets of the other family pass by: the chain must make no difference
		 */
		if (policy->ir.chains[policy->base[i]].family != 0 &&
		    (out == OUTCOME_DROP || c->program->ncounters != counted))
			return OUTCOME_NONE;
	}
	return out;
}

/* Twice: to know how many counters there are, and to note them. */
int
constant_find(struct policy *policy, enum policy_ct ct)
{
	struct program *p = &policy->program[ct];
	struct constant c = {
		.walk = {.policy = policy, .program = p, .verdict = &p->verdict},
		.program = p,
	};

	if (program_follow(&c) == OUTCOME_NONE) {
		p->ncounters = 0;
		return 0;
	}
	p->counters = arena_take(&policy->ir.arena, p->ncounters, sizeof(*p->counters));
	if (p->counters == NULL)
		return -ENOMEM;
	program_follow(&c);
	p->constant = true;
	p->verdict.cacheable = p->ncounters == 0;
	return 0;
}
