/* SPDX-License-Identifier: BSD-3-Clause */
/* Implements policy/stmt.h's struct stmt_reader over the JSON of a statement. */
#include <errno.h>
#include <string.h>

#include "loader.h"

static int
read_value(struct stmt_reader *r, const char *member, enum value_type type, u128 *value)
{
	const json_t *json = reader_member(r, member);

	return json != NULL ? value_scalar(reader_of(r)->loader, type, json, value) : 0;
}

static int
read_match(struct stmt_reader *r, struct ir_match *match)
{
	return match_read(reader_of(r)->loader, reader_of(r)->value, match);
}

static int
read_map(struct stmt_reader *r, struct ir_match *match)
{
	return map_read(reader_of(r)->loader, reader_of(r)->value, match);
}

static int
read_verdict(struct stmt_reader *r, struct ir_verdict *verdict)
{
	return verdict_read(reader_of(r)->loader, r->name, reader_of(r)->value, verdict);
}

static int
read_mangle(struct stmt_reader *r, struct ir_mangle *mangle)
{
	return mangle_read(reader_of(r)->loader, reader_of(r)->value, mangle);
}

static int
read_reset(struct stmt_reader *r, struct ir_load *load)
{
	return reset_read(reader_of(r)->loader, reader_of(r)->value, load);
}

static int
read_object(struct stmt_reader *r, const char *kind, const char *name, uint32_t *number)
{
	struct loader *l = reader_of(r)->loader;
	int64_t found = name_find(l, kind, name);

	if (found < 0)
		return loader_fail(
			l, "table %s %s has no %s '%s'; define it, or correct the name",
			l->family, l->table, kind, name);
	*number = (uint32_t)found;
	return 0;
}

static int
read_cell(struct stmt_reader *r, const char *name, const struct ir_object **object)
{
	uint32_t number = 0;
	int ret = read_object(r, r->name, name, &number);

	if (ret == 0)
		*object = reader_of(r)->loader->objects[number];
	return ret;
}

static int
read_timeout(struct stmt_reader *r, const char *name, uint32_t *number)
{
	return timeout_read(reader_of(r)->loader, name, number);
}

static bool
is_listed(const char *const *names, unsigned count, const char *name, uint32_t *number)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*number = i;
		return true;
	}
	return false;
}

static int
read_mirror(struct stmt_reader *r, const char *name, uint32_t *number)
{
	struct loader *l = reader_of(r)->loader;
	const struct ruleset_ports *ports = l->ports;
	uint32_t port;

	if (ports == NULL || is_listed(ports->mirrors, ports->mirror_count, name, number))
		return 0;
	if (is_listed(ports->names, ports->count, name, &port))
		return loader_fail(l,
				   "'%s' belongs to a wire, whose packets copies would "
				   "mix with; name a mirror port, one that is in no wire",
				   name);
	return loader_fail(l,
			   "no port has the name '%s'; add it to 'ports', and to no wire",
			   name);
}

static int
read_set(struct stmt_reader *r, struct ir_key *key, const struct ir_object **object,
	 uint64_t *timeout_ns, bool *cells)
{
	return set_write_read(reader_of(r)->loader, reader_of(r)->value, key, object,
			      timeout_ns, cells);
}

static void
print_member(const struct stmt_reader *r, const char *member, FILE *out)
{
	expr_write(out, reader_member(r, member), false);
}

static void
print_match(const struct stmt_reader *r, FILE *out)
{
	match_write(out, reader_of(r)->value);
}

static void
print_map(const struct stmt_reader *r, FILE *out)
{
	map_write(out, reader_of(r)->value);
}

static void
print_set(const struct stmt_reader *r, FILE *out)
{
	set_write_print(out, r->name, reader_of(r)->value);
}

static const struct stmt_reader_ops reader_ops = {
	.text = reader_text,
	.number = reader_number,
	.flag = reader_flag,
	.has = reader_has,
	.item = reader_item,
	.value = read_value,
	.match = read_match,
	.map = read_map,
	.verdict = read_verdict,
	.mangle = read_mangle,
	.reset = read_reset,
	.object = read_object,
	.cell = read_cell,
	.timeout = read_timeout,
	.mirror = read_mirror,
	.set = read_set,
	.no_memory = reader_no_memory,
	.fail = reader_fail,
	.print = print_member,
	.print_match = print_match,
	.print_map = print_map,
	.print_set = print_set,
};

bool
reader_init(struct reader *reader, struct loader *l, const json_t *stmt)
{
	const char *name = json_first_key(stmt);

	*reader = (struct reader){
		.stmt = {.ops = &reader_ops,
			 .name = name,
			 .ir = l != NULL ? &l->ir : NULL},
		.loader = l,
		.value = json_object_get(stmt, name),
	};
	return name != NULL;
}
