/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The intermediate representation of a ruleset. lib/ruleset makes it from nft's JSON;
 * lib/policy compiles and evaluates it. Only these two and their tests include this
 * header; all others include policy/policy.h.
 *
 * Every match has one form: "these fields of the packet, masked, are (not) in this set".
 * A single value is a set of one interval, `<` is a set of one interval, a flag test is a
 * masked comparison with 0. So the evaluation, the compiler and the classifier handle one
 * form only.
 *
 * All objects are allocated in the policy's arena and freed with it.
 */
#ifndef POLICY_IR_H
#define POLICY_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <policy/policy.h>

/* A value of any field, in host order: IPv6 addresses are the widest. */
__extension__ typedef unsigned __int128 u128;

#define KEY_FIELDS_MAX 8 /* largest number of fields in a concatenation */
/* largest number of nested chains of a packet's evaluation, as in the kernel */
#define CHAIN_DEPTH_MAX 16

enum value_type {
	TYPE_IFNAME, /* interface name; the value is the port's number */
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
	TYPE_CT_STATE, /* the kernel's conntrack state bits, see ct_state_bit() */
	TYPE_NFPROTO,
	TYPE_ETHER,
	TYPE_LENGTH,
	TYPE_U8,
	TYPE_U16,
	TYPE_U32,
	TYPE_U64,
	TYPE_U128,
	TYPE_BOOL, /* 1: exists, 0: missing */
	TYPE_ETHER_ADDR,
	TYPE_DSCP,
	TYPE_ECN,
	/* the kernel's conntrack status bits; POLICY_STATUS_* are some of them */
	TYPE_CT_STATUS,
	TYPE_CT_DIRECTION,
	TYPE_PKTTYPE,  /* the kernel's PACKET_* */
	TYPE_HARDWARE, /* the kernel's ARPHRD_* */
	TYPE_PRIORITY, /* a traffic control handle: major and minor number */
	TYPE_TIME,     /* nanoseconds since 1970, UTC */
	TYPE_HOUR,     /* seconds since midnight, UTC */
	TYPE_DAY,      /* day of the week, 0: Sunday */
	TYPE_IGMP_TYPE,
	TYPE_ARP_OPERATION,
	TYPE_MH_TYPE,
	TYPE_DCCP_TYPE,
	TYPE_FIB_TYPE, /* the kernel's RTN_* */
	TYPE_IFGROUP,
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
	FIELD_LOAD, /* not a fixed field: ir_key.load says which bits are loaded */
	FIELD_COUNT,
};

/* Where a FIELD_LOAD takes its value from. */
enum load_base {
	LOAD_LINK = POLICY_BASE_LINK,
	LOAD_NETWORK = POLICY_BASE_NETWORK,
	LOAD_TRANSPORT = POLICY_BASE_TRANSPORT,
	LOAD_INNER = POLICY_BASE_INNER,
	LOAD_VLAN,       /* the outermost VLAN tag: TCI and EtherType */
	LOAD_EXTHDR,     /* IPv6 extension header number `header` */
	LOAD_IP_OPTION,  /* IPv4 option number `header` */
	LOAD_TCP_OPTION, /* TCP option number `header` */
	LOAD_SCTP_CHUNK, /* first SCTP chunk of type `header` */
	LOAD_CONST,      /* the constant value `header` */
	LOAD_ETHER_TYPE, /* the EtherType after all VLAN tags */
	LOAD_PKTTYPE,
	LOAD_FIB_TYPE, /* route type of the address at `offset` of the IP header */
	LOAD_MARK,
	LOAD_PRIORITY,
	LOAD_RANDOM,
	LOAD_WALL_TIME,
	LOAD_WALL_HOUR,
	LOAD_WALL_DAY,
	/*
	 * The loads below read the connection. `header` is the direction: 0 original, 1
	 * reply, or LOAD_BOTH.
	 */
	LOAD_CT_MARK,
	/* the zone that a chain of HOOK_RAW has set for the packet; else 0 */
	LOAD_CT_ZONE,
	LOAD_CT_L3PROTO,
	LOAD_CT_PROTO,
	LOAD_CT_STATUS,
	LOAD_CT_DIRECTION,
	LOAD_CT_ID,
	LOAD_CT_EXPIRATION, /* seconds */
	LOAD_CT_PACKETS,
	LOAD_CT_BYTES,
	LOAD_CT_AVGPKT,
	LOAD_CT_SADDR,
	LOAD_CT_DADDR,
	LOAD_CT_SPORT,
	LOAD_CT_DPORT,
	/* The loads below give a number from `add` to `add` + `modulus` - 1. */
	LOAD_NUMGEN_RANDOM,
	/* the next number of `object`, a CELL_SEQUENCE: stmt_sequence.c */
	LOAD_NUMGEN_INC,
	LOAD_JHASH, /* hash of the fields of `hashed`, with `seed` */
	LOAD_SYMHASH,
};

#define LOAD_BOTH 2 /* `header` of a load: sum of both directions */

/*
 * Describes one load: the `bits` bits that begin `offset` bits after the start of `base`,
 * as a number in host order. With `exists` the value is 1 when the header or option is
 * present, else 0. For LOAD_TRANSPORT, `header` is the ICMP type that the packet must
 * have; 0: any.
 */
struct ir_load {
	uint8_t base; /* enum load_base */
	uint8_t header;
	uint8_t type; /* enum value_type */
	bool exists;
	uint16_t offset;
	uint16_t bits;
	uint32_t modulus;
	uint32_t add;
	uint32_t seed;
	uint32_t object; /* number of an ir_object */
	const struct ir_key *hashed;
};

#define PROTO_ANY 0
#define PROTO_WITH_PORTS 255 /* TCP, UDP, UDP-Lite, SCTP, DCCP */

/*
 * The fields that a match compares, with the family and protocol that they imply. nft's
 * JSON omits the implied family and protocol.
 */
struct ir_key {
	/* applied to the value; only with a single field */
	u128 mask;
	/* number of fields; 0: only family and protocol are compared */
	uint8_t nfields;
	uint8_t field[KEY_FIELDS_MAX]; /* enum field_id */
	uint8_t family;                /* the packet must have it: 4, 6; 0: any */
	uint8_t proto;                 /* the packet must have it: IPPROTO_*, PROTO_* */
	bool per_packet; /* a field may differ between packets of one connection */
	bool never;      /* the fields imply two protocols: no packet has them */
	bool counts;     /* one of the loads, at most one, is LOAD_NUMGEN_INC */
	/* nfields loads, used for the fields that are FIELD_LOAD; NULL: no field is */
	const struct ir_load *load;
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
	uint8_t op; /* enum verdict_op */
	bool reset; /* for OP_REJECT: answer with a TCP reset */
	/*
	 * for OP_REJECT without reset: code of the ICMP destination unreachable message
	 */
	uint8_t icmp_code;
	uint8_t icmpv6_code;
	union {
		uint32_t chain; /* for OP_JUMP and OP_GOTO: number of the target chain */
		uint32_t value; /* data of a map element that is not a verdict */
	};
};

/*
 * A set or verdict map. With one field: disjoint intervals in order, lo[i] to hi[i]. With
 * more: element i is lo[i * nfields ..] to hi[..]; in order, found by binary search where
 * all elements are points, otherwise by a classifier.
 */
struct ir_set {
	uint32_t count;
	uint8_t nfields;
	bool all; /* the set has the element `*`, which matches every packet */
	u128 *lo;
	u128 *hi;
	/* for a map: the verdict of each element; else NULL */
	struct ir_verdict *verdicts;
	/* for a map with `*`: the verdict of that element */
	struct ir_verdict otherwise;
	/* for ranges of several fields: finds the element; else NULL */
	struct classifier *classifier;
	/* the object of a set that changes at run time; NULL: the set is fixed */
	const struct ir_object *live;
};

struct ir_match {
	struct ir_key key;
	bool negate;
	const struct ir_set *set;
};

/*
 * Parameters of a limit, a quota, a counter or a connection count. The run time state is
 * a union cell (lib/policy/cell.h).
 */
enum cell_type {
	CELL_COUNTER,
	CELL_LIMIT,
	CELL_QUOTA,
	CELL_CONNECTIONS, /* number of connections: `ct count` */
	CELL_SEQUENCE,    /* `numgen inc` */
};

struct ir_cell {
	uint8_t type; /* enum cell_type */
	/* `over`: match when the limit or quota is exceeded, not while it is kept */
	bool over;
	bool bytes;    /* for CELL_LIMIT: true: `rate` is in bytes, false: in packets */
	uint64_t rate; /* for CELL_LIMIT: packets or bytes in one period */
	uint64_t period_ns;
	uint64_t bucket_ns; /* CELL_LIMIT: depth of the token bucket */
	/* for CELL_QUOTA: bytes; for CELL_CONNECTIONS: number of connections */
	uint64_t quota;
	/*
	 * Initial values, for CELL_COUNTER packets and bytes, for CELL_QUOTA bytes only.
	 */
	struct policy_counter initial;
};

/* largest number of statements of a set element, as the kernel's NFT_SET_EXPR_MAX */
#define LIVE_CELLS_MAX 2

/* A set element that the ruleset lists. */
struct ir_element {
	u128 value
		[KEY_FIELDS_MAX]; /* with by_index only the first: the element's index */
	uint64_t timeout_ns;      /* nanoseconds; 0: the element does not expire */
	/* the element has the statements that the set declares */
	bool cells;
	/* initial value, when a statement of the element is a counter */
	struct policy_counter counter;
};

/*
 * A set that changes at run time: packets, timeouts or the control socket change it. An
 * element is found by its values. Elements that are intervals, and elements of verdict
 * maps, are found in the ir_set first, and here by their index in it (by_index).
 */
struct ir_live {
	bool by_index;
	bool timeouts; /* elements may have a timeout */
	uint8_t nfields;
	/* bit n is set when field n is wider than 64 bits */
	uint8_t wide;
	uint32_t size;                /* largest number of elements */
	uint64_t timeout_ns;          /* default timeout of added elements; 0: none */
	uint8_t type[KEY_FIELDS_MAX]; /* enum value_type of each field */
	/* with by_index: the set that holds the values; else NULL */
	const struct ir_set *set;
	uint32_t ncells;
	struct ir_cell cell[LIVE_CELLS_MAX]; /* the statements that each element has */
	uint32_t nelements;
	struct ir_element *elements;
};

/*
 * State that the statements of all workers share: lib/policy/object.h. State with a name
 * survives a reload of the rules.
 */
struct ir_object {
	struct ir_object *next;
	uint32_t number;
	/* such as "limit inet t slow"; NULL: the object belongs to one rule */
	const char *name;
	struct ir_cell cell;
	struct ir_live *live; /* for a set: its description; NULL: the object is a cell */
};

/* A counter that has a name or that does not begin at 0. */
struct ir_counter {
	struct ir_counter *next;
	uint32_t number;
	/* such as "counter inet t web"; NULL: the counter belongs to one rule */
	const char *name;
	struct policy_counter initial;
};

enum mangle_target {
	MANGLE_MARK,
	MANGLE_PRIORITY,
	MANGLE_CT_MARK,
	MANGLE_CT_ZONE, /* only in chains of HOOK_RAW */
	MANGLE_TRACE,   /* `meta nftrace` */
	MANGLE_BYTES,   /* bits of the frame, which `load` describes */
	MANGLE_NOTHING, /* ignored: the target has no meaning between two ports */
};

enum mangle_source {
	SOURCE_CONST, /* the constant `flip` */
	SOURCE_FIELD, /* the packet's value of match.key */
	SOURCE_MAP,   /* the value to which match.set maps match.key */
	SOURCE_MTU,   /* largest TCP segment size that fits the MTU of both ports */
};

/* `TARGET set SOURCE`: the new value is (source & mask) ^ flip. */
struct ir_mangle {
	uint8_t target; /* enum mangle_target */
	uint8_t source; /* enum mangle_source */
	uint8_t family; /* family and protocol that the packet must have, as in ir_key */
	uint8_t proto;
	struct ir_load load;
	u128 mask;
	u128 flip;
	struct ir_match match;
};

/* A statement, see policy/stmt.h. Its kind decides which members are used. */
struct ir_stmt {
	uint8_t kind; /* kind of the statement: index into stmt_types */
	uint32_t number;
	struct ir_match match;
	struct ir_verdict verdict;
	void *data; /* data of the statement's own, allocated in the arena; NULL: none */
};

#define STMTS_MAX 2 /* largest number of statements that one statement of nft becomes */

struct ir_rule {
	struct ir_stmt *stmts;
	uint32_t nstmts;
	uint32_t chain;
	struct ir_rule *next; /* next rule of the same chain; NULL: this is the last */
	const char *text;     /* "chain: rule", as nft prints it */
	uint64_t handle;      /* the handle that nft gave the rule */
	int counter;          /* number of the rule's first counter; -1: it has none */
};

/* Where a base chain is evaluated, in the order in which a packet meets them. */
enum ir_hook {
	HOOK_RAW,        /* prerouting, before the connection is looked up */
	HOOK_PREROUTING, /* prerouting, after that */
	HOOK_FORWARD,
	HOOK_POSTROUTING,
};

/* A priority of prerouting below this one is HOOK_RAW: NF_IP_PRI_CONNTRACK. */
#define PRIORITY_CONNTRACK (-200)

struct ir_chain {
	const char *table;
	const char *name;
	const char *table_family; /* "inet", "ip", "ip6", "bridge" */
	uint8_t family;           /* of the packets that the table sees: 4, 6; 0: both */
	bool base;
	uint8_t hook; /* for a base chain: enum ir_hook */
	bool drop;    /* for a base chain: its policy is drop */
	int64_t priority;
	struct ir_rule *first;
	struct ir_rule *last;
	uint32_t nrules;
	/* nesting depth of the chains below this one, plus 1; 0: not computed yet */
	uint8_t height;
	bool walking; /* set while the height is being computed, to detect a loop */
};

struct arena {
	struct arena_block *blocks;
	bool failed; /* an allocation has failed since the arena was created */
};

struct policy_ir {
	struct arena arena;
	struct ir_chain *chains;
	struct ir_rule *rules; /* array of rules; a rule's index is its number - 1 */
	uint32_t nchains;
	uint32_t nrules;
	uint32_t ncounters;
	uint32_t nobjects;
	uint32_t nsequences;     /* number of keys that count */
	bool counts_connections; /* a rule has a `ct count` statement */
	uint32_t nbase;          /* number of base chains */
	uint32_t nraw;           /* number of those with HOOK_RAW */
	struct ir_object *objects;
	struct ir_counter *counters; /* the counters that have a name or initial values */
	struct policy_timeout *timeouts; /* those that rules use */
	uint32_t ntimeouts;
	/* POLICY_NEEDS_*: what the rules read beside struct policy_packet */
	uint32_t needs;
};

struct field_info {
	const char *name;
	uint8_t type;
	uint8_t family;
	uint8_t proto;
	bool per_packet;
};

extern const struct field_info field_info[FIELD_COUNT];

/* The type of a field of a key. */
static inline enum value_type
key_field_type(const struct ir_key *key, unsigned f)
{
	return (enum value_type)(key->field[f] == FIELD_LOAD
					 ? key->load[f].type
					 : field_info[key->field[f]].type);
}

/* arena.c. Returns zeroed memory, or NULL when there is none. */
void *arena_take(struct arena *arena, size_t count, size_t size);
char *arena_copy(struct arena *arena, const char *text);
void arena_free(struct arena *arena);

/*
 * object.c: add an object. The name is copied; it may be NULL. Returns NULL when memory
 * runs out.
 */
struct ir_object *ir_object_add(struct policy_ir *ir, const char *name);
struct ir_counter *ir_counter_add(struct policy_ir *ir, const char *name);

/*
 * set.c: builds a set from its elements, which may be added in any order.
 *
 *	struct set_builder b = {.nfields = 2, .bits = {32, 16}};
 *	set_builder_add(&b, lo, hi, &verdict);
 *	set_builder_store(&b, arena, set);
 *	set_builder_free(&b);
 */
struct set_builder {
	unsigned nfields;
	uint8_t bits[KEY_FIELDS_MAX]; /* width of each field in bits */
	bool map;                     /* each element has a verdict */
	uint32_t count;
	uint32_t room;
	u128 *lo;
	u128 *hi;
	struct ir_verdict *verdicts;
	uint32_t *order;
};

/*
 * Add an element, with a lower and an upper bound for each field. Returns 0 or -ENOMEM.
 */
int set_builder_add(struct set_builder *b, const u128 *lo, const u128 *hi,
		    const struct ir_verdict *verdict);
/* Returns 0, -ENOMEM, or -EEXIST when elements of a map overlap. */
int set_builder_store(struct set_builder *b, struct arena *arena, struct ir_set *set);
void set_builder_free(struct set_builder *b);
/* Index of the element that contains the values, one for each field; -1: none. */
int64_t set_find_values(const struct ir_set *set, const u128 *values);
/*
 * A set of the interval from lo to hi; empty when lo is above hi. Returns NULL when
 * memory runs out.
 */
struct ir_set *set_of_interval(struct arena *arena, u128 lo, u128 hi);

/*
 * compile.c: compile the rules to a policy. On success returns 0, and the policy owns the
 * IR's arena. Otherwise returns -ENOMEM, -ELOOP (chain number *chain jumps back to
 * itself) or -E2BIG (jumps at chain *chain are nested deeper than CHAIN_DEPTH_MAX).
 */
int policy_compile(struct policy_ir *ir, struct policy **policy, uint32_t *chain);

/* The bit of a conntrack state, as the kernel's NF_CT_STATE_BIT(). */
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
