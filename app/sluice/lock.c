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
static bool looking; /* locks_free(): take nothing, create nothing */

/* Create the directory of a path, as for the control socket. */
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
 * Return whether the path still refers to the open file; the last owner may have removed
 * it in the meantime.
 */
static bool
is_same_file(int fd, const char *path)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/*
 * Open and lock a file. Returns a descriptor, or -errno; with -EBUSY, *owner is the
 * process that holds the lock, or 0 if it is not known.
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

/* Return 0, or -EBUSY and *owner as file_lock() does. A missing file is not locked. */
static int
file_look(const char *path, long *owner)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), status = 0;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
		status = -EBUSY;
		if (pread(fd, text, sizeof(text) - 1, 0) > 0)
			*owner = strtol(text, NULL, 10);
	}
	close(fd);
	return status;
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

/* Take a lock. what: subject of the message, such as "control socket /run/x.sock". */
static int
lock_take(const char *path, const char *what, char *message, size_t size)
{
	struct lock *lock = &locks[lock_count];
	long owner = 0;
	int status;

	if (is_taken(path) || lock_count == LOCKS_MAX)
		return 0;
	status = looking ? file_look(path, &owner) : folder_make(path);
	if (status == 0 && looking)
		return 0;
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
		return 0; /* the driver reports what is wrong with the argument */
	snprintf(interface, sizeof(interface), "%.*s", (int)length, name);
	index = if_nametoindex(interface);
	if (index == 0)
		return 0; /* the driver reports this error too */
	if (stat("/proc/self/ns/net", &stat_ns) != 0)
		stat_ns.st_ino = 0;
	snprintf(path, sizeof(path), LOCK_FOLDER "/port-%lu-%u.lock",
		 (unsigned long)stat_ns.st_ino, index);
	snprintf(what, sizeof(what), "interface %s", interface);
	return lock_take(path, what, message, size);
}

/*
 * Lock the interfaces in an EAL argument: "net_af_xdp0,iface=eth1,..", and rx_iface= and
 * tx_iface= of net_pcap.
 */
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

/* Lock a device that is named by its PCI address. */
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
	const char *device;
	unsigned port;
	int i, status;

	snprintf(path, sizeof(path), "%s.lock", config->control);
	snprintf(what, sizeof(what), "control socket %s", config->control);
	status = lock_take(path, what, message, size);
	for (port = 0; status == 0 && port < config->port_count; port++) {
		device = config->ports[port].device;
		status = config->xdp[0] && !config->ports[port].mirror
				 ? lock_interface(device, strlen(device), message, size)
				 : lock_device(device, message, size);
	}
	for (i = 1; status == 0 && i < argc; i++) {
		if (strncmp(argv[i], "--vdev=", 7) == 0)
			status = lock_vdev(argv[i] + 7, message, size);
		else if (strcmp(argv[i], "--vdev") == 0 && i + 1 < argc)
			status = lock_vdev(argv[i + 1], message, size);
	}
	return status;
}

bool
locks_free(const struct sluice_config *config, int argc, char *const *argv, char *message,
	   size_t size)
{
	int status;

	looking = true;
	status = locks_take(config, argc, argv, message, size);
	looking = false;
	return status == 0;
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
