/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads statements that change a set (add, update, delete), and meters. */
#include <string.h>

#include "loader.h"

/*
 * Find the set of a `set` or `meter` statement. A meter's set may be missing in the
 * listing.
 */
static int
written_set_find(struct loader *l, const json_t *value, struct named_set **out)
{
	const char *name = json_text(value, "set"), *meter = json_text(value, "name");
	int64_t number;

	if (meter != NULL)
		name = meter;
	else if (name != NULL && name[0] == '@')
		name++;
	number = name != NULL ? name_find(l, "set", name) : -1;
	if (number < 0 && meter == NULL)
		return loader_fail(
			l,
			"table %s %s has no set '%s'; define it, or correct the "
			"name",
			l->family, l->table, name != NULL ? name : "");
	if (number < 0) {
		number = l->nsets;
		l->sets[number].name = name;
		l->sets[number].json = value;
		l->sets[number].live = true;
		if (name_add(l, "set", name, l->nsets++) != 0)
			return loader_no_memory(l);
	}
	*out = &l->sets[number];
	if (!(*out)->live || live_has_intervals(*out))
		return loader_fail(
			l,
			"packets cannot change set '%s'; give it the flag dynamic "
			"and a size, and no intervals",
			name);
	return 0;
}

int
set_write_read(struct loader *l, const json_t *value, struct ir_key *key,
	       const struct ir_object **object, uint64_t *timeout_ns, bool *cells)
{
	const json_t *elem = json_object_get(value, "elem");
	const json_t *stmts = json_object_get(value, "stmt"), *inner;
	struct named_set *set = NULL;
	int ret;

	if (elem == NULL)
		elem = json_object_get(value, "key");
	inner = json_object_get(elem, "elem");
	ret = live_seconds_read(l, json_object_get(inner, "timeout"), timeout_ns);
	if (ret == 0)
		ret = key_parse(l, inner != NULL ? json_object_get(inner, "val") : elem,
				key);
	if (ret == 0)
		ret = written_set_find(l, value, &set);
	if (set == NULL)
		return ret;
	if (ret == 0)
		ret = elements_build(l, set, key, set->elements, false);
	if (ret == 0)
		ret = live_cells_take(l, set, stmts);
	if (ret != 0)
		return ret;
	*object = set->object;
	/* statements that the set declares apply to all its elements */
	*cells = stmts != NULL || json_object_get(set->json, "stmt") != NULL;
	return 0;
}

static void
time_print(FILE *out, json_int_t seconds)
{
	static const struct {
		const char *name;
		json_int_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (seconds >= units[i].seconds)
			fprintf(out, "%lld%s", (long long)(seconds / units[i].seconds),
				units[i].name);
		seconds %= units[i].seconds;
	}
}

/* Print a statement of an element. */
static void
stmt_write(FILE *out, const json_t *stmt)
{
	const char *name = json_first_key(stmt);
	struct reader reader;

	if (name == NULL)
		return;
	cell_reader_init(&reader, NULL, name, json_object_get(stmt, name));
	fputc(' ', out);
	cell_print(&reader.stmt, out);
}

static void
stmts_print(FILE *out, const json_t *stmts)
{
	const json_t *stmt;
	size_t i;

	if (json_is_object(stmts))
		stmt_write(out, stmts);
	json_array_foreach(stmts, i, stmt) {
		stmt_write(out, stmt);
	}
}

void
set_write_print(FILE *out, const char *kind, const json_t *value)
{
	const json_t *elem = json_object_get(value, "elem"), *inner, *timeout;
	const json_t *size = json_object_get(value, "size");
	bool meter = strcmp(kind, "meter") == 0;
	const char *name = json_text(value, meter ? "name" : "set");
	const char *op = json_text(value, "op");

	if (elem == NULL)
		elem = json_object_get(value, "key");
	inner = json_object_get(elem, "elem");
	fprintf(out, "%s %s ",
		meter        ? kind
		: op != NULL ? op
			     : "?",
		name != NULL ? name : "?");
	if (json_is_integer(size))
		fprintf(out, "size %lld ", (long long)json_integer_value(size));
	fputs("{ ", out);
	expr_write(out, inner != NULL ? json_object_get(inner, "val") : elem, false);
	timeout = json_object_get(inner, "timeout");
	if (json_is_integer(timeout)) {
		fputs(" timeout ", out);
		time_print(out, json_integer_value(timeout));
	}
	stmts_print(out, json_object_get(value, "stmt"));
	fputs(" }", out);
}
