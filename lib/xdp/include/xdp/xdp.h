/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The XDP fast path: BPF programs that pass the packets of established connections in the
 * kernel, over the memory of an engine. They decide as the engine's own fast path would
 * (docs/xdp.md). All other frames go to AF_XDP sockets, and from there to the engine.
 *
 *	xdp_open(&config, &x, message, sizeof(message));    maps, programs, memory
 *	config.shared = xdp_shared(x);
 *	engine_init(xdp_memory(x), &config, ...);
 *	xdp_set_port(x, port, ifindex, mtu);                for each port
 *	xdp_set_socket(x, port, queue, socket);             for each receive queue
 *	attach xdp_program_fd(x, port) to the interface of each port
 *	each turn: xdp_set_time(), engine_burst(), ... and now and then xdp_collect()
 *
 * A program passes nothing before engine_init(), and nothing after xdp_stop(). Frames for
 * which there is no socket are dropped, and counted (struct flow_taken).
 *
 * One owner thread, that of the engine. This library does not attach programs, create
 * sockets or pin maps: xdp_map_fd() and xdp_program_fd() are there for the caller to do
 * that.
 */
#ifndef XDP_XDP_H
#define XDP_XDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <engine/engine.h>
#include <flow/shared.h>

#define XDP_QUEUES 64u /* receive queues of a port that can have sockets */

struct xdp;

/* The maps, for pinning and for tests. The first four are all that the programs know. */
enum xdp_map {
	XDP_MAP_MEMORY,  /* array of lines: the engine's memory, mapped */
	XDP_MAP_SHARED,  /* struct flow_shared, mapped */
	XDP_MAP_TAKEN,   /* struct flow_taken by processor, mapped */
	XDP_MAP_PORTS,   /* devmap: port -> interface */
	XDP_MAP_SOCKETS, /* XSKMAP: port * XDP_QUEUES + queue -> socket */
	XDP_MAP_COUNT,
};

/*
 * Whether this build has the programs: clang, bpftool and libbpf were there when it was
 * configured. Without, xdp_open() returns -ENOTSUP.
 */
bool xdp_is_built(void);

/*
 * Load the programs for the ports of an engine with this configuration, whose member
 * `shared` is ignored. Creates the maps and maps the memory, which is zero. Returns 0, or
 * a negative errno value; then message, of `room` bytes, has one sentence that says what
 * is missing.
 */
int xdp_open(const struct engine_config *config, struct xdp **x, char *message,
	     size_t room);

/*
 * The same with the maps of another process, by enum xdp_map: file descriptors that stay
 * the caller's. The memory is as that process has left it. Returns -EINVAL when the maps
 * are of another version or size.
 */
int xdp_open_maps(const struct engine_config *config, const int fds[XDP_MAP_COUNT],
		  struct xdp **x, char *message, size_t room);

/* Unmap the memory and close all; attached programs stay where they are. */
void xdp_close(struct xdp *x);

/* The memory for engine_init(), of engine_bytes(), and what it shares: config.shared. */
void *xdp_memory(const struct xdp *x);
struct flow_shared *xdp_shared(const struct xdp *x);

/* The program for frames that a port receives. */
int xdp_program_fd(const struct xdp *x, uint16_t port);

int xdp_map_fd(const struct xdp *x, enum xdp_map map);

/* Number of instructions that the verifier has visited for the largest program. */
uint32_t xdp_verified(const struct xdp *x);

/*
 * Set the interface of a port, from which the program of the other port sends, and the
 * longest packet that it can send; 0: any. Returns 0 or a negative errno value.
 */
int xdp_set_port(struct xdp *x, uint16_t port, unsigned ifindex, uint16_t mtu);

/* Set the AF_XDP socket for a receive queue of a port. */
int xdp_set_socket(struct xdp *x, uint16_t port, uint32_t queue, int socket);

/*
 * Tell the programs the engine's time: now_ns is that of engine_burst(), clock_ns is
 * CLOCK_MONOTONIC at the same moment. Between two calls, and without the process, the
 * programs follow the kernel's clock.
 */
void xdp_set_time(struct xdp *x, uint64_t now_ns, uint64_t clock_ns);

/*
 * Add what the programs have passed since the last call to the engine's counters and to
 * those of its rules. Call it before the rules are replaced too. Without a system call.
 */
void xdp_collect(struct xdp *x, struct engine *e);

/* What the programs of all processors have passed and given up since xdp_open(). */
void xdp_taken(const struct xdp *x, struct flow_taken *taken);

/* From now on the programs pass nothing, and give all frames to the engine. */
void xdp_stop(struct xdp *x);

#endif
