/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the objects that rules refer to by name. Each kind of object has its own names in
 * each table.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loader.h"

/*
 * Make the key of the index, such as "chain inet fw forward". Returns NULL when memory
 * runs out.
 */
static char *
index_key(const struct loader *l, const char *kind, const char *name)
{
	char *key;

	if (asprintf(&key, "%s %s %s %s", kind, l->family, l->table, name) < 0)
		return NULL;
	return key;
}

int64_t
name_find(const struct loader *l, const char *kind, const char *name)
{
	char *key = index_key(l, kind, name);
	const json_t *number = key != NULL ? json_object_get(l->index, key) : NULL;

	free(key);
	return number != NULL ? json_integer_value(number) : -1;
}

int
name_add(struct loader *l, const char *kind, const char *name, uint32_t number)
{
	char *key = index_key(l, kind, name);
	int ret = 0;

	if (key == NULL)
		return loader_no_memory(l);
	if (json_object_get(l->index, key) != NULL)
		ret = loader_fail(
			l,
			"table %s %s: %s '%s' is defined twice; the ruleset must be "
			"what 'nft -j list ruleset' prints",
			l->family, l->table, kind, name);
	else if (json_object_set_new(l->index, key, json_integer(number)) != 0)
		ret = loader_no_memory(l);
	free(key);
	return ret;
}

int
state_name(struct loader *l, const char *kind, const char *name, char **out)
{
	if (asprintf(out, "%s %s %s %s", kind, l->family, l->table, name) < 0)
		return loader_no_memory(l);
	return 0;
}
