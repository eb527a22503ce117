/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of statements, for the files of lib/policy: what each stmt_<name>.c has to
 * define.
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

/* Of no statement. */
enum instr_op {
	INSTR_CLASSIFY =
		STMT_KINDS, /* begins a rule: go to the next one that can match */
	INSTR_END,          /* of a chain */
};

#define X(NAME, name)                                                                    \
	extern const struct stmt_type name##_stmt;                                       \
	int64_t name##_eval(struct walk *w, const struct instr *instr);
POLICY_STATEMENTS(X)
#undef X

#endif
