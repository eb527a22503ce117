/* SPDX-License-Identifier: BSD-3-Clause */
/* A statement's JSON, as the statements of lib/policy read it: policy/stmt.h. */
#include <errno.h>
#include <stdarg.h>

#include "loader.h"

static const struct reader *
reader_of(const struct stmt_reader *r)
{
	return (const struct reader *)(const void *)r;
}

/* A member, or the statement's value. */
static const json_t *
member_of(const struct stmt_reader *r, const char *member)
{
	const json_t *value = reader_of(r)->value;

	return member != NULL ? json_object_get(value, member) : value;
}

static const char *
read_text(const struct stmt_reader *r, const char *member)
{
	return json_string_value(member_of(r, member));
}

static uint64_t
read_number(const struct stmt_reader *r, const char *member)
{
	return (uint64_t)json_integer_value(member_of(r, member));
}

static bool
read_flag(const struct stmt_reader *r, const char *member)
{
	return json_is_true(member_of(r, member));
}

static int
read_value(struct stmt_reader *r, const char *member, enum value_type type, u128 *value)
{
	const json_t *json = member_of(r, member);

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
read_fail(struct stmt_reader *r, const char *format, ...)
{
	va_list ap;
	int ret;

	va_start(ap, format);
	ret = loader_vfail(reader_of(r)->loader, format, ap);
	va_end(ap);
	return ret;
}

static void
print_member(const struct stmt_reader *r, const char *member, FILE *out)
{
	expr_write(out, member_of(r, member), false);
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

static const struct stmt_reader_ops reader_ops = {
	.text = read_text,
	.number = read_number,
	.flag = read_flag,
	.value = read_value,
	.match = read_match,
	.map = read_map,
	.verdict = read_verdict,
	.object = read_object,
	.fail = read_fail,
	.print = print_member,
	.print_match = print_match,
	.print_map = print_map,
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
