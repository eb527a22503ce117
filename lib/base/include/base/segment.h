/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * A TCP segment as the tracker sees it: decoded, in host order, no packet behind it.
 * lib/packet makes it of bytes, lib/track decides on it, lib/reply makes bytes of it.
 */
#ifndef BASE_SEGMENT_H
#define BASE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u
#define TCP_URG 0x20u

#define TCP_NO_SCALE 0xffu /* no window scale option */
#define TCP_MAX_SCALE 14u  /* RFC 7323 2.3: a larger shift counts as 14 */

struct tcp_segment {
	uint32_t seq;
	uint32_t ack;   /* 0 without TCP_ACK */
	uint32_t len;   /* payload bytes, by the IP length */
	uint32_t tsval; /* timestamps option, RFC 7323; 0 without has_ts */
	uint32_t tsecr;
	uint16_t win;  /* as in the header, unscaled */
	uint8_t flags; /* TCP_FIN to TCP_URG; ECE, CWR, AE and reserved bits masked */
	uint8_t scale; /* 0 to TCP_MAX_SCALE, or TCP_NO_SCALE; meaningful on a SYN */
	bool has_ts;
	/* ECE and CWR (0x40, 0x80): for the rules, the tracker ignores them */
	uint8_t ecn;
	bool is_signed;    /* has a TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925) option */
	uint8_t unused[1]; /* 0, so that equal segments have equal bytes */
};

/* SEG.LEN of RFC 9293: SYN and FIN, the two lowest bits, count one each. */
static inline uint32_t
segment_len(const struct tcp_segment *seg)
{
	return seg->len + (seg->flags & TCP_FIN) + ((seg->flags & TCP_SYN) >> 1);
}

/* The sequence number after the segment. */
static inline uint32_t
segment_end(const struct tcp_segment *seg)
{
	return seg->seq + segment_len(seg);
}

#endif
