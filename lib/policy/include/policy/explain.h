/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explains the rules: what each rule does with a packet, and what an established packet
 * costs. For the control thread and for tools; not for the packet path.
 */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include <policy/policy.h>

enum policy_step_kind {
	POLICY_STEP_CHAIN,   /* the evaluation begins with a base chain */
	POLICY_STEP_LEFT,    /* the rule has been left out for this conntrack state */
	POLICY_STEP_FAILED,  /* the rule does not match: `failed` says which part */
	POLICY_STEP_MATCHED, /* the rule matches, and the next rule follows */
	POLICY_STEP_JUMP,    /* the rule matches, and chain `chain` follows */
	POLICY_STEP_RETURN,  /* the rule matches, and the chain is left */
	POLICY_STEP_DECIDED, /* the rule matches, and decides */
	POLICY_STEP_POLICY,  /* the policy of chain `chain` decides */
};

struct policy_step {
	enum policy_step_kind kind;
	unsigned rule;      /* number of the rule, from 1; 0: the step is about a chain */
	unsigned chain;     /* number of the chain, for policy_chain() */
	unsigned depth;     /* number of jumps that led to the chain */
	uint8_t verdict;    /* POLICY_STEP_DECIDED and POLICY: policy_verdict.kind */
	const char *failed; /* POLICY_STEP_FAILED: the field or statement; else NULL */
};

typedef void policy_step_fn(void *arg, const struct policy_step *step);

/* Members as the arguments of policy_eval(). */
struct policy_question {
	const struct policy *policy;
	const struct policy_state *state;
	const struct policy_packet *packet;
	uint64_t now_ns;
};

/*
 * Evaluate a packet by the program that policy_eval() runs, and pass each step to a
 * function. Nothing changes: no counter, limit, quota or set. The state may be that of a
 * running worker, since only what other threads may read is read of it; the caller holds
 * the lock that serialises reloads. Returns 0 and the verdict, or -ENOMEM.
 */
int policy_explain(const struct policy_question *question, policy_step_fn *step,
		   void *arg, struct policy_verdict *verdict);

/* What the packets of a conntrack state cost, after the first of a connection. */
enum policy_cost {
	POLICY_COST_CONSTANT,   /* one verdict for all packets: no evaluation */
	POLICY_COST_REMEMBERED, /* the verdict is remembered with the connection */
	POLICY_COST_EACH,       /* packets that reach certain rules are evaluated each */
};

/*
 * The cost of a conntrack state. With POLICY_COST_EACH, calls visit with the number of
 * each rule that may have packets evaluated each time. Returns an enum policy_cost, or
 * -ENOMEM.
 */
int policy_cost(const struct policy *policy, enum policy_ct ct,
		void (*visit)(void *arg, unsigned rule), void *arg);

#endif
