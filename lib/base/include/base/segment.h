/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * A TCP segment as the tracker processes it: decoded, in host order, without its packet.
 * lib/packet decodes it from bytes, lib/track decides about it, lib/reply encodes one.
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

#define TCP_NO_SCALE 0xffu /* the segment has no window scale option */
#define TCP_MAX_SCALE 14u  /* RFC 7323 2.3: a larger shift counts as 14 */

struct tcp_segment {
	uint32_t seq;
	uint32_t ack;   /* 0 when TCP_ACK is not set */
	uint32_t len;   /* payload length in bytes, from the IP length */
	uint32_t tsval; /* timestamps option, RFC 7323; 0 when has_ts is false */
	uint32_t tsecr;
	uint16_t win;  /* as in the header, not scaled */
	uint8_t flags; /* TCP_FIN to TCP_URG; ECE, CWR, AE and reserved bits masked */
	uint8_t scale; /* 0 to TCP_MAX_SCALE, or TCP_NO_SCALE; only valid for a SYN */
	bool has_ts;
	/* ECE and CWR (0x40, 0x80); used by the rules, ignored by the tracker */
	uint8_t ecn;
	bool is_signed;    /* it has a TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925) option */
	uint8_t unused[1]; /* 0, so that equal segments have equal bytes */
};

/*
 * SEG.LEN of RFC 9293: the payload, plus one for SYN and one for FIN, the two lowest
 * bits.
 */
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
