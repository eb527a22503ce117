/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks by a depth-first search that no chain jumps back to itself, and that jumps are
 * not nested deeper than CHAIN_DEPTH_MAX.
 */
#include "depth.h"

#include <errno.h>

#include <policy/stmt.h>

struct depth {
	struct policy_ir *ir;
	uint32_t chain; /* number of the chain that is being measured */
	unsigned above; /* number of chains on the path from the base chain to this one */
};

static int chain_measure(struct depth *d, uint32_t number);

/*
 * Visit a verdict of the chain that is being measured. Its height is at least that of
 * the verdict's target plus 1.
 */
static int
target_measure(void *arg, const struct ir_verdict *verdict)
{
	struct depth *d = arg;
	uint32_t number = d->chain;
	struct ir_chain *chain = &d->ir->chains[number];
	int ret;

	if (verdict->op != OP_JUMP && verdict->op != OP_GOTO)
		return 0;
	d->above++;
	ret = chain_measure(d, verdict->chain);
	if (ret < 0)
		return ret;
	d->above--;
	d->chain = number;
	if (ret + 1 > chain->height)
		chain->height = (uint8_t)(ret + 1);
	return 0;
}

static int
rule_measure(struct depth *d, const struct ir_rule *rule)
{
	const struct stmt_type *type;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < rule->nstmts && ret == 0; i++) {
		type = stmt_types[rule->stmts[i].kind];
		if (type->verdicts != NULL)
			ret = type->verdicts(&rule->stmts[i], target_measure, d);
	}
	return ret;
}

/*
 * Returns the height of a chain, or -ELOOP or -E2BIG and the number of the bad chain in
 * d->chain.
 */
static int
chain_measure(struct depth *d, uint32_t number)
{
	struct ir_chain *chain = &d->ir->chains[number];
	const struct ir_rule *rule;
	int ret = 0;

	d->chain = number;
	if (chain->walking)
		return -ELOOP;
	if (d->above + (chain->height > 0 ? chain->height : 1u) > CHAIN_DEPTH_MAX)
		return -E2BIG;
	if (chain->height > 0)
		return chain->height;
	chain->walking = true;
	chain->height = 1;
	for (rule = chain->first; rule != NULL && ret == 0; rule = rule->next)
		ret = rule_measure(d, rule);
	chain->walking = false;
	return ret == 0 ? chain->height : ret;
}

int
depth_check(struct policy_ir *ir, uint32_t *chain)
{
	struct depth d = {.ir = ir};
	uint32_t i;
	int ret = 0;

	for (i = 0; i < ir->nchains && ret >= 0; i++)
		ret = chain_measure(&d, i);
	*chain = d.chain;
	return ret < 0 ? ret : 0;
}
