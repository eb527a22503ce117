/* SPDX-License-Identifier: BSD-3-Clause */
#include "stmt_table.h"

#include <string.h>

const struct stmt_type *const stmt_types[STMT_KINDS] = {
#define X(NAME, name) &name##_stmt,
	POLICY_STATEMENTS(X)
#undef X
};
const unsigned stmt_kinds = STMT_KINDS;

/* Whether a word occurs in a list of words separated by blanks. */
static bool
is_listed(const char *list, const char *word)
{
	size_t length = strlen(word);
	const char *at;

	if (length == 0) /* which strstr() would find at each place */
		return false;
	for (at = list; (at = strstr(at, word)) != NULL; at += length)
		if ((at == list || at[-1] == ' ') &&
		    (at[length] == '\0' || at[length] == ' '))
			return true;
	return false;
}

int
stmt_kind_find(const char *name)
{
	int kind;

	for (kind = 0; kind < STMT_KINDS; kind++)
		if (is_listed(stmt_types[kind]->names, name))
			return kind;
	return -1;
}
