/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A rule's JSON as the line that nft prints, for messages and lists. Messages quote rules
 * that are refused, so this prints more statements than can be evaluated. Counters are
 * printed without nft's values: sluice counts from 0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define NESTING_MAX 32

struct printer {
	FILE *out;
	unsigned depth;
	bool quote; /* texts are quoted: names of interfaces, prefixes of a log */
};

static void expr_print(struct printer *p, const json_t *json);

static void
list_print(struct printer *p, const json_t *list, const char *between)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (i > 0)
			fputs(between, p->out);
		expr_print(p, item);
	}
}

static void
scalar_print(struct printer *p, const json_t *json)
{
	const char *text = json_string_value(json);
	char *dump;

	if (text != NULL && p->quote && text[0] != '@' && strcmp(text, "*") != 0) {
		fprintf(p->out, "\"%s\"", text);
	} else if (text != NULL) {
		fputs(text, p->out);
	} else if (json_is_integer(json)) {
		fprintf(p->out, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
	} else {
		dump = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
		fputs(dump != NULL ? dump : "?", p->out);
		free(dump);
	}
}

static bool
is_ifname(const json_t *left)
{
	const json_t *first = json_array_get(json_object_get(left, "concat"), 0);
	const json_t *meta = json_object_get(first != NULL ? first : left, "meta");
	const char *key = json_text(meta, "key");

	return key != NULL &&
	       (strcmp(key, "iifname") == 0 || strcmp(key, "oifname") == 0 ||
		strcmp(key, "iif") == 0 || strcmp(key, "oif") == 0);
}

static void
verdict_print(struct printer *p, const char *name, const json_t *value)
{
	const char *target = json_text(value, "target");

	fprintf(p->out, "%s%s%s", name, target != NULL ? " " : "",
		target != NULL ? target : "");
}

/* The elements of a set, or the pairs of a map. */
static void
elements_print(struct printer *p, const json_t *set, bool map)
{
	const json_t *item, *verdict;
	size_t i;

	fputs("{ ", p->out);
	if (!json_is_array(set))
		expr_print(p, set);
	json_array_foreach(set, i, item) {
		if (i > 0)
			fputs(", ", p->out);
		expr_print(p, map ? json_array_get(item, 0) : item);
		verdict = map ? json_array_get(item, 1) : NULL;
		if (verdict == NULL)
			continue;
		fputs(" : ", p->out);
		verdict_print(p, json_first_key(verdict),
			      json_object_iter_value(
				      json_object_iter((json_t *)(uintptr_t)verdict)));
	}
	fputs(" }", p->out);
}

static void
meta_print(struct printer *p, const json_t *meta)
{
	const char *key = json_is_string(meta) ? json_string_value(meta)
					       : json_text(meta, "key");

	if (key == NULL)
		key = "?";
	if (strncmp(key, "iif", 3) != 0 && strncmp(key, "oif", 3) != 0)
		fputs("meta ", p->out);
	fputs(key, p->out);
}

static void
payload_print(struct printer *p, const json_t *payload)
{
	const char *protocol = json_text(payload, "protocol");

	if (protocol == NULL)
		protocol = json_text(payload, "name");
	if (protocol != NULL && json_text(payload, "field") != NULL)
		fprintf(p->out, "%s %s", protocol, json_text(payload, "field"));
	else
		fprintf(p->out, "@%s,%" JSON_INTEGER_FORMAT ",%" JSON_INTEGER_FORMAT,
			json_text(payload, "base") != NULL ? json_text(payload, "base")
							   : "?",
			json_integer_value(json_object_get(payload, "offset")),
			json_integer_value(json_object_get(payload, "len")));
}

static void
object_print(struct printer *p, const char *kind, const json_t *value)
{
	const char *const operators[] = {"&", "|", "^", "<<", ">>"};
	char between[8];
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (strcmp(kind, operators[i]) != 0)
			continue;
		snprintf(between, sizeof(between), " %s ", kind);
		list_print(p, value, between);
		return;
	}
	if (strcmp(kind, "meta") == 0)
		meta_print(p, value);
	else if (strcmp(kind, "payload") == 0)
		payload_print(p, value);
	else if (strcmp(kind, "ct") == 0)
		fprintf(p->out, "ct %s",
			json_text(value, "key") != NULL ? json_text(value, "key") : "?");
	else if (strcmp(kind, "concat") == 0)
		list_print(p, value, " . ");
	else if (strcmp(kind, "range") == 0)
		list_print(p, value, "-");
	else if (strcmp(kind, "set") == 0)
		elements_print(p, value, false);
	else if (strcmp(kind, "prefix") == 0)
		fprintf(p->out, "%s/%" JSON_INTEGER_FORMAT,
			json_text(value, "addr") != NULL ? json_text(value, "addr") : "?",
			json_integer_value(json_object_get(value, "len")));
	else if (strcmp(kind, "elem") == 0)
		expr_print(p, json_object_get(value, "val"));
	else {
		fprintf(p->out, "%s ", kind);
		scalar_print(p, value);
	}
}

static void
expr_print(struct printer *p, const json_t *json)
{
	const char *kind = json_first_key(json);

	if (++p->depth > NESTING_MAX)
		fputs("..", p->out);
	else if (json_is_array(json))
		list_print(p, json, ",");
	else if (kind != NULL)
		object_print(p, kind, json_object_get(json, kind));
	else
		scalar_print(p, json);
	p->depth--;
}

static void
match_print(struct printer *p, const json_t *match)
{
	const json_t *left = json_object_get(match, "left");
	const json_t *mask = json_array_get(json_object_get(left, "&"), 1);
	const char *op = json_text(match, "op");

	if (json_is_array(mask) && op != NULL) { /* tcp flags syn / syn,ack */
		expr_print(p, json_array_get(json_object_get(left, "&"), 0));
		fputs(strcmp(op, "!=") == 0 ? " != " : " ", p->out);
		expr_print(p, json_object_get(match, "right"));
		fputs(" / ", p->out);
		expr_print(p, mask);
		return;
	}
	expr_print(p, left);
	fputc(' ', p->out);
	/* nft prints `==` only after a mask */
	if (op != NULL && strcmp(op, "in") != 0 &&
	    (strcmp(op, "==") != 0 || json_object_get(left, "&") != NULL))
		fprintf(p->out, "%s ", op);
	p->quote = is_ifname(left);
	expr_print(p, json_object_get(match, "right"));
	p->quote = false;
}

static void
vmap_print(struct printer *p, const json_t *vmap)
{
	const json_t *key = json_object_get(vmap, "key");
	const json_t *data = json_object_get(vmap, "data");
	const json_t *set = json_object_get(data, "set");

	expr_print(p, key);
	fputs(" vmap ", p->out);
	p->quote = is_ifname(key);
	if (set != NULL)
		elements_print(p, set, true);
	else
		expr_print(p, data);
	p->quote = false;
}

/* Statements whose members read in the order that nft prints them. */
static void
other_print(struct printer *p, const char *name, const json_t *value)
{
	const json_t *item;
	const char *key;

	fputs(name, p->out);
	if (json_is_string(value)) {
		fprintf(p->out, " %s", json_string_value(value));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, item) {
		if (strcmp(name, "reject") != 0)
			fprintf(p->out, " %s", key);
		fputc(' ', p->out);
		p->quote = strcmp(key, "prefix") == 0 && json_is_string(item);
		expr_print(p, item);
		p->quote = false;
	}
}

static void
reject_print(struct printer *p, const json_t *value)
{
	const char *type = json_text(value, "type");
	const json_t *code = json_object_get(value, "expr");

	fputs("reject", p->out);
	if (type == NULL || (strcmp(type, "icmpx") == 0 && json_is_string(code) &&
			     strcmp(json_string_value(code), "port-unreachable") == 0))
		return;
	fprintf(p->out, " with %s", type);
	if (code != NULL) {
		fputc(' ', p->out);
		expr_print(p, code);
	}
}

static void
limit_print(struct printer *p, const json_t *limit)
{
	const char *per = json_text(limit, "per");
	const char *unit = json_text(limit, "rate_unit");
	bool packets = unit == NULL || strcmp(unit, "packets") == 0;

	fprintf(p->out, "limit rate %s%" JSON_INTEGER_FORMAT "%s%s/%s",
		json_is_true(json_object_get(limit, "inv")) ? "over " : "",
		json_integer_value(json_object_get(limit, "rate")), packets ? "" : " ",
		packets ? "" : unit, per != NULL ? per : "second");
}

static void
stmt_print(struct printer *p, const json_t *stmt)
{
	const char *name = json_first_key(stmt);
	const json_t *value;

	if (name == NULL) {
		scalar_print(p, stmt);
		return;
	}
	value = json_object_get(stmt, name);
	if (strcmp(name, "match") == 0)
		match_print(p, value);
	else if (strcmp(name, "vmap") == 0)
		vmap_print(p, value);
	else if (strcmp(name, "reject") == 0)
		reject_print(p, value);
	else if (strcmp(name, "limit") == 0 && json_is_object(value))
		limit_print(p, value);
	else if (strcmp(name, "counter") == 0 && json_is_string(value))
		fprintf(p->out, "counter name \"%s\"", json_string_value(value));
	else if (strcmp(name, "counter") == 0)
		fputs("counter", p->out);
	else if (strcmp(name, "jump") == 0 || strcmp(name, "goto") == 0)
		verdict_print(p, name, value);
	else if (strcmp(name, "mangle") == 0) {
		expr_print(p, json_object_get(value, "key"));
		fputs(" set ", p->out);
		expr_print(p, json_object_get(value, "value"));
	} else
		other_print(p, name, value);
}

char *
expr_text(const json_t *expr)
{
	struct printer p = {.depth = 0};
	char *text = NULL;
	size_t size;

	p.out = open_memstream(&text, &size);
	if (p.out == NULL)
		return NULL;
	expr_print(&p, expr);
	fclose(p.out);
	return text;
}

char *
rule_text(const json_t *rule)
{
	const char *comment = json_text(rule, "comment");
	struct printer p = {.depth = 0};
	const json_t *stmt;
	char *text = NULL;
	size_t i, size;

	p.out = open_memstream(&text, &size);
	if (p.out == NULL)
		return NULL;
	json_array_foreach(json_object_get(rule, "expr"), i, stmt) {
		if (i > 0)
			fputc(' ', p.out);
		stmt_print(&p, stmt);
	}
	if (comment != NULL)
		fprintf(p.out, "%scomment \"%s\"", i > 0 ? " " : "", comment);
	fclose(p.out);
	return text;
}
