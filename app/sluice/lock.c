/* SPDX-License-Identifier: BSD-3-Clause */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FOLDER "/run/sluice"
#define LOCKS_MAX (1 + CONFIG_MAX_PORTS + CONFIG_MAX_EAL)

struct lock {
	char path[PATH_MAX];
	int fd;
};

static struct lock locks[LOCKS_MAX];
static unsigned lock_count;

/* The folder that a path is in, as the control socket's is made. */
static int
folder_make(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	return mkdir(folder, 0750) != 0 && errno != EEXIST ? -errno : 0;
}

/*
 * Whether the path still names the open file: its last owner may have removed it
 * meanwhile.
 */
static bool
is_same_file(int fd, const char *path)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/*
 * Returns a descriptor, or -errno; -EBUSY and *owner: the process that has the file, or
 * 0.
 */
static int
file_lock(const char *path, long *owner)
{
	char text[32] = "";
	int fd, length;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			if (pread(fd, text, sizeof(text) - 1, 0) > 0)
				*owner = strtol(text, NULL, 10);
			close(fd);
			return -EBUSY;
		}
		if (is_same_file(fd, path))
			break;
		close(fd);
	}
	length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static bool
is_taken(const char *path)
{
	unsigned i;

	for (i = 0; i < lock_count; i++)
		if (strcmp(locks[i].path, path) == 0)
			return true;
	return false;
}

/* what: of the message, "control socket /run/x.sock" */
static int
lock_take(const char *path, const char *what, char *message, size_t size)
{
	struct lock *lock = &locks[lock_count];
	long owner = 0;
	int status;

	if (is_taken(path) || lock_count == LOCKS_MAX)
		return 0;
	status = folder_make(path);
	if (status == 0)
		status = file_lock(path, &owner);
	if (status == -EBUSY)
		snprintf(message, size,
			 "%s: another sluice has it, process %ld (%s is locked)", what,
			 owner, path);
	else if (status < 0)
		snprintf(message, size, "%s: its lock %s: %s", what, path,
			 strerror(-status));
	if (status < 0)
		return status;
	lock->fd = status;
	snprintf(lock->path, sizeof(lock->path), "%s", path);
	lock_count++;
	return 0;
}

static int
lock_interface(const char *name, size_t length, char *message, size_t size)
{
	char path[PATH_MAX], what[64], interface[IF_NAMESIZE];
	struct stat stat_ns;
	unsigned index;

	if (length >= sizeof(interface))
		return 0; /* the driver says what is wrong with it */
	snprintf(interface, sizeof(interface), "%.*s", (int)length, name);
	index = if_nametoindex(interface);
	if (index == 0)
		return 0; /* the same */
	if (stat("/proc/self/ns/net", &stat_ns) != 0)
		stat_ns.st_ino = 0;
	snprintf(path, sizeof(path), LOCK_FOLDER "/port-%lu-%u.lock",
		 (unsigned long)stat_ns.st_ino, index);
	snprintf(what, sizeof(what), "interface %s", interface);
	return lock_take(path, what, message, size);
}

/* "net_af_xdp0,iface=eth1,..", net_pcap's rx_iface= and tx_iface= as well */
static int
lock_vdev(const char *device, char *message, size_t size)
{
	const char *at = device;
	int status = 0;

	while (status == 0 && (at = strstr(at, "iface=")) != NULL) {
		at += strlen("iface=");
		status = lock_interface(at, strcspn(at, ","), message, size);
	}
	return status;
}

/* A device that is called by its PCI address. */
static int
lock_device(const char *device, char *message, size_t size)
{
	unsigned domain, bus, slot, function;
	char path[PATH_MAX], what[80];

	if (sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return 0;
	snprintf(path, sizeof(path), LOCK_FOLDER "/port-%04x:%02x:%02x.%x.lock", domain,
		 bus, slot, function);
	snprintf(what, sizeof(what), "device %.60s", device);
	return lock_take(path, what, message, size);
}

int
locks_take(const struct sluice_config *config, int argc, char *const *argv, char *message,
	   size_t size)
{
	char path[PATH_MAX], what[PATH_MAX + 16];
	unsigned port;
	int i, status;

	snprintf(path, sizeof(path), "%s.lock", config->control);
	snprintf(what, sizeof(what), "control socket %s", config->control);
	status = lock_take(path, what, message, size);
	for (port = 0; status == 0 && port < config->port_count; port++)
		status = lock_device(config->ports[port].device, message, size);
	for (i = 1; status == 0 && i < argc; i++) {
		if (strncmp(argv[i], "--vdev=", 7) == 0)
			status = lock_vdev(argv[i] + 7, message, size);
		else if (strcmp(argv[i], "--vdev") == 0 && i + 1 < argc)
			status = lock_vdev(argv[i + 1], message, size);
	}
	return status;
}

void
locks_release(void)
{
	while (lock_count > 0) {
		lock_count--;
		unlink(locks[lock_count].path);
		close(locks[lock_count].fd);
	}
}
