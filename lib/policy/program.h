/* SPDX-License-Identifier: BSD-3-Clause */
/* What compile.c makes and eval.c runs: one program for each conntrack state. */
#ifndef POLICY_PROGRAM_H
#define POLICY_PROGRAM_H

#include <policy/ir.h>

/* What it does is up to the statement, or, without one, to eval.c. */
struct instr {
	uint8_t op;    /* kind of a statement, or enum instr_op (stmt_table.h) */
	uint16_t rule; /* its number */
	uint32_t next; /* first instruction of the next rule */
	union {
		uint32_t number; /* of a counter */
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
	uint32_t *start; /* first instruction of each chain */
	uint32_t count;
	bool constant; /* every packet of the state gets the same verdict */
	struct policy_verdict verdict; /* with constant */
	uint32_t *counters;            /* with constant: numbers of those that count it */
	uint32_t ncounters;
};

struct policy {
	struct policy_ir ir;
	uint32_t *base; /* numbers of the base chains, in the order of evaluation */
	struct program program[POLICY_CT_COUNT];
};

#endif
