/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rules_run.h"

#define PROGRAM "sluice-rules"

#define ERROR_MAX ((size_t)64 << 10) /* bytes kept of the child's messages */
#define KILL_MS 1000 /* milliseconds to wait for the end of a killed child */
#define NAP_NS 2000000

/* Output of the child, read from one pipe. */
struct output {
	int fd;
	size_t max; /* limit of the output in bytes */
	char *text;
	size_t length;
	size_t room;
};

struct run {
	char path[PATH_MAX]; /* path of the executable sluice-rules */
	const struct rules_limits *limits;
	struct timespec begin;
	pid_t child;
	int signal; /* signal that ended the child; 0: none */
	struct output out;
	struct output err;
};

/*
 * Look for sluice-rules in the directory of the running program (installed), then in the
 * directory `rules` next to it (build tree).
 */
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
child_spawn(struct run *run, char **argv, const int ends[2])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, normal;
	int ret;

	sigemptyset(&none);
	sigemptyset(&normal);
	sigaddset(&normal, SIGPIPE);
	sigaddset(&normal, SIGABRT);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &normal);
	posix_spawn_file_actions_init(&actions);
	if (strcmp(argv[4], "-") != 0)
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
						 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	/*
	 * On a reload the child must not inherit locks and sockets: they must be
	 * released when the data plane ends, even if the child still runs. At start the
	 * rule file itself may be an open descriptor (/dev/fd/63), so all are kept.
	 */
	if (run->limits->cancel >= 0)
		posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	ret = posix_spawnp(&run->child, run->path, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -ret;
}

/*
 * Set a time limit in the child itself: if this process is killed, the child must not
 * wait for a file for ever.
 */
static int
child_start(struct run *run, const char *file, const int ends[2])
{
	char seconds[16];
	char *argv[] = {run->path,
			(char *)(uintptr_t) "--seconds",
			seconds,
			(char *)(uintptr_t) "--",
			(char *)(uintptr_t)file,
			NULL};

	snprintf(seconds, sizeof(seconds), "%u", run->limits->seconds + 2);
	return child_spawn(run, argv, ends);
}

/* Return the milliseconds until the time limit, at least 0. */
static int
time_left(const struct run *run)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = ((int64_t)run->limits->seconds - (now.tv_sec - run->begin.tv_sec)) * 1000 -
	     (now.tv_nsec - run->begin.tv_nsec) / 1000000;
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

/*
 * Read once from a pipe. At the end of the output set its fd to -1, which poll() ignores.
 */
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
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	out->length += (size_t)got;
	out->text[out->length] = '\0';
	if (got == 0) {
		close(out->fd);
		out->fd = -1;
	}
	return out->length > out->max ? -EFBIG : 0;
}

/* Read both pipes in one loop, because the child may fill either. */
static int
outputs_read(struct run *run)
{
	struct pollfd fds[3];
	int ret = 0, n;

	while (ret == 0 && (run->out.fd >= 0 || run->err.fd >= 0)) {
		fds[0] = (struct pollfd){.fd = run->out.fd, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = run->err.fd, .events = POLLIN};
		fds[2] = (struct pollfd){.fd = run->limits->cancel, .events = POLLIN};
		n = poll(fds, 3, time_left(run));
		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		if (fds[2].revents != 0)
			return -ECANCELED;
		if (fds[0].revents != 0)
			ret = output_read(&run->out);
		if (ret == 0 && fds[1].revents != 0)
			ret = output_read(&run->err);
	}
	return ret;
}

/*
 * Poll for the end of the child, sleeping a number of times. Returns whether it has
 * ended; *status is its wait status.
 */
static bool
child_ends(const struct run *run, int naps, int *status)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};

	for (; naps >= 0; naps--) {
		if (waitpid(run->child, status, WNOHANG) == run->child)
			return true;
		nanosleep(&nap, NULL);
	}
	return false;
}

/*
 * Reap the child. Kill it when reading its output has failed, or when it still runs after
 * its output has ended. Leave it behind when it cannot be killed because it is blocked in
 * a file system.
 */
static int
child_collect(struct run *run, int ret)
{
	int status = 0;

	if (ret == 0 && !child_ends(run, time_left(run) / (NAP_NS / 1000000), &status))
		ret = -ETIMEDOUT;
	if (ret != 0) {
		kill(run->child, SIGKILL);
		child_ends(run, KILL_MS / (NAP_NS / 1000000), &status);
		return ret;
	}
	if (WIFSIGNALED(status))
		run->signal = WTERMSIG(status);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EINVAL;
}

static int
pipes_open(struct run *run, int ends[2])
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	run->out.fd = fds[0];
	ends[0] = fds[1];
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	run->err.fd = fds[0];
	ends[1] = fds[1];
	return 0;
}

static void
fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Return the child's messages without the last line feed; "" if there are none. */
static const char *
child_text(struct run *run)
{
	size_t length = run->err.length;

	while (length > 0 && run->err.text[length - 1] == '\n')
		length--;
	if (length == 0)
		return "";
	run->err.text[length] = '\0';
	return run->err.text;
}

static void
message_make(struct run *run, int ret, const char *file, char *err, size_t size)
{
	const char *text = child_text(run);

	if (ret == -ETIMEDOUT)
		snprintf(err, size,
			 "%s: not read and loaded within %u s: is it a pipe, or on a "
			 "file system that does not answer?",
			 file, run->limits->seconds);
	else if (ret == -ECANCELED)
		snprintf(err, size, "%s: loading was broken off", file);
	else if (ret == -EFBIG)
		snprintf(err, size, "%s: %s prints without end", file, run->path);
	else if (ret == -ENOENT)
		snprintf(err, size, "%s is neither beside this program nor in PATH",
			 run->path);
	else if (run->signal != 0)
		snprintf(err, size, "%s: %s was killed by signal %d (%s)%s%s", file,
			 run->path, run->signal, strsignal(run->signal),
			 text[0] != '\0' ? ": " : "", text);
	else if (text[0] != '\0')
		snprintf(err, size, "%s", text);
	else
		snprintf(err, size, "%s: %s", run->path,
			 ret == -EINVAL ? "failed without a word" : strerror(-ret));
}

int
rules_run(const char *file, const struct rules_limits *limits, char **json,
	  size_t *length, char *err, size_t err_size)
{
	struct run run = {
		.limits = limits,
		.out = {.fd = -1,
			.max = limits->bytes > 0 ? limits->bytes : RULES_RUN_JSON_MAX},
		.err = {.fd = -1, .max = ERROR_MAX},
	};
	int ends[2] = {-1, -1}, ret;

	if (limits->program != NULL)
		snprintf(run.path, sizeof(run.path), "%s", limits->program);
	else
		program_find(run.path, sizeof(run.path));
	clock_gettime(CLOCK_MONOTONIC, &run.begin);
	signal(SIGCHLD, SIG_DFL); /* the parent process may have left SIGCHLD ignored */
	ret = pipes_open(&run, ends);
	if (ret == 0)
		ret = child_start(&run, file, ends);
	fd_close(ends[0]);
	fd_close(ends[1]);
	if (ret == 0)
		ret = child_collect(&run, outputs_read(&run));
	fd_close(run.out.fd);
	fd_close(run.err.fd);
	if (ret == 0) {
		*json = run.out.text;
		*length = run.out.length;
	} else {
		message_make(&run, ret, file, err, err_size);
		free(run.out.text);
	}
	free(run.err.text);
	return ret;
}
