/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of the compiler that the compile functions of statements append instructions
 * to.
 */
#ifndef POLICY_EMIT_H
#define POLICY_EMIT_H

#include "program.h"

struct emitter {
	struct program *program;
	enum policy_ct ct; /* conntrack state that the program is compiled for */
	uint16_t rule;     /* number of the rule that is being compiled */
	bool conditional;  /* a statement of this rule may skip to the next rule */
	bool classified;   /* each rule begins with an INSTR_CLASSIFY */
	/*
	 * an unconditional verdict was emitted: later rules of the chain are unreachable
	 */
	bool over;
};

/* Append an instruction. op is the kind of a statement, or an enum instr_op. */
static inline struct instr *
emit(struct emitter *e, unsigned op)
{
	struct instr *instr = &e->program->code[e->program->count++];

	instr->op = (uint8_t)op;
	instr->rule = e->rule;
	return instr;
}

/* Emit a verdict. Returns false when the rest of the rule becomes unreachable. */
static inline bool
emit_verdict(struct emitter *e, unsigned op, const struct ir_verdict *verdict)
{
	if (verdict->op == OP_CONTINUE)
		return true;
	emit(e, op)->verdict = *verdict;
	e->over |= !e->conditional && verdict->op != OP_JUMP;
	return verdict->op == OP_JUMP;
}

#endif
