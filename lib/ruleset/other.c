/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reports the chains that sluice does not evaluate: those of other hooks, types and
 * families. Most have no part in forwarding (input, output, the host's own). When one
 * has, not evaluating it changes decisions, and a warning names it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

static bool
is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

bool
chain_is_judged(const struct chain_info *chain)
{
	static const char *const families[] = {"inet", "ip", "ip6", NULL};
	static const char *const hooks[] = {"prerouting", "forward", "postrouting", NULL};

	if (chain->hook == NULL || chain->dormant || chain->type == NULL ||
	    strcmp(chain->type, "filter") != 0)
		return false;
	if (strcmp(chain->family, "bridge") == 0)
		return chain->bridge_judged && strcmp(chain->hook, "forward") == 0;
	return is_one_of(chain->family, families) && is_one_of(chain->hook, hooks);
}

bool
bridge_is_judged(const json_t *objects)
{
	bool bridge = false;
	const char *family, *hook;
	const json_t *object, *chain;
	size_t i;

	json_array_foreach(objects, i, object) {
		chain = json_object_get(object, "chain");
		family = json_text(chain, "family");
		hook = json_text(chain, "hook");
		if (family == NULL || hook == NULL || strcmp(hook, "forward") != 0)
			continue;
		if (strcmp(family, "bridge") != 0)
			return false;
		bridge = true;
	}
	return bridge;
}

static void
bridge_report(struct loader *l)
{
	if (l->bridge_judged)
		loader_tell(l, RULESET_NOTICE,
			    "the forward chains of family bridge are evaluated for IPv4 "
			    "and IPv6; which other frames cross is what 'bypass' says");
}

/* Whether packets that cross a wire would pass this hook if the host were a router. */
static bool
sees_forwarded(const struct chain_info *chain)
{
	static const char *const hooks[] = {"prerouting", "postrouting", "forward",
					    "ingress",    "egress",      NULL};

	/* chains of family arp see only packets of the host itself */
	return is_one_of(chain->hook, hooks) && strcmp(chain->family, "arp") != 0;
}

static void
effects_print(FILE *out, unsigned effects)
{
	static const struct {
		unsigned effect;
		const char *text;
	} texts[] = {
		{REACH_DROPS, "packets that it drops are not dropped here"},
		{REACH_QUEUES, "packets that it queues to a program are not queued here"},
		{REACH_NOTRACK, "packets that it excepts from tracking are tracked here"},
		{REACH_SETS, "marks and fields that it sets are not set here"},
		{REACH_TRANSLATES, "addresses are not translated here, so rules see them "
				   "as they are on the wire"},
		{REACH_DIVERTS, "packets that it diverts go their usual way here"},
	};
	const char *between = "";
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if ((effects & texts[i].effect) == 0)
			continue;
		fprintf(out, "%s%s", between, texts[i].text);
		between = "; ";
	}
}

static void
effects_warn(struct loader *l, const struct chain_info *chain, unsigned effects)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return;
	effects_print(out, effects);
	fclose(out);
	loader_tell(l, RULESET_WARNING,
		    "table %s %s, chain %s (type %s hook %s) is not evaluated: %s",
		    chain->family, chain->table, chain->name, chain->type, chain->hook,
		    text != NULL ? text : "");
	free(text);
}

/* Describe chains: "chains in (hook input), out (hook output) of table inet t; ..". */
static char *
others_text(const struct loader *l)
{
	const struct chain_info *chain, *before = NULL;
	char *text = NULL;
	size_t size;
	uint32_t i;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (i = 0; i < l->ir.nchains; i++) {
		chain = &l->chains[i];
		if (chain->hook == NULL || chain->dormant || chain_is_judged(chain))
			continue;
		if (before == NULL || strcmp(before->family, chain->family) != 0 ||
		    strcmp(before->table, chain->table) != 0)
			fprintf(out, "%stable %s %s: %s", before != NULL ? "; " : "",
				chain->family, chain->table, chain->name);
		else
			fprintf(out, ", %s", chain->name);
		if (strcmp(chain->type, "filter") != 0)
			fprintf(out, " (type %s hook %s)", chain->type, chain->hook);
		else
			fprintf(out, " (hook %s)", chain->hook);
		before = chain;
	}
	fclose(out);
	if (before != NULL)
		return text;
	free(text);
	return NULL;
}

/* Warn of a set that only such chains write: it keeps the elements that were loaded. */
static void
writers_report(struct loader *l)
{
	uint32_t i;

	for (i = 0; i < l->nsets; i++)
		if ((l->sets[i].written & MARK_OTHER) != 0 && l->sets[i].built)
			loader_tell(
				l, RULESET_WARNING,
				"%s '%s' is written by chains that are not evaluated: "
				"their elements are not added here",
				l->sets[i].map ? "map" : "set", l->sets[i].name);
}

static int
other_report(struct loader *l, uint32_t number)
{
	const struct chain_info *chain = &l->chains[number];
	unsigned effects = 0;
	int ret;

	if (l->refuse_other)
		return loader_fail(l,
				   "table %s %s, chain %s: 'type %s hook %s' is not "
				   "evaluated, and rules_other is 'refuse'; keep the "
				   "host's own chains in a file of their own",
				   chain->family, chain->table, chain->name, chain->type,
				   chain->hook);
	ret = reach_mark(l, number, MARK_OTHER, &effects);
	if (ret == 0 && sees_forwarded(chain)) {
		if (chain->drop)
			effects |= REACH_DROPS;
		if (effects != 0)
			effects_warn(l, chain, effects);
	}
	return ret;
}

int
others_report(struct loader *l)
{
	char *text = l->refuse_other ? NULL : others_text(l);
	int ret = 0, failed = 0;
	uint32_t i;

	if (text != NULL)
		loader_tell(l, RULESET_NOTICE,
			    "not evaluated, since sluice judges forwarded packets only: "
			    "%s",
			    text);
	free(text);
	bridge_report(l);
	for (i = 0; i < l->ir.nchains && ret != -ENOMEM; i++) {
		if (l->chains[i].hook == NULL || l->chains[i].dormant ||
		    chain_is_judged(&l->chains[i]))
			continue;
		ret = other_report(l, i);
		failed = ret != 0 ? ret : failed;
	}
	writers_report(l);
	return failed;
}
