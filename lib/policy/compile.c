/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From rules to programs.
 *
 * A packet's conntrack state is known before its rules are asked, and a ruleset asks for
 * it more than for anything else. So the rules are compiled once for each of the five
 * states, and in each the matches on `ct state` are answered at load: true ones vanish,
 * false ones take the rest of their rule along, a verdict map on it becomes the verdict.
 * What follows an unconditional verdict vanishes too. In the usual ruleset
 *
 *	ct state vmap { established : accept, related : accept, invalid : drop }
 *	iifname "lan" oifname "wan" tcp dport { 80, 443 } accept
 *
 * the program for `established` is then the one step "accept". Where a whole program comes
 * to a verdict without a look at the packet, that is kept as the state's constant, with the
 * counters that lie on the way.
 *
 * A program is one array of steps, the chains one after the other. A match that fails goes
 * on at the next rule's first step; its last step done, a rule falls through into the next.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

#define CONSTANT_STEPS_MAX 100000 /* chains that jump and jump: looked at no further */

struct emitter {
	struct program *program;
	enum policy_ct ct;
	uint32_t begin; /* the rule's first step */
	bool matched;   /* a condition has been emitted in this rule */
	bool filtered;  /* each rule begins with an INSTR_FILTER */
	bool over;      /* nothing after this rule is reached in this chain */
	uint16_t rule;
};

/* The chain at the end of each jump, and that none leads back: depth first. */
static int chain_height(struct loader *l, uint32_t number, unsigned depth);

static int
target_height(struct loader *l, struct ir_chain *chain, const struct ir_verdict *verdict,
	      unsigned depth)
{
	int ret;

	if (verdict->op != OP_JUMP && verdict->op != OP_GOTO)
		return 0;
	ret = chain_height(l, verdict->chain, depth + 1);
	if (ret < 0)
		return ret;
	if (ret + 1 > chain->height)
		chain->height = (uint8_t)(ret + 1);
	return 0;
}

static int
stmt_height(struct loader *l, struct ir_chain *chain, const struct ir_stmt *stmt,
	    unsigned depth)
{
	const struct ir_set *set = stmt->match.set;
	uint32_t i;
	int ret = 0;

	if (stmt->kind == STMT_VERDICT)
		return target_height(l, chain, &stmt->verdict, depth);
	if (stmt->kind != STMT_VMAP)
		return 0;
	for (i = 0; i < set->count && ret == 0; i++)
		ret = target_height(l, chain, &set->verdicts[i], depth);
	if (ret == 0 && set->all)
		ret = target_height(l, chain, &set->otherwise, depth);
	return ret;
}

/* Chains below a chain and itself; an error where there is no end to them. */
static int
chain_height(struct loader *l, uint32_t number, unsigned depth)
{
	struct ir_chain *chain = &l->policy->chains[number];
	const struct ir_rule *rule;
	uint32_t i;
	int ret;

	if (chain->walking)
		return loader_fail(l, "chain '%s' of table '%s' jumps back to itself",
				   chain->name, chain->table);
	if (depth + (chain->height > 0 ? chain->height : 1u) > CHAIN_DEPTH_MAX)
		return loader_fail(
			l,
			"chains jump more than %d deep, at chain '%s' of table "
			"'%s'",
			CHAIN_DEPTH_MAX, chain->name, chain->table);
	if (chain->height > 0)
		return chain->height;
	chain->walking = true;
	chain->height = 1;
	for (rule = chain->first; rule != NULL; rule = rule->next) {
		for (i = 0; i < rule->nstmts; i++) {
			ret = stmt_height(l, chain, &rule->stmts[i], depth);
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
base_order(struct loader *l)
{
	struct policy *policy = l->policy;
	uint32_t i, n = 0;

	policy->base = arena_take(&policy->arena, policy->nbase, sizeof(*policy->base));
	if (policy->base == NULL)
		return loader_no_memory(l);
	for (i = 0; i < policy->nchains; i++) {
		if (policy->chains[i].base)
			policy->base[n++] = i;
	}
	qsort_r(policy->base, n, sizeof(*policy->base), base_compare, policy->chains);
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
	wide value;

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
	if (e->filtered)
		emit(e, INSTR_FILTER);
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
program_emit(struct loader *l, enum policy_ct ct)
{
	struct policy *policy = l->policy;
	struct program *p = &policy->program[ct];
	struct emitter e = {.program = p, .ct = ct};
	const struct ir_rule *rule;
	size_t room = policy->nchains;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < policy->nrules; i++)
		room += policy->rules[i].nstmts + 1;
	p->code = arena_take(&policy->arena, room, sizeof(*p->code));
	p->start = arena_take(&policy->arena, policy->nchains, sizeof(*p->start));
	if (policy->arena.failed)
		return loader_no_memory(l);
	for (i = 0; i < policy->nchains && ret == 0; i++) {
		p->start[i] = p->count;
		e.over = false;
		e.filtered = policy->chains[i].nrules >= FILTER_RULES_MIN;
		for (rule = policy->chains[i].first; rule != NULL && !e.over;
		     rule = rule->next) {
			e.rule = (uint16_t)(rule - policy->rules + 1);
			emit_rule(&e, rule);
		}
		e.rule = 0;
		emit(&e, INSTR_END);
		if (e.filtered)
			ret = filter_build(l, p, p->start[i]);
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
	const struct ir_chain *chain = &w->policy->chains[number];
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
		} else if (instr->op == INSTR_FILTER) {
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
	for (i = 0; i < w->policy->nbase && out == WALKED_ACCEPT; i++) {
		counted = p->ncounters;
		out = walk_chain(w, w->policy->base[i]);
		/* a chain of one family may be skipped: it must not make a difference */
		if (w->policy->chains[w->policy->base[i]].family != 0 &&
		    (out == WALKED_DROP || p->ncounters != counted))
			return WALKED_LOOKS;
	}
	return out;
}

/* Walked twice: to know how many counters are passed, and to note them. */
static int
program_constant(struct loader *l, enum policy_ct ct)
{
	struct program *p = &l->policy->program[ct];
	struct walk w = {.policy = l->policy, .program = p};
	enum walked out = walk_all(&w);

	if (out == WALKED_LOOKS) {
		p->ncounters = 0;
		return 0;
	}
	p->counters = arena_take(&l->policy->arena, p->ncounters, sizeof(*p->counters));
	if (p->counters == NULL)
		return loader_no_memory(l);
	walk_all(&w);
	p->constant = true;
	p->verdict.kind = out == WALKED_DROP ? POLICY_DROP : POLICY_ACCEPT;
	p->verdict.cacheable = p->ncounters == 0;
	return 0;
}

int
policy_compile(struct loader *l)
{
	unsigned ct;
	uint32_t i;
	int ret;

	for (i = 0; i < l->policy->nchains; i++) {
		ret = chain_height(l, i, 0);
		if (ret < 0)
			return ret;
	}
	ret = base_order(l);
	for (ct = 0; ct < POLICY_CT_COUNT && ret == 0; ct++) {
		ret = program_emit(l, (enum policy_ct)ct);
		if (ret == 0)
			ret = program_constant(l, (enum policy_ct)ct);
	}
	return ret;
}
