/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet of a capture, converted to an Ethernet frame and parsed. Bytes that the
 * snapshot length has cut off count as zeros, so lengths are those of the packet on the
 * wire.
 */
#ifndef REPLAY_FRAME_H
#define REPLAY_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <packet/packet.h>

#include "linktype.h"
#include "reader.h"

/* Marks: properties of a packet that are reported besides its verdict. */
#define MARK_CUT 0x01u         /* truncated after its headers by the snapshot length */
#define MARK_CUT_HEADERS 0x02u /* truncated within its headers: no verdict is possible */
#define MARK_CHECKSUM 0x04u    /* wrong checksum that was left to the sender's card */
#define MARK_MERGED 0x08u      /* several segments merged into one by GRO, LRO or TSO */
#define MARK_PICKED_UP 0x10u   /* its connection began before the capture */
#define MARK_INCOMPLETE 0x20u  /* acknowledges data that the capture does not contain */
#define MARK_DUPLICATE 0x40u   /* repeats a packet that has just been captured */
#define MARKS 7u

/* Names of the marks in the outputs: "cut", "picked_up"; indexed by bit number. */
extern const char *const mark_names[MARKS];

struct frame {
	struct reader_frame f; /* the frame as it stands in the file */
	uint16_t link_type;
	struct linktype_frame link;
	uint32_t captured; /* captured bytes of the Ethernet frame */
	uint32_t length;   /* length of the Ethernet frame on the wire */
	/*
	 * Parsed with the source as side 0: key.addr.v4[0] and port[0] are the sender's.
	 * Checksums have not been verified.
	 */
	struct packet p;
	uint8_t marks;  /* MARK_CUT or MARK_CUT_HEADERS */
	bool no_length; /* IPv4 with length field 0, as segmentation offload leaves it */
};

/* Decode and parse fr->f, whose link type is fr->link_type. */
void frame_parse(struct frame *fr);

/* Copy n bytes of the frame from an offset on; return false if they were not captured. */
bool frame_read(const struct frame *fr, uint32_t offset, uint32_t n, void *bytes);

/* Copy the MAC addresses, destination first, 12 bytes; return false if there are none. */
bool frame_macs(const struct frame *fr, uint8_t macs[2 * LINKTYPE_MAC]);

/*
 * Parse the packet that an ICMP error quotes, with its source as side 0. Returns false if
 * the quote is too short.
 */
bool frame_quoted(const struct frame *fr, struct packet *inner);

/* Return the MSS option of a SYN; 0 if it has none. */
uint16_t frame_mss(const struct frame *fr);

/* Convert the frame to an mbuf, chained if it is long; NULL: the pool is empty. */
struct rte_mbuf *frame_mbuf(const struct frame *fr, struct rte_mempool *pool);

/* Result of checking the transport checksum of a complete TCP segment or UDP datagram. */
enum frame_sum {
	FRAME_SUM_NONE, /* no checksum to verify */
	FRAME_SUM_RIGHT,
	FRAME_SUM_PSEUDO, /* the pseudo-header's sum, which the card was to complete */
	FRAME_SUM_WRONG,
};

enum frame_sum frame_checksum(const struct frame *fr);

#endif
