/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/ruleset share. In reading order, each uses only those above it:
 *
 *	json.c      members of jansson's objects
 *	text.c      expressions as nft prints them
 *	message.c   the one error message
 *	names.c     the chains, sets and counters of a table, by name
 *	value.c     what is compared: addresses, symbols, ranges, prefixes, names of ports
 *	verdict.c   accept, drop, jump ..
 *	elements.c  the elements of a set
 *	key.c       the fields that a match compares
 *	match.c     match and vmap: a key and a set
 *	reader.c    a statement's JSON, as lib/policy's statements read it
 *	stmt.c      the statements of a rule
 *	loader.c    the objects of the ruleset: tables, chains, sets, counters, rules
 *	ruleset.c   ruleset_load()
 */
#ifndef RULESET_LOADER_H
#define RULESET_LOADER_H

#include <stdarg.h>
#include <stdio.h>

#include <jansson.h>

#include <policy/ir.h>
#include <policy/stmt.h>
#include <ruleset/ruleset.h>

/*
 * A set or map of a table. It is built by the first rule that uses it, with its key's
 * types.
 */
struct named_set {
	const char *name;
	const json_t *elements;
	const char *refused; /* the property that is not supported, NULL: none */
	bool map;
	bool built;
	uint8_t type[KEY_FIELDS_MAX]; /* enum value_type, once built */
	struct ir_set set;
};

struct loader {
	struct policy_ir ir;
	const struct ruleset_ports *ports; /* NULL: every name is one */
	struct ruleset_error *error;
	struct named_set *sets;
	uint32_t nsets;
	json_t *index;      /* "chain inet fw forward": its number */
	json_t *invented;   /* without ports: name: number */
	json_t *unknown;    /* names that no port has */
	const char *family; /* of the table that is being read */
	const char *table;
	const char *chain; /* of the rule that is being read, for messages; NULL: none */
	const char *rule_text; /* with chain */
};

/* All functions that return int return 0, or -EINVAL or -ENOMEM with the message made. */

/* json.c: the text of a member, NULL: it is missing or not a text. */
const char *json_text(const json_t *object, const char *key);
/* The first member's name, NULL: not an object, or an empty one. */
const char *json_first_key(const json_t *object);

/* text.c: as nft prints it; quote: texts are names of interfaces, or a log's prefix */
void expr_write(FILE *out, const json_t *expr, bool quote);
void match_write(FILE *out, const json_t *match);
void map_write(FILE *out, const json_t *map);
/* malloced, or NULL */
char *expr_text(const json_t *expr);

/* message.c */
int loader_fail(struct loader *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int loader_vfail(struct loader *l, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));
int loader_no_memory(struct loader *l);

/* names.c: numbers of the objects of a kind in the table that is being read */
int name_add(struct loader *l, const char *kind, const char *name, uint32_t number);
/* -1: there is none. */
int64_t name_find(const struct loader *l, const char *kind, const char *name);

/* value.c */
#define INTERVALS_MAX 128

/* What one written value means: usually one interval, a wildcard perhaps several. */
struct intervals {
	unsigned count;
	u128 lo[INTERVALS_MAX];
	u128 hi[INTERVALS_MAX];
};

int value_parse(struct loader *l, enum value_type type, const json_t *json,
		struct intervals *out);
int value_scalar(struct loader *l, enum value_type type, const json_t *json, u128 *out);
bool value_is_flags(enum value_type type);
uint8_t value_bits(enum value_type type);
u128 value_max(enum value_type type);
const char *value_type_name(enum value_type type);

/* verdict.c */
/* name: "jump", value: what JSON has for it */
int verdict_read(struct loader *l, const char *name, const json_t *value,
		 struct ir_verdict *verdict);

/* elements.c: build a set, unless it is built, of a list or of a single element */
int elements_build(struct loader *l, struct named_set *set, const struct ir_key *key,
		   const json_t *elements, bool single);

/* key.c */
int key_parse(struct loader *l, const json_t *json, struct ir_key *key);
enum value_type key_type(const struct ir_key *key);
/* Refuse an expression, by its text. */
int expr_refuse(struct loader *l, const json_t *json);

/* match.c */
int match_read(struct loader *l, const json_t *json, struct ir_match *match);
int map_read(struct loader *l, const json_t *json, struct ir_match *match);

/* reader.c */
struct reader {
	struct stmt_reader stmt;
	struct loader *loader; /* NULL: to print only */
	const json_t *value;   /* of the statement */
};

/* For a statement, an object with one member. Returns false where it is none. */
bool reader_init(struct reader *reader, struct loader *l, const json_t *stmt);

/* stmt.c: up to STMTS_MAX of one of nft's; *count is increased by their number */
int stmt_parse(struct loader *l, const json_t *json, struct ir_stmt *stmts,
	       uint32_t *count);
/* A rule as nft prints it, malloced, or NULL. */
char *rule_text(const json_t *rule);

/* loader.c */
int loader_run(struct loader *l, const json_t *root);

#endif
