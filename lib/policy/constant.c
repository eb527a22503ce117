/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds out whether a program gives every packet the same verdict: it is evaluated
 * without a packet. If that reaches a statement whose result depends on the packet, the
 * program has no constant verdict. The numbers of the counters on the way are recorded.
 */
#include "constant.h"

#include <errno.h>
#include <stdlib.h>

#include "stmt_table.h"

/*
 * Give up after this many instructions: chains that jump to each other can take
 * exponential time.
 */
#define STEPS_MAX 100000

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

/*
 * Evaluate one instruction without a packet. Returns the next one's index, or WALK_*.
 * *out is set when there is no constant verdict.
 */
static int64_t
instr_follow(struct constant *c, const struct instr *instr, enum outcome *out)
{
	const struct stmt_type *type;

	if (instr->op == INSTR_CLASSIFY)
		return walk_next(&c->walk, instr);
	if (instr->op == INSTR_HIT) {
		walk_hit(&c->walk, instr->rule);
		return walk_next(&c->walk, instr);
	}
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
		walk_hit(&c->walk, policy_hit(&c->walk.policy->ir, number));
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
	bool all;

	c->program->ncounters = 0;
	c->steps = 0;
	for (i = policy->ir.nraw; i < policy->ir.nbase && out == OUTCOME_ACCEPT; i++) {
		all = policy->ir.chains[policy->base[i]].family == 0;
		counted = c->program->ncounters;
		/*
		 * Hits of a chain of one family cannot be added for a whole burst, which
		 * may have packets of both.
		 */
		c->walk.hit_packets = all;
		out = chain_follow(c, policy->base[i]);
		/*
		 * The chain is for one family only. Packets of the other family skip it,
		 * so it must not change the verdict or count anything.
		 */
		if (!all && (out == OUTCOME_DROP || c->program->ncounters != counted))
			return OUTCOME_NONE;
	}
	return out;
}

/* Count the hits of the rules and policies that were reached. */
static void
hits_note(struct constant *c)
{
	const struct policy_ir *ir = &c->walk.policy->ir;
	uint32_t i;

	for (i = 0; i < policy_hits(ir); i++)
		if (c->walk.hits[i].packets > 0)
			counter_note(c->program, ir->ncounters + i);
}

/*
 * Evaluate the program without a packet, twice: first to count the counters that are
 * passed, then to store their numbers.
 */
static int
constant_follow(struct policy *policy, struct constant *c)
{
	struct program *p = c->program;
	uint32_t ncounters;

	if (program_follow(c) == OUTCOME_NONE) {
		p->ncounters = 0;
		return 0;
	}
	ncounters = p->ncounters;
	p->verdict.cacheable = ncounters == 0;
	hits_note(c);
	p->counters = arena_take(&policy->ir.arena, p->ncounters, sizeof(*p->counters));
	if (p->counters == NULL)
		return -ENOMEM;
	program_follow(c);
	hits_note(c);
	p->constant = true;
	return 0;
}

int
constant_find(struct policy *policy, enum policy_ct ct)
{
	struct program *p = &policy->program[ct];
	struct constant c = {
		.walk = {.policy = policy, .program = p, .verdict = &p->verdict},
		.program = p,
	};
	int ret;

	c.walk.hits = calloc(policy_hits(&policy->ir), sizeof(*c.walk.hits));
	if (c.walk.hits == NULL)
		return -ENOMEM;
	ret = constant_follow(policy, &c);
	free(c.walk.hits);
	return ret;
}
