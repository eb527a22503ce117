/* SPDX-License-Identifier: BSD-3-Clause */
#include "group.h"

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int
group_find(const char *text, gid_t *group)
{
	const struct group *found = getgrnam(text);
	unsigned long number;
	char *end;

	if (found != NULL) {
		*group = found->gr_gid;
		return 0;
	}
	errno = 0;
	number = strtoul(text, &end, 10);
	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || *end != '\0' ||
	    errno != 0 || number >= UINT32_MAX) /* (gid_t)-1 means "no group" */
		return -EINVAL;
	*group = (gid_t)number;
	return 0;
}
