/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the reader share.
 *
 *	reader.c         opening, the format
 *	reader_parts.c   errors, interfaces
 *	reader_pcap.c    pcap
 *	reader_pcapng.c  pcapng
 */
#ifndef REPLAY_READER_INTERNAL_H
#define REPLAY_READER_INTERNAL_H

#include "reader.h"

#include <string.h>

/* Read a number at any address, in the byte order of the file. */
static inline uint16_t
reader_u16(const struct reader *r, const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return r->swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t
reader_u32(const struct reader *r, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return r->swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t
reader_u64(const struct reader *r, const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return r->swapped ? __builtin_bswap64(value) : value;
}

/* Set r->error: the file is damaged at the next packet. Returns -EINVAL. */
int reader_damaged(struct reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Set r->error: the file ends within a packet or block of this many bytes. */
int reader_ends_early(struct reader *r, const char *what, size_t bytes);

/* Add an interface, zeroed; NULL with r->error: there are too many. */
struct reader_interface *reader_add_interface(struct reader *r);

/*
 * pcap: read the header, of which only the magic number has been peeked. Returns 0 or
 * -EINVAL.
 */
int pcap_begin(struct reader *r, uint32_t magic);
int pcap_next(struct reader *r, struct reader_frame *f);

/* pcapng: read the next packet; the file starts with a section header. */
int pcapng_next(struct reader *r, struct reader_frame *f);

#define PCAPNG_SECTION 0x0a0d0d0au

#endif
