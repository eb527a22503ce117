/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packets of a capture in the order of the file: pcap (microseconds, nanoseconds,
 * Kuznetzov's variant, either byte order) and pcapng. Unlike libpcap it returns what
 * pcapng stores beside the bytes: interface, direction, exact time, comments, number of
 * packets that the capture has lost (docs/adr/0028-own-capture-reader.md).
 *
 *	struct reader_frame f;
 *
 *	if (reader_open(&r, "x.pcapng", text, sizeof(text)) != 0)
 *		...
 *	while ((status = reader_next(&r, &f)) == 1)
 *		...
 *	if (status < 0)
 *		r.error says where and why; earlier packets are intact
 *	reader_close(&r);
 *
 * Any bytes are safe input. Memory is bounded by the longest block and the interfaces.
 */
#ifndef REPLAY_READER_H
#define REPLAY_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

#define READER_MAX_PACKET (256u << 10) /* bytes; libpcap's own limit */
#define READER_MAX_INTERFACES 1024u
#define READER_NAME 64u
#define READER_COMMENT 1024u
#define READER_NS_PER_S UINT64_C(1000000000)

/* Direction bits of reader_frame.flags, as bits 0 and 1 of pcapng's epb_flags. */
#define READER_INBOUND 0x1u
#define READER_OUTBOUND 0x2u
#define READER_DIRECTION 0x3u

struct reader_interface {
	uint16_t link_type;
	uint32_t snaplen; /* bytes kept of each packet; 0: no limit */
	uint8_t tsresol;  /* if_tsresol: unit of the times in the file */
	int64_t tsoffset; /* seconds to add to the times */
	uint64_t packets; /* packets read so far */
	uint64_t dropped; /* packets lost while capturing, if the file says so */
	bool has_dropped;
	char name[READER_NAME]; /* name; "": not known */
	char description[READER_NAME];
};

/* A packet. data is valid until the next reader_next(). */
struct reader_frame {
	uint64_t number; /* number in the file, from 1, as in Wireshark */
	uint64_t ns;     /* nanoseconds since 1970 */
	uint64_t time;   /* time as it stands in the file, in the interface's unit */
	const uint8_t *data;
	uint32_t captured;  /* number of bytes at data */
	uint32_t length;    /* length of the packet when it was captured, bytes */
	uint32_t interface; /* index in reader.interfaces */
	uint32_t flags;     /* epb_flags; 0: none */
	uint64_t id;        /* epb_packetid, valid if has_id */
	bool has_id;
	const char *comment; /* first comment, stored in reader.comment; NULL: none */
};

enum reader_format { READER_PCAP, READER_PCAPNG };

struct reader {
	struct source source;
	const char *file;
	enum reader_format format;
	bool swapped;    /* file (or section) has the opposite byte order */
	uint64_t number; /* packets read so far */
	struct reader_interface *interfaces;
	uint32_t interface_count;
	uint32_t interface_room;
	uint32_t section_first; /* index of the current section's interface 0 */
	uint32_t record_bytes;  /* pcap: length of a packet header, bytes */
	uint64_t unit_ns; /* pcap: nanoseconds of one unit of the fraction of a second */
	char comment[READER_COMMENT];
	char error[512];
};

/*
 * Open a file, "-" for standard input, and read its header. Returns 0, or -errno with
 * "FILE: what is wrong" in text. After success, call reader_close().
 */
int reader_open(struct reader *r, const char *file, char *text, size_t size);

/* The same for bytes in memory, which are copied; for tests. */
int reader_open_memory(struct reader *r, const void *bytes, size_t length, char *text,
		       size_t size);

/*
 * Read the next packet. Returns 1; 0 at the end; or -EINVAL with r->error when the file
 * is damaged or ends early, also in each later call.
 */
int reader_next(struct reader *r, struct reader_frame *f);

void reader_close(struct reader *r);

#endif
