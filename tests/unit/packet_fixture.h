/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For tests of the parser: default packets that a test modifies, and the table of frames
 * that all tests of whole frames use.
 */
#ifndef UNIT_PACKET_FIXTURE_H
#define UNIT_PACKET_FIXTURE_H

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <frame/frame.h>
#include <packet/packet.h>

/* Start of a row: a default packet whose members the row overrides. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

#define ALL (PACKET_VERIFY_IP | PACKET_VERIFY_L4)
#define WIRE_NUMBER 7
#define NETWORK flow_network(WIRE_NUMBER, 0, 0)
#define A4 "192.0.2.1"
#define B4 "198.51.100.2"
#define A6 "2001:db8::1"
#define B6 "2001:db8:1::2"

#define TCP4 .src = A4, .dst = B4, .proto = IPPROTO_TCP, .sport = 40000, .dport = 80
#define TCP6 .src = A6, .dst = B6, .proto = IPPROTO_TCP, .sport = 40000, .dport = 80
#define UDP4 .src = A4, .dst = B4, .proto = IPPROTO_UDP, .sport = 5000, .dport = 53
#define UDP6 .src = A6, .dst = B6, .proto = IPPROTO_UDP, .sport = 5000, .dport = 53
#define LITE4 .src = A4, .dst = B4, .proto = IPPROTO_UDPLITE, .sport = 5000, .dport = 53
#define ICMP4 .src = A4, .dst = B4, .proto = IPPROTO_ICMP
#define ICMP6 .src = A6, .dst = B6, .proto = IPPROTO_ICMPV6
#define BYTES(...)                                                                       \
	{                                                                                \
		(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})   \
	}

/* A frame, and the expected result of parsing it. */
struct packet_row {
	const char *name; /* printed when the test fails */
	struct frame f;
	enum reason reason;
	enum packet_kind kind; /* valid when the reason is NONE */
	uint64_t ol_flags;
	uint32_t flags; /* flags for packet_parse(); 0: ALL */
	size_t cut;     /* bytes removed from the end of the frame */
};

#define PACKET_ROWS 118

extern const struct packet_row packet_rows[PACKET_ROWS];

/*
 * Parse len bytes in a heap block of that size, so that a sanitizer detects reads past
 * the end.
 */
struct packet parse_bytes(const uint8_t *bytes, size_t len, uint32_t flags,
			  uint64_t ol_flags);

/* Parse a frame and verify all checksums. */
struct packet parse_frame(const struct frame *f);

#endif
