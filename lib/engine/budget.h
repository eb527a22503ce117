/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rate limits of generated answers, for each kind of answer: of all senders together and
 * of one sender.
 */
#ifndef ENGINE_BUDGET_H
#define ENGINE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include <packet/parsed.h>

struct engine;

/* Kinds of generated answers, for budget.c. */
enum budget_kind {
	BUDGET_REJECT,    /* a rule's `reject`: RST or ICMP error */
	BUDGET_RST,       /* a RST of the tracker: GEN-1, GEN-2, GEN-4 */
	BUDGET_CHALLENGE, /* a challenge ACK: ACC-9 */
	BUDGET_ICMP,      /* an ICMP error other than that of a rule */
	BUDGET_KINDS,
};

#define BUDGET_BUCKETS 4096u /* a power of two */

struct budget_bucket {
	uint32_t second; /* the second that `left` counts for; 0: never used */
	uint32_t left;
};

struct engine_budget {
	uint64_t random; /* state of the random number generator */
	uint64_t second; /* the current second of the engine's time, plus 1 */
	/* random number of this second, part of the hash of a source */
	uint64_t salt;
	/* answers left in this second, for all sources together */
	uint32_t all[BUDGET_KINDS];
	struct budget_bucket bucket[BUDGET_BUCKETS];
};

void budget_init(struct engine_budget *b, const uint8_t *secret);

/* Whether the budget allows one more answer of this kind to the sender of p. */
bool budget_take(struct engine *e, enum budget_kind kind, const struct packet *p);

#endif
