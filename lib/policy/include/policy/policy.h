/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules: an nftables forward chain, read from the JSON that sluice-rules (or
 * `nft -j list ruleset`) prints, checked, compiled, and evaluated.
 *
 * A chain is compiled once for each conntrack state, so that what is evaluated holds no
 * `ct state` any more; in the usual ruleset the variant for `established` is then a bare
 * accept (policy_constant()), and established packets cost nothing.
 *
 * A struct policy is immutable once loaded: any number of threads may evaluate it. The
 * counters of `counter` statements are the caller's, one array a worker.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>

/* As `ct state` names them. */
enum policy_ct {
	POLICY_CT_NEW,
	POLICY_CT_ESTABLISHED,
	POLICY_CT_RELATED,
	POLICY_CT_INVALID,
	POLICY_CT_UNTRACKED,
	POLICY_CT_COUNT,
};

/* What rules may ask of a packet. Addresses point to 4 or 16 bytes, network order. */
struct policy_packet {
	const uint8_t *saddr;
	const uint8_t *daddr;
	uint32_t length;  /* of the IP packet, bytes */
	rte_be16_t sport; /* 0 where the protocol has none */
	rte_be16_t dport;
	uint16_t iif; /* port numbers: index into policy_ports.names */
	uint16_t oif;
	uint8_t family; /* 4 or 6 */
	uint8_t proto;  /* IPPROTO_*: meta l4proto */
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t tcp_flags; /* the whole byte: `tcp flags == syn` asks for ECE and CWR */
	uint8_t ct;        /* enum policy_ct */
};

enum policy_verdict_kind {
	POLICY_ACCEPT,
	POLICY_DROP,
	POLICY_REJECT_RESET, /* TCP RST; of another protocol: as POLICY_REJECT_ICMP */
	POLICY_REJECT_ICMP, /* icmp_type and icmp_code, in the terms of the packet's family */
};

struct policy_verdict {
	uint8_t kind; /* enum policy_verdict_kind */
	uint8_t icmp_type;
	uint8_t icmp_code;
	bool cacheable; /* holds for every later packet of this direction and ct state */
	uint16_t rule;  /* the one that decided, from 1; 0: the chain's policy */
};

/* The names that iifname and oifname can mean, in the order of the port numbers. */
struct policy_ports {
	const char *const *names;
	unsigned count;
};

/* One message, ready to print: what, where (the rule's text), what was expected. */
struct policy_error {
	char text[1024];
};

/* Of one counter, since load. */
struct policy_counter {
	uint64_t packets;
	uint64_t bytes;
};

struct policy;

/*
 * Load the rules from the JSON text of nft. A ruleset without a base chain `type filter
 * hook forward` is an error (an empty rule file is: say what was expected); so is anything
 * that cannot be evaluated exactly, with the rule's text. Names of interfaces that no port
 * has are allowed: such a rule never matches. Without ports (NULL: a check of the rules by
 * themselves) every name counts as a port of its own.
 *
 * Returns 0 and *policy, and error->text is empty or a warning (names that no port has);
 * or -EINVAL (text not understood or not supported), -ENOMEM, and error->text says what,
 * where, and what was expected.
 */
int policy_load(const char *json, size_t length, const struct policy_ports *ports,
		struct policy **policy, struct policy_error *error);

/* The policy without a rule file: everything is accepted. Returns 0 or -ENOMEM. */
int policy_accept_all(struct policy **policy);

void policy_free(struct policy *policy);

/*
 * What the rules say of a packet. Counts in counters (policy_counters() of them, may be
 * NULL) as nft would: each `counter` of a rule that is reached and has matched so far.
 */
void policy_eval(const struct policy *policy, const struct policy_packet *packet,
		 struct policy_counter *counters, struct policy_verdict *verdict);

/*
 * The same of several packets, which then wait together for what a long chain has in memory:
 *
 *	for each packet: policy_look_begin(policy, packet, &look);
 *	for each: policy_look_end(policy, packet->ct, &look);
 *	for each: policy_eval_looked(policy, packet, &look, counters, &verdict);
 *
 * Where there is nothing to look at, look.filter is NULL, which may be set as well instead of
 * the first two. Only the last of the three counts anything. policy_has_looks(): whether packets of
 * a conntrack state win by it, since their first chain is long.
 */
#define POLICY_LOOK_ROWS 7

struct policy_look {
	const struct filter *filter; /* whose rows these are; NULL: none */
	const uint64_t *row[POLICY_LOOK_ROWS];
	unsigned count;
	uint32_t first; /* step of the filter's first rule that can match, 0: not known */
};

bool policy_has_looks(const struct policy *policy, enum policy_ct ct);
void policy_look_begin(const struct policy *policy, const struct policy_packet *packet,
		       struct policy_look *look);
void policy_look_end(const struct policy *policy, enum policy_ct ct,
		     struct policy_look *look);
void policy_eval_looked(const struct policy *policy, const struct policy_packet *packet,
			struct policy_look *look, struct policy_counter *counters,
			struct policy_verdict *verdict);

/*
 * Whether all packets of a conntrack state get the same verdict without a look at them,
 * and which. The counters on their way are then counted a burst at a time, by
 * policy_count_constant().
 */
bool policy_constant(const struct policy *policy, enum policy_ct ct,
		     struct policy_verdict *verdict);

/* Count packets of a conntrack state whose verdict is constant. */
void policy_count_constant(const struct policy *policy, enum policy_ct ct,
			   uint64_t packets, uint64_t bytes,
			   struct policy_counter *counters);

/* Number of counters, and of rules. */
unsigned policy_counters(const struct policy *policy);
unsigned policy_rules(const struct policy *policy);

/* A rule as sluicectl rules shows it. */
struct policy_rule_info {
	const char *text; /* as in nft, with its chain: "forward: tcp dport 22 accept" */
	int counter;      /* its first counter's number, -1: none */
	uint64_t handle;  /* nft's */
};

/* Rule by number, 1 to policy_rules(). */
void policy_rule(const struct policy *policy, unsigned rule,
		 struct policy_rule_info *info);

#endif
