/* SPDX-License-Identifier: BSD-3-Clause */
/* What the compile functions of the statements write to. */
#ifndef POLICY_EMIT_H
#define POLICY_EMIT_H

#include "program.h"

struct emitter {
	struct program *program;
	enum policy_ct ct; /* conntrack state that the program is for */
	uint16_t rule;     /* number of the rule */
	bool conditional;  /* an instruction of this rule may go on to the next rule */
	bool classified;   /* each rule begins with an INSTR_CLASSIFY */
	bool over;         /* no later rule of the chain can be reached */
};

/* The next instruction; op is the kind of a statement, or an enum instr_op. */
static inline struct instr *
emit(struct emitter *e, unsigned op)
{
	struct instr *instr = &e->program->code[e->program->count++];

	instr->op = (uint8_t)op;
	instr->rule = e->rule;
	return instr;
}

/* A verdict. Returns false where the rest of the rule cannot be reached. */
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
