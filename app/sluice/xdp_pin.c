/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_pin.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/magic.h>

#include <bpf/bpf.h>

static const char *const map_names[XDP_MAP_COUNT] = {
	[XDP_MAP_MEMORY] = "memory",   [XDP_MAP_SHARED] = "shared",
	[XDP_MAP_TAKEN] = "taken",     [XDP_MAP_PORTS] = "ports",
	[XDP_MAP_SOCKETS] = "sockets",
};

static const char *
path_of(char *path, const char *folder, unsigned worker, const char *name)
{
	snprintf(path, PATH_MAX, "%s/worker%u_%s", folder, worker, name);
	return path;
}

static const char *
link_path(char *path, const char *folder, unsigned port)
{
	snprintf(path, PATH_MAX, "%s/port%u_link", folder, port);
	return path;
}

/* Create the directory if it is not there, and check that files of BPF can be in it. */
static int
folder_make(const char *folder, char *message, size_t size)
{
	struct statfs fs;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		snprintf(message, size,
			 "xdp_pin: %s cannot be created: %s: a directory of a bpffs "
			 "expected, as after mount -t bpf bpf /sys/fs/bpf",
			 folder, strerror(errno));
		return -errno;
	}
	if (statfs(folder, &fs) == 0 && fs.f_type == BPF_FS_MAGIC)
		return 0;
	snprintf(message, size,
		 "xdp_pin: %s is in no bpffs, where alone maps can be pinned: mount -t "
		 "bpf bpf /sys/fs/bpf, and name a directory below",
		 folder);
	return -EINVAL;
}

/* Write the first number that differs. Returns 0 when none does. */
static int
numbers_compare(const struct xdp_about *there, const struct xdp_about *here,
		const char *folder, char *message, size_t size)
{
	const struct {
		const char *name;
		uint64_t there, here;
	} rows[] = {
		{"the number of wires", there->wires, here->wires},
		{"the number of workers", there->workers, here->workers},
		{"conntrack.max", there->max, here->max},
		{"conntrack.max_ipv6", there->max6, here->max6},
		{"conntrack.acct (1: true, or the rules need it)", there->acct,
		 here->acct},
		{"the use of ct mark by the rules", there->marks, here->marks},
		{"conntrack.ip_security (1: match)", there->labels, here->labels},
		{"conntrack.vlan_key (1: false)", there->vlans_joined,
		 here->vlans_joined},
		{"pppoe (1: track)", there->pppoe, here->pppoe},
		{"the number of ports in no wire", there->mirrors, here->mirrors},
		{"the use of ct timeout by the rules", there->timeouts, here->timeouts},
		{"the share of conntrack.ipfrag_high_thresh, in buffers",
		 there->fragments, here->fragments},
		{"the size of an engine, in bytes,", there->bytes, here->bytes},
	};
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].there == rows[i].here)
			continue;
		snprintf(message, size,
			 "xdp_pin: the connections in %s are of another configuration: "
			 "%s is %" PRIu64 " there and %" PRIu64 " here: restore it, or "
			 "remove them with their links (rm -r %s)",
			 folder, rows[i].name, rows[i].there, rows[i].here, folder);
		return -EINVAL;
	}
	return 0;
}

static int
about_compare(const struct xdp_about *there, const struct xdp_about *here,
	      const char *folder, char *message, size_t size)
{
	unsigned i;

	if (there->layout != here->layout ||
	    strncmp(there->version, here->version, sizeof(here->version)) != 0) {
		snprintf(message, size,
			 "xdp_pin: the connections in %s are of sluice %.28s (layout "
			 "%u), this is %s (layout %u): remove them with their links "
			 "(rm -r %s)",
			 folder, there->version, there->layout, here->version,
			 here->layout, folder);
		return -EINVAL;
	}
	if (numbers_compare(there, here, folder, message, size) != 0)
		return -EINVAL;
	for (i = 0; i < CONFIG_MAX_PORTS; i++)
		if (there->ifindex[i] != here->ifindex[i] ||
		    there->group[i / 2] != here->group[i / 2])
			break;
	if (i == CONFIG_MAX_PORTS)
		return 0;
	snprintf(message, size,
		 "xdp_pin: the connections in %s are of other interfaces or groups: "
		 "port %u has the interface with index %u there and %u here: restore "
		 "it, or remove them with their links (rm -r %s)",
		 folder, i, there->ifindex[i], here->ifindex[i], folder);
	return -EINVAL;
}

/* Read the description. Returns 1, 0: there is none; -errno and a message. */
static int
about_read(const char *folder, unsigned worker, struct xdp_about *about, char *message,
	   size_t size)
{
	struct bpf_map_info info = {0};
	uint32_t zero = 0, length = sizeof(info);
	char path[PATH_MAX];
	int fd = bpf_obj_get(path_of(path, folder, worker, "about")), status;

	if (fd < 0 && errno == ENOENT)
		return 0;
	status = fd < 0 ? -errno : 0;
	if (status == 0 && bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
		status = -errno;
	if (status == 0 && info.value_size != sizeof(*about))
		status = -EINVAL;
	if (status == 0 && bpf_map_lookup_elem(fd, &zero, about) != 0)
		status = -errno;
	if (fd >= 0)
		close(fd);
	if (status == 0)
		return 1;
	snprintf(message, size,
		 "xdp_pin: %s is not of this version of sluice, or cannot be read (%s): "
		 "remove all with rm -r %s",
		 path, strerror(-status), folder);
	return status;
}

static void
fds_close(int *fds, unsigned count)
{
	while (count-- > 0)
		close(fds[count]);
}

int
xdp_pin_open(const char *folder, unsigned worker, struct xdp_about *about,
	     int fds[XDP_MAP_COUNT], char *message, size_t size)
{
	struct xdp_about there = {0};
	char path[PATH_MAX];
	unsigned map;
	int status = folder_make(folder, message, size);

	if (status != 0)
		return status;
	status = about_read(folder, worker, &there, message, size);
	if (status <= 0)
		return status;
	if (about_compare(&there, about, folder, message, size) != 0)
		return -EINVAL;
	for (map = 0; map < XDP_MAP_COUNT; map++) {
		fds[map] = bpf_obj_get(path_of(path, folder, worker, map_names[map]));
		if (fds[map] >= 0)
			continue;
		status = -errno;
		fds_close(fds, map);
		snprintf(message, size,
			 "xdp_pin: %s: %s: remove what is left with rm -r %s", path,
			 strerror(-status), folder);
		return status;
	}
	memcpy(about->secret, there.secret, sizeof(about->secret));
	return 1;
}

/* Pin a map in the place of what a process has left that was killed while it did so. */
static int
map_pin(const char *folder, unsigned worker, const char *name, int fd, char *message,
	size_t size)
{
	char path[PATH_MAX];

	path_of(path, folder, worker, name);
	(void)unlink(path);
	if (bpf_obj_pin(fd, path) == 0)
		return 0;
	snprintf(message, size, "xdp_pin: %s cannot be pinned: %s", path,
		 strerror(errno));
	return -errno;
}

int
xdp_pin_save(const char *folder, unsigned worker, const struct xdp_about *about,
	     const struct xdp *programs, char *message, size_t size)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "sluice_about", sizeof(uint32_t),
				sizeof(*about), 1, NULL),
	    status = fd < 0 ? -errno : 0;
	uint32_t zero = 0;
	unsigned map;

	if (status == 0 && bpf_map_update_elem(fd, &zero, about, BPF_ANY) != 0)
		status = -errno;
	if (status != 0)
		snprintf(message, size, "xdp_pin: no map for the description: %s",
			 strerror(-status));
	for (map = 0; map < XDP_MAP_COUNT && status == 0; map++)
		status = map_pin(folder, worker, map_names[map],
				 xdp_map_fd(programs, (enum xdp_map)map), message, size);
	/* the last one: without it, the others count as left over */
	if (status == 0)
		status = map_pin(folder, worker, "about", fd, message, size);
	if (fd >= 0)
		close(fd);
	return status;
}

int
xdp_pin_link_open(const char *folder, unsigned port, unsigned ifindex)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);
	char path[PATH_MAX];
	int fd = bpf_obj_get(link_path(path, folder, port));

	if (fd < 0)
		return -1;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
	    info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex)
		return fd;
	close(fd);
	xdp_pin_link_remove(folder, port);
	return -1;
}

int
xdp_pin_link_save(const char *folder, unsigned port, int link)
{
	char path[PATH_MAX];

	return bpf_obj_pin(link, link_path(path, folder, port)) != 0 ? -errno : 0;
}

void
xdp_pin_link_remove(const char *folder, unsigned port)
{
	char path[PATH_MAX];

	(void)unlink(link_path(path, folder, port));
}
