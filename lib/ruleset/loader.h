/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/ruleset share. In reading order, each uses only those above it:
 *
 *	json.c      members of jansson's objects
 *	text.c      expressions as nft prints them
 *	report.c    the list of messages
 *	message.c   a message about the place that is being read
 *	annotation.c  what sluice-rules adds to the JSON: places, texts
 *	names.c     the chains, sets and counters of a table, by name
 *	types.c     the types of values, and the names that values have
 *	value.c     what is compared: addresses, symbols, ranges, prefixes, names of ports
 *	verdict.c   accept, drop, jump ..
 *	elements.c  the elements of a set
 *	known.c     what is known of a packet beside its bytes: meta, ct, fib, numgen
 *	header.c    the fields of headers and options
 *	key.c       the fields that a match compares
 *	cell.c      limits, quotas and counters: their JSON, as lib/policy reads it
 *	live.c      sets that change while the rules are in force
 *	match.c     match and vmap: a key and a set
 *	set_write.c  add, update and delete of a set, and meters
 *	mangle.c    marks and headers that a rule sets
 *	reader.c    a statement's JSON, as lib/policy's statements read it
 *	refuse.c    why a statement is refused
 *	stmt.c      the statements of a rule
 *	reach.c     the chains that a base chain reaches, and what their rules do
 *	other.c     the chains that are not evaluated: notices and warnings
 *	chance.c    rules that never match, because no port has the name
 *	language.c  the table of all that rules may say, for docs/rules.md
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
 * A set or map of a table. The first rule that uses it determines the types of its key,
 * and builds it.
 */
struct named_set {
	const char *name;
	const json_t *elements;
	/* property of the set that is not supported; NULL: all are */
	const char *refused;
	bool map;
	/* a map to other values than verdicts; data_type is the type of these values */
	bool data;
	uint8_t data_type;
	bool built;
	/* enum reach bits: for which searches its verdicts have been followed */
	unsigned marks;
	/* enum reach bits: which chains have a rule that writes to the set */
	unsigned written;
	const json_t *json;       /* JSON of the set */
	bool live;                /* it changes at run time: live.c */
	bool cells_known;         /* the statements of its elements have been read */
	struct ir_object *object; /* for a live set, after it is built; else NULL */
	/* enum value_type of each field, after the set is built */
	uint8_t type[KEY_FIELDS_MAX];
	struct ir_set set;
};

enum reach {
	MARK_JUDGED = 1, /* reached from a base chain of hook forward */
	/* reached from the base chain, not evaluated, that is being searched */
	MARK_OTHER = 2,
	/* reached from a base chain of hook prerouting or postrouting */
	MARK_BESIDE = 4,
};

/*
 * Effects on forwarded packets that rules of chains which are not evaluated would have.
 */
enum reach_effect {
	REACH_DROPS = 0x1,
	REACH_QUEUES = 0x2,
	REACH_NOTRACK = 0x4,
	REACH_SETS = 0x8, /* they set marks, header fields, or objects of conntrack */
	REACH_TRANSLATES = 0x10,
	REACH_DIVERTS = 0x20,
};

/* A chain of the JSON, evaluated or not. Its number is the same as in ir.chains. */
struct chain_info {
	const char *family;
	const char *table;
	const char *name;
	const char *type; /* type of a base chain; NULL: not a base chain */
	const char *hook;
	bool drop;    /* policy of a base chain is drop */
	bool dormant; /* its table is dormant */
	/* its family is bridge, and loader.bridge_judged is set */
	bool bridge_judged;
	unsigned marks; /* enum reach bits: which searches have reached it */
	/* first rule of the chain: index into rule_infos + 1; 0: the chain is empty */
	uint32_t rules;
	uint32_t last;
};

/* A rule of the JSON. */
struct rule_info {
	const json_t *json;
	uint32_t chain;
	uint32_t next; /* next rule of the chain: index + 1; 0: this is the last */
};

/* A `ct timeout` object of the JSON. */
struct named_timeout {
	const json_t *json;
	uint32_t number; /* policy_timeout() of it; 0: no rule has used it yet */
};

struct loader {
	struct policy_ir ir;
	/* NULL: each interface name counts as a port */
	const struct ruleset_ports *ports;
	long utc_offset_s;
	const char *file; /* file name for messages; NULL: not known */
	bool refuse_other;
	/*
	 * Errors are warnings now: a rule that only chains of hook prerouting or
	 * postrouting reach is left out when it cannot be evaluated.
	 */
	bool lenient;
	struct ruleset_report *report;
	struct chain_info *chains; /* ir.nchains of them */
	uint32_t nforward;         /* number of base chains of hook forward */
	/* the forward chains of family bridge are evaluated, since there are no others */
	bool bridge_judged;
	struct rule_info *rule_infos;
	uint32_t nrule_infos;
	/* array of dormant tables, from annotation.c; NULL: not known */
	const json_t *dormant;
	/* array of texts and places of rules, from annotation.c; NULL: not known */
	const json_t *annotations;
	struct named_set *sets;
	uint32_t nsets;
	struct named_timeout *timeouts;
	uint32_t ntimeouts;
	const struct ir_object **objects; /* the named limits and quotas */
	uint32_t nobjects;
	/* maps the name of an object, such as "chain inet fw forward", to its number */
	json_t *index;
	/* without a list of ports: maps an interface name to its port number */
	json_t *invented;
	json_t *unknown;    /* set of interface names that no port has */
	json_t *asleep;     /* set of dormant tables, such as "inet t" */
	const char *family; /* family of the table that is being read */
	const char *table;
	/*
	 * for messages: chain of the rule that is being read; NULL: no rule is being read
	 */
	const char *chain;
	const char *rule_text; /* text of that rule, when chain is set */
	/* place of that rule, such as "rules.nft:7"; NULL: not known */
	const char *rule_place;
};

/*
 * All functions below that return int return 0, or -EINVAL or -ENOMEM after they have
 * made the message.
 */

/* json.c: the text of a member; NULL: it is missing or not a text. */
const char *json_text(const json_t *object, const char *key);
/* The name of the first member; NULL: the value is not an object, or is empty. */
const char *json_first_key(const json_t *object);

bool json_has_flag(const json_t *object, const char *name);

/*
 * text.c: print as nft does. quote: put texts in quotes, for names of interfaces and a
 * log's prefix.
 */
void expr_write(FILE *out, const json_t *expr, bool quote);
void match_write(FILE *out, const json_t *match);
void map_write(FILE *out, const json_t *map);
/* The same as a malloced text; NULL: memory has run out. */
char *expr_text(const json_t *expr);

/* annotation.c: find the object that sluice-rules has added to the list. */
void annotation_find(struct loader *l, const json_t *objects);
bool annotation_dormant(const struct loader *l, const char *family, const char *table);
/* Get text and place of the rule with an index in the JSON, from 0. NULL: not known. */
void annotation_rule(const struct loader *l, size_t number, const json_t *rule,
		     const char **text, const char **place);

/*
 * message.c: make an error message; below, one of any level. Each begins with the place
 * that is being read.
 */
int loader_fail(struct loader *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int loader_vfail(struct loader *l, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));
int loader_no_memory(struct loader *l);
void loader_tell(struct loader *l, enum ruleset_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * names.c: register the number of an object under its kind and name, in the table that is
 * being read.
 */
int name_add(struct loader *l, const char *kind, const char *name, uint32_t number);
/* The number of an object; -1: there is none with this kind and name. */
int64_t name_find(const struct loader *l, const char *kind, const char *name);
/* Make the name by which a reload finds the state of an object. Malloced. */
int state_name(struct loader *l, const char *kind, const char *name, char **out);

/* types.c: properties of value types. */
bool value_is_flags(enum value_type type);
uint8_t value_bits(enum value_type type);
u128 value_max(enum value_type type);
const char *value_type_name(enum value_type type);
/*
 * Get the value that a name such as "syn" stands for. Returns false when the name is
 * unknown.
 */
bool symbol_find(enum value_type type, const char *name, u128 *value);

/* value.c: largest number of intervals that one written value stands for. */
#define INTERVALS_MAX 128

/*
 * The intervals that one written value stands for. There is usually one; a wildcard may
 * stand for several.
 */
struct intervals {
	unsigned count;
	u128 lo[INTERVALS_MAX];
	u128 hi[INTERVALS_MAX];
};

int value_parse(struct loader *l, enum value_type type, const json_t *json,
		struct intervals *out);
int value_scalar(struct loader *l, enum value_type type, const json_t *json, u128 *out);

/* verdict.c */
/* name: such as "jump"; value: the JSON value of that member. */
int verdict_read(struct loader *l, const char *name, const json_t *value,
		 struct ir_verdict *verdict);

/*
 * elements.c: build a set from a list of elements or a single one, unless it is built
 * already.
 */
int elements_build(struct loader *l, struct named_set *set, const struct ir_key *key,
		   const json_t *elements, bool single);

/*
 * A word of the language of rules, for the table in docs/rules.md. Each file that has a
 * table of words passes them to a function, in the order of the table.
 */
enum word_use {
	WORD_MATCHED, /* a rule may compare it */
	WORD_NEVER,   /* a rule may compare it; the comparison is never true */
	WORD_SET,     /* a rule may set it */
	WORD_REFUSED,
	WORD_STATEMENT_REFUSED,
};

struct word {
	enum word_use use;
	const char *kind;   /* such as "meta", "tcp", "tcp option" */
	const char *name;   /* NULL: the kind as a whole */
	const char *field;  /* field of an option; NULL: none */
	const char *reason; /* why it is refused; NULL: it is not */
};

typedef void word_fn(void *arg, const struct word *word);

/* header.c */

/*
 * A load as nft's JSON writes it: {"payload": ..}, {"exthdr": ..}, {"tcp option": ..},
 * {"ip option": ..}, {"sctp chunk": ..}, {"meta": ..}, {"ct": ..}, {"fib": ..},
 * {"numgen": ..}, {"jhash": ..} or {"symhash": ..}; and the properties that it requires
 * of the packet.
 */
struct header_field {
	struct ir_load load;
	uint8_t family; /* family that the packet must have: 4, 6; 0: any */
	uint8_t proto;  /* protocol that the packet must have: IPPROTO_* or PROTO_* */
	bool per_packet;
	/* no packet that crosses a wire has a value: never matches */
	bool never;
	unsigned needs;      /* POLICY_NEEDS_* */
	const char *refused; /* why it cannot be evaluated; NULL: it can */
};

/*
 * known.c: find a load that is not bits of the frame. Returns false when it is unknown.
 */
bool known_find(const json_t *json, struct header_field *field);
void known_words(word_fn *add, void *arg);

/* Find a load of a header or option. Returns false when it is unknown. */
bool header_find(const json_t *json, struct header_field *field);
void header_words(word_fn *add, void *arg);

/*
 * cell.c: reads a statement that needs only texts and numbers. reader.c extends this
 * reader.
 */
struct reader {
	struct stmt_reader stmt;
	struct loader *loader; /* NULL: the statement is only printed */
	const json_t *value;   /* the JSON value of the statement */
};

/* l NULL: the statement is only printed; kind: "limit", "quota", "counter". */
void cell_reader_init(struct reader *reader, struct loader *l, const char *kind,
		      const json_t *value);
const struct reader *reader_of(const struct stmt_reader *r);
/* Get the value of a member; member NULL: the value of the statement itself. */
const json_t *reader_member(const struct stmt_reader *r, const char *member);
const char *reader_text(const struct stmt_reader *r, const char *member);
uint64_t reader_number(const struct stmt_reader *r, const char *member);
bool reader_flag(const struct stmt_reader *r, const char *member);
bool reader_has(const struct stmt_reader *r, const char *member);
const char *reader_item(const struct stmt_reader *r, const char *member, unsigned n);
int reader_no_memory(struct stmt_reader *r);
int reader_fail(struct stmt_reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* live.c: whether a set changes at run time. */
bool live_is_wanted(const json_t *set);
int live_begin(struct loader *l, struct named_set *set, const struct ir_key *key);
/*
 * Read the timeout and statements of an element. elem: the JSON object around the
 * element's value; NULL: there is none.
 */
int live_element_read(struct loader *l, struct named_set *set, const json_t *elem,
		      struct ir_element *element);
/*
 * Whether an element of the set may contain more than one value; then a hash cannot find
 * it.
 */
bool live_has_intervals(const struct named_set *set);
/* Read a timeout. json NULL leaves *ns unchanged. */
int live_seconds_read(struct loader *l, const json_t *json, uint64_t *ns);
/* Read the statements of the elements: a list, or a single one. */
int live_cells_take(struct loader *l, struct named_set *set, const json_t *stmts);

/* key.c */
int key_parse(struct loader *l, const json_t *json, struct ir_key *key);
enum value_type key_type(const struct ir_key *key);
void key_words(word_fn *add, void *arg);
/*
 * Make the error message for an expression that is not supported. expr_refuse_for() adds
 * the reason.
 */
int expr_refuse(struct loader *l, const json_t *json);
int expr_refuse_for(struct loader *l, const json_t *json, const char *reason);

/* match.c */
int match_read(struct loader *l, const json_t *json, struct ir_match *match);
int map_read(struct loader *l, const json_t *json, struct ir_match *match);
/* Read a map of fields to values of a type: {"key": .., "data": ..}. */
int data_map_read(struct loader *l, const json_t *json, enum value_type type,
		  struct ir_match *match);

/* mangle.c: read `TARGET set SOURCE` and `reset TARGET`. */
int mangle_read(struct loader *l, const json_t *json, struct ir_mangle *mangle);
int reset_read(struct loader *l, const json_t *json, struct ir_load *load);
void mangle_words(word_fn *add, void *arg);

/* reader.c */
/*
 * Initialise the reader for a statement. Returns false when stmt is not an object with
 * one member.
 */
bool reader_init(struct reader *reader, struct loader *l, const json_t *stmt);

/*
 * set_write.c: read a `set` or `meter` statement: the key, the set, and the timeout and
 * statements of the element.
 */
int set_write_read(struct loader *l, const json_t *value, struct ir_key *key,
		   const struct ir_object **object, uint64_t *timeout_ns, bool *cells);
void set_write_print(FILE *out, const char *kind, const json_t *value);

/* timeout.c: the number of a `ct timeout` object of the table; reads it if need be. */
int timeout_read(struct loader *l, const char *name, uint32_t *number);

/* refuse.c: the reason why a statement is not supported, or what to do about it. */
const char *refusal_reason(const char *statement);
void refusal_words(word_fn *add, void *arg);

/*
 * stmt.c: read a statement of nft as up to STMTS_MAX of ours; *count is increased by
 * their number.
 */
int stmt_parse(struct loader *l, const json_t *json, struct ir_stmt *stmts,
	       uint32_t *count);
/* The rule as nft prints it, malloced; NULL: memory has run out. */
char *rule_text(const json_t *rule);

/*
 * reach.c: mark a chain and all chains that it reaches. *effects: enum reach_effect bits
 * of their rules.
 */
int reach_mark(struct loader *l, uint32_t from, unsigned mark, unsigned *effects);

/* other.c: whether a base chain is evaluated; below, report the ones that are not. */
bool chain_is_judged(const struct chain_info *chain);
/*
 * Whether forward chains of family bridge are evaluated: the ruleset, an array of nft's
 * objects, has no other forward chain (docs/adr/0039-chains-of-family-bridge.md).
 */
bool bridge_is_judged(const json_t *objects);
int others_report(struct loader *l);

/*
 * chance.c: warn of interface names that no port has, and of chains without a rule that
 * can match.
 */
void chances_report(struct loader *l);

/* loader.c */
int loader_run(struct loader *l, const json_t *root);

#endif
