/* SPDX-License-Identifier: BSD-3-Clause */
#include "front.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <base/ticks.h>
#include <xdp/xdp.h>

#define PORTS 2
#define LOOPBACK 1       /* an interface that exists; nothing is sent from it */
#define FRAME_MIN 14u    /* the kernel runs no program on less */
#define FRAME_LONG 3000u /* nor on more than fits a page */

struct front {
	struct xdp *x;
	uint64_t all;
	uint64_t passed;
};

struct front *
front_open(const struct engine_config *config, char *message, size_t room)
{
	struct front *front = calloc(1, sizeof(*front));
	uint16_t port;

	if (front == NULL || xdp_open(config, &front->x, message, room) != 0) {
		free(front);
		return NULL;
	}
	for (port = 0; port < PORTS; port++)
		xdp_set_port(front->x, port, LOOPBACK, 0);
	return front;
}

void
front_close(struct front *front)
{
	if (front == NULL)
		return;
	xdp_close(front->x);
	free(front);
}

void *
front_begin(struct front *front, struct engine_config *config)
{
	struct flow_shared *shared = xdp_shared(front->x);

	memset(shared, 0, sizeof(*shared));
	shared->tick_fixed = true;
	shared->link_each = true;
	config->shared = shared;
	return memset(xdp_memory(front->x), 0, engine_bytes(config));
}

bool
front_takes(struct front *front, uint16_t port, const uint8_t *bytes, size_t len,
	    uint64_t now_ns)
{
	union bpf_attr attr = {0};

	front->all++;
	if (len < FRAME_MIN || len > FRAME_LONG)
		return false;
	xdp_shared(front->x)->tick_base = ticks_from_ns(now_ns);
	attr.test.prog_fd = (uint32_t)xdp_program_fd(front->x, port);
	attr.test.data_in = (uintptr_t)bytes;
	attr.test.data_size_in = (uint32_t)len;
	attr.test.repeat = 1;
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) != 0 ||
	    attr.test.retval != XDP_REDIRECT)
		return false;
	front->passed++;
	return true;
}

void
front_collect(struct front *front, struct engine *e)
{
	xdp_collect(front->x, e);
}

void
front_count(const struct front *front, uint64_t *passed, uint64_t *all)
{
	*passed = front->passed;
	*all = front->all;
}

uint32_t
front_verified(const struct front *front)
{
	return xdp_verified(front->x);
}
