/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"

static int
loader_init(struct loader *l)
{
	l->index = json_object();
	l->invented = json_object();
	l->unknown = json_object();
	l->asleep = json_object();
	if (l->index == NULL || l->invented == NULL || l->unknown == NULL ||
	    l->asleep == NULL)
		return loader_no_memory(l);
	return 0;
}

static void
loader_done(struct loader *l)
{
	json_decref(l->index);
	json_decref(l->invented);
	json_decref(l->unknown);
	json_decref(l->asleep);
}

static int
compile(struct loader *l, struct policy **policy)
{
	uint32_t number = 0;
	const struct ir_chain *chain;
	int ret;

	ret = policy_compile(&l->ir, policy, &number);
	chain = &l->ir.chains[number];
	switch (ret) {
	case 0:
		return 0;
	case -ELOOP:
		return loader_fail(
			l,
			"chain '%s' of table '%s' jumps back to itself; remove one of "
			"the jumps or gotos",
			chain->name, chain->table);
	case -E2BIG:
		return loader_fail(
			l,
			"chain '%s' of table '%s': chains jump more than %d deep; join "
			"some of them",
			chain->name, chain->table, CHAIN_DEPTH_MAX);
	default:
		return loader_no_memory(l);
	}
}

/* Add the notice that says, for a person, which chains are evaluated. */
static void
report_count(struct loader *l)
{
	uint32_t i;

	for (i = 0; i < l->ir.nchains; i++)
		l->report->chains += (l->chains[i].marks & (MARK_JUDGED | MARK_BESIDE)) !=
				     0;
	for (i = 0; i < l->nsets; i++) {
		l->report->maps += l->sets[i].built && l->sets[i].map;
		l->report->sets += l->sets[i].built && !l->sets[i].map;
	}
}

int
ruleset_read(const char *json, size_t length, const struct ruleset_options *options,
	     struct policy **policy, struct ruleset_report *report)
{
	struct loader l = {
		.ports = options->ports,
		.utc_offset_s = options->utc_offset_s,
		.file = options->file,
		.refuse_other = options->refuse_other,
		.report = report,
	};
	json_error_t at;
	json_t *root;
	int ret;

	*policy = NULL;
	memset(report, 0, sizeof(*report));
	root = json_loadb(json, length, 0, &at);
	if (root == NULL)
		return loader_fail(&l, "the rules' JSON, line %d, column %d: %s", at.line,
				   at.column, at.text);
	ret = loader_init(&l);
	if (ret == 0)
		ret = loader_run(&l, root);
	if (ret == 0) {
		chances_report(&l);
		report_count(&l);
		ret = compile(&l, policy);
	}
	if (ret != 0)
		arena_free(&l.ir.arena);
	loader_done(&l);
	json_decref(root);
	return ret;
}

/*
 * Write the first error and the number of further errors; without errors, the warnings.
 */
static void
error_make(const struct ruleset_report *report, struct ruleset_error *error)
{
	const unsigned more = report->total[RULESET_ERROR] - 1;
	unsigned i;

	if (report->total[RULESET_ERROR] == 0) {
		ruleset_report_text(report, RULESET_WARNING, error->text,
				    sizeof(error->text));
		return;
	}
	snprintf(error->text, sizeof(error->text), "not enough memory");
	for (i = 0; i < report->count; i++)
		if (report->messages[i].level == RULESET_ERROR)
			break;
	if (i < report->count && more > 0)
		snprintf(error->text, sizeof(error->text), "%.960s (and %u more)",
			 report->messages[i].text, more);
	else if (i < report->count)
		snprintf(error->text, sizeof(error->text), "%s",
			 report->messages[i].text);
}

int
ruleset_load(const char *json, size_t length, const struct ruleset_ports *ports,
	     struct policy **policy, struct ruleset_error *error)
{
	const struct ruleset_options options = {.ports = ports};
	struct ruleset_report report;
	int ret = ruleset_read(json, length, &options, policy, &report);

	error_make(&report, error);
	ruleset_report_free(&report);
	return ret;
}
