/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules, compiled and evaluated. lib/ruleset makes a policy from an nftables file.
 *
 * A chain is compiled once for each conntrack state, so the program that runs contains no
 * `ct state` match. In the usual ruleset the program for `established` is a single accept
 * (policy_constant()), and no rule is evaluated for established packets.
 *
 * A struct policy does not change after it is made: any number of threads may evaluate
 * it. What its statements keep from packet to packet is in a struct policy_state, one for
 * each worker. Time is an argument.
 *
 *	policy_state_create(policy, &state);
 *	policy_eval(policy, state, &packet, now_ns, &verdict);
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The conntrack states, with the names that `ct state` uses. */
enum policy_ct {
	POLICY_CT_NEW,
	POLICY_CT_ESTABLISHED,
	POLICY_CT_RELATED,
	POLICY_CT_INVALID,
	POLICY_CT_UNTRACKED,
	POLICY_CT_COUNT,
};

/*
 * Bytes of the frame from the start of a header on; `at` is NULL when the packet does not
 * have the header. Statements that rewrite headers write to these bytes, except in a dry
 * run.
 */
struct policy_bytes {
	uint8_t *at;
	uint32_t length;
};

/* The header from which a raw load counts its offset, as nft's @ll, @nh, @th and @ih. */
enum policy_base {
	POLICY_BASE_LINK,      /* Ethernet header */
	POLICY_BASE_NETWORK,   /* IP header */
	POLICY_BASE_TRANSPORT, /* the header after the IP headers */
	POLICY_BASE_INNER,     /* the payload after the TCP, UDP, .. header */
	POLICY_BASES,
};

/* The bits of `ct status`, as the kernel's enum ip_conntrack_status. */
#define POLICY_STATUS_EXPECTED 0x1u
#define POLICY_STATUS_SEEN_REPLY 0x2u
#define POLICY_STATUS_ASSURED 0x4u
#define POLICY_STATUS_CONFIRMED 0x8u

/*
 * The connection of the packet. Arrays of two are indexed by direction: original, reply.
 */
struct policy_conn {
	/* source address of each direction; IPv4 uses the first four bytes */
	uint8_t address[2][16];
	uint16_t port[2];  /* source port of each direction, network order */
	bool exists;       /* false: the packet is untracked or invalid */
	uint8_t direction; /* direction of the packet: 0 original, 1 reply */
	uint32_t status;   /* POLICY_STATUS_* */
	uint32_t id;
	uint64_t expiration_ms;
	uint64_t packets[2]; /* number sent in each direction before this packet */
	uint64_t bytes[2];
};

/*
 * Input that few rulesets need: policy_needs() says which members the caller has to fill.
 * A match on a member that is not filled fails. The marks are both input and output.
 */
struct policy_extra {
	struct policy_bytes bytes[POLICY_BASES];
	const struct policy_conn *conn; /* NULL: the packet has no connection */
	uint64_t wall_ns;               /* time of day, nanoseconds since 1970, UTC */
	uint32_t mark;                  /* `meta mark` */
	/* `ct mark`; the rules have changed it when effects.ct_mark_set is true */
	uint32_t ct_mark;
	uint32_t priority;   /* `meta priority` */
	uint16_t ct_zone;    /* `ct zone` */
	uint32_t random;     /* a new number for each packet, never 0 */
	uint32_t sequence;   /* used by the evaluation: the last number of `numgen inc` */
	uint32_t hash;       /* hash of the connection, the same in both directions */
	uint16_t ether_type; /* EtherType after the VLAN tags, host order */
	uint8_t vlans;       /* number of VLAN tags */
	/* bytes of the largest IP packet that both ports of the wire send */
	uint16_t mtu;
	/*
	 * Send a copy of the packet, as it is at the call, by a mirror port, an index
	 * into ruleset_ports.mirrors. It is called with copy_context for each `dup`, and
	 * not in a dry run. NULL: no copies are made.
	 */
	void (*copy)(const void *context, uint16_t mirror);
	const void *copy_context;
};

/* Flags of policy_needs(); each names the members of struct policy_extra to fill. */
#define POLICY_NEEDS_BYTES 0x1u /* bytes, ether_type, vlans */
#define POLICY_NEEDS_CONN 0x2u  /* conn, hash */
/* ct_mark, which the caller keeps for each connection */
#define POLICY_NEEDS_CT_MARK 0x4u
#define POLICY_NEEDS_ACCT 0x8u  /* conn's packets and bytes */
#define POLICY_NEEDS_TIME 0x10u /* wall_ns */
#define POLICY_NEEDS_MARK 0x20u /* mark, priority, random, mtu */
#define POLICY_NEEDS_COPY 0x40u /* copy, copy_context */
/* no member: the caller keeps effects.timeout for each connection */
#define POLICY_NEEDS_TIMEOUT 0x80u
/* Input for which the caller needs memory in each connection. */
#define POLICY_NEEDS_MEMORY                                                              \
	(POLICY_NEEDS_CT_MARK | POLICY_NEEDS_ACCT | POLICY_NEEDS_TIMEOUT)

/*
 * The packet as rules see it. Addresses (4 or 16 bytes) and ports are in network order.
 */
struct policy_packet {
	const uint8_t *saddr;
	const uint8_t *daddr;
	uint32_t length; /* length of the IP packet in bytes */
	uint16_t sport;  /* source port, network order; 0: the protocol has no ports */
	uint16_t dport;
	uint16_t iif; /* input port: index into ruleset_ports.names */
	uint16_t oif;
	uint8_t family; /* 4 or 6 */
	uint8_t proto;  /* IPPROTO_* of the transport header, as `meta l4proto` */
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t tcp_flags; /* all eight flag bits: `tcp flags == syn` compares ECE too */
	uint8_t ct;        /* enum policy_ct */
	/* number of the packet's connection, unique for the worker; 0: none */
	uint32_t conn;
	/* true: compute only the verdict; change no state and count nothing */
	bool dry_run;
	struct policy_extra *extra; /* NULL: allowed when policy_needs() is 0 */
};

enum policy_verdict_kind {
	POLICY_ACCEPT,
	POLICY_DROP,
	/* TCP RST; for other protocols than TCP same as POLICY_REJECT_ICMP */
	POLICY_REJECT_RESET,
	POLICY_REJECT_ICMP, /* ICMP error with effects.icmp_type and icmp_code */
};

/* A `log` statement: nft(8), "LOG STATEMENT". */
struct policy_log {
	char prefix[128]; /* terminated by 0 */
	uint8_t level;    /* syslog level, 0 (emerg) to 7 (debug); 8: audit */
	bool has_group;   /* send it to the NFLOG listeners of `group`, not to the log */
	uint16_t group;
	/* number of records that the reader may collect before it is woken */
	uint16_t queue_threshold;
	uint32_t snaplen; /* number of packet bytes to record; 0: all */
	uint32_t flags;   /* POLICY_LOG_* */
};

/* As the kernel's NF_LOG_* */
#define POLICY_LOG_TCP_SEQUENCE 0x01u
#define POLICY_LOG_TCP_OPTIONS 0x02u
#define POLICY_LOG_IP_OPTIONS 0x04u
#define POLICY_LOG_SKUID 0x08u
#define POLICY_LOG_ETHER 0x20u
#define POLICY_LOG_ALL 0x2fu

/* largest number of logs of one evaluation; further ones are dropped */
#define POLICY_LOGS_MAX 8

/* A log statement that an evaluation has reached. */
struct policy_logged {
	const struct policy_log *log;
	uint16_t rule;
};

/* What the caller has to do in addition to passing or dropping the packet. */
struct policy_effects {
	/* type of the ICMP error of a reject, for the packet's family */
	uint8_t icmp_type;
	uint8_t icmp_code;
	/* number of connection counts to update: policy_connection_opened() */
	uint8_t counts;
	uint8_t logs; /* number of log statements that were reached: policy_logs() */
	/* policy_timeout() of the connection that the packet opens; 0: none */
	uint8_t timeout;
	bool ct_mark_set; /* store extra.ct_mark as the connection's mark */
	bool untracked;   /* policy_raw_eval(): pass the packet without a connection */
	bool traced: 1;   /* `meta nftrace set 1` was reached */
	/* bytes of the frame were rewritten; their checksums are already updated */
	bool rewritten: 1;
};

struct policy_verdict {
	uint8_t kind; /* enum policy_verdict_kind */
	struct policy_effects effects;
	/*
	 * the verdict holds for later packets of this connection, direction and ct state
	 */
	bool cacheable;
	/* number of the rule that decided, from 1; 0: the chain's policy decided */
	uint16_t rule;
};

/*
 * The time-outs that a `ct timeout` object can have: X(NAME, name in nft, protocol of
 * IPPROTO_*).
 */
#define POLICY_TIMEOUTS(X)                                                               \
	X(SYN_SENT, "syn_sent", TCP)                                                     \
	X(SYN_RECV, "syn_recv", TCP)                                                     \
	X(ESTABLISHED, "established", TCP)                                               \
	X(FIN_WAIT, "fin_wait", TCP)                                                     \
	X(CLOSE_WAIT, "close_wait", TCP)                                                 \
	X(LAST_ACK, "last_ack", TCP)                                                     \
	X(TIME_WAIT, "time_wait", TCP)                                                   \
	X(CLOSE, "close", TCP)                                                           \
	X(UNACK, "unack", TCP)                                                           \
	X(UNREPLIED, "unreplied", UDP)                                                   \
	X(REPLIED, "replied", UDP)

enum policy_timeout_state {
#define POLICY_TIMEOUT_ENUM(NAME, name, proto) POLICY_TIMEOUT_##NAME,
	POLICY_TIMEOUTS(POLICY_TIMEOUT_ENUM) POLICY_TIMEOUT_STATES,
#undef POLICY_TIMEOUT_ENUM
};

#define POLICY_TIMEOUTS_MAX 255u        /* largest number of objects that rules use */
#define POLICY_TIMEOUT_SECONDS 2000000u /* longest time-out, seconds */

/* A `ct timeout` object. */
struct policy_timeout {
	const char *name; /* such as "ct timeout inet t short"; the same after a reload */
	uint8_t proto;    /* IPPROTO_TCP or IPPROTO_UDP */
	/* 0: the object does not say, 1 to POLICY_TIMEOUT_SECONDS */
	uint32_t seconds[POLICY_TIMEOUT_STATES];
};

/* The values of one counter. */
struct policy_counter {
	uint64_t packets;
	uint64_t bytes;
};

struct policy;

/*
 * Make the policy that accepts every packet, for use without a rule file. Returns 0 or
 * -ENOMEM.
 */
int policy_accept_all(struct policy **policy);

void policy_free(struct policy *policy);

/*
 * The `ct timeout` objects that the rules use: their number, and the one of a number from
 * 1 on, valid as long as the policy.
 */
unsigned policy_timeouts(const struct policy *policy);
const struct policy_timeout *policy_timeout(const struct policy *policy, unsigned number);

/*
 * The data that the statements of a policy keep from packet to packet. Each worker has a
 * state of its own, which only that worker may use. The states of all workers are created
 * together, because limits, quotas and sets count for all workers in common
 * (docs/adr/0019-state-of-rules.md).
 *
 *	policy_states_create(policy, NULL, states, workers);
 *	each worker: policy_state_start(states[i], now_ns);
 *
 * A reload takes over the named counters, limits, quotas and sets of the old states when
 * name and type are the same. The old states are freed after each worker has started its
 * new state.
 */
struct policy_state;

/* old: the states in force, one for each worker; or NULL. Returns 0 or -ENOMEM. */
int policy_states_create(const struct policy *policy, struct policy_state *const *old,
			 struct policy_state **states, unsigned workers);

/* Create the state for a single worker. Returns 0 or -ENOMEM. */
int policy_state_create(const struct policy *policy, struct policy_state **state);

/*
 * Create a state for dry runs by a thread that is not a worker: it reads the limits,
 * quotas and sets of the workers that `of` belongs to, and has counters of its own. The
 * caller holds the lock that serialises reloads while it creates or frees the state.
 * Returns 0 or -ENOMEM.
 */
int policy_state_reader(const struct policy_state *of, struct policy_state **state);

/*
 * Tell that the worker uses this state from now on. The first start of any worker starts
 * the timeouts of the elements that the rules list.
 */
void policy_state_start(struct policy_state *state, uint64_t now_ns);

/*
 * Reclaim expired set elements, a bounded number at each call. The worker calls this once
 * in each iteration of its loop; most calls do nothing.
 */
void policy_state_expire(struct policy_state *state, uint64_t now_ns);

void policy_state_free(struct policy_state *state);

/*
 * Copy the counters from number `first` on. Numbers that the policy does not have read as
 * 0.
 */
void policy_counters_read(const struct policy_state *state, unsigned first,
			  unsigned count, struct policy_counter *counters);

/*
 * Compute the verdict of the rules on a packet. now_ns may count from any epoch but must
 * not go back. Counts as nft does: a `counter` counts the packets that reach it in its
 * rule.
 */
void policy_eval(const struct policy *policy, struct policy_state *state,
		 const struct policy_packet *packet, uint64_t now_ns,
		 struct policy_verdict *verdict);

/*
 * Chains of hook prerouting with a priority below that of conntrack. They are evaluated
 * before the connection of a packet is known, and only they can except a packet from
 * tracking. The caller evaluates them first, and passes the marks and the zone that they
 * leave in policy_packet.extra to policy_eval(). policy_packet.ct is ignored.
 */
bool policy_has_raw(const struct policy *policy);
void policy_raw_eval(const struct policy *policy, struct policy_state *state,
		     const struct policy_packet *packet, uint64_t now_ns,
		     struct policy_verdict *verdict);

/* policy_packet.oif of a packet whose way is not known yet: no port has this number */
#define POLICY_NO_PORT UINT16_MAX

/* largest number of `ct count` statements that count the same connection */
#define POLICY_COUNTS_MAX 4

/*
 * Whether the rules have `ct count`. If so, the caller fills policy_packet.conn, and
 * reports each connection twice: when it has been opened, with verdict.effects.counts of
 * the evaluation that accepted it; and when it has ended.
 */
bool policy_counts_connections(const struct policy *policy);
void policy_connection_opened(struct policy_state *state, uint32_t conn, unsigned counts);
void policy_connection_closed(struct policy_state *state, uint32_t conn);

/*
 * The logs of the last evaluation with this state. There are verdict.effects.logs of
 * them.
 */
const struct policy_logged *policy_logs(const struct policy_state *state);

/*
 * Batch evaluation. It has the same results as policy_eval(), but overlaps the memory
 * accesses of several packets in a long chain's classifier
 * (lib/policy/rule_classifier.h):
 *
 *	for each packet: policy_classify_begin(policy, packet, &class);
 *	for each: policy_classify_end(policy, packet->ct, &class);
 *	for each: policy_eval_classified(policy, state, packet, now_ns, &class, &verdict);
 *
 * class.classifier is NULL when the chain is short. A caller may set it to NULL instead
 * of calling the first two. Only the last of the three changes the state.
 * policy_wants_batch() tells whether batches are faster for a conntrack state, that is,
 * whether its first chain is long.
 */
#define POLICY_DIMENSIONS_MAX 7

struct policy_class {
	/* the classifier that the bit vectors belong to; NULL: none */
	const struct rule_classifier *classifier;
	const uint64_t *vector[POLICY_DIMENSIONS_MAX];
	unsigned family; /* 0: IPv4, 1: IPv6 */
	/* entry point of the first rule that can match; 0: not computed yet */
	uint32_t first;
};

bool policy_wants_batch(const struct policy *policy, enum policy_ct ct);
void policy_classify_begin(const struct policy *policy,
			   const struct policy_packet *packet,
			   struct policy_class *class);
void policy_classify_end(const struct policy *policy, enum policy_ct ct,
			 struct policy_class *class);
void policy_eval_classified(const struct policy *policy, struct policy_state *state,
			    const struct policy_packet *packet, uint64_t now_ns,
			    struct policy_class *class, struct policy_verdict *verdict);

/*
 * Whether all packets of a conntrack state get the same verdict, whatever they contain;
 * if so, *verdict is that verdict. The caller then counts a burst of packets with one
 * call of policy_count_constant().
 */
bool policy_constant(const struct policy *policy, enum policy_ct ct,
		     struct policy_verdict *verdict);

/* Count packets of a conntrack state whose verdict is constant. */
void policy_count_constant(const struct policy *policy, struct policy_state *state,
			   enum policy_ct ct, uint64_t packets, uint64_t bytes);

/*
 * In audit mode: count a packet that passes although this rule, or with 0 the policy of a
 * chain, refused it. For policies that is the count of decided packets already.
 */
void policy_audit_count(const struct policy *policy, struct policy_state *state,
			unsigned rule, uint32_t bytes);

/* The input that the rules read in addition to struct policy_packet: POLICY_NEEDS_*. */
unsigned policy_needs(const struct policy *policy);

/* The number of the policy, from 1; no two policies of a process have the same. */
uint32_t policy_id(const struct policy *policy);

/*
 * Numbers of: the `counter`s of the rules; all counters, which adds two for each rule and
 * one for each policy; the rules.
 */
unsigned policy_counters(const struct policy *policy);
unsigned policy_counter_slots(const struct policy *policy);
unsigned policy_rules(const struct policy *policy);

/* A rule as `sluicectl rules` shows it. */
struct policy_rule_info {
	const char *text; /* with its chain: "forward: tcp dport 22 accept" */
	int counter;      /* number of the rule's first `counter`; -1: it has none */
	uint64_t handle;  /* handle that nft gave the rule */
	unsigned hits;    /* number of the counter of packets that the rule matched */
	unsigned audited; /* number of the counter of policy_audit_count() */
	unsigned chain;   /* number of the rule's chain: policy_chain() */
};

/* Describe a rule by its number, 1 to policy_rules(). */
void policy_rule(const struct policy *policy, unsigned rule,
		 struct policy_rule_info *info);

/*
 * A chain. The policy of a base chain counts the packets that none of its rules decided.
 */
struct policy_chain_info {
	const char *name;
	const char *table;
	const char *family; /* of the table: "inet", "ip", "ip6", "bridge" */
	bool base;
	const char *hook; /* of a base chain: "forward"; else NULL */
	bool drop;        /* the policy of a base chain is drop */
	int64_t priority;
	unsigned hits; /* number of the counter of packets that the policy decided */
};

unsigned policy_chains(const struct policy *policy);

/* Describe a chain by its number, 0 to policy_chains() - 1. */
void policy_chain(const struct policy *policy, unsigned number,
		  struct policy_chain_info *info);

unsigned policy_base_chains(const struct policy *policy);

/*
 * Describe a base chain by its number, 0 to policy_base_chains() - 1, in the order of
 * evaluation.
 */
void policy_base_chain(const struct policy *policy, unsigned number,
		       struct policy_chain_info *info);

#endif
