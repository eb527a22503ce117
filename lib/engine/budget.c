/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rate limits of generated answers. Each kind of answer has a budget for each source
 * address, and, except for `reject`, a second one for all sources together.
 *
 * A budget that is exact and shared tells an off-path sender what others have used of it:
 * it forges a segment in the name of a victim, provokes answers to itself, and counts
 * them (CVE-2016-5696). So each second a budget is a new random number, 0.5 to 1.5 times
 * its figure, as RFC 5961 5 suggests and Linux does. Which sources share a bucket changes
 * each second, too, so that an attacker cannot find an address that shares the victim's.
 *
 * The random numbers are seeded with engine_config.secret, and time is that of the
 * packets, so each replay of a capture gives the same answers.
 */
#include <string.h>

#include "budget.h"
#include "engine_state.h"

#define SECOND_NS UINT64_C(1000000000)

/* Answers per second: for each source, and for all sources together (0: no limit). */
static const struct {
	uint32_t source;
	uint32_t all;
} figures[BUDGET_KINDS] = {
	/*
	 * a high limit: a rejected client should fail at once, and the answer reveals
	 * nothing
	 */
	[BUDGET_REJECT] = {10000, 0},
	[BUDGET_RST] = {1000, 10000},
	[BUDGET_CHALLENGE] = {1000, 10000},
	[BUDGET_ICMP] = {1000, 10000},
};

/* The random number generator splitmix64. */
static uint64_t
random_next(struct engine_budget *b)
{
	uint64_t z = (b->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A random number from 0.5 to 1.5 times the figure. */
static uint32_t
draw(struct engine_budget *b, uint32_t figure)
{
	return figure / 2 + (uint32_t)(random_next(b) % (figure + 1));
}

static void
second_begin(struct engine_budget *b, uint64_t second)
{
	unsigned kind;

	b->second = second;
	b->salt = random_next(b);
	for (kind = 0; kind < BUDGET_KINDS; kind++)
		b->all[kind] = draw(b, figures[kind].all);
}

/* The bucket for the sender of a packet in the current second. */
static struct budget_bucket *
bucket_of(struct engine_budget *b, const uint8_t *secret, enum budget_kind kind,
	  const struct packet *p)
{
	struct {
		uint64_t salt;
		uint64_t kind;
		uint8_t addr[16];
	} source = {b->salt, kind, {0}};
	struct budget_bucket *bucket;

	if (p->family == 4)
		memcpy(source.addr, &p->key.addr.v4[p->side], sizeof(p->key.addr.v4[0]));
	else
		memcpy(source.addr, p->key.addr.v6[p->side], sizeof(source.addr));
	bucket = &b->bucket[XXH3_64bits_withSecret(&source, sizeof(source), secret,
						   KEY_SECRET_BYTES) &
			    (BUDGET_BUCKETS - 1)];
	if (bucket->second != (uint32_t)b->second) {
		bucket->second = (uint32_t)b->second;
		bucket->left = draw(b, figures[kind].source);
	}
	return bucket;
}

void
budget_init(struct engine_budget *b, const uint8_t *secret)
{
	memcpy(&b->random, secret, sizeof(b->random));
	b->second = UINT64_MAX;
}

bool
budget_take(struct engine *e, enum budget_kind kind, const struct packet *p)
{
	struct engine_budget *b = &e->budget;
	/* plus 1, because 0 marks a bucket that was never used */
	uint64_t second = e->now_ns / SECOND_NS + 1;
	struct budget_bucket *bucket;

	if (second != b->second)
		second_begin(b, second);
	bucket = bucket_of(b, e->config.secret, kind, p);
	if (bucket->left == 0 || (figures[kind].all != 0 && b->all[kind] == 0))
		return false;
	bucket->left--;
	if (figures[kind].all != 0)
		b->all[kind]--;
	return true;
}
