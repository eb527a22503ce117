/* SPDX-License-Identifier: BSD-3-Clause */
/* Without clang, bpftool or libbpf at build time there is no XDP: xdp_open() says so. */
#include <errno.h>
#include <stdio.h>

#include <rte_common.h>

#include <xdp/xdp.h>

bool
xdp_is_built(void)
{
	return false;
}

int
xdp_open(const struct engine_config *config, struct xdp **x, char *message, size_t room)
{
	RTE_SET_USED(config);
	RTE_SET_USED(x);
	(void)snprintf(message, room,
		       "this build has no XDP, because clang, bpftool or libbpf was "
		       "missing when it was configured: install them (clang, bpftool, "
		       "libbpf-dev) and build again, or use a wire without xdp");
	return -ENOTSUP;
}

int
xdp_open_maps(const struct engine_config *config, const int fds[XDP_MAP_COUNT],
	      struct xdp **x, char *message, size_t room)
{
	RTE_SET_USED(fds);
	return xdp_open(config, x, message, room);
}

/* The functions below are not called: xdp_open() returns no struct xdp. */

void
xdp_close(struct xdp *x)
{
	RTE_SET_USED(x);
}

void *
xdp_memory(const struct xdp *x)
{
	RTE_SET_USED(x);
	return NULL;
}

struct flow_shared *
xdp_shared(const struct xdp *x)
{
	RTE_SET_USED(x);
	return NULL;
}

int
xdp_program_fd(const struct xdp *x, uint16_t port)
{
	RTE_SET_USED(x);
	RTE_SET_USED(port);
	return -ENOTSUP;
}

int
xdp_map_fd(const struct xdp *x, enum xdp_map map)
{
	RTE_SET_USED(x);
	RTE_SET_USED(map);
	return -ENOTSUP;
}

uint32_t
xdp_verified(const struct xdp *x)
{
	RTE_SET_USED(x);
	return 0;
}

int
xdp_set_port(struct xdp *x, uint16_t port, unsigned ifindex, uint16_t mtu)
{
	RTE_SET_USED(x);
	RTE_SET_USED(port);
	RTE_SET_USED(ifindex);
	RTE_SET_USED(mtu);
	return -ENOTSUP;
}

int
xdp_set_socket(struct xdp *x, uint16_t port, uint32_t queue, int socket)
{
	RTE_SET_USED(x);
	RTE_SET_USED(port);
	RTE_SET_USED(queue);
	RTE_SET_USED(socket);
	return -ENOTSUP;
}

void
xdp_set_time(struct xdp *x, uint64_t now_ns, uint64_t clock_ns)
{
	RTE_SET_USED(x);
	RTE_SET_USED(now_ns);
	RTE_SET_USED(clock_ns);
}

void
xdp_taken(const struct xdp *x, struct flow_taken *taken)
{
	RTE_SET_USED(x);
	RTE_SET_USED(taken);
}

void
xdp_collect(struct xdp *x, struct engine *e)
{
	RTE_SET_USED(x);
	RTE_SET_USED(e);
}

void
xdp_stop(struct xdp *x)
{
	RTE_SET_USED(x);
}
