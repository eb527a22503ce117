/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The intermediate representation of a ruleset: what lib/ruleset makes of nft's JSON, and
 * what lib/policy compiles and evaluates. For these two and their tests; all others
 * include policy/policy.h.
 *
 * One idea carries the whole: every match, whatever its kind, is "these fields of the
 * packet, masked, are (not) in this set". A single value is a set of one interval, `<` is
 * a set of one interval, a flag test is a masked comparison with 0. So there is one form
 * to evaluate, to fold away at load and to classify.
 *
 * Everything lives in the policy's arena and is freed with it.
 */
#ifndef POLICY_IR_H
#define POLICY_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <policy/policy.h>

/* A value of any field, in host order: IPv6 addresses are the widest. */
__extension__ typedef unsigned __int128 u128;

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
	TYPE_ICMPX_CODE, /* the kernel's NFT_REJECT_ICMPX_* */
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

/*
 * The fields that a match compares. nft's JSON leaves out the family and protocol they
 * imply.
 */
struct ir_key {
	u128 mask;                     /* of a single field */
	uint8_t nfields;               /* 0: only family and protocol are compared */
	uint8_t field[KEY_FIELDS_MAX]; /* enum field_id */
	uint8_t family;                /* the packet must have it: 4, 6; 0: any */
	uint8_t proto;                 /* the packet must have it: IPPROTO_*, PROTO_* */
	bool per_packet; /* some field differs between packets of one connection */
	bool never;      /* the fields imply two protocols: no packet has them */
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
	bool reset;        /* OP_REJECT: answer with a TCP reset */
	uint8_t icmp_code; /* OP_REJECT: else with this code of destination unreachable */
	uint8_t icmpv6_code;
	uint32_t chain; /* OP_JUMP, OP_GOTO: number of the target */
};

/*
 * A set or verdict map. With one field: disjoint intervals in order, lo[i] to hi[i]. With
 * more: element i is lo[i * nfields ..] to hi[..]; in order, found by binary search where
 * all elements are points, otherwise by a classifier.
 */
struct ir_set {
	uint32_t count;
	uint8_t nfields;
	bool all; /* has the element `*` */
	u128 *lo;
	u128 *hi;
	struct ir_verdict *verdicts;   /* of a map: one for each element */
	struct ir_verdict otherwise;   /* of a map with `*` */
	struct classifier *classifier; /* of several fields, with ranges; else NULL */
};

struct ir_match {
	struct ir_key key;
	bool negate;
	const struct ir_set *set;
};

/* policy/stmt.h; which members are used depends on the kind. */
struct ir_stmt {
	uint8_t kind; /* index into stmt_types */
	uint32_t number;
	struct ir_match match;
	struct ir_verdict verdict;
	void *data; /* in the arena */
};

#define STMTS_MAX 2 /* that one of nft's becomes */

struct ir_rule {
	struct ir_stmt *stmts;
	uint32_t nstmts;
	uint32_t chain;
	struct ir_rule *next; /* in its chain */
	const char *text;     /* "chain: rule", as nft prints it */
	uint64_t handle;      /* nft's */
	int counter;          /* number of its first counter, -1: none */
};

struct ir_chain {
	const char *table;
	const char *name;
	uint8_t family; /* of its table: 4, 6; inet: 0 */
	bool base;
	bool drop; /* policy of a base chain */
	int64_t priority;
	struct ir_rule *first;
	struct ir_rule *last;
	uint32_t nrules;
	uint8_t height; /* depth of the chains below it, plus 1; 0: not known yet */
	bool walking;   /* its height is being computed */
};

struct arena {
	struct arena_block *blocks;
	bool failed; /* an allocation has failed since the start */
};

struct policy_ir {
	struct arena arena;
	struct ir_chain *chains;
	struct ir_rule *rules; /* number - 1 */
	uint32_t nchains;
	uint32_t nrules;
	uint32_t ncounters;
	uint32_t nbase; /* base chains */
};

struct field_info {
	const char *name;
	uint8_t type;
	uint8_t family;
	uint8_t proto;
	bool per_packet;
};

extern const struct field_info field_info[FIELD_COUNT];

/* arena.c: zeroed memory, or NULL */
void *arena_take(struct arena *arena, size_t count, size_t size);
char *arena_copy(struct arena *arena, const char *text);
void arena_free(struct arena *arena);

/*
 * set.c: a set is built from its elements, in any order.
 *
 *	struct set_builder b = {.nfields = 2, .bits = {32, 16}};
 *	set_builder_add(&b, lo, hi, &verdict);
 *	set_builder_store(&b, arena, set);
 *	set_builder_free(&b);
 */
struct set_builder {
	unsigned nfields;
	uint8_t bits[KEY_FIELDS_MAX]; /* of the values of each field */
	bool map;                     /* each element has a verdict */
	uint32_t count;
	uint32_t room;
	u128 *lo;
	u128 *hi;
	struct ir_verdict *verdicts;
	uint32_t *order;
};

/* One element: a lower and an upper bound for each field. Returns 0 or -ENOMEM. */
int set_builder_add(struct set_builder *b, const u128 *lo, const u128 *hi,
		    const struct ir_verdict *verdict);
/* Returns 0, -ENOMEM, or -EEXIST: elements of a map overlap. */
int set_builder_store(struct set_builder *b, struct arena *arena, struct ir_set *set);
void set_builder_free(struct set_builder *b);
/* The set of one interval; empty when lo is above hi. NULL: no memory. */
struct ir_set *set_of_interval(struct arena *arena, u128 lo, u128 hi);

/*
 * compile.c: a policy of the rules. Returns 0, and the policy has taken the IR's arena
 * over; or -ENOMEM, -ELOOP (chain number *chain jumps back to itself) or -E2BIG (chains
 * jump more than CHAIN_DEPTH_MAX deep, at *chain).
 */
int policy_compile(struct policy_ir *ir, struct policy **policy, uint32_t *chain);

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
