/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the packets of a conntrack state cost. A verdict cannot be remembered when the
 * evaluation reaches a statement that keeps state or reads what differs from packet to
 * packet; so the statements that can be reached are searched for these.
 */
#include <policy/explain.h>

#include <errno.h>
#include <stdlib.h>

#include "stmt_table.h"

struct search {
	const struct program *program;
	uint32_t *
		stack; /* indices of instructions whose successors are not followed yet */
	uint32_t height;
	bool *seen; /* by instruction */
	bool *each; /* by rule: packets that reach it are evaluated each time */
	bool any;
};

/* The same of `TARGET set SOURCE`: what it writes, and what it reads. */
static bool
mangle_is_each(const struct ir_mangle *mangle)
{
	return mangle->target == MANGLE_CT_MARK || mangle->target == MANGLE_BYTES ||
	       mangle->target == MANGLE_TRACE ||
	       ((mangle->source == SOURCE_FIELD || mangle->source == SOURCE_MAP) &&
		mangle->match.key.per_packet);
}

/* Whether a packet that an instruction evaluates has to be evaluated each time. */
static bool
is_each(const struct instr *instr)
{
	unsigned effects;

	if (instr->op >= STMT_KINDS)
		return false;
	effects = stmt_types[instr->op]->effects;
	if (instr->op == STMT_MANGLE)
		return mangle_is_each(instr->data);
	if (instr->op == STMT_NOTRACK) /* the packet gets no connection */
		return true;
	return (effects & (STMT_EACH | STMT_COUNTS)) != 0 || instr->op == STMT_RESET ||
	       ((effects & STMT_KEYED) != 0 && instr->match->key.per_packet);
}

static void
search_push(struct search *s, uint32_t pc)
{
	if (s->seen[pc])
		return;
	s->seen[pc] = true;
	s->stack[s->height++] = pc;
}

static void
verdict_follow(struct search *s, const struct ir_verdict *verdict, uint32_t after)
{
	if (verdict->op == OP_JUMP || verdict->op == OP_GOTO)
		search_push(s, s->program->start[verdict->chain]);
	if (verdict->op == OP_JUMP || verdict->op == OP_CONTINUE)
		search_push(s, after);
}

static void
map_follow(struct search *s, const struct ir_set *set, uint32_t after)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		verdict_follow(s, &set->verdicts[i], after);
	if (set->all)
		verdict_follow(s, &set->otherwise, after);
}

static void
instr_follow(struct search *s, uint32_t pc)
{
	const struct instr *instr = &s->program->code[pc];

	if (is_each(instr))
		s->each[instr->rule] = s->any = true;
	switch (instr->op) {
	case INSTR_END:
		return;
	case STMT_VERDICT:
		verdict_follow(s, &instr->verdict, pc + 1);
		return;
	case STMT_REJECT:
		return;
	case STMT_VMAP:
	case STMT_LOOKUP_MAP:
		map_follow(s, instr->match->set, pc + 1);
		break;
	default:
		search_push(s, pc + 1);
		break;
	}
	search_push(s, instr->next);
}

/* Search what packets can reach from the base chains `first` to `end` - 1. */
static int
search_run(struct search *s, const struct policy *policy, uint32_t first, uint32_t end)
{
	const uint32_t count = s->program->count + 1;
	uint32_t i;

	s->stack = calloc(count, sizeof(*s->stack));
	s->seen = calloc(count, sizeof(*s->seen));
	if (s->stack != NULL && s->seen != NULL) {
		for (i = first; i < end; i++)
			search_push(s, s->program->start[policy->base[i]]);
		while (s->height > 0)
			instr_follow(s, s->stack[--s->height]);
	}
	i = s->stack != NULL && s->seen != NULL;
	free(s->stack);
	free(s->seen);
	return i ? 0 : -ENOMEM;
}

int
policy_cost(const struct policy *policy, enum policy_ct ct,
	    void (*visit)(void *arg, unsigned rule), void *arg)
{
	const struct policy_ir *ir = &policy->ir;
	struct search s = {.program = &policy->program[ct]};
	unsigned rule;
	int ret = 0;

	if (s.program->constant && ir->nraw == 0)
		return POLICY_COST_CONSTANT;
	s.each = calloc(ir->nrules + 1, sizeof(*s.each));
	if (s.each == NULL)
		return -ENOMEM;
	if (!s.program->constant)
		ret = search_run(&s, policy, ir->nraw, ir->nbase);
	s.program =
		&policy->program[POLICY_CT_INVALID]; /* that of chains before tracking */
	if (ret == 0 && ir->nraw > 0)
		ret = search_run(&s, policy, 0, ir->nraw);
	for (rule = 1; rule <= ir->nrules && ret == 0; rule++)
		if (s.each[rule])
			visit(arg, rule);
	free(s.each);
	if (ret != 0)
		return ret;
	return s.any ? POLICY_COST_EACH : POLICY_COST_REMEMBERED;
}
