/* SPDX-License-Identifier: BSD-3-Clause */
#include "health.h"

#include <string.h>

static json_int_t
number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void
table_judge(json_t *reasons, const json_t *stats, const char *family, const char *used,
	    const char *max)
{
	json_int_t percent = number(stats, max) > 0
				     ? number(stats, used) * 100 / number(stats, max)
				     : 0;

	if (percent >= HEALTH_TABLE_PERCENT)
		json_array_append_new(
			reasons,
			json_sprintf("the table of %s is full to %d %%: raise %s, or see "
				     "'sluicectl list' for what fills it",
				     family, (int)percent,
				     strcmp(family, "IPv4") == 0 ? "conntrack.max"
								 : "conntrack.max_ipv6"));
}

static void
reload_judge(json_t *reasons, const json_t *reload)
{
	if (reload != NULL && !json_is_true(json_object_get(reload, "ok")))
		json_array_append_new(
			reasons,
			json_sprintf("the last reload failed: %s",
				     json_string_value(json_object_get(reload, "text"))));
}

static json_t *
judge(const json_t *stats)
{
	json_t *ports = json_object_get(stats, "ports"), *reasons = json_array(), *port;
	const char *name, *link;

	json_object_foreach(ports, name, port) {
		link = json_string_value(json_object_get(port, "link"));
		if (link != NULL && strcmp(link, "up") != 0)
			json_array_append_new(reasons,
					      json_sprintf("port %s has no link", name));
	}
	table_judge(reasons, stats, "IPv4", "connections", "connections_max");
	table_judge(reasons, stats, "IPv6", "connections_ipv6", "connections_ipv6_max");
	reload_judge(reasons, json_object_get(stats, "reload"));
	return reasons;
}

/* Append what the warning levels of the workers' tables say. */
static void
workers_judge(json_t *reasons, json_t *warnings, const json_t *stats)
{
	json_t *load = json_object_get(stats, "load"), *worker;
	json_int_t level;
	size_t i;

	json_array_foreach(load, i, worker) {
		level = number(worker, "warning");
		if (level != 0)
			json_array_append_new(
				level >= HEALTH_TABLE_PERCENT ? reasons : warnings,
				json_sprintf("a table of worker %d is full to %d %% or "
					     "more: the log has the addresses that fill "
					     "it",
					     (int)i, (int)level));
	}
}

int
health_show(FILE *out, const json_t *stats, int json)
{
	json_t *reasons = judge(stats), *warnings = json_array(), *reason, *all;
	size_t i;
	int status;

	workers_judge(reasons, warnings, stats);
	status = json_array_size(reasons) > 0;
	if (json) {
		all = json_pack("{sb sO sO}", "healthy", status == 0, "reasons", reasons,
				"warnings", warnings);
		json_dumpf(all, out, JSON_COMPACT | JSON_ENSURE_ASCII);
		fputc('\n', out);
		json_decref(all);
	} else if (status == 0) {
		fputs("ok\n", out);
	} else {
		json_array_foreach(reasons, i, reason)
			fprintf(out, "%s\n", json_string_value(reason));
	}
	json_array_foreach(warnings, i, reason)
		if (!json)
			fprintf(out, "warning: %s\n", json_string_value(reason));
	json_decref(warnings);
	json_decref(reasons);
	return status;
}
