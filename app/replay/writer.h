/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Write packets of the captures to a pcapng file. Bytes, link types, interfaces and times
 * are those of the capture that a packet comes from.
 */
#ifndef REPLAY_WRITER_H
#define REPLAY_WRITER_H

#include <limits.h>
#include <stdio.h>

#include "sinks.h"

/* most interfaces of all captures together; packets of further ones are left out */
#define WRITER_INTERFACES 256u

struct writer {
	FILE *file; /* NULL: not open */
	char path[PATH_MAX];
	char *buffer;
	uint8_t *block;
	size_t block_bytes;
	uint64_t left_out;
	int error; /* errno of the first failed write */
	uint32_t count;
	struct writer_interface {
		uint16_t capture;
		uint32_t interface;
	} interfaces[WRITER_INTERFACES];
};

struct writer_extra {
	bool as_replayed;    /* write the time of the replay in nanoseconds, and the id */
	uint64_t id;         /* epb_packetid */
	const char *comment; /* comment of the packet; NULL: none */
};

/*
 * Create DIR/NAME.pcapng. Returns 0, or -errno with text. Call writer_close() in both
 * cases.
 */
int writer_open(struct writer *w, const char *dir, const char *name, char *text,
		size_t size);

/* Write a packet, whose bytes must be available. writer_close() reports errors. */
void writer_packet(struct writer *w, const struct item *item,
		   const struct writer_extra *extra);

/* Close the file. Returns 0, or -errno with text when writing has failed. */
int writer_close(struct writer *w, char *text, size_t size);

#endif
