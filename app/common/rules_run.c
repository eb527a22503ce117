/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rules_run.h"

#define PROGRAM "sluice-rules"

/* What comes out of one pipe. */
struct output {
	int fd;
	char *text;
	size_t length;
	size_t room;
};

/* Beside us where it is installed, in the next folder where it is built. */
static void
program_find(char *path, size_t size)
{
	static const char *const places[] = {"", "../rules/"};
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *folder;
	size_t i;

	if (length > 0) {
		self[length] = '\0';
		folder = dirname(self);
		for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
			if (snprintf(path, size, "%s/%s" PROGRAM, folder, places[i]) <
				    (int)size &&
			    access(path, X_OK) == 0)
				return;
		}
	}
	snprintf(path, size, "%s", PROGRAM);
}

static int
child_start(const char *path, const char *file, const int pipes[2], pid_t *child)
{
	char *argv[] = {(char *)(uintptr_t)path, (char *)(uintptr_t) "--",
			(char *)(uintptr_t)file, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, normal;
	int ret;

	sigemptyset(&none);
	sigemptyset(&normal);
	sigaddset(&normal, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &normal);
	posix_spawn_file_actions_init(&actions);
	if (strcmp(file, "-") != 0)
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
						 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipes[0], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO);
	ret = posix_spawnp(child, path, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -ret;
}

/* One read; at the end of the pipe its fd becomes -1, which poll() passes over. */
static int
output_read(struct output *out)
{
	char *grown;
	ssize_t got;

	if (out->room - out->length < 4096) {
		grown = realloc(out->text, out->room * 2 + 8192);
		if (grown == NULL)
			return -ENOMEM;
		out->text = grown;
		out->room = out->room * 2 + 8192;
	}
	got = read(out->fd, out->text + out->length, out->room - out->length - 1);
	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	out->length += (size_t)got;
	out->text[out->length] = '\0';
	if (got == 0) {
		close(out->fd);
		out->fd = -1;
	}
	return 0;
}

/* Both pipes at once, since the child may fill either. */
static int
outputs_read(struct output out[2])
{
	struct pollfd fds[2];
	int i, ret = 0;

	while (ret == 0 && (out[0].fd >= 0 || out[1].fd >= 0)) {
		for (i = 0; i < 2; i++)
			fds[i] = (struct pollfd){.fd = out[i].fd, .events = POLLIN};
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < 2 && ret == 0; i++) {
			if (out[i].fd >= 0 && fds[i].revents != 0)
				ret = output_read(&out[i]);
		}
	}
	return ret;
}

static int
child_wait(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EINVAL;
}

static int
pipes_open(struct output out[2], int ends[2])
{
	int fds[2], i;

	for (i = 0; i < 2; i++) {
		if (pipe2(fds, O_CLOEXEC) != 0)
			return -errno;
		out[i].fd = fds[0];
		ends[i] = fds[1];
	}
	return 0;
}

static void
fds_close(const int fds[2])
{
	int i;

	for (i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* The child's messages, or a word for want of them. */
static void
message_make(const struct output *said, int ret, const char *path, char *err, size_t size)
{
	size_t length = said->length;

	while (length > 0 && said->text[length - 1] == '\n')
		length--;
	if (ret == -ENOENT)
		snprintf(err, size, "%s is neither beside this program nor in PATH",
			 path);
	else if (length > 0)
		snprintf(err, size, "%.*s", (int)(length < INT_MAX ? length : INT_MAX),
			 said->text);
	else
		snprintf(err, size, "%s: %s", path,
			 ret == -EINVAL ? "failed without a word" : strerror(-ret));
}

int
rules_run(const char *program, const char *file, char **json, size_t *length, char *err,
	  size_t err_size)
{
	struct output out[2] = {{.fd = -1}, {.fd = -1}};
	int ends[2] = {-1, -1}, ret, waited;
	char path[PATH_MAX];
	pid_t child = -1;

	if (program != NULL)
		snprintf(path, sizeof(path), "%s", program);
	else
		program_find(path, sizeof(path));
	ret = pipes_open(out, ends);
	if (ret == 0)
		ret = child_start(path, file, ends, &child);
	fds_close(ends);
	if (ret == 0) {
		ret = outputs_read(out);
		fds_close((int[2]){out[0].fd, out[1].fd}); /* so that it cannot block */
		waited = child_wait(child);
		ret = ret == 0 ? waited : ret;
	} else {
		fds_close((int[2]){out[0].fd, out[1].fd});
	}
	if (ret == 0) {
		*json = out[0].text;
		*length = out[0].length;
	} else {
		message_make(&out[1], ret, path, err, err_size);
		free(out[0].text);
	}
	free(out[1].text);
	return ret;
}
