/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "loader.h"

const char *
json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const char *
json_first_key(const json_t *object)
{
	/* jansson's iterators do not accept const */
	return json_object_iter_key(json_object_iter((json_t *)(uintptr_t)object));
}

bool
json_has_flag(const json_t *json, const char *name)
{
	const json_t *flags = json_object_get(json, "flags"), *flag;
	size_t i;

	if (json_is_string(flags))
		return strcmp(json_string_value(flags), name) == 0;
	json_array_foreach(flags, i, flag) {
		if (json_is_string(flag) && strcmp(json_string_value(flag), name) == 0)
			return true;
	}
	return false;
}
