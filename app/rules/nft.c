/* SPDX-License-Identifier: BSD-3-Clause */
/* The namespace, and libnftables in it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nftables/libnftables.h>

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

/* We are root in the user namespace, and ourselves outside. */
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
 * Whoever may make a network namespace makes only that: in a user namespace root could no
 * longer read files of other users that the rules may include.
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
		complain(
			"cannot create a private network namespace to load the rules in: "
			"%s; where that is not allowed, give the output of "
			"'nft -j list ruleset' instead of the rule file",
			strerror(-ret));
	return ret;
}

/* `include "name"` looks beside the file that is loaded, then where nft looks. */
static int
include_beside(struct nft_ctx *nft, const char *file)
{
	char *copy = strdup(file);
	int ret = copy != NULL ? nft_ctx_add_include_path(nft, dirname(copy)) : -1;

	free(copy);
	return ret;
}

static void
messages_pass(struct nft_ctx *nft, const struct source *source)
{
	const char *messages = nft_ctx_get_error_buffer(nft);

	if (messages != NULL)
		messages_print(stderr, messages, source);
}

/* What was read of a pipe, again as a file: from a buffer nft's messages tell no line. */
static int
stdin_replace(const struct source *source)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);
	size_t done = 0;
	ssize_t wrote = 0;

	while (fd >= 0 && done < source->length) {
		wrote = write(fd, source->text + done, source->length - done);
		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	if (fd < 0 || done < source->length || lseek(fd, 0, SEEK_SET) != 0 ||
	    dup2(fd, STDIN_FILENO) < 0) {
		complain("%s: cannot be kept in memory: %s", source->name,
			 strerror(errno));
		return -1;
	}
	close(fd);
	return 0;
}

static int
nft_load(struct nft_ctx *nft, const struct source *source)
{
	int ret;

	if (source->text != NULL) {
		ret = stdin_replace(source);
		return ret == 0 ? nft_run_cmd_from_filename(nft, "/dev/stdin") : ret;
	}
	ret = include_beside(nft, source->name);
	return ret == 0 ? nft_run_cmd_from_filename(nft, source->name) : ret;
}

static int
nft_list(struct nft_ctx *nft, char **json)
{
	const char *listed;

	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE);
	nft_ctx_unbuffer_output(nft); /* what the file itself may have printed */
	if (nft_ctx_buffer_output(nft) != 0 ||
	    nft_run_cmd_from_buffer(nft, "list ruleset") != 0)
		return -EIO;
	listed = nft_ctx_get_output_buffer(nft);
	*json = listed != NULL ? strdup(listed) : NULL;
	return *json != NULL ? 0 : -ENOMEM;
}

int
nft_to_json(const struct source *source, char **json)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int ret = -EINVAL;

	if (nft == NULL || nft_ctx_buffer_error(nft) != 0 ||
	    nft_ctx_buffer_output(nft) != 0) {
		complain("cannot start nft: %s", strerror(errno));
		goto done;
	}
	if (nft_load(nft, source) != 0) {
		messages_pass(nft, source);
		complain("%s: nft does not take it", source->name);
		goto done;
	}
	ret = nft_list(nft, json);
	messages_pass(nft, source);
	if (ret != 0)
		complain("%s: loaded, but cannot be listed: %s", source->name,
			 strerror(-ret));
done:
	if (nft != NULL)
		nft_ctx_free(nft);
	return ret;
}
