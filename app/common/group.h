/* SPDX-License-Identifier: BSD-3-Clause */
/* A group of users, as people write it. */
#ifndef COMMON_GROUP_H
#define COMMON_GROUP_H

#include <sys/types.h>

/*
 * "netadmin" or "4711": the name of a group there is, or a number. Returns 0 or -EINVAL.
 * May ask a name service: not for a thread that others wait for.
 */
int group_find(const char *text, gid_t *group);

#endif
