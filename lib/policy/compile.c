/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compiles the rules to programs.
 *
 * The conntrack state of a packet is known before its rules are evaluated, and rulesets
 * match on it more than on anything else. So the rules are compiled once for each of the
 * five states, and the matches on `ct state` are decided at load: a true match is
 * omitted, a false match omits the rest of its rule, a verdict map becomes its verdict.
 * Rules after an unconditional verdict are omitted too. In the usual ruleset
 *
 *	ct state vmap { established : accept, related : accept, invalid : drop }
 *	iifname "lan" oifname "wan" tcp dport { 80, 443 } accept
 *
 * the program for `established` is the single instruction "accept". When a whole program
 * reaches the same verdict for every packet, that verdict is stored as the constant of
 * the state, with the counters on the way to it.
 *
 * A program is one array of instructions that contains the chains one after another. A
 * match that fails jumps to the first instruction of the next rule; the last instruction
 * of a rule is followed by the next rule.
 */
#include <errno.h>
#include <stdlib.h>

#include "constant.h"
#include "depth.h"
#include "rule_classifier.h"
#include "stmt_table.h"

static int
base_compare(const void *x, const void *y, void *arg)
{
	const struct ir_chain *chains = arg;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	if (chains[a].hook != chains[b].hook)
		return chains[a].hook < chains[b].hook ? -1 : 1;
	if (chains[a].priority != chains[b].priority)
		return chains[a].priority < chains[b].priority ? -1 : 1;
	/*
	 * equal priorities: the chain that was created last is evaluated first, as in the
	 * kernel
	 */
	return a > b ? -1 : 1;
}

static int
base_order(struct policy *policy)
{
	struct policy_ir *ir = &policy->ir;
	uint32_t i, n = 0;

	policy->base = arena_take(&ir->arena, ir->nbase, sizeof(*policy->base));
	if (policy->base == NULL)
		return -ENOMEM;
	for (i = 0; i < ir->nchains; i++) {
		if (ir->chains[i].base)
			policy->base[n++] = i;
	}
	qsort_r(policy->base, n, sizeof(*policy->base), base_compare, ir->chains);
	return 0;
}

static void
emit_rule(struct emitter *e, const struct ir_rule *rule)
{
	struct program *p = e->program;
	uint32_t first = p->count, begin, i;
	bool reached = true;

	e->conditional = false;
	if (e->classified)
		emit(e, INSTR_CLASSIFY);
	begin = p->count;
	for (i = 0; i < rule->nstmts && reached; i++)
		reached = stmt_types[rule->stmts[i].kind]->compile(e, &rule->stmts[i]);
	/* remove tests at the end of a rule: they decide about no statement */
	while (p->count > begin &&
	       (stmt_types[p->code[p->count - 1].op]->effects & STMT_TEST) != 0)
		p->count--;
	if (p->count == begin)
		p->count = first;
	else if (reached &&
		 !(stmt_types[p->code[p->count - 1].op]->effects & STMT_DECIDES))
		emit(e, INSTR_HIT);
	for (i = first; i < p->count; i++)
		p->code[i].next = p->count;
}

static int
program_emit(struct policy *policy, enum policy_ct ct)
{
	struct policy_ir *ir = &policy->ir;
	struct program *p = &policy->program[ct];
	struct emitter e = {.program = p, .ct = ct};
	const struct ir_rule *rule;
	size_t room = ir->nchains + ir->nsequences;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < ir->nrules; i++)
		room += ir->rules[i].nstmts + 2; /* INSTR_CLASSIFY and INSTR_HIT */
	p->code = arena_take(&ir->arena, room, sizeof(*p->code));
	p->start = arena_take(&ir->arena, ir->nchains, sizeof(*p->start));
	if (ir->arena.failed)
		return -ENOMEM;
	for (i = 0; i < ir->nchains && ret == 0; i++) {
		p->start[i] = p->count;
		e.over = false;
		e.classified = ir->chains[i].nrules >= CLASSIFIER_RULES_MIN;
		for (rule = ir->chains[i].first; rule != NULL && !e.over;
		     rule = rule->next) {
			e.rule = (uint16_t)(rule - ir->rules + 1);
			emit_rule(&e, rule);
		}
		e.rule = 0;
		emit(&e, INSTR_END);
		if (e.classified)
			ret = rule_classifier_build(&ir->arena, p, p->start[i]);
	}
	return ret;
}

/* number of policies that were compiled; several threads may compile one */
static _Atomic uint32_t last_id;

int
policy_compile(struct policy_ir *ir, struct policy **out, uint32_t *chain)
{
	struct policy *policy;
	unsigned ct;
	int ret;

	ret = depth_check(ir, chain);
	if (ret != 0)
		return ret;
	policy = calloc(1, sizeof(*policy));
	if (policy == NULL)
		return -ENOMEM;
	policy->ir = *ir;
	policy->id = ++last_id;
	ret = base_order(policy);
	for (ct = 0; ct < POLICY_CT_COUNT && ret == 0; ct++) {
		ret = program_emit(policy, (enum policy_ct)ct);
		if (ret == 0)
			ret = constant_find(policy, (enum policy_ct)ct);
	}
	*ir = policy->ir; /* compiling has allocated from the arena: copy it back */
	if (ret == 0)
		*out = policy;
	else
		free(policy);
	return ret;
}
