/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For tests of app/replay: IPv4 packets from a description, as Ethernet frames and as
 * captures. tests/frame cannot be linked beside app/replay/frame.c, which has functions
 * of the same names.
 *
 *	const struct replay_packet packets[] = {
 *		{.src = A, .dst = B, .sport = 40000, .dport = 80, .flags = TCP_SYN},
 *	};
 *	struct capture c;
 *
 *	fixture_capture(&c, packets, 1);
 *	...
 *	capture_close(&c);
 */
#ifndef UNIT_REPLAY_FIXTURE_H
#define UNIT_REPLAY_FIXTURE_H

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"

#define A "192.0.2.1"
#define B "192.0.2.2"
#define C "198.51.100.3"

#define FIXTURE_BYTES 2048u /* room for the bytes of a packet */
#define FIXTURE_MS UINT64_C(1000000)

enum fixture_sum {
	SUM_RIGHT,
	SUM_PSEUDO, /* only the pseudo-header's sum: left to the sender's card */
	SUM_ZERO,
	SUM_WRONG,
};

struct replay_packet {
	const char *src, *dst; /* IPv4 addresses */
	uint16_t sport, dport;
	uint8_t proto; /* IPPROTO_UDP, _TCP or _ICMP, here an error that quotes; 0: TCP */
	uint8_t flags; /* TCP_* */
	uint32_t seq, ack;
	uint16_t mss;     /* MSS option; 0: none */
	uint16_t payload; /* bytes of payload */
	uint16_t id;
	uint16_t fragment; /* flags and fragment offset of the IPv4 header */
	uint8_t ttl;       /* 0: 64 */
	enum fixture_sum sum;
	/* last byte of 02:00:00:00:00:xx; 0: 1 for address A, 2 for all others */
	uint8_t src_mac, dst_mac;
	const struct replay_packet *quoted; /* what an ICMP error quotes */
	/* in a capture */
	uint64_t ns;
	uint32_t interface; /* 0 is lan0, 1 is wan0 */
	uint32_t direction; /* READER_INBOUND, READER_OUTBOUND; 0: not stored */
};

/* Write the Ethernet frame of a packet. Returns its length. */
size_t fixture_bytes(const struct replay_packet *p, uint8_t bytes[FIXTURE_BYTES]);

/* Parse a packet; bytes: room for its frame, which fr refers to. */
void fixture_frame(const struct replay_packet *p, struct frame *fr,
		   uint8_t bytes[FIXTURE_BYTES]);

/*
 * Open a pcapng capture of n packets with the interfaces lan0 and wan0, and read its
 * sample. The caller closes it.
 */
void fixture_capture(struct capture *c, const struct replay_packet *packets, unsigned n);

#endif
