/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program that compile.c makes and eval.c runs. There is one for each conntrack
 * state.
 */
#ifndef POLICY_PROGRAM_H
#define POLICY_PROGRAM_H

#include <policy/ir.h>

/*
 * One instruction. Its statement evaluates it, or eval.c when it belongs to no statement.
 */
struct instr {
	uint8_t op;    /* kind of a statement, or enum instr_op (stmt_table.h) */
	uint16_t rule; /* number of the instruction's rule */
	uint32_t next; /* index of the first instruction of the next rule */
	union {
		uint32_t number; /* number of a counter */
		uint32_t index;  /* INSTR_CLASSIFY: the rule's index in the classifier */
	};
	union {
		const struct ir_match *match;
		struct ir_verdict verdict;
		const void *data;
		const struct rule_classifier *classifier; /* INSTR_CLASSIFY */
	};
};
_Static_assert(sizeof(struct instr) == 24, "long chains are more than a cache holds");

struct program {
	struct instr *code;
	uint32_t *start; /* index of the first instruction of each chain */
	uint32_t count;
	bool constant; /* every packet of the state gets the same verdict */
	struct policy_verdict verdict; /* valid when `constant` is true */
	/*
	 * valid when `constant` is true: numbers of the counters that each packet passes
	 */
	uint32_t *counters;
	uint32_t ncounters;
};

struct policy {
	struct policy_ir ir;
	uint32_t id;    /* policy_id() */
	uint32_t *base; /* numbers of the base chains, in the order of evaluation */
	struct program program[POLICY_CT_COUNT];
};

/*
 * Index of a base chain's policy in walk.hits, the counters of matched packets. The rules
 * come before, at their numbers from 1 on.
 */
static inline uint32_t
policy_hit(const struct policy_ir *ir, uint32_t chain)
{
	return ir->nrules + 1 + chain;
}

/* Length of walk.hits: one counter for each rule and each base chain's policy. */
static inline uint32_t
policy_hits(const struct policy_ir *ir)
{
	return ir->nrules + 1 + ir->nchains;
}

#endif
