/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks of a pcapng file, as bytes (draft-ietf-opsawg-pcapng-03). The functions keep no
 * state and allocate nothing: sluice-replay writes the bytes to files, sluicectl too.
 *
 *	struct pcapng_interface lan = {.link_type = PCAPNG_ETHERNET, .name = "lan"};
 *	struct pcapng_packet packet = {.data = frame, .captured = 60, .length = 60, ...};
 *
 *	n = pcapng_section(buffer, sizeof(buffer), &section);     first
 *	n = pcapng_interface(buffer, sizeof(buffer), &lan);       interface 0
 *	n = pcapng_packet(buffer, sizeof(buffer), &packet);       each packet
 *
 * Each function returns the length of its block in bytes, a multiple of 4. If that is
 * more than size, the buffer has no valid block: call again with a buffer of that length.
 * Blocks are in the byte order of this machine, which the format allows.
 *
 * Texts are UTF-8; NULL omits the option. A text longer than 65,535 bytes, the limit of
 * an option, is truncated between two characters.
 *
 * Any thread.
 */
#ifndef COMMON_PCAPNG_H
#define COMMON_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Link types, https://www.tcpdump.org/linktypes.html */
#define PCAPNG_ETHERNET 1u

#define PCAPNG_COMMENTS 2u

/* Bits 0 and 1 of epb_flags: direction as seen by the capturing host. */
#define PCAPNG_INBOUND 0x1u
#define PCAPNG_OUTBOUND 0x2u

/* Section Header Block, the first block of a file. */
struct pcapng_section {
	const char *application; /* shb_userappl: name and version of the program */
	const char *os;          /* shb_os: operating system */
	const char *comment;
};

/* Interface Description Block. Interfaces are numbered from 0 in file order. */
struct pcapng_interface {
	uint16_t link_type; /* LINKTYPE_* number */
	uint32_t snaplen;   /* bytes kept of each packet; 0: no limit */
	/*
	 * if_tsresol: unit of the packets' times, 10^-n s; with the highest bit set 2^-n
	 * s. 9: nanoseconds; 6: microseconds, the default of the format.
	 */
	uint8_t tsresol;
	int64_t tsoffset;        /* if_tsoffset: seconds to add to the packets' times */
	const char *name;        /* if_name: name of the interface */
	const char *description; /* if_description: text for people */
	const char *filter;      /* if_filter: filter expression of libpcap */
	const char *comment;
};

/* Enhanced Packet Block. */
struct pcapng_packet {
	uint32_t interface;
	uint64_t time; /* time since 1970, in the interface's unit */
	const void *data;
	uint32_t captured; /* number of bytes at data */
	uint32_t length;   /* length of the packet on the wire, bytes */
	uint32_t flags;    /* epb_flags; 0: the option is omitted */
	bool has_id;
	uint64_t id;                          /* epb_packetid, valid if has_id */
	const char *comment[PCAPNG_COMMENTS]; /* comments; NULL: none */
};

/* Interface Statistics Block. */
struct pcapng_statistics {
	uint32_t interface;
	uint64_t time;     /* time as in struct pcapng_packet */
	uint64_t received; /* isb_ifrecv: packets received */
	uint64_t dropped;  /* isb_ifdrop: packets not captured for lack of resources */
};

size_t pcapng_section(void *buffer, size_t size, const struct pcapng_section *section);

size_t pcapng_interface(void *buffer, size_t size,
			const struct pcapng_interface *interface);

size_t pcapng_packet(void *buffer, size_t size, const struct pcapng_packet *packet);

size_t pcapng_statistics(void *buffer, size_t size,
			 const struct pcapng_statistics *statistics);

#endif
