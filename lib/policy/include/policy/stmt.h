/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements. Each has one file, lib/policy/stmt_<name>.c, with a struct stmt_type
 * <name>_stmt, and one word in the list `statements` of lib/policy/meson.build. The build
 * makes a table from that list. Others find a statement only through the table: the
 * reader finds it by its name in nft's JSON, the printer prints it, the compiler emits
 * its instruction, and the switch of the evaluation has a case for it that calls
 * <name>_eval().
 *
 * A statement reads its parameters through a struct stmt_reader, which lib/ruleset
 * implements for JSON.
 */
#ifndef POLICY_STMT_H
#define POLICY_STMT_H

#include <stdio.h>

#include <policy/ir.h>

struct emitter;
struct instr;
struct walk;
struct stmt_reader;

/*
 * Properties of a statement that the compiler, the classifier and the verdict cache need.
 */
enum stmt_effect {
	/*
	 * It does nothing but decide whether the rest of its rule is evaluated. At the
	 * end of a rule it has no effect and is omitted.
	 */
	STMT_TEST = 0x1,
	/*
	 * It compares stmt.match: the rest of the rule is not evaluated for a packet that
	 * does not match it.
	 */
	STMT_KEYED = 0x2,
	/*
	 * It depends on the packet, so a program that reaches it has no constant verdict.
	 */
	STMT_PACKET = 0x4,
	/*
	 * It adds to counter stmt.number. In a program with a constant verdict it is
	 * counted once for a burst.
	 */
	STMT_COUNTS = 0x8,
	/*
	 * It must be evaluated for each packet, because it keeps state or depends on the
	 * time. It implies STMT_PACKET, and a verdict that follows it must not be cached.
	 */
	STMT_EACH = 0x10,
	/* When it matches, it gives a verdict through walk_verdict(). */
	STMT_DECIDES = 0x20,
};

typedef int stmt_visit_fn(void *arg, const struct ir_verdict *verdict);

/*
 * A type of statement. Functions that return int return 0, or -EINVAL or -ENOMEM after
 * they have made the message.
 */
struct stmt_type {
	const char *names; /* names in nft's JSON, separated by blanks */
	unsigned effects;  /* enum stmt_effect */
	/*
	 * Fill up to STMTS_MAX statements, which are zeroed, and add their number to
	 * *count.
	 */
	int (*parse)(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count);
	/* Print the statement as nft prints it. */
	void (*print)(const struct stmt_reader *r, FILE *out);
	/*
	 * Call visit for each verdict that the statement may give, until visit returns a
	 * negative number. NULL: it gives no verdict.
	 */
	int (*verdicts)(const struct ir_stmt *stmt, stmt_visit_fn *visit, void *arg);
	/*
	 * Emit the instruction. Returns false when the rest of the rule becomes
	 * unreachable.
	 */
	bool (*compile)(struct emitter *e, const struct ir_stmt *stmt);
	/*
	 * Evaluate the statement. Returns the index of the next instruction, see walk.h.
	 */
	int64_t (*eval)(struct walk *w, const struct instr *instr);
};

extern const struct stmt_type *const stmt_types[]; /* by ir_stmt.kind */
extern const unsigned stmt_kinds;                  /* number of them */

/* The kind of the statement with a name in nft's JSON; -1: it is not supported. */
int stmt_kind_find(const char *name);

/*
 * Access to one statement while it is read or printed. The argument `member` is the name
 * of a member; NULL stands for the value of the statement itself, as in {"counter":
 * "name"}.
 */
struct stmt_reader {
	const struct stmt_reader_ops *ops;
	const char *name;     /* name of the statement in nft's JSON */
	struct policy_ir *ir; /* NULL: the statement is only printed */
};

struct stmt_reader_ops {
	/* Value of a member; NULL or 0: the member is missing or has another type. */
	const char *(*text)(const struct stmt_reader *r, const char *member);
	uint64_t (*number)(const struct stmt_reader *r, const char *member);
	bool (*flag)(const struct stmt_reader *r, const char *member);
	bool (*has)(const struct stmt_reader *r, const char *member);
	/*
	 * The n-th text of a list; a single text is a list of one. NULL: the list is
	 * shorter.
	 */
	const char *(*item)(const struct stmt_reader *r, const char *member, unsigned n);
	/*
	 * Read a value of a type, given by name or number. A missing member leaves *value
	 * unchanged.
	 */
	int (*value)(struct stmt_reader *r, const char *member, enum value_type type,
		     u128 *value);
	/* Read the whole statement as a match, as a verdict map, as a verdict. */
	int (*match)(struct stmt_reader *r, struct ir_match *match);
	int (*map)(struct stmt_reader *r, struct ir_match *match);
	int (*verdict)(struct stmt_reader *r, struct ir_verdict *verdict);
	/* Read the whole statement as `TARGET set SOURCE` or `reset TARGET`. */
	int (*mangle)(struct stmt_reader *r, struct ir_mangle *mangle);
	int (*reset)(struct stmt_reader *r, struct ir_load *load);
	/* Get the number of a named counter of the rule's table. */
	int (*object)(struct stmt_reader *r, const char *kind, const char *name,
		      uint32_t *number);
	/* Get a named limit or quota of the rule's table; r->name tells the kind. */
	int (*cell)(struct stmt_reader *r, const char *name,
		    const struct ir_object **object);
	/* Get the number, from 1, of a `ct timeout` object of the rule's table. */
	int (*timeout)(struct stmt_reader *r, const char *name, uint32_t *number);
	/* Get the number of the mirror port with a name. */
	int (*mirror)(struct stmt_reader *r, const char *name, uint32_t *number);
	/*
	 * Make the error message: what is wrong, what was expected, what to do. Returns
	 * -EINVAL.
	 */
	int (*fail)(struct stmt_reader *r, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
	/*
	 * Read the whole statement as a change of a set or as a meter. Outputs the
	 * element's key, the set, the element's timeout (0: that of the set), and whether
	 * the element gets statements.
	 */
	int (*set)(struct stmt_reader *r, struct ir_key *key,
		   const struct ir_object **object, uint64_t *timeout_ns, bool *cells);
	/* Make the error message for failed allocations. Returns -ENOMEM. */
	int (*no_memory)(struct stmt_reader *r);
	/*
	 * Print an expression, a match, a verdict map or a change of a set as nft does.
	 */
	void (*print)(const struct stmt_reader *r, const char *member, FILE *out);
	void (*print_match)(const struct stmt_reader *r, FILE *out);
	void (*print_map)(const struct stmt_reader *r, FILE *out);
	void (*print_set)(const struct stmt_reader *r, FILE *out);
};

/*
 * cell_read.c: read a counter, limit or quota (r->name tells which), either in a rule or
 * as a named object.
 */
int cell_read(struct stmt_reader *r, struct ir_cell *cell);
/* Print the statement as nft does. */
void cell_print(const struct stmt_reader *r, FILE *out);

#endif
