/* SPDX-License-Identifier: BSD-3-Clause */
/* Convert the name or number of a user group to a gid_t. */
#ifndef COMMON_GROUP_H
#define COMMON_GROUP_H

#include <sys/types.h>

/*
 * Convert "netadmin" (an existing group) or "4711" (a number) to *group. Returns 0 or
 * -EINVAL. The lookup may wait for a name service, so do not call it in a thread that
 * other threads wait for.
 */
int group_find(const char *text, gid_t *group);

#endif
