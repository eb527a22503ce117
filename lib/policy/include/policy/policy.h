/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules, compiled and evaluated. lib/ruleset makes a policy of an nftables file.
 *
 * A chain is compiled once for each conntrack state, so the program that runs contains no
 * `ct state` match. In the usual ruleset the program for `established` is a bare accept
 * (policy_constant()), and no rule is evaluated for established packets.
 *
 * A struct policy does not change once it is made: any number of threads may evaluate it.
 * What its statements keep from packet to packet is a struct policy_state, one for each
 * worker. Time is an argument.
 *
 *	policy_state_create(policy, &state);
 *	policy_eval(policy, state, &packet, now_ns, &verdict);
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As `ct state` names them. */
enum policy_ct {
	POLICY_CT_NEW,
	POLICY_CT_ESTABLISHED,
	POLICY_CT_RELATED,
	POLICY_CT_INVALID,
	POLICY_CT_UNTRACKED,
	POLICY_CT_COUNT,
};

/*
 * The packet as rules see it. Addresses (4 or 16 bytes) and ports are in network order.
 */
struct policy_packet {
	const uint8_t *saddr;
	const uint8_t *daddr;
	uint32_t length; /* of the IP packet, bytes */
	uint16_t sport;  /* 0 where the protocol has none */
	uint16_t dport;
	uint16_t iif; /* port numbers: index into ruleset_ports.names */
	uint16_t oif;
	uint8_t family; /* 4 or 6 */
	uint8_t proto;  /* IPPROTO_*: meta l4proto */
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t tcp_flags; /* the whole byte: `tcp flags == syn` compares ECE too */
	uint8_t ct;        /* enum policy_ct */
	bool dry_run; /* only the verdict is wanted: no state changes, nothing counts */
};

enum policy_verdict_kind {
	POLICY_ACCEPT,
	POLICY_DROP,
	POLICY_REJECT_RESET, /* TCP RST; for other protocols as POLICY_REJECT_ICMP */
	POLICY_REJECT_ICMP,  /* effects.icmp_type and icmp_code */
};

/* What the caller has to do beside passing or dropping the packet. */
struct policy_effects {
	uint8_t icmp_type; /* of the answer to a reject, for the packet's family */
	uint8_t icmp_code;
};

struct policy_verdict {
	uint8_t kind; /* enum policy_verdict_kind */
	struct policy_effects effects;
	bool cacheable; /* holds for each later packet of this direction and ct state */
	uint16_t rule;  /* the rule that decided, from 1; 0: the chain's policy */
};

/* One counter, from 0 at load. */
struct policy_counter {
	uint64_t packets;
	uint64_t bytes;
};

struct policy;

/* The policy without a rule file accepts every packet. Returns 0 or -ENOMEM. */
int policy_accept_all(struct policy **policy);

void policy_free(struct policy *policy);

/*
 * The state of a policy for one worker: its counters, at 0. Only that worker may use it.
 * A policy whose policy_counters() is 0 needs none: NULL will do. Returns 0 or -ENOMEM.
 */
struct policy_state;
int policy_state_create(const struct policy *policy, struct policy_state **state);
void policy_state_free(struct policy_state *state);

/* Copy counters from a number on; those that the policy does not have are 0. */
void policy_counters_read(const struct policy_state *state, unsigned first,
			  unsigned count, struct policy_counter *counters);

/*
 * The verdict of the rules on a packet at a time, from any epoch that does not go back.
 * Counts as nft does: each `counter` of a rule that is reached and has matched so far.
 */
void policy_eval(const struct policy *policy, struct policy_state *state,
		 const struct policy_packet *packet, uint64_t now_ns,
		 struct policy_verdict *verdict);

/*
 * The same for a batch of packets, which wait together for the memory of a long chain's
 * classifier (lib/policy/rule_classifier.h):
 *
 *	for each packet: policy_classify_begin(policy, packet, &class);
 *	for each: policy_classify_end(policy, packet->ct, &class);
 *	for each: policy_eval_classified(policy, state, packet, now_ns, &class, &verdict);
 *
 * class.classifier is NULL where the chain is short; a caller may set that instead of
 * calling the first two. Only the last of the three changes the state.
 * policy_wants_batch(): whether batches of a conntrack state are faster, since the first
 * chain is long.
 */
#define POLICY_DIMENSIONS_MAX 7

struct policy_class {
	/* that the bit vectors are of; NULL: none */
	const struct rule_classifier *classifier;
	const uint64_t *vector[POLICY_DIMENSIONS_MAX];
	unsigned family; /* 0: IPv4, 1: IPv6 */
	uint32_t first;  /* entry point of the first rule that can match, 0: not known */
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
 * Whether all packets of a conntrack state get the same verdict whatever they contain,
 * and which. The counters that they pass are then added to a burst at a time, by
 * policy_count_constant().
 */
bool policy_constant(const struct policy *policy, enum policy_ct ct,
		     struct policy_verdict *verdict);

/* Count packets of a conntrack state whose verdict is constant. */
void policy_count_constant(const struct policy *policy, struct policy_state *state,
			   enum policy_ct ct, uint64_t packets, uint64_t bytes);

/* Number of counters, and of rules. */
unsigned policy_counters(const struct policy *policy);
unsigned policy_rules(const struct policy *policy);

/* A rule as `sluicectl rules` shows it. */
struct policy_rule_info {
	const char *text; /* with its chain: "forward: tcp dport 22 accept" */
	int counter;      /* number of its first counter, -1: none */
	uint64_t handle;  /* nft's */
};

/* Rule by number, 1 to policy_rules(). */
void policy_rule(const struct policy *policy, unsigned rule,
		 struct policy_rule_info *info);

#endif
