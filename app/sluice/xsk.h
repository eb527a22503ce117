/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An AF_XDP socket on one receive queue of an interface, for a wire whose XDP program is
 * our own: libxdp makes the rings, and attaches nothing. Frames are copied between the
 * rings and mbufs, because only packets for the slow path come here.
 *
 *	xsk_open(&xsk, "eth1", 0, &sizes, &error);
 *	put xsk_fd(xsk) into the program's XSKMAP
 *	n = xsk_receive(xsk, pool, port, pkts, 64);
 *	poll(xsk_fd(xsk)) while there is nothing
 *
 * One thread uses a socket, except xsk_counters().
 */
#ifndef SLUICE_XSK_H
#define SLUICE_XSK_H

#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

struct xsk;

/* Lengths of the rings, powers of 2. */
struct xsk_sizes {
	uint32_t rx;
	uint32_t tx;
};

struct xsk_counters {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t rx_missed; /* lost because the ring was full, or had no free frame */
	uint64_t tx_packets;
	uint64_t tx_bytes;
};

/* The longest frame that a socket can receive and send, bytes. */
#define XSK_FRAME_MAX 3840u

/* Bytes of memory for the frames of one socket. */
size_t xsk_bytes(const struct xsk_sizes *sizes);

/*
 * Open a socket on a queue. Returns 0, or -errno and a text that says what failed;
 * -EAFNOSUPPORT: the kernel has no AF_XDP; -EBUSY: another socket has the queue.
 */
int xsk_open(struct xsk **xsk, const char *interface, unsigned queue,
	     const struct xsk_sizes *sizes, const char **what);
void xsk_close(struct xsk *xsk);

int xsk_fd(const struct xsk *xsk);

/*
 * Receive at most n frames into new mbufs, whose member `port` is set to port. Frames for
 * which there is no mbuf stay in the ring. Returns their number.
 */
uint16_t xsk_receive(struct xsk *xsk, struct rte_mempool *pool, uint16_t port,
		     struct rte_mbuf **pkts, uint16_t n);

/*
 * Send frames, in order. Returns how many were taken; those mbufs are freed. The others
 * find no free place, and may be tried again.
 */
uint16_t xsk_send(struct xsk *xsk, struct rte_mbuf **pkts, uint16_t n);

/* Add the counters of a socket to *counters. Any thread. */
void xsk_counters(const struct xsk *xsk, struct xsk_counters *counters);

#endif
