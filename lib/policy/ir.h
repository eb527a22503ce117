/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rules become between nft's JSON and the evaluation; private to lib/policy.
 *
 *	json.c     the objects of the ruleset: tables, chains, sets, counters, rules
 *	stmt.c     the statements of a rule
 *	expr.c     what a match looks at: a field, or several (nft's concatenation)
 *	value.c    what it is compared with: addresses, names, ranges, prefixes
 *	set.c      the values sorted, and found again
 *	compile.c  a program for each conntrack state
 *	filter_build.c, filter.c
 *	           which rules of a long chain a packet can match at all
 *	eval.c     the walk
 *	text.c     a rule as nft would print it
 *
 * One idea carries the whole: every match, whatever its kind, is "these fields of the
 * packet, masked, are (not) in this set". A single value is a set of one interval, `<` a
 * set of one interval, a flag test a masked comparison with 0. So there is one form to
 * evaluate, one to fold away and, later, one to hand to a classifier.
 *
 * Everything lives in the policy's arena and goes with it.
 */
#ifndef POLICY_IR_H
#define POLICY_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <policy/policy.h>

/* A value of any field, in host order: IPv6 addresses are the widest. */
__extension__ typedef unsigned __int128 wide;

#define KEY_FIELDS_MAX 8   /* of a concatenation */
#define CHAIN_DEPTH_MAX 16 /* chains on the way of a packet, as in the kernel */

enum value_type {
	TYPE_IFNAME, /* a port's number */
	TYPE_IPV4,
	TYPE_IPV6,
	TYPE_PROTO,
	TYPE_PORT,
	TYPE_ICMP_TYPE,
	TYPE_ICMP_CODE,
	TYPE_ICMPV6_TYPE,
	TYPE_ICMPV6_CODE,
	TYPE_TCP_FLAGS,
	TYPE_CT_STATE, /* the kernel's bits, see ct_state_bit() */
	TYPE_NFPROTO,
	TYPE_ETHER,
	TYPE_LENGTH,
	TYPE_COUNT,
};

enum field_id {
	FIELD_IIF,
	FIELD_OIF,
	FIELD_IP_SADDR,
	FIELD_IP_DADDR,
	FIELD_IP_PROTOCOL,
	FIELD_IP6_SADDR,
	FIELD_IP6_DADDR,
	FIELD_IP6_NEXTHDR,
	FIELD_L4PROTO,
	FIELD_NFPROTO,
	FIELD_ETHER,
	FIELD_LENGTH,
	FIELD_SPORT,
	FIELD_DPORT,
	FIELD_ICMP_TYPE,
	FIELD_ICMP_CODE,
	FIELD_ICMPV6_TYPE,
	FIELD_ICMPV6_CODE,
	FIELD_TCP_FLAGS,
	FIELD_CT_STATE,
	FIELD_COUNT,
};

#define PROTO_ANY 0
#define PROTO_WITH_PORTS 255 /* TCP, UDP, UDP-Lite, SCTP, DCCP */

/* What a match looks at. family and proto are what nft's JSON leaves unsaid. */
struct ir_key {
	wide mask;                     /* of a single field */
	uint8_t nfields;               /* 0: only family and proto are asked */
	uint8_t field[KEY_FIELDS_MAX]; /* enum field_id */
	uint8_t family;                /* packet's must be it: 4, 6, 0: any */
	uint8_t proto;                 /* IPPROTO_* it must be, or PROTO_* */
	bool per_packet; /* looks at what differs between the packets of a connection */
	bool never;      /* asks for two protocols at once */
};

enum verdict_op {
	OP_ACCEPT,
	OP_DROP,
	OP_REJECT,
	OP_JUMP,
	OP_GOTO,
	OP_RETURN,
	OP_CONTINUE,
};

struct ir_verdict {
	uint8_t op;        /* enum verdict_op */
	bool reset;        /* OP_REJECT: with a TCP reset */
	uint8_t icmp_code; /* OP_REJECT: of destination unreachable */
	uint8_t icmpv6_code;
	uint32_t chain; /* OP_JUMP, OP_GOTO */
};

/*
 * A set or verdict map. Of one field: disjoint intervals, sorted, lo[i] to hi[i]. Of more:
 * element i is lo[i * nfields ..] to hi[..]; sorted, and searched by halving when all are
 * points, otherwise through the planes of set.c.
 */
struct ir_set {
	uint32_t count;
	uint8_t nfields;
	bool points; /* lo is hi everywhere */
	bool all;    /* has the element `*` */
	wide *lo;
	wide *hi;
	struct ir_verdict *verdicts; /* of a map, one an element */
	struct ir_verdict otherwise; /* of a map with `*` */
	struct set_plane *planes;    /* one a field */
	/* while loading */
	const json_t *elements;
	const char *name;    /* NULL: anonymous */
	const char *refused; /* what it has that sluice has not */
	bool map;
	bool built;
	uint8_t type[KEY_FIELDS_MAX]; /* enum value_type, with built */
};

struct ir_match {
	struct ir_key key;
	bool negate;
	const struct ir_set *set;
};

enum stmt_kind {
	STMT_MATCH,
	STMT_VMAP,
	STMT_COUNTER,
	STMT_VERDICT,
};

struct ir_stmt {
	uint8_t kind;
	uint32_t counter;
	struct ir_match match; /* STMT_MATCH, STMT_VMAP */
	struct ir_verdict verdict;
};

struct ir_rule {
	struct ir_stmt *stmts;
	uint32_t nstmts;
	uint32_t chain;
	struct ir_rule *next; /* of the chain */
	const char *text;
	uint64_t handle;
	int counter; /* first of it, -1: none */
};

struct ir_chain {
	const char *table;
	const char *name;
	uint8_t family; /* 4, 6; of an inet table 0 */
	bool base;
	bool drop; /* the policy of a base chain */
	int64_t priority;
	struct ir_rule *first;
	struct ir_rule *last;
	uint32_t nrules;
	uint8_t height; /* chains below it and itself, 0: not known yet */
	bool walking;
};

/* One step of a program; eval.c says what each does. */
enum instr_op {
	INSTR_MATCH,
	INSTR_VMAP,
	INSTR_COUNT,
	INSTR_VERDICT,
	INSTR_FILTER, /* first of a rule: on to the next rule that the packet can match */
	INSTR_END,    /* of a chain */
};

struct instr {
	uint8_t op;
	uint16_t rule; /* its number */
	uint32_t next; /* first step of the next rule */
	union {
		uint32_t counter; /* INSTR_COUNT */
		uint32_t index;   /* INSTR_FILTER: the rule's place in the filter */
	};
	union {
		const struct ir_match *match; /* INSTR_MATCH, INSTR_VMAP */
		struct ir_verdict verdict;    /* INSTR_VERDICT */
		const struct filter *filter;  /* INSTR_FILTER; NULL: none, go on */
	};
};
_Static_assert(sizeof(struct instr) == 24, "long chains are more than a cache holds");

/* The rules as seen by the packets of one conntrack state. */
struct program {
	struct instr *code;
	uint32_t *start; /* of each chain */
	uint32_t count;
	bool constant;
	struct policy_verdict verdict; /* with constant */
	uint32_t *counters;            /* .. and what is counted on the way to it */
	uint32_t ncounters;
};

struct arena {
	struct arena_block *blocks;
	bool failed; /* an allocation has failed since the start */
};

struct policy {
	struct arena arena;
	struct ir_chain *chains;
	struct ir_rule *rules; /* number - 1 */
	struct ir_set *sets;
	uint32_t nchains;
	uint32_t nrules;
	uint32_t nsets;
	uint32_t ncounters;
	uint32_t *base; /* the base chains' numbers in the order of evaluation */
	uint32_t nbase;
	struct program program[POLICY_CT_COUNT];
};

/* What a load needs besides. */
struct loader {
	struct policy *policy;
	const struct policy_ports *ports; /* NULL: every name is one */
	struct policy_error *error;
	json_t *index;      /* "chain inet fw forward": its number */
	json_t *names;      /* without ports: name: number */
	json_t *unknown;    /* names that no port has */
	const json_t *rule; /* at work on, for messages */
	const char *family; /* of that rule's table */
	const char *table;
};

struct field_info {
	const char *name;
	uint8_t type;
	uint8_t family;
	uint8_t proto;
	bool per_packet;
};

extern const struct field_info field_info[FIELD_COUNT];

#define INTERVALS_MAX 128

/* What one written value means: usually one interval, a wildcard perhaps several. */
struct intervals {
	unsigned count;
	wide lo[INTERVALS_MAX];
	wide hi[INTERVALS_MAX];
};

/* arena.c: zeroed memory, or NULL */
void *arena_take(struct arena *arena, size_t count, size_t size);
char *arena_copy(struct arena *arena, const char *text);
void arena_free(struct arena *arena);

/* json.c. All of these return 0, or -EINVAL or -ENOMEM with the error's text made. */
int loader_run(struct loader *l, const json_t *root);
int loader_fail(struct loader *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int loader_no_memory(struct loader *l);
/* Number of a thing of the table at work on, -1: there is none. */
int64_t loader_find(const struct loader *l, const char *kind, const char *name);
const char *json_text(const json_t *object, const char *key);

/* stmt.c */
int stmt_parse(struct loader *l, const json_t *json, struct ir_stmt *stmts,
	       uint32_t *count);
int verdict_parse(struct loader *l, const json_t *json, struct ir_verdict *verdict);

/* expr.c */
int match_parse(struct loader *l, const json_t *json, struct ir_match *match);
int vmap_parse(struct loader *l, const json_t *json, struct ir_match *match);

/* value.c */
int value_parse(struct loader *l, enum value_type type, const json_t *json,
		struct intervals *out);
int value_scalar(struct loader *l, enum value_type type, const json_t *json, wide *out);
bool value_is_flags(enum value_type type);
wide value_max(enum value_type type);
const char *value_type_name(enum value_type type);
int reject_code(struct loader *l, const char *type, const json_t *json,
		struct ir_verdict *verdict);

/* set.c: elements of a key's types, into an empty set */
int set_build(struct loader *l, struct ir_set *set, const struct ir_key *key,
	      const json_t *elements);
struct ir_set *set_of_interval(struct loader *l, wide lo, wide hi);
/* Index of the element that holds the values, -1: none. */
int64_t set_find(const struct ir_set *set, const wide *values);
/* Of two `wide`, for qsort(). */
int wide_compare(const void *x, const void *y);
/* In order, each once; how many are left. */
size_t wide_sort(wide *values, size_t n);

/* compile.c */
int policy_compile(struct loader *l);

/* filter_build.c, filter.c: made for the steps of a chain, from first to its INSTR_END */
#define FILTER_RULES_MIN 8 /* a shorter chain is walked as fast */
/* rows of fewer are in a near cache: looked at beforehand they cost more, of 1,000 a tenth */
#define FILTER_LOOK_MIN 2000
#define FILTER_PLANES_MAX POLICY_LOOK_ROWS

int filter_build(struct loader *l, struct program *program, uint32_t first);
/* Whether the rules are so many that policy_look_begin() is worth its while. */
bool filter_is_long(const struct filter *filter);
/* Find the packet's rows, and ask for them; .. then look->first. */
void filter_look(const struct filter *filter, struct policy_look *look,
		 const struct policy_packet *packet);
void filter_look_first(struct policy_look *look);
/* First step of the first rule from a place on that the packet can match, or the chain's end. */
uint32_t filter_next(const struct filter *filter, struct policy_look *look,
		     const struct policy_packet *packet, uint32_t index);

/* eval.c */
/* The value of a field, where the packet has it: family and protocol were asked before. */
wide field_load(enum field_id field, const struct policy_packet *p);
bool has_ports(uint8_t proto);
/* policy_eval() without filters: what it has to be equal to. */
void policy_eval_plain(const struct policy *policy, const struct policy_packet *packet,
		       struct policy_counter *counters, struct policy_verdict *verdict);
bool match_test_ct(const struct ir_match *match, enum policy_ct ct);
void verdict_of(const struct ir_verdict *from, uint8_t family, struct policy_verdict *to);

/* text.c: a rule as nft prints it, malloced, or NULL */
char *rule_text(const json_t *rule);
char *json_expr_text(const json_t *expr);

/* As the kernel's NF_CT_STATE_BIT(). */
static inline uint32_t
ct_state_bit(enum policy_ct ct)
{
	static const uint8_t bits[POLICY_CT_COUNT] = {
		[POLICY_CT_INVALID] = 1,    [POLICY_CT_ESTABLISHED] = 2,
		[POLICY_CT_RELATED] = 4,    [POLICY_CT_NEW] = 8,
		[POLICY_CT_UNTRACKED] = 64,
	};

	return bits[ct];
}

#endif
