/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds the classifier of a long chain. Of 1,000 rules, 999 usually do not match, mostly
 * because of an address or a port. So each of seven fields becomes a dimension of a
 * classifier (classifier.h) whose entries are the rules. The next rule to evaluate is the
 * first one that the classifier finds.
 *
 * A classifier only skips rules; the rules that it finds are evaluated. So it may find
 * rules that do not match. It does where that is simpler or smaller: masked matches and
 * negated concatenations are taken as matching, only the matches before a rule's first
 * effect are used, and a large dimension omits boundaries. When a dimension decides a
 * match at the start of a rule exactly, the match is not evaluated again: the entry point
 * of the rule is after it.
 */
#include <errno.h>
#include <stdlib.h>

#include "match.h"
#include "rule_classifier.h"
#include "stmt_table.h"

/* The field that each dimension compares for IPv4 and for IPv6. */
static const struct {
	uint8_t field[4];
	uint8_t bits[2]; /* width for IPv4, for IPv6 */
} dimension_info[POLICY_DIMENSIONS_MAX] = {
	{{FIELD_IP_SADDR, FIELD_IP6_SADDR}, {32, 128}},
	{{FIELD_IP_DADDR, FIELD_IP6_DADDR}, {32, 128}},
	{{FIELD_DPORT, FIELD_DPORT}, {16, 16}},
	{{FIELD_SPORT, FIELD_SPORT}, {16, 16}},
	{{FIELD_L4PROTO, FIELD_L4PROTO, FIELD_IP_PROTOCOL, FIELD_IP6_NEXTHDR}, {8, 8}},
	{{FIELD_IIF, FIELD_IIF}, {16, 16}},
	{{FIELD_OIF, FIELD_OIF}, {16, 16}},
};
#define DIMENSION_PROTO 4

/* What the dimensions of one family decide about an instruction. */
struct decided {
	/* number + 1 of the dimension that decides the match's values; 0: none */
	uint8_t dimension;
	bool proto; /* the protocol that the match's key implies is decided */
	/* in the first instruction of a rule: the rule only matches the other family */
	bool never;
};

struct builder {
	struct rule_classifier *rules;
	const struct program *program;
	uint32_t first; /* index of the chain's first instruction */
	/* for each family, one entry for each instruction from `first` on */
	struct decided *decided[2];
	bool exact[2][POLICY_DIMENSIONS_MAX];
	unsigned family;    /* 0: IPv4, 1: IPv6 */
	unsigned dimension; /* number of the dimension that is being built */
	struct interval_list intervals;
	bool restricts; /* some rule does not match every value of the dimension */
};

static u128
dimension_max(const struct builder *b)
{
	return ~(u128)0 >> (128 - dimension_info[b->dimension].bits[b->family]);
}

/* Index in the key of the field that the dimension compares; -1: it is not in the key. */
static int
key_index(const struct builder *b, const struct ir_key *key)
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

/* Add the values that are in none of the set's intervals, for a negated match. */
static void
gaps_add(struct builder *b, uint32_t rule, const struct ir_set *set)
{
	u128 from = 0;
	uint32_t i;

	for (i = 0; i < set->count; i++) {
		if (set->lo[i] > from)
			interval_add(&b->intervals, rule, from, set->lo[i] - 1);
		if (set->hi[i] >= dimension_max(b))
			return;
		from = set->hi[i] + 1;
	}
	interval_add(&b->intervals, rule, from, dimension_max(b));
}

/*
 * Add the protocols that a key implies as intervals of the dimension. Returns false when
 * it implies none.
 */
static bool
protos_add(struct builder *b, uint32_t rule, const struct ir_key *key)
{
	unsigned proto;

	if (b->dimension != DIMENSION_PROTO || key->proto == PROTO_ANY)
		return false;
	for (proto = 0; proto < 256; proto++)
		if (key->proto == proto ||
		    (key->proto == PROTO_WITH_PORTS && has_ports((uint8_t)proto)))
			interval_add(&b->intervals, rule, proto, proto);
	return true;
}

/*
 * Add the intervals of the dimension that the match accepts. Returns false when it
 * accepts every value.
 */
static bool
match_add(struct builder *b, uint32_t rule, const struct ir_match *match,
	  struct decided *decided)
{
	const struct ir_set *set = match->set;
	int f = match->key.nfields == 0 ? -1 : key_index(b, &match->key);
	uint32_t i;

	if (f < 0 || set->all || (match->negate && match->key.nfields > 1)) {
		decided->proto |= b->dimension == DIMENSION_PROTO;
		return protos_add(b, rule, &match->key);
	}
	if (match->key.nfields == 1)
		decided->dimension = (uint8_t)(b->dimension + 1);
	if (match->negate) {
		gaps_add(b, rule, set);
		return true;
	}
	for (i = 0; i < set->count; i++)
		interval_add(&b->intervals, rule,
			     set->lo[(size_t)i * set->nfields + (unsigned)f],
			     set->hi[(size_t)i * set->nfields + (unsigned)f]);
	return true;
}

static bool
is_other_family(const struct builder *b, const struct ir_key *key)
{
	return key->family != 0 && key->family != (b->family == 0 ? 4 : 6);
}

static bool
is_keyed(const struct instr *instr)
{
	return instr->op < STMT_KINDS &&
	       (stmt_types[instr->op]->effects & STMT_KEYED) != 0;
}

/* Whether the instruction only compares the packet and has no other effect. */
static bool
is_test(const struct instr *instr)
{
	return is_keyed(instr) && (stmt_types[instr->op]->effects & STMT_TEST) != 0;
}

/*
 * Add the values of the dimension that a rule can match, from the rule's first match on
 * that field.
 */
static void
rule_add(struct builder *b, uint32_t rule)
{
	uint32_t begin = b->rules->entry_point[rule];
	const struct instr *instr = &b->program->code[begin];
	struct decided *decided = &b->decided[b->family][begin - b->first];
	struct decided *rule_decided = decided;
	size_t before = b->intervals.count;
	bool found = false, effect = false;
	/* protocol implied by the rule's first match that implies one */
	uint8_t proto = PROTO_ANY;

	for (; !effect && is_keyed(instr); instr++, decided++) {
		effect = !is_test(instr);
		if (is_other_family(b, &instr->match->key)) {
			rule_decided->never = true;
			b->intervals.count = before;
			b->restricts = true;
			return;
		}
		if (!found) {
			found = match_add(b, rule, instr->match, decided);
			if (found && decided->proto)
				proto = instr->match->key.proto;
		} else if (b->dimension == DIMENSION_PROTO) {
			decided->proto = instr->match->key.proto == proto;
		}
	}
	b->restricts |= found;
	if (!found)
		interval_add(&b->intervals, rule, 0, dimension_max(b));
}

/*
 * Build one dimension. Omits it when each rule can match all its values. Returns 0 or
 * -ENOMEM.
 */
static int
dimension_build(struct builder *b, struct arena *arena)
{
	struct classifier *classifier = &b->rules->family[b->family];
	unsigned bits = dimension_info[b->dimension].bits[b->family];
	struct dimension *dimension;
	uint32_t rule;
	int ret;

	b->intervals.count = 0;
	b->restricts = false;
	for (rule = 0; rule < classifier->entries; rule++)
		rule_add(b, rule);
	if (!b->restricts)
		return b->intervals.failed ? -ENOMEM : 0;
	dimension = &classifier->dimension[classifier->count];
	ret = classifier_add(classifier, arena, &b->intervals, bits, bits <= 16);
	dimension->field = (enum field_id)dimension_info[b->dimension].field[b->family];
	b->exact[b->family][b->dimension] = dimension->exact;
	return ret;
}

/*
 * Find the rules of the chain by their INSTR_CLASSIFY. Returns NULL when memory runs out.
 */
static struct rule_classifier *
rules_find(struct arena *arena, struct program *program, uint32_t first)
{
	struct rule_classifier *rules = arena_take(arena, 1, sizeof(*rules));
	struct instr *instr;
	uint32_t count = 0;

	for (instr = &program->code[first]; instr->op != INSTR_END; instr++)
		count += instr->op == INSTR_CLASSIFY;
	if (rules == NULL)
		return NULL;
	classifier_init(&rules->family[0], count);
	classifier_init(&rules->family[1], count);
	rules->entry_point = arena_take(arena, count + 1, sizeof(*rules->entry_point));
	if (rules->entry_point == NULL)
		return NULL;
	count = 0;
	for (instr = &program->code[first]; instr->op != INSTR_END; instr++) {
		if (instr->op != INSTR_CLASSIFY)
			continue;
		instr->index = count;
		instr->classifier = rules;
		rules->entry_point[count++] = (uint32_t)(instr - program->code) + 1;
	}
	rules->entry_point[count] = (uint32_t)(instr - program->code);
	return rules;
}

/*
 * Whether the classifier decides the match exactly: each packet of the family for which
 * it finds the rule passes the match.
 */
static bool
is_decided(const struct builder *b, unsigned family, uint32_t at)
{
	const struct ir_key *key = &b->program->code[at].match->key;
	const struct decided *decided = &b->decided[family][at - b->first];

	if (key->proto != PROTO_ANY && !decided->proto)
		return false;
	return key->nfields == 0 ||
	       (decided->dimension > 0 && b->exact[family][decided->dimension - 1]);
}

/* Move the entry points past the matches that are decided for both families. */
static void
entry_points_move(const struct builder *b)
{
	uint32_t rule, at;
	bool never[2];

	for (rule = 0; rule < b->rules->family[0].entries; rule++) {
		at = b->rules->entry_point[rule];
		never[0] = b->decided[0][at - b->first].never;
		never[1] = b->decided[1][at - b->first].never;
		while (is_test(&b->program->code[at]) &&
		       (never[0] || is_decided(b, 0, at)) &&
		       (never[1] || is_decided(b, 1, at)))
			at++;
		b->rules->entry_point[rule] = at;
	}
}

int
rule_classifier_build(struct arena *arena, struct program *program, uint32_t first)
{
	struct builder b = {.program = program, .first = first};
	unsigned i;
	int ret = 0;

	b.rules = rules_find(arena, program, first);
	for (i = 0; i < 2; i++) {
		b.decided[i] = calloc(program->count - first, sizeof(*b.decided[i]));
		if (b.decided[i] == NULL || b.rules == NULL)
			ret = -ENOMEM;
	}
	for (; ret == 0 && b.family < 2; b.family++)
		for (b.dimension = 0; ret == 0 && b.dimension < POLICY_DIMENSIONS_MAX;
		     b.dimension++)
			ret = dimension_build(&b, arena);
	if (ret == 0)
		entry_points_move(&b);
	free(b.decided[0]);
	free(b.decided[1]);
	interval_list_free(&b.intervals);
	return ret;
}
