/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link types of captures (https://www.tcpdump.org/linktypes.html) and their conversion to
 * Ethernet, which the engine needs: packets of other link types get an Ethernet header in
 * place of their own.
 */
#ifndef REPLAY_LINKTYPE_H
#define REPLAY_LINKTYPE_H

#include <stdbool.h>
#include <stdint.h>

#define LINKTYPE_ETHERNET 1u
#define LINKTYPE_HEADER 14u /* bytes of an Ethernet header */
#define LINKTYPE_MAC 6u

/* The frame of a packet: header[0..header_bytes), then the packet from `skip` on. */
struct linktype_frame {
	uint8_t header[LINKTYPE_HEADER];
	/* length of header; 0: the packet is an Ethernet frame already */
	uint8_t header_bytes;
	uint32_t skip;
	uint8_t direction; /* READER_INBOUND, READER_OUTBOUND; 0: not known */
	uint32_t ifindex;  /* interface index of an SLL2 header; 0: not known */
	bool has_macs;     /* the frame has source and destination MAC addresses */
};

bool linktype_is_known(uint16_t type);

/* Return libpcap's name of a link type: "LINUX_SLL2"; "unknown" for others. */
const char *linktype_name(uint16_t type);

/* Return "EN10MB, RAW, ...": the supported link types, for messages. */
const char *linktype_list(void);

/*
 * Fill *frame for the first `captured` bytes of a packet with a supported link type.
 * Returns false when the bytes end within the link layer header.
 */
bool linktype_decode(uint16_t type, const uint8_t *data, uint32_t captured,
		     struct linktype_frame *frame);

#endif
