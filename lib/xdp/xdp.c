/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads the programs, one for each port, so that the port is a constant in it. All of
 * them share the maps of the first.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <rte_common.h>

#include <xdp/load_error.h>
#include <xdp/xdp.h>

#include "fast_path.skel.h"

struct xdp {
	size_t bytes; /* of the mapping of the memory */
	size_t taken_bytes;
	uint32_t lines;
	uint16_t ports;
	int processors;
	void *memory;
	struct flow_shared *shared;
	struct flow_taken *taken;    /* by processor */
	struct flow_taken collected; /* what xdp_collect() has added already */
	struct fast_path *skel[FLOW_SHARED_PORTS];
};

bool
xdp_is_built(void)
{
	return true;
}

/* Errors are returned, with a sentence for the user. */
static int
quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static size_t
page_align(size_t bytes)
{
	return RTE_ALIGN_CEIL(bytes, (size_t)sysconf(_SC_PAGESIZE));
}

/* Bytes of memory with this configuration, for an engine that shares it. */
static size_t
memory_bytes(const struct engine_config *config)
{
	static struct flow_shared any;
	struct engine_config c = *config;

	c.shared = &any;
	return engine_bytes(&c);
}

static struct bpf_map *
map_of(const struct fast_path *skel, enum xdp_map map)
{
	if (skel == NULL)
		return NULL;
	switch (map) {
	case XDP_MAP_MEMORY:
		return skel->maps.memory;
	case XDP_MAP_SHARED:
		return skel->maps.shared;
	case XDP_MAP_TAKEN:
		return skel->maps.taken;
	case XDP_MAP_PORTS:
		return skel->maps.ports;
	case XDP_MAP_SOCKETS:
		return skel->maps.sockets;
	default:
		return NULL;
	}
}

/* A minimal program, to tell a missing permission from a program that is refused. */
static int
bpf_permitted(void)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", nothing, RTE_DIM(nothing),
			       NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int
af_xdp_there(void)
{
	int fd = socket(AF_XDP, SOCK_RAW, 0);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int
load_failed(const struct xdp *x, int status, char *message, size_t room)
{
	struct xdp_load_error error = {
		.status = status,
		.permitted = bpf_permitted(),
		.af_xdp = af_xdp_there(),
		.has_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0,
		.bytes = x->bytes,
		.memlock = UINT64_MAX,
	};
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		error.memlock = limit.rlim_cur;
	xdp_load_error_say(&error, message, room);
	return status;
}

/* Load the program of a port. fds: the maps to use, or NULL for those of the first. */
static int
program_load(struct xdp *x, uint16_t port, const int *fds)
{
	struct fast_path *skel = fast_path__open();
	int status = 0, map, fd;

	if (skel == NULL)
		return -errno;
	x->skel[port] = skel;
	skel->rodata->port = port;
	for (map = 0; map < XDP_MAP_COUNT && status == 0; map++) {
		fd = fds != NULL ? fds[map]
		     : port != 0 ? bpf_map__fd(map_of(x->skel[0], (enum xdp_map)map))
				 : -1;
		if (fd >= 0)
			status = bpf_map__reuse_fd(map_of(skel, (enum xdp_map)map), fd);
	}
	if (status == 0 && fds == NULL && port == 0)
		status = bpf_map__set_max_entries(skel->maps.memory, x->lines);
	if (status == 0 && fds == NULL && port == 0)
		status = bpf_map__set_max_entries(skel->maps.taken,
						  (uint32_t)x->processors);
	return status != 0 ? status : fast_path__load(skel);
}

static void *
map_mapped(const struct xdp *x, enum xdp_map map, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			xdp_map_fd(x, map), 0);

	return at != MAP_FAILED ? at : NULL;
}

static int
maps_map(struct xdp *x, char *message, size_t room)
{
	x->memory = map_mapped(x, XDP_MAP_MEMORY, x->bytes);
	x->shared = map_mapped(x, XDP_MAP_SHARED, page_align(sizeof(*x->shared)));
	x->taken = map_mapped(x, XDP_MAP_TAKEN, x->taken_bytes);
	if (x->memory != NULL && x->shared != NULL && x->taken != NULL)
		return 0;
	(void)snprintf(message, room, "the maps of XDP, %zu MiB, cannot be mapped: %s",
		       (x->bytes >> 20) + 1, strerror(errno));
	return -errno;
}

/* Whether the maps of another process fit: their sizes, and the version of the layout. */
static int
maps_check(const struct xdp *x, const int *fds, char *message, size_t room)
{
	struct bpf_map_info info = {0};
	struct flow_shared shared;
	uint32_t length = sizeof(info), zero = 0;

	if (bpf_obj_get_info_by_fd(fds[XDP_MAP_MEMORY], &info, &length) != 0 ||
	    info.value_size != FLOW_LINE_BYTES || info.max_entries != x->lines) {
		(void)snprintf(
			message, room,
			"the pinned maps are of another configuration: they have %u "
			"lines of %u bytes, this one needs %u of %u",
			info.max_entries, info.value_size, x->lines, FLOW_LINE_BYTES);
		return -EINVAL;
	}
	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(fds[XDP_MAP_SHARED], &info, &length) != 0 ||
	    info.value_size != sizeof(shared) ||
	    bpf_map_lookup_elem(fds[XDP_MAP_SHARED], &zero, &shared) != 0 ||
	    shared.version != FLOW_SHARED_VERSION) {
		(void)snprintf(
			message, room,
			"the pinned maps are of another version of sluice: remove them");
		return -EINVAL;
	}
	return 0;
}

static int
open_with(const struct engine_config *config, const int *fds, struct xdp **out,
	  char *message, size_t room)
{
	struct xdp *x = calloc(1, sizeof(*x));
	uint16_t port;
	int status = 0;

	if (x == NULL)
		return -ENOMEM;
	libbpf_set_print(quiet);
	x->ports = (uint16_t)(2 * config->wires);
	x->processors = libbpf_num_possible_cpus();
	x->lines = (uint32_t)(page_align(memory_bytes(config)) / FLOW_LINE_BYTES);
	x->bytes = (size_t)x->lines * FLOW_LINE_BYTES;
	x->taken_bytes = page_align((size_t)x->processors * sizeof(*x->taken));
	if (fds != NULL)
		status = maps_check(x, fds, message, room);
	for (port = 0; port < x->ports && status == 0; port++) {
		status = program_load(x, port, fds);
		if (status != 0)
			(void)load_failed(x, status, message, room);
	}
	if (status == 0)
		status = maps_map(x, message, room);
	/* what was passed for another process is not counted again */
	if (status == 0 && fds != NULL)
		xdp_taken(x, &x->collected);
	if (status == 0)
		*out = x;
	else
		xdp_close(x);
	return status;
}

int
xdp_open(const struct engine_config *config, struct xdp **x, char *message, size_t room)
{
	return open_with(config, NULL, x, message, room);
}

int
xdp_open_maps(const struct engine_config *config, const int fds[XDP_MAP_COUNT],
	      struct xdp **x, char *message, size_t room)
{
	return open_with(config, fds, x, message, room);
}

void
xdp_close(struct xdp *x)
{
	uint16_t port;

	if (x->memory != NULL)
		munmap(x->memory, x->bytes);
	if (x->shared != NULL)
		munmap(x->shared, page_align(sizeof(*x->shared)));
	if (x->taken != NULL)
		munmap(x->taken, x->taken_bytes);
	for (port = x->ports; port-- > 0;)
		fast_path__destroy(x->skel[port]);
	free(x);
}

void *
xdp_memory(const struct xdp *x)
{
	return x->memory;
}

struct flow_shared *
xdp_shared(const struct xdp *x)
{
	return x->shared;
}

int
xdp_program_fd(const struct xdp *x, uint16_t port)
{
	return bpf_program__fd(x->skel[port]->progs.fast_path);
}

int
xdp_map_fd(const struct xdp *x, enum xdp_map map)
{
	return bpf_map__fd(map_of(x->skel[0], map));
}

uint32_t
xdp_verified(const struct xdp *x)
{
	struct bpf_prog_info info;
	uint32_t length, largest = 0;
	uint16_t port;

	for (port = 0; port < x->ports; port++) {
		memset(&info, 0, sizeof(info));
		length = sizeof(info);
		if (bpf_obj_get_info_by_fd(xdp_program_fd(x, port), &info, &length) == 0)
			largest = RTE_MAX(largest, info.verified_insns);
	}
	return largest;
}

int
xdp_set_port(struct xdp *x, uint16_t port, unsigned ifindex, uint16_t mtu)
{
	uint32_t key = port, value = ifindex;

	x->shared->mtu[port] = mtu;
	return bpf_map_update_elem(xdp_map_fd(x, XDP_MAP_PORTS), &key, &value, BPF_ANY) !=
			       0
		       ? -errno
		       : 0;
}

int
xdp_set_socket(struct xdp *x, uint16_t port, uint32_t queue, int socket)
{
	uint32_t key = port * XDP_QUEUES + queue;

	if (queue >= XDP_QUEUES)
		return -EINVAL;
	return bpf_map_update_elem(xdp_map_fd(x, XDP_MAP_SOCKETS), &key, &socket,
				   BPF_ANY) != 0
		       ? -errno
		       : 0;
}

void
xdp_set_time(struct xdp *x, uint64_t now_ns, uint64_t clock_ns)
{
	uint32_t base = ticks_from_ns(now_ns) - flow_shared_ms(clock_ns);

	if (x->shared->tick_base != base)
		__atomic_store_n(&x->shared->tick_base, base, __ATOMIC_RELAXED);
}

/* Each member of struct flow_taken is a counter of 64 bits. */
#define TAKEN_MEMBERS (sizeof(struct flow_taken) / sizeof(uint64_t))

void
xdp_taken(const struct xdp *x, struct flow_taken *taken)
{
	uint64_t sum[TAKEN_MEMBERS] = {0};
	const uint64_t *one;
	unsigned i;
	int p;

	for (p = 0; p < x->processors; p++) {
		one = (const uint64_t *)(const void *)&x->taken[p];
		for (i = 0; i < TAKEN_MEMBERS; i++)
			sum[i] += __atomic_load_n(&one[i], __ATOMIC_RELAXED);
	}
	memcpy(taken, sum, sizeof(*taken));
}

void
xdp_collect(struct xdp *x, struct engine *e)
{
	struct flow_taken now, *before = &x->collected;
	struct flow_taken more;

	xdp_taken(x, &now);
	more = (struct flow_taken){
		.packets = now.packets - before->packets,
		.bytes = now.bytes - before->bytes,
		.constant_packets = now.constant_packets - before->constant_packets,
		.constant_bytes = now.constant_bytes - before->constant_bytes,
		.up = now.up - before->up,
		.busy = now.busy - before->busy,
		.lost = now.lost - before->lost,
	};
	*before = now;
	engine_count_taken(e, &more);
}

void
xdp_stop(struct xdp *x)
{
	__atomic_store_n(&x->shared->rules, 0, __ATOMIC_SEQ_CST);
}
