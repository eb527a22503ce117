/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The message of a load that failed: where, then what, what was expected and what to do.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"

#define QUOTED_MAX 600 /* of a rule's text */

int
loader_vfail(struct loader *l, const char *format, va_list ap)
{
	size_t used = 0, size = sizeof(l->error->text);

	l->error->text[0] = '\0';
	if (l->chain != NULL)
		used = (size_t)snprintf(l->error->text, size,
					"table %s %s, chain %s, rule \"%.*s%s\": ",
					l->family, l->table, l->chain, QUOTED_MAX,
					l->rule_text,
					strlen(l->rule_text) > QUOTED_MAX ? ".." : "");
	if (used < size)
		vsnprintf(l->error->text + used, size - used, format, ap);
	return -EINVAL;
}

int
loader_fail(struct loader *l, const char *format, ...)
{
	va_list ap;
	int ret;

	va_start(ap, format);
	ret = loader_vfail(l, format, ap);
	va_end(ap);
	return ret;
}

int
loader_no_memory(struct loader *l)
{
	snprintf(l->error->text, sizeof(l->error->text),
		 "not enough memory for the rules; free some, or load smaller sets");
	return -ENOMEM;
}
