/* SPDX-License-Identifier: BSD-3-Clause */
/* Create a private network namespace, which contains no rules. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "ruleset.h"

static int
file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t wrote;
	int saved;

	if (fd < 0)
		return -errno;
	wrote = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	return wrote == (ssize_t)strlen(text) ? 0 : -saved;
}

/* Map root of the user namespace to the user outside it. */
static int
identity_map(uid_t uid, gid_t gid)
{
	char line[64];
	int ret;

	ret = file_write("/proc/self/setgroups", "deny");
	if (ret != 0 && ret != -ENOENT)
		return ret;
	snprintf(line, sizeof(line), "0 %u 1", (unsigned)uid);
	ret = file_write("/proc/self/uid_map", line);
	if (ret != 0)
		return ret;
	snprintf(line, sizeof(line), "0 %u 1", (unsigned)gid);
	return file_write("/proc/self/gid_map", line);
}

/*
 * Create a user namespace only if the process may not create a network namespace
 * directly: in a user namespace, root could not read other users' files that the rules
 * may include.
 */
int
namespace_enter(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int ret;

	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	ret = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? identity_map(uid, gid)
							 : -errno;
	if (ret != 0)
		message_error(
			0,
			"cannot create a private network namespace to load the rules in: "
			"%s; where that is not allowed, give the output of "
			"'nft -j list ruleset' instead of the rule file",
			strerror(-ret));
	return ret;
}
