/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The classifier of a long chain: which rules can a packet match at all? A walk through
 * 1,000 rules fails 999 times, mostly on an address or a port. So each of seven fields is
 * a dimension, whose values are divided into intervals at each boundary of a rule. In all
 * values of one interval the same rules are possible, kept as a bit vector with one bit
 * for each rule. A packet's values lead to one bit vector in each dimension, and the
 * first bit that is set in all of them is the next rule to evaluate. The bit vectors are
 * those of Lakshman and Stiliadis (SIGCOMM 1998), the summaries of 64 words those of
 * Baboescu and Varghese (SIGCOMM 2001).
 *
 * A classifier only skips rules; the others are evaluated. So it may be coarse, and it
 * is, where that is simpler or smaller: masked matches and concatenations with != count
 * as possible, only the matches before a rule's first effect are used, and a dimension
 * that would need more than DIMENSION_BYTES leaves out boundaries. Where a dimension
 * decides a match at the beginning of a rule exactly, that match need not be evaluated
 * again: the rule's entry point lies behind it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classifier.h"
#include "match.h"
#include "stmt_table.h"

#define DIMENSION_BYTES (16u << 20)

/*
 * For each dimension: the fields that it is about, of IPv4, IPv6, and under another name.
 */
static const struct {
	uint8_t field[5];
	uint8_t bits[2]; /* of IPv4, IPv6 */
} dimension_info[CLASSIFIER_DIMENSIONS_MAX] = {
	{{FIELD_IP_SADDR, FIELD_IP6_SADDR}, {32, 128}},
	{{FIELD_IP_DADDR, FIELD_IP6_DADDR}, {32, 128}},
	{{FIELD_DPORT, FIELD_DPORT}, {16, 16}},
	{{FIELD_SPORT, FIELD_SPORT}, {16, 16}},
	{{FIELD_L4PROTO, FIELD_L4PROTO, FIELD_IP_PROTOCOL, FIELD_IP6_NEXTHDR}, {8, 8}},
	{{FIELD_IIF, FIELD_IIF}, {16, 16}},
	{{FIELD_OIF, FIELD_OIF}, {16, 16}},
};
#define DIMENSION_PROTO 4

/* What the dimensions of a family have settled about a step. */
struct settled {
	uint8_t dimension; /* whose vectors hold this match's field and values, + 1 */
	bool proto; /* the dimension of protocols holds those that the key asks for */
	bool never; /* of a rule's first step: it is about the other family */
};

struct builder {
	struct classifier *classifier;
	const struct program *program;
	struct settled *settled[2]; /* of the steps from the chain's first on */
	uint32_t first;
	bool exact[2][CLASSIFIER_DIMENSIONS_MAX]; /* no boundary is left out */
	unsigned family;                          /* 0: IPv4, 1: IPv6 */
	unsigned dimension;
	struct interval *intervals;
	size_t count, room;
	bool failed;
	bool restricts; /* some rule cannot match some value */
};

static void
interval_add(struct builder *b, uint32_t rule, u128 lo, u128 hi)
{
	size_t room = b->room == 0 ? 256 : b->room * 2;
	struct interval *grown;

	if (b->count == b->room && !b->failed) {
		grown = realloc(b->intervals, room * sizeof(*grown));
		if (grown == NULL) {
			b->failed = true;
		} else {
			b->intervals = grown;
			b->room = room;
		}
	}
	if (!b->failed)
		b->intervals[b->count++] = (struct interval){lo, hi, rule};
}

static u128
dimension_max(const struct builder *b)
{
	return ~(u128)0 >> (128 - dimension_info[b->dimension].bits[b->family]);
}

/* The place of the dimension's field in a key, -1: the key is not about it. */
static int
key_place(const struct builder *b, const struct ir_key *key)
{
	const uint8_t *fields = dimension_info[b->dimension].field;
	unsigned f, i;

	if (key->nfields == 1 && (key->mask & dimension_max(b)) != dimension_max(b))
		return -1;
	for (f = 0; f < key->nfields; f++)
		for (i = 0; i < sizeof(dimension_info->field); i++)
			if (key->field[f] == fields[i] && fields[i] != 0)
				return (int)f;
	return -1;
}

/* What lies between the intervals of a set of one field. */
static void
add_gaps(struct builder *b, uint32_t rule, const struct ir_set *set)
{
	u128 from = 0;
	uint32_t i;

	for (i = 0; i < set->count; i++) {
		if (set->lo[i] > from)
			interval_add(b, rule, from, set->lo[i] - 1);
		if (set->hi[i] >= dimension_max(b))
			return;
		from = set->hi[i] + 1;
	}
	interval_add(b, rule, from, dimension_max(b));
}

/* The protocols that a key asks for without a word. False: any. */
static bool
add_proto(struct builder *b, uint32_t rule, const struct ir_key *key)
{
	unsigned proto;

	if (b->dimension != DIMENSION_PROTO || key->proto == PROTO_ANY)
		return false;
	for (proto = 0; proto < 256; proto++)
		if (key->proto == proto ||
		    (key->proto == PROTO_WITH_PORTS && has_ports((uint8_t)proto)))
			interval_add(b, rule, proto, proto);
	return true;
}

/* False: the match says nothing about the dimension's field. */
static bool
add_match(struct builder *b, uint32_t rule, const struct ir_match *match,
	  struct settled *settled)
{
	const struct ir_set *set = match->set;
	int f = match->key.nfields == 0 ? -1 : key_place(b, &match->key);
	uint32_t i;

	if (f < 0 || set->all || (match->negate && match->key.nfields > 1)) {
		settled->proto |= b->dimension == DIMENSION_PROTO;
		return add_proto(b, rule, &match->key);
	}
	if (match->key.nfields == 1)
		settled->dimension = (uint8_t)(b->dimension + 1);
	if (match->negate) {
		add_gaps(b, rule, set);
		return true;
	}
	for (i = 0; i < set->count; i++)
		interval_add(b, rule, set->lo[(size_t)i * set->nfields + (unsigned)f],
			     set->hi[(size_t)i * set->nfields + (unsigned)f]);
	return true;
}

static bool
other_family(const struct builder *b, const struct ir_key *key)
{
	return key->family != 0 && key->family != (b->family == 0 ? 4 : 6);
}

static bool
is_keyed(const struct instr *instr)
{
	return instr->op < STMT_KINDS &&
	       (stmt_types[instr->op]->effects & STMT_KEYED) != 0;
}

/* It is a match and nothing else. */
static bool
is_test(const struct instr *instr)
{
	return is_keyed(instr) && (stmt_types[instr->op]->effects & STMT_TEST) != 0;
}

/* The values of the dimension that a rule can match. */
static void
add_rule(struct builder *b, uint32_t rule)
{
	const struct instr *instr = &b->program->code[b->classifier->entry[rule]];
	struct settled *settled =
		&b->settled[b->family][b->classifier->entry[rule] - b->first];
	size_t before = b->count;
	bool found = false, effect = false;
	uint8_t proto = PROTO_ANY; /* settled by the first match that asks for one */

	for (; !effect && is_keyed(instr); instr++, settled++) {
		effect = !(stmt_types[instr->op]->effects & STMT_TEST);
		if (other_family(b, &instr->match->key)) {
			b->settled[b->family][b->classifier->entry[rule] - b->first]
				.never = true;
			b->count = before;
			b->restricts = true;
			return;
		}
		if (!found) {
			found = add_match(b, rule, instr->match, settled);
			if (found && settled->proto)
				proto = instr->match->key.proto;
		} else if (b->dimension == DIMENSION_PROTO) {
			settled->proto = instr->match->key.proto == proto;
		}
	}
	if (found)
		b->restricts = true;
	else
		interval_add(b, rule, 0, dimension_max(b));
}

/*
 * Where a vector can begin: where a interval begins and behind its end; sorted, each
 * once.
 */
static u128 *
boundaries_make(struct builder *b, size_t *n)
{
	u128 *boundaries = calloc(2 * b->count + 1, sizeof(*boundaries));
	size_t count = 0, i;

	if (boundaries == NULL) {
		b->failed = true;
		return NULL;
	}
	boundaries[count++] = 0;
	for (i = 0; i < b->count; i++) {
		boundaries[count++] = b->intervals[i].lo;
		if (b->intervals[i].hi < dimension_max(b))
			boundaries[count++] = b->intervals[i].hi + 1;
	}
	*n = u128_sort(boundaries, count);
	return boundaries;
}

/* Of 16 bits at most: the vector of each value. */
static void
dimension_direct(struct arena *arena, struct dimension *dimension,
		 const struct packing *packing, const u128 *boundaries)
{
	size_t last = packing->count - 1, i;
	uint32_t value = 0;

	dimension->last = (uint32_t)boundaries[last * packing->step];
	dimension->direct = arena_take(arena, (size_t)dimension->last + 1,
				       sizeof(*dimension->direct));
	for (i = 0; i <= last && dimension->direct != NULL; i++)
		for (; value <= (i == last ? dimension->last
					   : boundaries[(i + 1) * packing->step] - 1);
		     value++)
			dimension->direct[value] = packing->vector[i];
}

/* Of more: the boundaries that were kept, to be halved. */
static void
dimension_halved(struct arena *arena, struct dimension *dimension,
		 const struct packing *packing, const u128 *boundaries, bool narrow)
{
	uint32_t i;

	dimension->nboundaries = (uint32_t)packing->count;
	dimension->vector = arena_take(arena, dimension->nboundaries,
				       sizeof(*dimension->vector));
	if (narrow)
		dimension->boundary32 = arena_take(arena, dimension->nboundaries,
						   sizeof(*dimension->boundary32));
	else
		dimension->boundary = arena_take(arena, dimension->nboundaries,
						 sizeof(*dimension->boundary));
	for (i = 0; i < dimension->nboundaries && !arena->failed; i++) {
		dimension->vector[i] = packing->vector[i];
		if (narrow)
			dimension->boundary32[i] =
				(uint32_t)boundaries[i * packing->step];
		else
			dimension->boundary[i] = boundaries[i * packing->step];
	}
}

static void
dimension_keep(struct arena *arena, struct builder *b, struct dimension *dimension,
	       const struct packing *packing, const u128 *boundaries)
{
	unsigned bits = dimension_info[b->dimension].bits[b->family];

	dimension->bits = arena_take(arena, packing->used, sizeof(*dimension->bits));
	if (dimension->bits != NULL)
		memcpy(dimension->bits, packing->bits,
		       packing->used * sizeof(*dimension->bits));
	if (bits <= 16)
		dimension_direct(arena, dimension, packing, boundaries);
	else
		dimension_halved(arena, dimension, packing, boundaries, bits == 32);
}

/* The dimension of a field, unless every rule can match every value. */
static void
dimension_build(struct arena *arena, struct builder *b)
{
	struct classifier *classifier = b->classifier;
	struct dimension dimension = {
		.field = (enum field_id)dimension_info[b->dimension].field[b->family],
	};
	struct packing packing = {.most = DIMENSION_BYTES / sizeof(*dimension.bits)};
	uint32_t rule;
	u128 *boundaries;
	size_t n;

	b->count = 0;
	b->restricts = false;
	for (rule = 0; rule < classifier->nrules; rule++)
		add_rule(b, rule);
	if (!b->restricts || b->failed)
		return;
	boundaries = boundaries_make(b, &n);
	if (boundaries == NULL)
		return;
	if (vectors_pack(&packing, classifier, b->intervals, b->count, boundaries, n) !=
	    0)
		b->failed = true;
	else
		dimension_keep(arena, b, &dimension, &packing, boundaries);
	b->exact[b->family][b->dimension] = packing.step == 1;
	packing_free(&packing);
	free(boundaries);
	classifier->family[b->family].dimension[classifier->family[b->family].count++] =
		dimension;
}

/* The rules of the chain, by their steps. */
static struct classifier *
classifier_take(struct arena *arena, struct program *program, uint32_t first)
{
	struct classifier *classifier = arena_take(arena, 1, sizeof(*classifier));
	struct instr *instr;
	uint32_t i = 0;

	if (classifier == NULL)
		return NULL;
	for (instr = &program->code[first]; instr->op != INSTR_END; instr++)
		classifier->nrules += instr->op == INSTR_CLASSIFY;
	classifier->words = (classifier->nrules + 63) / 64;
	classifier->groups = (classifier->words + 63) / 64;
	classifier->entry = arena_take(arena, classifier->nrules + 1,
				       sizeof(*classifier->entry));
	if (classifier->entry == NULL)
		return NULL;
	for (instr = &program->code[first]; instr->op != INSTR_END; instr++) {
		if (instr->op != INSTR_CLASSIFY)
			continue;
		instr->index = i;
		instr->classifier = classifier;
		classifier->entry[i++] = (uint32_t)(instr - program->code) + 1;
	}
	classifier->entry[i] = (uint32_t)(instr - program->code);
	return classifier;
}

/* Whether a match of a rule that is not skipped is known to succeed. */
static bool
instr_settled(const struct builder *b, unsigned family, uint32_t step)
{
	const struct ir_key *key = &b->program->code[step].match->key;
	const struct settled *settled = &b->settled[family][step - b->first];

	if (key->proto != PROTO_ANY && !settled->proto)
		return false;
	return key->nfields == 0 ||
	       (settled->dimension > 0 && b->exact[family][settled->dimension - 1]);
}

/* Enter the rules behind what the dimensions have settled. */
static void
entries_move(const struct builder *b)
{
	uint32_t rule, step;
	bool never[2];

	for (rule = 0; rule < b->classifier->nrules; rule++) {
		step = b->classifier->entry[rule];
		never[0] = b->settled[0][step - b->first].never;
		never[1] = b->settled[1][step - b->first].never;
		while (is_test(&b->program->code[step]) &&
		       (never[0] || instr_settled(b, 0, step)) &&
		       (never[1] || instr_settled(b, 1, step)))
			step++;
		b->classifier->entry[rule] = step;
	}
}

int
classifier_build(struct arena *arena, struct program *program, uint32_t first)
{
	struct classifier *classifier = classifier_take(arena, program, first);
	struct builder b = {.classifier = classifier, .program = program, .first = first};
	unsigned i;

	for (i = 0; i < 2; i++) {
		b.settled[i] = calloc(program->count - first, sizeof(*b.settled[i]));
		b.failed |= b.settled[i] == NULL;
	}
	for (b.family = 0; classifier != NULL && !b.failed && b.family < 2; b.family++)
		for (b.dimension = 0; b.dimension < CLASSIFIER_DIMENSIONS_MAX;
		     b.dimension++)
			dimension_build(arena, &b);
	if (classifier != NULL && !b.failed)
		entries_move(&b);
	free(b.settled[0]);
	free(b.settled[1]);
	free(b.intervals);
	return b.failed || arena->failed ? -ENOMEM : 0;
}
