/* SPDX-License-Identifier: BSD-3-Clause */
#include "show.h"

#include <stdint.h>

static long long
number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Members of an object; those of `made` with its name before them. */
static void
show_numbers(FILE *out, const json_t *object, const char *prefix)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		if (json_is_integer(value))
			fprintf(out, "%s%-*s %14lld\n", prefix,
				24 - (prefix[0] != '\0' ? 5 : 0), key,
				(long long)json_integer_value(value));
	}
}

void
show_stats(FILE *out, const json_t *stats)
{
	const char *name;
	json_t *port, *load;
	size_t i;

	show_numbers(out, stats, "");
	show_numbers(out, json_object_get(stats, "made"), "made ");
	fprintf(out, "\n%-16s %14s %16s %14s\n", "worker", "packets", "handed over",
		"connections");
	json_array_foreach(json_object_get(stats, "load"), i, load) {
		fprintf(out, "%-16zu %14lld %16lld %14lld\n", i, number(load, "packets"),
			number(load, "handed_over"), number(load, "connections"));
	}
	fprintf(out, "\n%-16s %14s %16s %14s %16s %10s %8s  %s\n", "port", "rx packets",
		"rx bytes", "tx packets", "tx bytes", "missed", "errors", "link");
	json_object_foreach(json_object_get(stats, "ports"), name, port) {
		fprintf(out, "%-16s %14lld %16lld %14lld %16lld %10lld %8lld  %s\n", name,
			number(port, "rx_packets"), number(port, "rx_bytes"),
			number(port, "tx_packets"), number(port, "tx_bytes"),
			number(port, "rx_missed"), number(port, "errors"),
			json_string_value(json_object_get(port, "link")));
	}
}

void
show_drops(FILE *out, const json_t *drops, bool all)
{
	const json_t *drop;
	size_t i;

	fprintf(out, "%-20s %14s  %s\n", "reason", "packets", "what it means");
	json_array_foreach(drops, i, drop) {
		if (all || number(drop, "packets") != 0)
			fprintf(out, "%-20s %14lld  %s\n",
				json_string_value(json_object_get(drop, "reason")),
				number(drop, "packets"),
				json_string_value(json_object_get(drop, "text")));
	}
}

void
show_rules(FILE *out, const json_t *rules)
{
	const json_t *rule;
	size_t i;

	fprintf(out, "%4s %6s %14s %16s  %s\n", "rule", "handle", "packets", "bytes",
		"text");
	json_array_foreach(rules, i, rule) {
		fprintf(out, "%4lld %6lld ", number(rule, "rule"),
			number(rule, "handle"));
		if (json_object_get(rule, "packets") != NULL)
			fprintf(out, "%14lld %16lld", number(rule, "packets"),
				number(rule, "bytes"));
		else
			fprintf(out, "%14s %16s", "-", "-");
		fprintf(out, "  %s\n", json_string_value(json_object_get(rule, "text")));
	}
}
