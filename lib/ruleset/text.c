/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints expressions, matches and verdict maps as nft does. Messages quote unsupported
 * rules too, so this prints more expressions than can be evaluated.
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
	bool quote; /* put texts in quotes: names of interfaces, the prefix of a log */
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
verdict_print(struct printer *p, const json_t *verdict)
{
	const char *name = json_first_key(verdict);
	const char *target = json_text(json_object_get(verdict, name), "target");

	fprintf(p->out, " : %s%s%s", name != NULL ? name : "?", target != NULL ? " " : "",
		target != NULL ? target : "");
}

/* Print the elements of a set, or the pairs of a map. */
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
		if (verdict != NULL)
			verdict_print(p, verdict);
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

/*
 * Print the values of an object's members: `tcp option maxseg size`, `numgen random mod
 * 7`.
 */
static void
members_print(struct printer *p, const char *kind, const json_t *value)
{
	static const char *const named[] = {"mod", "offset", "seed", "index", "nexthop"};
	const json_t *item;
	const char *key;
	bool name;
	size_t i;

	fputs(kind, p->out);
	json_object_foreach((json_t *)(uintptr_t)value, key, item) {
		if (strcmp(key, "offset") == 0 && json_integer_value(item) == 0)
			continue;
		for (name = false, i = 0; i < sizeof(named) / sizeof(*named); i++)
			name |= strcmp(key, named[i]) == 0;
		fprintf(p->out, name ? " %s " : " ", key);
		expr_print(p, item);
	}
}

/* Print a lookup: nft writes what it compares before its result. */
static void
fib_print(struct printer *p, const json_t *fib)
{
	fputs("fib ", p->out);
	list_print(p, json_object_get(fib, "flags"), " . ");
	fputc(' ', p->out);
	expr_print(p, json_object_get(fib, "result"));
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
	else if (strcmp(kind, "fib") == 0)
		fib_print(p, value);
	else if (json_is_object(value))
		members_print(p, kind, value);
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

	/* flags in a list, such as tcp flags syn / syn,ack */
	if (json_is_array(mask) && op != NULL) {
		expr_print(p, json_array_get(json_object_get(left, "&"), 0));
		fputs(strcmp(op, "!=") == 0 ? " != " : " ", p->out);
		expr_print(p, json_object_get(match, "right"));
		fputs(" / ", p->out);
		expr_print(p, mask);
		return;
	}
	expr_print(p, left);
	fputc(' ', p->out);
	/* nft prints `==` only when the left side has a mask */
	if (op != NULL && strcmp(op, "in") != 0 &&
	    (strcmp(op, "==") != 0 || json_object_get(left, "&") != NULL))
		fprintf(p->out, "%s ", op);
	p->quote = is_ifname(left);
	expr_print(p, json_object_get(match, "right"));
	p->quote = false;
}

static void
map_print(struct printer *p, const json_t *map)
{
	const json_t *key = json_object_get(map, "key");
	const json_t *data = json_object_get(map, "data");
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

void
expr_write(FILE *out, const json_t *expr, bool quote)
{
	struct printer p = {.out = out, .quote = quote};

	expr_print(&p, expr);
}

void
match_write(FILE *out, const json_t *match)
{
	struct printer p = {.out = out};

	match_print(&p, match);
}

void
map_write(FILE *out, const json_t *map)
{
	struct printer p = {.out = out};

	map_print(&p, map);
}

char *
expr_text(const json_t *expr)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	expr_write(out, expr, false);
	fclose(out);
	return text;
}
