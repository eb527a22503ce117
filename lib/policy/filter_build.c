/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which rules of a long chain can a packet match at all? The walk through a chain of 1,000
 * rules fails 999 times, mostly on an address or a port. So for each of seven fields a plane
 * cuts the field's values where an interval of a rule begins or ends; between two cuts the
 * same rules are possible, kept as a bit row. A packet halves to a row in each plane, and
 * the first bit that all rows have is the next rule worth a look (the bit vectors of
 * Lakshman and Stiliadis, SIGCOMM 1998; summaries of 64 words after Baboescu and Varghese,
 * SIGCOMM 2001).
 *
 * A filter only skips: what it does not skip is evaluated as ever. So it may be coarse, and
 * it is, where that is simpler or smaller: masked matches and lists of concatenations with !=
 * count as possible, only the matches before a rule's first effect are looked at, and a
 * plane that would grow beyond PLANE_BYTES leaves out cuts. Where a plane is exact about a
 * match at the beginning of a rule, the match need not be made again: what is not skipped
 * is entered behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"

#define PLANE_BYTES (16u << 20)

/* For each plane: the fields that it is about, of IPv4, IPv6, and under another name. */
static const struct {
	uint8_t field[5];
	uint8_t bits[2]; /* of IPv4, IPv6 */
} plane_info[FILTER_PLANES_MAX] = {
	{{FIELD_IP_SADDR, FIELD_IP6_SADDR}, {32, 128}},
	{{FIELD_IP_DADDR, FIELD_IP6_DADDR}, {32, 128}},
	{{FIELD_DPORT, FIELD_DPORT}, {16, 16}},
	{{FIELD_SPORT, FIELD_SPORT}, {16, 16}},
	{{FIELD_L4PROTO, FIELD_L4PROTO, FIELD_IP_PROTOCOL, FIELD_IP6_NEXTHDR}, {8, 8}},
	{{FIELD_IIF, FIELD_IIF}, {16, 16}},
	{{FIELD_OIF, FIELD_OIF}, {16, 16}},
};
#define PLANE_PROTO 4

/* What the planes of a family have settled about a step. */
struct proof {
	uint8_t plane; /* whose rows hold this match's field and values, + 1 */
	bool proto;    /* the plane of protocols holds those that the key asks for */
	bool never;    /* of a rule's first step: it is about the other family */
};

struct builder {
	struct filter *filter;
	const struct program *program;
	struct proof *proof[2]; /* of the steps from the chain's first on */
	uint32_t first;
	bool exact[2][FILTER_PLANES_MAX]; /* no cut is left out */
	unsigned family;                  /* 0: IPv4, 1: IPv6 */
	unsigned plane;
	struct filter_span *spans;
	size_t count, room;
	bool failed;
	bool narrow; /* some rule cannot match some value */
};

static void
span_add(struct builder *b, uint32_t rule, wide lo, wide hi)
{
	size_t room = b->room == 0 ? 256 : b->room * 2;
	struct filter_span *grown;

	if (b->count == b->room && !b->failed) {
		grown = realloc(b->spans, room * sizeof(*grown));
		if (grown == NULL) {
			b->failed = true;
		} else {
			b->spans = grown;
			b->room = room;
		}
	}
	if (!b->failed)
		b->spans[b->count++] = (struct filter_span){lo, hi, rule};
}

static wide
plane_max(const struct builder *b)
{
	return ~(wide)0 >> (128 - plane_info[b->plane].bits[b->family]);
}

/* The place of the plane's field in a key, -1: the key is not about it. */
static int
key_place(const struct builder *b, const struct ir_key *key)
{
	const uint8_t *fields = plane_info[b->plane].field;
	unsigned f, i;

	if (key->nfields == 1 && (key->mask & plane_max(b)) != plane_max(b))
		return -1;
	for (f = 0; f < key->nfields; f++)
		for (i = 0; i < sizeof(plane_info->field); i++)
			if (key->field[f] == fields[i] && fields[i] != 0)
				return (int)f;
	return -1;
}

/* What lies between the intervals of a set of one field. */
static void
add_gaps(struct builder *b, uint32_t rule, const struct ir_set *set)
{
	wide from = 0;
	uint32_t i;

	for (i = 0; i < set->count; i++) {
		if (set->lo[i] > from)
			span_add(b, rule, from, set->lo[i] - 1);
		if (set->hi[i] >= plane_max(b))
			return;
		from = set->hi[i] + 1;
	}
	span_add(b, rule, from, plane_max(b));
}

/* The protocols that a key asks for without a word. False: any. */
static bool
add_proto(struct builder *b, uint32_t rule, const struct ir_key *key)
{
	unsigned proto;

	if (b->plane != PLANE_PROTO || key->proto == PROTO_ANY)
		return false;
	for (proto = 0; proto < 256; proto++)
		if (key->proto == proto ||
		    (key->proto == PROTO_WITH_PORTS && has_ports((uint8_t)proto)))
			span_add(b, rule, proto, proto);
	return true;
}

/* False: the match says nothing about the plane's field. */
static bool
add_match(struct builder *b, uint32_t rule, const struct ir_match *match,
	  struct proof *proof)
{
	const struct ir_set *set = match->set;
	int f = match->key.nfields == 0 ? -1 : key_place(b, &match->key);
	uint32_t i;

	if (f < 0 || set->all || (match->negate && match->key.nfields > 1)) {
		proof->proto |= b->plane == PLANE_PROTO;
		return add_proto(b, rule, &match->key);
	}
	if (match->key.nfields == 1)
		proof->plane = (uint8_t)(b->plane + 1);
	if (match->negate) {
		add_gaps(b, rule, set);
		return true;
	}
	for (i = 0; i < set->count; i++)
		span_add(b, rule, set->lo[(size_t)i * set->nfields + (unsigned)f],
			 set->hi[(size_t)i * set->nfields + (unsigned)f]);
	return true;
}

static bool
other_family(const struct builder *b, const struct ir_key *key)
{
	return key->family != 0 && key->family != (b->family == 0 ? 4 : 6);
}

/* The values of the plane with which a rule can be matched. */
static void
add_rule(struct builder *b, uint32_t rule)
{
	const struct instr *instr = &b->program->code[b->filter->body[rule]];
	struct proof *proof = &b->proof[b->family][b->filter->body[rule] - b->first];
	size_t before = b->count;
	bool found = false, effect = false;
	uint8_t proto = PROTO_ANY; /* settled by the first match that asks for one */

	for (; !effect && (instr->op == INSTR_MATCH || instr->op == INSTR_VMAP);
	     instr++, proof++) {
		effect = instr->op == INSTR_VMAP;
		if (other_family(b, &instr->match->key)) {
			b->proof[b->family][b->filter->body[rule] - b->first].never =
				true;
			b->count = before;
			b->narrow = true;
			return;
		}
		if (!found) {
			found = add_match(b, rule, instr->match, proof);
			if (found && proof->proto)
				proto = instr->match->key.proto;
		} else if (b->plane == PLANE_PROTO) {
			proof->proto = instr->match->key.proto == proto;
		}
	}
	if (found)
		b->narrow = true;
	else
		span_add(b, rule, 0, plane_max(b));
}

/* Where a row can begin: where a span begins and behind its end; sorted, each once. */
static wide *
cuts_make(struct builder *b, size_t *n)
{
	wide *cuts = calloc(2 * b->count + 1, sizeof(*cuts));
	size_t count = 0, i;

	if (cuts == NULL) {
		b->failed = true;
		return NULL;
	}
	cuts[count++] = 0;
	for (i = 0; i < b->count; i++) {
		cuts[count++] = b->spans[i].lo;
		if (b->spans[i].hi < plane_max(b))
			cuts[count++] = b->spans[i].hi + 1;
	}
	*n = wide_sort(cuts, count);
	return cuts;
}

/* Of 16 bits at most: the row of each value. */
static void
plane_direct(struct loader *l, struct filter_plane *plane,
	     const struct filter_packing *packing, const wide *cuts)
{
	size_t last = packing->count - 1, i;
	uint32_t value = 0;

	plane->last = (uint32_t)cuts[last * packing->step];
	plane->direct = arena_take(&l->policy->arena, (size_t)plane->last + 1,
				   sizeof(*plane->direct));
	for (i = 0; i <= last && plane->direct != NULL; i++)
		for (; value <=
		       (i == last ? plane->last : cuts[(i + 1) * packing->step] - 1);
		     value++)
			plane->direct[value] = packing->row[i];
}

/* Of more: the cuts that were kept, to be halved. */
static void
plane_halved(struct loader *l, struct filter_plane *plane,
	     const struct filter_packing *packing, const wide *cuts, bool narrow)
{
	struct arena *arena = &l->policy->arena;
	uint32_t i;

	plane->ncuts = (uint32_t)packing->count;
	plane->row = arena_take(arena, plane->ncuts, sizeof(*plane->row));
	if (narrow)
		plane->narrow = arena_take(arena, plane->ncuts, sizeof(*plane->narrow));
	else
		plane->cut = arena_take(arena, plane->ncuts, sizeof(*plane->cut));
	for (i = 0; i < plane->ncuts && !arena->failed; i++) {
		plane->row[i] = packing->row[i];
		if (narrow)
			plane->narrow[i] = (uint32_t)cuts[i * packing->step];
		else
			plane->cut[i] = cuts[i * packing->step];
	}
}

static void
plane_keep(struct loader *l, struct builder *b, struct filter_plane *plane,
	   const struct filter_packing *packing, const wide *cuts)
{
	unsigned bits = plane_info[b->plane].bits[b->family];

	plane->bits = arena_take(&l->policy->arena, packing->used, sizeof(*plane->bits));
	if (plane->bits != NULL)
		memcpy(plane->bits, packing->bits, packing->used * sizeof(*plane->bits));
	if (bits <= 16)
		plane_direct(l, plane, packing, cuts);
	else
		plane_halved(l, plane, packing, cuts, bits == 32);
}

/* The plane of a field, unless every rule can match every value. */
static void
plane_build(struct loader *l, struct builder *b)
{
	struct filter *filter = b->filter;
	struct filter_plane plane = {
		.field = (enum field_id)plane_info[b->plane].field[b->family],
	};
	struct filter_packing packing = {.most = PLANE_BYTES / sizeof(*plane.bits)};
	uint32_t rule;
	wide *cuts;
	size_t n;

	b->count = 0;
	b->narrow = false;
	for (rule = 0; rule < filter->nrules; rule++)
		add_rule(b, rule);
	if (!b->narrow || b->failed)
		return;
	cuts = cuts_make(b, &n);
	if (cuts == NULL)
		return;
	if (filter_pack(&packing, filter, b->spans, b->count, cuts, n) != 0)
		b->failed = true;
	else
		plane_keep(l, b, &plane, &packing, cuts);
	b->exact[b->family][b->plane] = packing.step == 1;
	filter_packing_free(&packing);
	free(cuts);
	filter->family[b->family].plane[filter->family[b->family].count++] = plane;
}

/* The rules of the chain, by their steps. */
static struct filter *
filter_take(struct loader *l, struct program *program, uint32_t first)
{
	struct filter *filter = arena_take(&l->policy->arena, 1, sizeof(*filter));
	struct instr *instr;
	uint32_t i = 0;

	if (filter == NULL)
		return NULL;
	for (instr = &program->code[first]; instr->op != INSTR_END; instr++)
		filter->nrules += instr->op == INSTR_FILTER;
	filter->words = (filter->nrules + 63) / 64;
	filter->groups = (filter->words + 63) / 64;
	filter->body = arena_take(&l->policy->arena, filter->nrules + 1,
				  sizeof(*filter->body));
	if (filter->body == NULL)
		return NULL;
	for (instr = &program->code[first]; instr->op != INSTR_END; instr++) {
		if (instr->op != INSTR_FILTER)
			continue;
		instr->index = i;
		instr->filter = filter;
		filter->body[i++] = (uint32_t)(instr - program->code) + 1;
	}
	filter->body[i] = (uint32_t)(instr - program->code);
	return filter;
}

/* Whether a match of a rule that is not skipped is known to succeed. */
static bool
step_proven(const struct builder *b, unsigned family, uint32_t step)
{
	const struct ir_key *key = &b->program->code[step].match->key;
	const struct proof *proof = &b->proof[family][step - b->first];

	if (key->proto != PROTO_ANY && !proof->proto)
		return false;
	return key->nfields == 0 ||
	       (proof->plane > 0 && b->exact[family][proof->plane - 1]);
}

/* Enter the rules behind what the planes have settled. */
static void
bodies_move(const struct builder *b)
{
	uint32_t rule, step;
	bool never[2];

	for (rule = 0; rule < b->filter->nrules; rule++) {
		step = b->filter->body[rule];
		never[0] = b->proof[0][step - b->first].never;
		never[1] = b->proof[1][step - b->first].never;
		while (b->program->code[step].op == INSTR_MATCH &&
		       (never[0] || step_proven(b, 0, step)) &&
		       (never[1] || step_proven(b, 1, step)))
			step++;
		b->filter->body[rule] = step;
	}
}

int
filter_build(struct loader *l, struct program *program, uint32_t first)
{
	struct filter *filter = filter_take(l, program, first);
	struct builder b = {.filter = filter, .program = program, .first = first};
	unsigned i;

	for (i = 0; i < 2; i++) {
		b.proof[i] = calloc(program->count - first, sizeof(*b.proof[i]));
		b.failed |= b.proof[i] == NULL;
	}
	for (b.family = 0; filter != NULL && !b.failed && b.family < 2; b.family++)
		for (b.plane = 0; b.plane < FILTER_PLANES_MAX; b.plane++)
			plane_build(l, &b);
	if (filter != NULL && !b.failed)
		bodies_move(&b);
	free(b.proof[0]);
	free(b.proof[1]);
	free(b.spans);
	return b.failed || l->policy->arena.failed ? loader_no_memory(l) : 0;
}
