/* SPDX-License-Identifier: BSD-3-Clause */
/* What compile.c makes and eval.c runs: one program for each conntrack state. */
#ifndef POLICY_PROGRAM_H
#define POLICY_PROGRAM_H

#include <policy/ir.h>

/* eval.c says what each does. */
enum instr_op {
	INSTR_MATCH,
	INSTR_VMAP,
	INSTR_COUNT,
	INSTR_VERDICT,
	INSTR_CLASSIFY, /* begins a rule: go to the next one that can match */
	INSTR_END,      /* of a chain */
};

struct instr {
	uint8_t op;    /* enum instr_op */
	uint16_t rule; /* its number */
	uint32_t next; /* first instruction of the next rule */
	union {
		uint32_t counter; /* INSTR_COUNT */
		uint32_t index;   /* INSTR_CLASSIFY: the rule's index in the classifier */
	};
	union {
		const struct ir_match *match; /* INSTR_MATCH, INSTR_VMAP */
		struct ir_verdict verdict;    /* INSTR_VERDICT */
		const struct classifier
			*classifier; /* INSTR_CLASSIFY; NULL: none, go on */
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
