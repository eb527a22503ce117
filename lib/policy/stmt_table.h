/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of statements, for the files of lib/policy, and the macros that each
 * stmt_<name>.c uses to define its row.
 */
#ifndef POLICY_STMT_TABLE_H
#define POLICY_STMT_TABLE_H

#include <policy/stmt.h>

#include "emit.h"
#include "stmt_list.h"
#include "walk.h"

enum stmt_kind {
#define X(NAME, name) STMT_##NAME,
	POLICY_STATEMENTS(X)
#undef X
		STMT_KINDS,
};

/* Instructions that belong to no statement. */
enum instr_op {
	/* first instruction of a rule: go to the next rule that can match */
	INSTR_CLASSIFY = STMT_KINDS,
	/* end of a rule without a verdict: count that it has matched */
	INSTR_HIT,
	INSTR_END, /* end of a chain */
};

#define X(NAME, name)                                                                    \
	extern const struct stmt_type name##_stmt;                                       \
	int64_t name##_eval(struct walk *w, const struct instr *instr);
POLICY_STATEMENTS(X)
#undef X

#endif
