/* SPDX-License-Identifier: BSD-3-Clause */
#include "show.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static long long
number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Print the numeric members of an object, each with a prefix. */
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

static const char *
word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

char *
show_json_text(const json_t *object)
{
	char *text = json_dumps(object,
				JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	char *rest = text, *del, *escaped = NULL;
	size_t size;
	FILE *out;

	/* jansson takes DEL for printable */
	if (text == NULL || strchr(text, '\x7f') == NULL)
		return text;
	out = open_memstream(&escaped, &size);
	for (; out != NULL && (del = strchr(rest, '\x7f')) != NULL; rest = del + 1)
		fprintf(out, "%.*s\\u007f", (int)(del - rest), rest);
	if (out != NULL) {
		fputs(rest, out);
		fclose(out);
	}
	free(text);
	return escaped;
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
	/* in audit mode, packets that would have been dropped */
	const bool audit = json_object_get(json_array_get(drops, 0), "audited") != NULL;
	const json_t *drop;
	size_t i;

	fprintf(out, "%-20s %14s  ", "reason", "packets");
	if (audit)
		fprintf(out, "%14s  ", "would drop");
	fputs("what it means\n", out);
	json_array_foreach(drops, i, drop) {
		if (!all && number(drop, "packets") == 0 && number(drop, "audited") == 0)
			continue;
		fprintf(out, "%-20s %14lld  ",
			json_string_value(json_object_get(drop, "reason")),
			number(drop, "packets"));
		if (audit)
			fprintf(out, "%14lld  ", number(drop, "audited"));
		fprintf(out, "%s\n", json_string_value(json_object_get(drop, "text")));
	}
}

void
show_states(FILE *out, const json_t *states)
{
	void *first = json_object_iter((json_t *)(uintptr_t)states);
	const json_t *side, *move;
	const char *name, *state;
	json_t *value;
	size_t i;

	fprintf(out, "%-16s", "endpoints");
	json_object_foreach((json_t *)(uintptr_t)states, name, value)
		fprintf(out, " %14s", name);
	side = json_object_get(json_object_iter_value(first), "now");
	json_object_foreach((json_t *)(uintptr_t)side, state, value) {
		fprintf(out, "\n%-16s", state);
		json_object_foreach((json_t *)(uintptr_t)states, name, value)
			fprintf(out, " %14lld",
				number(json_object_get(value, "now"), state));
	}
	fputc('\n', out);
	json_object_foreach((json_t *)(uintptr_t)states, name, value) {
		fprintf(out, "\n%s: transitions since they are counted\n", name);
		json_array_foreach(json_object_get(value, "moved"), i, move)
			fprintf(out, "%-16s -> %-16s %14lld\n", word(move, "from"),
				word(move, "to"), number(move, "count"));
	}
}

/* Whether two rules, or a rule and a policy, are of one chain; or of one table. */
static bool
is_of(const json_t *a, const json_t *b, bool chain)
{
	return strcmp(word(a, "family"), word(b, "family")) == 0 &&
	       strcmp(word(a, "table"), word(b, "table")) == 0 &&
	       (!chain || strcmp(word(a, "chain"), word(b, "chain")) == 0);
}

static void
show_matched(FILE *out, const json_t *rule)
{
	const json_t *matched = json_object_get(rule, "matched");
	const json_t *audited = json_object_get(rule, "audited");

	fprintf(out, "%lld packets, %lld bytes", number(matched, "packets"),
		number(matched, "bytes"));
	if (audited != NULL && number(audited, "packets") != 0)
		fprintf(out, ", would drop %lld packets, %lld bytes",
			number(audited, "packets"), number(audited, "bytes"));
}

/* Print a rule; its counter with values, as nft does. */
static void
show_rule(FILE *out, const json_t *rule)
{
	static const char counter[] = "counter";
	const char *text = word(rule, "text"), *at, *rest;
	const size_t chain = strlen(word(rule, "chain"));

	if (strncmp(text, word(rule, "chain"), chain) == 0 && text[chain] == ':')
		text += chain + 2; /* "forward: " */
	at = strstr(text, counter);
	rest = at != NULL ? at + strlen(counter) : NULL;
	if (rest != NULL && (*rest == ' ' || *rest == '\0') &&
	    strncmp(rest, " name ", 6) != 0)
		fprintf(out, "\t\t%.*scounter packets %lld bytes %lld%s # handle %lld, ",
			(int)(at - text), text, number(rule, "packets"),
			number(rule, "bytes"), rest, number(rule, "handle"));
	else
		fprintf(out, "\t\t%s # handle %lld, ", text, number(rule, "handle"));
	show_matched(out, rule);
	fputc('\n', out);
}

/*
 * Print a chain: the rules and the policy that have the family, table and name of `of`.
 */
static void
show_chain(FILE *out, const json_t *rules, const json_t *of)
{
	const json_t *rule;
	size_t i;

	fprintf(out, "\tchain %s {\n", word(of, "chain"));
	json_array_foreach(rules, i, rule) {
		if (!is_of(rule, of, true) || number(rule, "rule") != 0)
			continue;
		fprintf(out, "\t\ttype filter hook %s priority %lld; policy %s; # ",
			word(rule, "hook"), number(rule, "priority"),
			word(rule, "policy"));
		show_matched(out, rule);
		fputc('\n', out);
	}
	json_array_foreach(rules, i, rule) {
		if (is_of(rule, of, true) && number(rule, "rule") != 0)
			show_rule(out, rule);
	}
	fputs("\t}\n", out);
}

/* Whether an earlier entry than number n is of the same chain, or table. */
static bool
is_shown(const json_t *rules, size_t n, bool chain)
{
	size_t i;

	/* the rules of a chain follow each other, unless a file adds some later */
	if (n > 0 && is_of(json_array_get(rules, n - 1), json_array_get(rules, n), chain))
		return true;
	for (i = 0; i < n; i++)
		if (is_of(json_array_get(rules, i), json_array_get(rules, n), chain))
			return true;
	return false;
}

void
show_rules(FILE *out, const json_t *rules)
{
	const json_t *table, *rule;
	size_t i, j;

	json_array_foreach(rules, i, table) {
		if (is_shown(rules, i, false))
			continue;
		fprintf(out, "table %s %s {\n", word(table, "family"),
			word(table, "table"));
		json_array_foreach(rules, j, rule) {
			if (is_of(rule, table, false) && !is_shown(rules, j, true))
				show_chain(out, rules, rule);
		}
		fputs("}\n", out);
	}
}
