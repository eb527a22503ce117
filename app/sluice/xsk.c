/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of a socket is divided into frames of FRAME_BYTES: the first ones receive,
 * the others send. A frame that receives is always in one of three places: the fill ring,
 * the kernel, the receive ring; its place is given back at once, after its content was
 * copied. A frame that sends is in `free`, in the transmit ring, in the kernel or in the
 * completion ring.
 */
#include "xsk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <linux/if_xdp.h>

#include <xdp/xsk.h>

#define FRAME_BYTES 4096u
/* what is not sent at once is sent by a later call; the kernel sends 32 in a call */
#define KICKS 4u

static_assert(XSK_FRAME_MAX <= FRAME_BYTES - 256, "the kernel keeps headroom");

struct xsk {
	struct xsk_ring_cons rx;
	struct xsk_ring_prod tx;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons done;
	struct xsk_socket *socket;
	struct xsk_umem *umem;
	char *memory;
	size_t bytes;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint32_t free_count;
	uint32_t sizes_tx;
	uint64_t free[]; /* addresses of the frames that can be sent */
};

/* The fill ring has room for all frames that receive: twice the receive ring. */
static uint32_t
rx_frames(const struct xsk_sizes *sizes)
{
	return 2 * sizes->rx;
}

size_t
xsk_bytes(const struct xsk_sizes *sizes)
{
	return (size_t)(rx_frames(sizes) + sizes->tx) * FRAME_BYTES;
}

/* Give all frames that receive to the kernel, and keep the others. */
static void
frames_give(struct xsk *xsk, const struct xsk_sizes *sizes)
{
	uint32_t frames = rx_frames(sizes), at = 0, i;

	xsk_ring_prod__reserve(&xsk->fill, frames, &at);
	for (i = 0; i < frames; i++)
		*xsk_ring_prod__fill_addr(&xsk->fill, at + i) = (uint64_t)i * FRAME_BYTES;
	xsk_ring_prod__submit(&xsk->fill, frames);
	for (i = 0; i < sizes->tx; i++)
		xsk->free[i] = (uint64_t)(frames + i) * FRAME_BYTES;
	xsk->free_count = xsk->sizes_tx = sizes->tx;
}

/* Make the memory and the socket. Returns 0, or -errno and what failed. */
static int
rings_make(struct xsk *xsk, const char *interface, unsigned queue,
	   const struct xsk_sizes *sizes, const char **what)
{
	const struct xsk_umem_config umem = {
		.fill_size = rx_frames(sizes),
		.comp_size = sizes->tx,
		.frame_size = FRAME_BYTES,
	};
	const struct xsk_socket_config socket = {
		.rx_size = sizes->rx,
		.tx_size = sizes->tx,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_USE_NEED_WAKEUP,
	};
	int status;

	*what = "no memory for its frames";
	xsk->memory = mmap(NULL, xsk->bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (xsk->memory == MAP_FAILED) {
		xsk->memory = NULL;
		return -ENOMEM;
	}
	*what = "the kernel refuses an AF_XDP socket";
	status = xsk_umem__create(&xsk->umem, xsk->memory, xsk->bytes, &xsk->fill,
				  &xsk->done, &umem);
	if (status != 0)
		return status;
	*what = "the AF_XDP socket does not get the queue";
	return xsk_socket__create(&xsk->socket, interface, queue, xsk->umem, &xsk->rx,
				  &xsk->tx, &socket);
}

int
xsk_open(struct xsk **xsk, const char *interface, unsigned queue,
	 const struct xsk_sizes *sizes, const char **what)
{
	struct xsk *new = calloc(1, sizeof(*new) + sizes->tx * sizeof(new->free[0]));
	int status;

	*what = "no memory";
	if (new == NULL)
		return -ENOMEM;
	new->bytes = xsk_bytes(sizes);
	status = rings_make(new, interface, queue, sizes, what);
	if (status != 0) {
		xsk_close(new);
		return status;
	}
	frames_give(new, sizes);
	*xsk = new;
	return 0;
}

void
xsk_close(struct xsk *xsk)
{
	if (xsk == NULL)
		return;
	if (xsk->socket != NULL)
		xsk_socket__delete(xsk->socket);
	if (xsk->umem != NULL)
		xsk_umem__delete(xsk->umem);
	if (xsk->memory != NULL)
		munmap(xsk->memory, xsk->bytes);
	free(xsk);
}

int
xsk_fd(const struct xsk *xsk)
{
	return xsk_socket__fd(xsk->socket);
}

/* Copy a frame into an empty mbuf, whose room is long enough. */
static void
frame_copy(struct rte_mbuf *m, const char *frame, uint32_t bytes, uint16_t port)
{
	rte_memcpy(rte_pktmbuf_mtod(m, char *), frame, bytes);
	m->data_len = (uint16_t)bytes;
	m->pkt_len = bytes;
	m->port = port;
}

uint16_t
xsk_receive(struct xsk *xsk, struct rte_mempool *pool, uint16_t port,
	    struct rte_mbuf **pkts, uint16_t n)
{
	uint32_t from = 0, to = 0, i, bytes = 0;
	const struct xdp_desc *desc;

	n = (uint16_t)xsk_ring_cons__peek(&xsk->rx, n, &from);
	if (n == 0)
		return 0;
	if (rte_pktmbuf_alloc_bulk(pool, pkts, n) != 0) {
		xsk_ring_cons__cancel(&xsk->rx, n);
		return 0;
	}
	xsk_ring_prod__reserve(&xsk->fill, n, &to);
	for (i = 0; i < n; i++) {
		desc = xsk_ring_cons__rx_desc(&xsk->rx, from + i);
		frame_copy(pkts[i], xsk_umem__get_data(xsk->memory, desc->addr),
			   desc->len, port);
		bytes += desc->len;
		*xsk_ring_prod__fill_addr(&xsk->fill, to + i) =
			desc->addr & ~(uint64_t)(FRAME_BYTES - 1);
	}
	xsk_ring_cons__release(&xsk->rx, n);
	xsk_ring_prod__submit(&xsk->fill, n);
	if (xsk_ring_prod__needs_wakeup(&xsk->fill))
		recvfrom(xsk_fd(xsk), NULL, 0, MSG_DONTWAIT, NULL, NULL);
	xsk->rx_packets += n;
	xsk->rx_bytes += bytes;
	return n;
}

/* Take back the frames that were sent. */
static void
frames_reclaim(struct xsk *xsk)
{
	uint32_t at = 0, n, i;

	n = xsk_ring_cons__peek(&xsk->done, xsk->sizes_tx - xsk->free_count, &at);
	for (i = 0; i < n; i++)
		xsk->free[xsk->free_count++] = *xsk_ring_cons__comp_addr(&xsk->done,
									 at + i);
	xsk_ring_cons__release(&xsk->done, n);
}

/* Have the kernel send what is in the ring. */
static void
kick(struct xsk *xsk)
{
	unsigned tries;

	for (tries = 0; tries < KICKS && xsk_ring_prod__needs_wakeup(&xsk->tx); tries++)
		if (sendto(xsk_fd(xsk), NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0 ||
		    errno != EAGAIN)
			break;
}

uint16_t
xsk_send(struct xsk *xsk, struct rte_mbuf **pkts, uint16_t n)
{
	uint32_t at = 0, i;
	struct xdp_desc *desc;
	const void *data;
	char *frame;

	frames_reclaim(xsk);
	n = (uint16_t)RTE_MIN(n, xsk->free_count);
	if (n == 0 || xsk_ring_prod__reserve(&xsk->tx, n, &at) != n) {
		kick(xsk);
		return 0;
	}
	for (i = 0; i < n; i++) {
		desc = xsk_ring_prod__tx_desc(&xsk->tx, at + i);
		desc->addr = xsk->free[--xsk->free_count];
		desc->len = RTE_MIN(rte_pktmbuf_pkt_len(pkts[i]), XSK_FRAME_MAX);
		frame = xsk_umem__get_data(xsk->memory, desc->addr);
		/* frames of several mbufs are copied, others only pointed to */
		data = rte_pktmbuf_read(pkts[i], 0, desc->len, frame);
		if (data != frame)
			rte_memcpy(frame, data, desc->len);
		xsk->tx_bytes += desc->len;
	}
	xsk_ring_prod__submit(&xsk->tx, n);
	xsk->tx_packets += n;
	kick(xsk);
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

void
xsk_counters(const struct xsk *xsk, struct xsk_counters *counters)
{
	struct xdp_statistics kernel;
	socklen_t length = sizeof(kernel);

	counters->rx_packets += xsk->rx_packets;
	counters->rx_bytes += xsk->rx_bytes;
	counters->tx_packets += xsk->tx_packets;
	counters->tx_bytes += xsk->tx_bytes;
	if (getsockopt(xsk_fd(xsk), SOL_XDP, XDP_STATISTICS, &kernel, &length) == 0)
		counters->rx_missed += kernel.rx_dropped + kernel.rx_ring_full;
}
