/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the headers of a frame, as far as its bytes go, to display them. Unlike
 * lib/packet this reads what it can of a malformed or truncated frame, and makes no
 * decision.
 */
#ifndef CONTROL_HEADERS_H
#define CONTROL_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADERS_VLANS 2u

/* Numbers are in host order. Members are 0 when the frame does not have the field. */
struct headers {
	uint16_t ether_type; /* EtherType after the tags and after PPPoE */
	uint8_t vlans;       /* number of tags, at most HEADERS_VLANS */
	uint16_t vid[HEADERS_VLANS];
	uint16_t l3; /* offset of the IP header in the frame */
	/* offset of the transport header; 0: none, or a later fragment */
	uint16_t l4;
	uint8_t family; /* 4 or 6; 0: no IP header */
	uint8_t proto;  /* protocol after the IPv6 extension headers */
	uint8_t ttl;    /* TTL or hop limit */
	uint8_t src[16];
	uint8_t dst[16];
	uint32_t ip_bytes; /* length of the packet in its header */
	bool is_fragment;
	uint16_t fragment_offset; /* in bytes */
	bool has_ports;
	uint16_t sport;
	uint16_t dport;
	bool has_tcp; /* the TCP header is present at least up to the window */
	uint32_t seq;
	uint32_t ack;
	/* number of bytes after the TCP header, from the lengths in the headers */
	uint32_t payload;
	uint16_t window;
	uint8_t tcp_flags;
	bool has_icmp;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t icmp_id; /* identifier of echo requests and replies */
};

void headers_read(const uint8_t *frame, size_t bytes, struct headers *h);

/*
 * Write the letters of TCP flags, from the lowest bit on: "S", "SA", "FPA"; "-" for no
 * flag.
 */
#define HEADERS_FLAGS_BYTES 9u
void headers_flags(uint8_t tcp_flags, char text[HEADERS_FLAGS_BYTES]);

#endif
