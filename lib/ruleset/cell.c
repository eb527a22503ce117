/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of a struct stmt_reader that a limit, a quota, a counter or a log needs:
 * texts, numbers and messages. reader.c adds what other statements need.
 */
#include <errno.h>
#include <stdarg.h>

#include "loader.h"

const struct reader *
reader_of(const struct stmt_reader *r)
{
	return (const struct reader *)(const void *)r;
}

/* The value of a member; member NULL: the value of the statement itself. */
const json_t *
reader_member(const struct stmt_reader *r, const char *member)
{
	const json_t *value = reader_of(r)->value;

	return member != NULL ? json_object_get(value, member) : value;
}

const char *
reader_text(const struct stmt_reader *r, const char *member)
{
	return json_string_value(reader_member(r, member));
}

uint64_t
reader_number(const struct stmt_reader *r, const char *member)
{
	return (uint64_t)json_integer_value(reader_member(r, member));
}

bool
reader_flag(const struct stmt_reader *r, const char *member)
{
	return json_is_true(reader_member(r, member));
}

bool
reader_has(const struct stmt_reader *r, const char *member)
{
	return reader_member(r, member) != NULL;
}

const char *
reader_item(const struct stmt_reader *r, const char *member, unsigned n)
{
	const json_t *json = reader_member(r, member);

	if (json_is_array(json))
		return json_string_value(json_array_get(json, n));
	return n == 0 ? json_string_value(json) : NULL;
}

int
reader_no_memory(struct stmt_reader *r)
{
	return loader_no_memory(reader_of(r)->loader);
}

int
reader_fail(struct stmt_reader *r, const char *format, ...)
{
	va_list ap;
	int ret;

	va_start(ap, format);
	ret = loader_vfail(reader_of(r)->loader, format, ap);
	va_end(ap);
	return ret;
}

static const struct stmt_reader_ops cell_ops = {
	.text = reader_text,
	.number = reader_number,
	.flag = reader_flag,
	.has = reader_has,
	.item = reader_item,
	.fail = reader_fail,
	.no_memory = reader_no_memory,
};

void
cell_reader_init(struct reader *reader, struct loader *l, const char *kind,
		 const json_t *value)
{
	*reader = (struct reader){
		.stmt = {.ops = &cell_ops, .name = kind, .ir = l != NULL ? &l->ir : NULL},
		.loader = l,
		.value = value,
	};
}
