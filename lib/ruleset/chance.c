/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Warns of rules that can never match, because they name interfaces that no port has. One
 * such name is not an error, since one file may serve several machines. But a chain
 * without any rule that can match is rarely intended.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loader.h"

/*
 * List the names that no port has, quoted; a long list is cut. Malloced; NULL: memory has
 * run out.
 */
static char *
names_text(const struct loader *l)
{
	const unsigned names_max = 20;
	unsigned written = 0;
	const json_t *value;
	const char *name;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	json_object_foreach(l->unknown, name, value) {
		if (written < names_max)
			fprintf(out, "%s\"%s\"", written > 0 ? ", " : "", name);
		written++;
	}
	if (written > names_max)
		fprintf(out, " and %u more", written - names_max);
	fclose(out);
	return text;
}

/*
 * Whether the match requires a value from a set without elements, so that it never
 * matches.
 */
static bool
is_hopeless(const struct ir_rule *rule)
{
	const struct ir_match *match;
	uint32_t i;

	for (i = 0; i < rule->nstmts; i++) {
		match = &rule->stmts[i].match;
		if ((stmt_types[rule->stmts[i].kind]->effects & STMT_KEYED) != 0 &&
		    match->set != NULL && match->set->count == 0 && !match->set->all &&
		    !match->negate && match->key.nfields > 0)
			return true;
	}
	return false;
}

static bool
chain_is_hopeless(const struct ir_chain *chain)
{
	const struct ir_rule *rule;

	for (rule = chain->first; rule != NULL; rule = rule->next)
		if (!is_hopeless(rule))
			return false;
	return chain->first != NULL;
}

void
chances_report(struct loader *l)
{
	const struct ir_chain *chain;
	uint32_t i;
	char *names;

	if (json_object_size(l->unknown) == 0)
		return;
	names = names_text(l);
	loader_tell(l, RULESET_WARNING,
		    "no port has the name %s: matches on it never succeed; 'ports' names "
		    "the ports",
		    names != NULL ? names : "?");
	free(names);
	for (i = 0; i < l->ir.nchains; i++) {
		chain = &l->ir.chains[i];
		if (!chain_is_hopeless(chain))
			continue;
		loader_tell(l, RULESET_WARNING,
			    "table %s %s, chain %s: NONE of its %u rules can ever match, "
			    "since each names an interface that no port is: %s",
			    l->chains[i].family, chain->table, chain->name, chain->nrules,
			    !chain->base  ? "every packet passes through it"
			    : chain->drop ? "every packet is dropped by its policy"
					  : "every packet is accepted by its policy");
	}
}
