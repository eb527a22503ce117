/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From rules to programs.
 *
 * The conntrack state of a packet is known before its rules are evaluated, and rulesets
 * match on it more than on anything else. So the rules are compiled once for each of the
 * five states, and the matches on `ct state` are decided at load: a true one is left out,
 * a false one leaves out the rest of its rule, a verdict map becomes the verdict. What
 * follows an unconditional verdict is left out too. In the usual ruleset
 *
 *	ct state vmap { established : accept, related : accept, invalid : drop }
 *	iifname "lan" oifname "wan" tcp dport { 80, 443 } accept
 *
 * the program for `established` is then the one instruction "accept". Where a whole
 * program reaches a verdict whatever the packet contains, that verdict is kept as the
 * constant of the state, with the counters on the way to it.
 *
 * A program is one array of instructions, the chains one after the other. A match that
 * fails jumps to the first instruction of the next rule; the last instruction of a rule
 * is followed by the next rule.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"
#include "program.h"

#define CONSTANT_STEPS_MAX 100000 /* chains that jump and jump: looked at no further */

struct emitter {
	struct program *program;
	enum policy_ct ct;
	uint32_t begin;  /* the rule's first step */
	bool matched;    /* a condition has been emitted in this rule */
	bool classified; /* each rule begins with an INSTR_CLASSIFY */
	bool over;       /* nothing after this rule is reached in this chain */
	uint16_t rule;
};

/* Computes the depth of each chain, and that no chain jumps back to itself. */
struct depth_check {
	struct policy_ir *ir;
	uint32_t chain; /* at fault */
};

static int chain_height(struct depth_check *c, uint32_t number, unsigned depth);

static int
target_height(struct depth_check *c, struct ir_chain *chain,
	      const struct ir_verdict *verdict, unsigned depth)
{
	int ret;

	if (verdict->op != OP_JUMP && verdict->op != OP_GOTO)
		return 0;
	ret = chain_height(c, verdict->chain, depth + 1);
	if (ret < 0)
		return ret;
	if (ret + 1 > chain->height)
		chain->height = (uint8_t)(ret + 1);
	return 0;
}

static int
stmt_height(struct depth_check *c, struct ir_chain *chain, const struct ir_stmt *stmt,
	    unsigned depth)
{
	const struct ir_set *set = stmt->match.set;
	uint32_t i;
	int ret = 0;

	if (stmt->kind == STMT_VERDICT)
		return target_height(c, chain, &stmt->verdict, depth);
	if (stmt->kind != STMT_VMAP)
		return 0;
	for (i = 0; i < set->count && ret == 0; i++)
		ret = target_height(c, chain, &set->verdicts[i], depth);
	if (ret == 0 && set->all)
		ret = target_height(c, chain, &set->otherwise, depth);
	return ret;
}

/* Depth of the chains below a chain, plus 1; or -ELOOP or -E2BIG. */
static int
chain_height(struct depth_check *c, uint32_t number, unsigned depth)
{
	struct ir_chain *chain = &c->ir->chains[number];
	const struct ir_rule *rule;
	uint32_t i;
	int ret;

	c->chain = number;
	if (chain->walking)
		return -ELOOP;
	if (depth + (chain->height > 0 ? chain->height : 1u) > CHAIN_DEPTH_MAX)
		return -E2BIG;
	if (chain->height > 0)
		return chain->height;
	chain->walking = true;
	chain->height = 1;
	for (rule = chain->first; rule != NULL; rule = rule->next) {
		for (i = 0; i < rule->nstmts; i++) {
			ret = stmt_height(c, chain, &rule->stmts[i], depth);
			if (ret != 0)
				return ret;
		}
	}
	chain->walking = false;
	return chain->height;
}

static int
base_compare(const void *x, const void *y, void *arg)
{
	const struct ir_chain *chains = arg;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	if (chains[a].priority != chains[b].priority)
		return chains[a].priority < chains[b].priority ? -1 : 1;
	/* of the same priority the kernel asks the one created last first */
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

static struct instr *
emit(struct emitter *e, enum instr_op op)
{
	struct instr *instr = &e->program->code[e->program->count++];

	instr->op = (uint8_t)op;
	instr->rule = e->rule;
	return instr;
}

static bool
is_ct_only(const struct ir_match *match)
{
	return match->key.nfields == 1 && match->key.field[0] == FIELD_CT_STATE;
}

/* No packet can match: an interface that no port is, two protocols at once. */
static bool
is_never(const struct ir_match *match)
{
	return match->key.never || (match->key.nfields > 0 && match->set->count == 0 &&
				    !match->set->all && !match->negate);
}

/* Returns false where the rest of the rule is not reached. */
static bool
emit_verdict(struct emitter *e, const struct ir_verdict *verdict)
{
	if (verdict->op == OP_CONTINUE)
		return true;
	emit(e, INSTR_VERDICT)->verdict = *verdict;
	e->over |= !e->matched && verdict->op != OP_JUMP;
	return verdict->op == OP_JUMP;
}

static bool
emit_map(struct emitter *e, const struct ir_match *map)
{
	const struct ir_verdict *verdict = NULL;
	int64_t at;
	u128 value;

	if (!is_ct_only(map)) {
		emit(e, INSTR_VMAP)->match = map;
		e->matched = true;
		return true;
	}
	value = ct_state_bit(e->ct) & map->key.mask;
	at = set_find(map->set, &value);
	if (at >= 0)
		verdict = &map->set->verdicts[at];
	else if (map->set->all)
		verdict = &map->set->otherwise;
	return verdict != NULL && emit_verdict(e, verdict);
}

/* Returns false where the rest of the rule is not reached. */
static bool
emit_stmt(struct emitter *e, const struct ir_stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_COUNTER:
		emit(e, INSTR_COUNT)->counter = stmt->counter;
		return true;
	case STMT_VERDICT:
		return emit_verdict(e, &stmt->verdict);
	case STMT_VMAP:
		return !is_never(&stmt->match) && emit_map(e, &stmt->match);
	default:
		break;
	}
	if (is_never(&stmt->match))
		return false;
	if (is_ct_only(&stmt->match))
		return match_test_ct(&stmt->match, e->ct);
	emit(e, INSTR_MATCH)->match = &stmt->match;
	e->matched = true;
	return true;
}

static void
emit_rule(struct emitter *e, const struct ir_rule *rule)
{
	struct program *p = e->program;
	bool reached = true;
	uint32_t begin, i;

	e->begin = p->count;
	e->matched = false;
	if (e->classified)
		emit(e, INSTR_CLASSIFY);
	begin = p->count;
	for (i = 0; i < rule->nstmts && reached; i++)
		reached = emit_stmt(e, &rule->stmts[i]);
	while (p->count > begin && p->code[p->count - 1].op == INSTR_MATCH)
		p->count--; /* conditions of nothing */
	if (p->count == begin)
		p->count = e->begin;
	for (i = e->begin; i < p->count; i++)
		p->code[i].next = p->count;
}

static int
program_emit(struct policy *policy, enum policy_ct ct)
{
	struct policy_ir *ir = &policy->ir;
	struct program *p = &policy->program[ct];
	struct emitter e = {.program = p, .ct = ct};
	const struct ir_rule *rule;
	size_t room = ir->nchains;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < ir->nrules; i++)
		room += ir->rules[i].nstmts + 1;
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
			ret = classifier_build(&ir->arena, p, p->start[i]);
	}
	return ret;
}

/* A walk that no packet steers; see eval.c, of which this is the shadow. */
struct walk {
	const struct policy *policy;
	struct program *program;
	uint32_t stack[CHAIN_DEPTH_MAX];
	unsigned depth;
	uint32_t steps;
};

enum walked {
	WALKED_ACCEPT,
	WALKED_DROP,
	WALKED_LOOKS, /* at the packet, or takes too long */
};

/* One verdict: where to go on, or -1 with *out made. */
static int64_t
walk_verdict(struct walk *w, const struct ir_verdict *verdict, uint32_t pc,
	     enum walked *out)
{
	switch (verdict->op) {
	case OP_JUMP:
		w->stack[w->depth++] = pc + 1;
		return w->program->start[verdict->chain];
	case OP_GOTO:
		return w->program->start[verdict->chain];
	case OP_ACCEPT:
		*out = WALKED_ACCEPT;
		return -1;
	case OP_DROP:
		*out = WALKED_DROP;
		return -1;
	default: /* a reject's code is the family's */
		*out = WALKED_LOOKS;
		return -1;
	}
}

static enum walked
walk_chain(struct walk *w, uint32_t number)
{
	const struct ir_chain *chain = &w->policy->ir.chains[number];
	struct program *p = w->program;
	const struct instr *instr;
	int64_t pc = p->start[number];
	enum walked out = WALKED_LOOKS;

	w->depth = 0;
	for (;;) {
		instr = &p->code[pc];
		if (++w->steps > CONSTANT_STEPS_MAX || instr->op == INSTR_MATCH ||
		    instr->op == INSTR_VMAP)
			return WALKED_LOOKS;
		if (instr->op == INSTR_COUNT) {
			if (p->counters != NULL)
				p->counters[p->ncounters] = instr->counter;
			p->ncounters++;
			pc++;
		} else if (instr->op == INSTR_CLASSIFY) {
			pc++;
		} else if (instr->op == INSTR_VERDICT && instr->verdict.op != OP_RETURN) {
			pc = walk_verdict(w, &instr->verdict, (uint32_t)pc, &out);
			if (pc < 0) {
				p->verdict.rule = instr->rule;
				return out;
			}
		} else if (w->depth > 0) {
			pc = w->stack[--w->depth];
		} else {
			p->verdict.rule = 0;
			return chain->drop ? WALKED_DROP : WALKED_ACCEPT;
		}
	}
}

static enum walked
walk_all(struct walk *w)
{
	struct program *p = w->program;
	enum walked out = WALKED_ACCEPT;
	uint32_t i, counted;

	p->ncounters = 0;
	w->steps = 0;
	for (i = 0; i < w->policy->ir.nbase && out == WALKED_ACCEPT; i++) {
		counted = p->ncounters;
		out = walk_chain(w, w->policy->base[i]);
		/* a chain of one family may be skipped: it must not make a difference */
		if (w->policy->ir.chains[w->policy->base[i]].family != 0 &&
		    (out == WALKED_DROP || p->ncounters != counted))
			return WALKED_LOOKS;
	}
	return out;
}

/* Walked twice: to know how many counters are passed, and to note them. */
static int
program_constant(struct policy *policy, enum policy_ct ct)
{
	struct program *p = &policy->program[ct];
	struct walk w = {.policy = policy, .program = p};
	enum walked out = walk_all(&w);

	if (out == WALKED_LOOKS) {
		p->ncounters = 0;
		return 0;
	}
	p->counters = arena_take(&policy->ir.arena, p->ncounters, sizeof(*p->counters));
	if (p->counters == NULL)
		return -ENOMEM;
	walk_all(&w);
	p->constant = true;
	p->verdict.kind = out == WALKED_DROP ? POLICY_DROP : POLICY_ACCEPT;
	p->verdict.cacheable = p->ncounters == 0;
	return 0;
}

int
policy_compile(struct policy_ir *ir, struct policy **out, uint32_t *chain)
{
	struct depth_check check = {.ir = ir};
	struct policy *policy;
	unsigned ct;
	uint32_t i;
	int ret;

	for (i = 0; i < ir->nchains; i++) {
		ret = chain_height(&check, i, 0);
		*chain = check.chain;
		if (ret < 0)
			return ret;
	}
	policy = calloc(1, sizeof(*policy));
	if (policy == NULL)
		return -ENOMEM;
	policy->ir = *ir;
	ret = base_order(policy);
	for (ct = 0; ct < POLICY_CT_COUNT && ret == 0; ct++) {
		ret = program_emit(policy, (enum policy_ct)ct);
		if (ret == 0)
			ret = program_constant(policy, (enum policy_ct)ct);
	}
	*ir = policy->ir; /* its arena has grown */
	if (ret == 0)
		*out = policy;
	else
		free(policy);
	return ret;
}
