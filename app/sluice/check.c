/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "check_devices.h"
#include "exit.h"
#include "lock.h"
#include "memory.h"
#include "message.h"

#define MIB 1048576.0
#define NO_HUGE_MIB 64.0 /* what the EAL takes with --no-huge and without -m */
#define ROOM_MIB 32.0    /* for rings and what the EAL needs itself */

/* Return the part of a path before its last slash; "." without one, "/" for the root. */
static const char *
folder_of(const char *path, char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	if (slash == path)
		return "/";
	snprintf(folder, PATH_MAX, "%.*s", (int)(slash - path), path);
	return folder;
}

/*
 * Check that a file can be created; create: its folder may be created too. what: the key
 * of the configuration.
 */
static bool
file_fits(const char *path, const char *what, bool create)
{
	char folder[PATH_MAX], above[PATH_MAX];
	const char *in = folder_of(path, folder);
	struct stat stat_in;

	if (stat(in, &stat_in) != 0 && errno == ENOENT && create)
		in = folder_of(in, above);
	if (access(in, W_OK | X_OK) == 0)
		return true;
	message_error(0, "%s: %s: nothing can be created in %s: %s: %s", what, path, in,
		      strerror(errno),
		      errno == ENOENT ? "create it with 'install -d -m 750'"
				      : "run as its owner, or as root");
	return false;
}

/* Check that the address of `metrics` can be bound. */
static bool
metrics_fit(const char *text)
{
	struct sockaddr_storage address;
	const int on = 1;
	socklen_t length = sizeof(struct sockaddr_in);
	int fd, status = 0;

	if (text == NULL || address_parse(text, &address) != 0)
		return true;
	if (address.ss_family == AF_INET6)
		length = sizeof(struct sockaddr_in6);
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		status = bind(fd, (const struct sockaddr *)&address, length) == 0 &&
					 listen(fd, 1) == 0
				 ? 0
				 : errno;
		close(fd);
	}
	if (status == 0)
		return true;
	message_error(
		0,
		"metrics: %s: %s: 'ss -ltnp' lists who listens where, 'ip addr' the "
		"addresses of this machine",
		text, strerror(status));
	return false;
}

static bool
has_option(int argc, char *const *argv, const char *name)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

/* Check that the tables and the packet buffers find memory. */
static bool
memory_fits(const struct sizes *sizes, int argc, char *const *argv)
{
	const uint64_t huge = memory_hugepages_free(), ordinary = memory_available();
	const bool no_huge = has_option(argc, argv, "--no-huge");
	const char *given = check_option(argc, argv, "-m");
	double given_mib = given != NULL ? strtod(given, NULL) : NO_HUGE_MIB;
	double mbufs_mib = (double)sizes->mbufs / MIB;

	if (!no_huge && huge < sizes->mbufs) {
		message_error(0,
			      "hugepages: %.0f MiB are free, the packet buffers need "
			      "%.0f MiB: sysctl vm.nr_hugepages=%.0f, or give the EAL "
			      "--no-huge and -m %.0f",
			      (double)huge / MIB, mbufs_mib,
			      (double)(sizes->mbufs + sizes->tables) / (2 * MIB) + 32,
			      mbufs_mib + ROOM_MIB);
		return false;
	}
	if (no_huge && given_mib < mbufs_mib) {
		message_error(
			0,
			"eal: the packet buffers need %.0f MiB, there are %.0f: give "
			"the EAL -m %.0f beside --no-huge",
			mbufs_mib, given_mib, mbufs_mib + ROOM_MIB);
		return false;
	}
	if (sizes->tables > ordinary && sizes->tables > huge) {
		message_error(
			0,
			"the tables need %.0f MiB, there are %.0f MiB of memory and "
			"%.0f MiB of hugepages: lower conntrack.max or max_ipv6, or "
			"add memory",
			(double)sizes->tables / MIB, (double)ordinary / MIB,
			(double)huge / MIB);
		return false;
	}
	return true;
}

/* Check that no other sluice has the socket or a port. */
static bool
locks_fit(const struct sluice_config *config, int argc, char *const *argv)
{
	char message[1024];

	if (locks_free(config, argc, argv, message, sizeof(message)))
		return true;
	message_error(0, "%s: stop it first: systemctl stop sluice", message);
	return false;
}

int
check_start(const struct sluice_config *config, const struct sizes *sizes, int argc,
	    char *const *argv)
{
	const char *log = config->record_log;
	bool good = check_devices(config, argc, argv);

	good &= check_cores(config, argc, argv);
	good &= memory_fits(sizes, argc, argv);
	good &= locks_fit(config, argc, argv);
	good &= file_fits(config->control, "control", true);
	good &= metrics_fit(config->metrics);
	if (log != NULL && strcmp(log, "stdout") != 0 && strcmp(log, "journal") != 0)
		good &= file_fits(log, "record_log", false);
	return good ? 0 : EXIT_DEVICE;
}
