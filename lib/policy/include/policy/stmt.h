/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements. Each is one file, lib/policy/stmt_<name>.c, with a struct stmt_type
 * <name>_stmt, and one word in the list `statements` of lib/policy/meson.build. The list
 * makes the table that all the others use: the reader finds the statement by the name
 * that nft's JSON gives it, the printer prints it, the compiler emits its instruction,
 * and the evaluation's switch has a case for it that calls <name>_eval().
 *
 * A statement reads itself from a struct stmt_reader, which lib/ruleset implements over
 * JSON.
 */
#ifndef POLICY_STMT_H
#define POLICY_STMT_H

#include <stdio.h>

#include <policy/ir.h>

struct emitter;
struct instr;
struct walk;
struct stmt_reader;

/* What compiler, classifier and verdict cache have to know of a statement. */
enum stmt_effect {
	/*
	 * It only decides whether the rest of its rule is evaluated: a rule needs none at
	 * its end.
	 */
	STMT_TEST = 0x1,
	/*
	 * It compares stmt.match: a packet that this excludes never gets further in the
	 * rule.
	 */
	STMT_KEYED = 0x2,
	/*
	 * It depends on the packet, so the verdict of a program that reaches it is not
	 * constant.
	 */
	STMT_PACKET = 0x4,
	/*
	 * It adds to counter stmt.number; in a constant program, for a burst at a time.
	 */
	STMT_COUNTS = 0x8,
	/*
	 * It has to see each packet, for its state or for the time: as STMT_PACKET, and
	 * no verdict behind it may be cached.
	 */
	STMT_EACH = 0x10,
};

typedef int stmt_visit_fn(void *arg, const struct ir_verdict *verdict);

/* Functions that return int return 0, or -EINVAL or -ENOMEM with the message made. */
struct stmt_type {
	const char *names; /* in nft's JSON; several are separated by a blank */
	unsigned effects;  /* enum stmt_effect */
	/* Fill up to STMTS_MAX statements, zeroed, and add their number to *count. */
	int (*parse)(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count);
	/* As nft prints it. */
	void (*print)(const struct stmt_reader *r, FILE *out);
	/*
	 * Call visit for each verdict it may give; until that returns less than 0. NULL:
	 * none.
	 */
	int (*verdicts)(const struct ir_stmt *stmt, stmt_visit_fn *visit, void *arg);
	/*
	 * Emit the instruction. Returns false where the rest of the rule cannot be
	 * reached.
	 */
	bool (*compile)(struct emitter *e, const struct ir_stmt *stmt);
	/* Evaluate it. Returns the next instruction's index, see walk.h. */
	int64_t (*eval)(struct walk *w, const struct instr *instr);
};

extern const struct stmt_type *const stmt_types[]; /* by ir_stmt.kind */

/* The kind of a statement by its name in nft's JSON, -1: not supported. */
int stmt_kind_find(const char *name);

/*
 * One statement, to be read or printed. A member NULL is the value of the statement
 * itself, as in {"counter": "name"}.
 */
struct stmt_reader {
	const struct stmt_reader_ops *ops;
	const char *name;     /* of the statement in nft's JSON */
	struct policy_ir *ir; /* NULL: to be printed only */
};

struct stmt_reader_ops {
	/* NULL, or 0: the member is missing, or of another type */
	const char *(*text)(const struct stmt_reader *r, const char *member);
	uint64_t (*number)(const struct stmt_reader *r, const char *member);
	bool (*flag)(const struct stmt_reader *r, const char *member);
	/*
	 * A value of a type, by name or number; *value stays where the member is missing.
	 */
	int (*value)(struct stmt_reader *r, const char *member, enum value_type type,
		     u128 *value);
	/* The statement as a match, as a verdict map, as a verdict. */
	int (*match)(struct stmt_reader *r, struct ir_match *match);
	int (*map)(struct stmt_reader *r, struct ir_match *match);
	int (*verdict)(struct stmt_reader *r, struct ir_verdict *verdict);
	/* Number of a named object ("counter") of the rule's table. */
	int (*object)(struct stmt_reader *r, const char *kind, const char *name,
		      uint32_t *number);
	/*
	 * Make the message: what is wrong, what was expected, what to do. Returns
	 * -EINVAL.
	 */
	int (*fail)(struct stmt_reader *r, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
	/* An expression, a match and a verdict map as nft prints them. */
	void (*print)(const struct stmt_reader *r, const char *member, FILE *out);
	void (*print_match)(const struct stmt_reader *r, FILE *out);
	void (*print_map)(const struct stmt_reader *r, FILE *out);
};

#endif
