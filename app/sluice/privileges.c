/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capability set belongs to a thread, and capset(2) changes that of the calling thread
 * only. libcap and libcap-ng do not reach the threads that the EAL and its drivers have
 * started. Each thread therefore gets a signal, whose handler makes the call; glibc
 * changes the user id of all threads in the same way. /proc shows whether all are done.
 */
#include "privileges.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 100u /* a thread that is in a driver may take its signal late */
#define NAP_MS 10

static struct __user_cap_data_struct wanted[_LINUX_CAPABILITY_U32S_3];

static void
drop_here(int number)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	int saved = errno;

	(void)number;
	syscall(SYS_capset, &header, wanted);
	errno = saved;
}

/* Return the permitted capabilities of a thread; 0 if it has ended. */
static uint64_t
thread_permitted(const char *id)
{
	char path[64], line[256];
	uint64_t permitted = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", id);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "CapPrm: %" SCNx64, &permitted) == 1)
			break;
	fclose(file);
	return permitted;
}

/*
 * Signal each thread that has more than the wanted capabilities. Returns their number, or
 * -errno.
 */
static int
threads_signal(int number, uint64_t keep)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *thread;
	int count = 0;

	if (threads == NULL)
		return -errno;
	while ((thread = readdir(threads)) != NULL) {
		if (thread->d_name[0] == '.' ||
		    (thread_permitted(thread->d_name) & ~keep) == 0)
			continue;
		syscall(SYS_tgkill, getpid(), atoi(thread->d_name), number);
		count++;
	}
	closedir(threads);
	return count;
}

int
privileges_drop(bool interfaces)
{
	const struct sigaction action = {.sa_handler = drop_here, .sa_flags = SA_RESTART};
	const uint64_t keep = interfaces ? UINT64_C(1) << CAP_NET_ADMIN : 0;
	unsigned i;
	int status;

	if (geteuid() == 0)
		return 0;
	memset(wanted, 0, sizeof(wanted));
	wanted[0].permitted = wanted[0].effective = (uint32_t)keep;
	if (sigaction(SIGRTMAX, &action, NULL) != 0)
		return -errno;
	for (i = 0; i < TRIES; i++) {
		status = threads_signal(SIGRTMAX, keep);
		if (status <= 0)
			return status;
		poll(NULL, 0, NAP_MS);
	}
	return -ETIMEDOUT;
}
