/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture file as what enters a port. It is looked through once with libpcap, so that
 * what is wrong with it can be said before anything is done, and then read by DPDK's
 * net_pcap driver like from any other device.
 *
 *	capture_open(&c, &error)       before the EAL is there
 *	capture_start(&c, i, pool)     as device net_pcap<i>
 *	while (capture_peek(&c, &us))
 *		m = capture_take(&c);
 *	capture_close(&c);
 *
 * Times are microseconds since 1970: what net_pcap hands over up to DPDK 26.03, whatever
 * the file has. They never go back: a packet that is older than the one before it counts
 * as of the same time.
 */
#ifndef REPLAY_CAPTURE_H
#define REPLAY_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#define CAPTURE_AHEAD 32u /* packets read ahead */

struct capture_error {
	char text[512];
};

struct capture {
	const char *name; /* of the port */
	const char *file;
	uint16_t port; /* the engine's number of it */
	int fd;
	/* what capture_open() has found */
	uint64_t packets;   /* whole ones */
	uint32_t longest;   /* bytes */
	uint64_t backwards; /* packets older than the one before */
	uint64_t cut;       /* packets cut by the snapshot length */
	bool damaged;       /* what follows the whole packets: `damage` */
	struct capture_error damage;
	/* while reading */
	uint16_t device; /* DPDK's number */
	bool started;
	uint16_t next;
	uint16_t ahead;
	uint64_t taken;
	uint64_t last_us;
	struct rte_mbuf *pkts[CAPTURE_AHEAD];
};

/*
 * Open and look through. Returns 0, or -errno with error->text when nothing of it can be
 * replayed: not there, no capture, not Ethernet. One that is whole up to a point is no
 * error: then c->damaged.
 */
int capture_open(struct capture *c, struct capture_error *error);

/* Make it the device net_pcap<number>. Returns 0 or -errno with error->text. */
int capture_start(struct capture *c, unsigned number, struct rte_mempool *pool,
		  struct capture_error *error);

/* The time of the next packet; false when there is none any more. */
bool capture_peek(struct capture *c, uint64_t *us);

/* The next packet; after capture_peek() only. Its time stands in it: capture_time(). */
struct rte_mbuf *capture_take(struct capture *c);

/* The time of a packet that came from a capture; false for one that did not. */
bool capture_time(const struct rte_mbuf *m, uint64_t *us);

void capture_close(struct capture *c);

#endif
