/* SPDX-License-Identifier: BSD-3-Clause */
#include "loader.h"

const char *
json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const char *
json_first_key(const json_t *object)
{
	/* jansson's iterators take no const */
	return json_object_iter_key(json_object_iter((json_t *)(uintptr_t)object));
}
