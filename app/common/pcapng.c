/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

#include <string.h>

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET 6u

#define MAGIC 0x1a2b3c4du
#define VERSION_MAJOR 1u

/* option codes of the pcapng format */
#define OPT_COMMENT 1u
#define SHB_OS 3u
#define SHB_USERAPPL 4u
#define IF_NAME 2u
#define IF_DESCRIPTION 3u
#define IF_TSRESOL 9u
#define IF_FILTER 11u
#define IF_TSOFFSET 14u
#define EPB_FLAGS 2u
#define EPB_PACKETID 5u
#define ISB_IFRECV 4u
#define ISB_IFDROP 5u

#define FILTER_STRING 0u /* first byte of if_filter: a libpcap filter string follows */
#define DEFAULT_TSRESOL 6u

/*
 * A block under construction. length counts all bytes, also those that exceed the buffer
 * and are not written.
 */
struct block {
	uint8_t *bytes;
	size_t size;
	size_t length;
	bool has_options;
};

static void
put(struct block *b, const void *bytes, size_t n)
{
	if (n != 0 && n <= b->size && b->length <= b->size - n)
		memcpy(b->bytes + b->length, bytes, n);
	b->length += n;
}

static void
put16(struct block *b, uint16_t value)
{
	put(b, &value, sizeof(value));
}

static void
put32(struct block *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

/* Append a time: two 32-bit words, the high word first in either byte order. */
static void
put_time(struct block *b, uint64_t time)
{
	put32(b, (uint32_t)(time >> 32));
	put32(b, (uint32_t)time);
}

/* Append zeros up to a multiple of 4 bytes. */
static void
pad(struct block *b)
{
	static const uint8_t zeros[4];

	put(b, zeros, -b->length & 3u);
}

static void
put_option(struct block *b, uint16_t code, const void *value, uint16_t length)
{
	put16(b, code);
	put16(b, length);
	put(b, value, length);
	pad(b);
	b->has_options = true;
}

/* Return how many bytes of a text an option holds. */
static uint16_t
text_length(const char *text, size_t max)
{
	size_t length = strnlen(text, max + 1);

	if (length > max) {
		length = max;
		while (length > 0 && ((uint8_t)text[length] & 0xc0u) == 0x80u)
			length--;
	}
	return (uint16_t)length;
}

static void
put_text(struct block *b, uint16_t code, const char *text)
{
	if (text != NULL)
		put_option(b, code, text, text_length(text, UINT16_MAX));
}

static struct block
begin(void *buffer, size_t size, uint32_t type)
{
	struct block b = {.bytes = buffer, .size = size};

	put32(&b, type);
	put32(&b, 0); /* total length, set when the block is complete */
	return b;
}

static size_t
end(struct block *b)
{
	uint32_t length;

	if (b->has_options)
		put32(b, 0); /* opt_endofopt: end of the options */
	length = (uint32_t)b->length + (uint32_t)sizeof(length);
	put32(b, length);
	if (b->length <= b->size)
		memcpy(b->bytes + 4, &length, sizeof(length));
	return b->length;
}

size_t
pcapng_section(void *buffer, size_t size, const struct pcapng_section *section)
{
	static const uint64_t unknown = UINT64_MAX; /* section length -1: not specified */
	struct block b = begin(buffer, size, BLOCK_SECTION);

	put32(&b, MAGIC);
	put16(&b, VERSION_MAJOR);
	put16(&b, 0);
	put(&b, &unknown, sizeof(unknown));
	put_text(&b, OPT_COMMENT, section->comment);
	put_text(&b, SHB_OS, section->os);
	put_text(&b, SHB_USERAPPL, section->application);
	return end(&b);
}

/* Append if_filter: a byte for the kind of filter, then its text. */
static void
put_filter(struct block *b, const char *text)
{
	static const uint8_t kind = FILTER_STRING;
	uint16_t length;

	if (text == NULL)
		return;
	length = text_length(text, UINT16_MAX - 1);
	put16(b, IF_FILTER);
	put16(b, (uint16_t)(length + 1));
	put(b, &kind, 1);
	put(b, text, length);
	pad(b);
	b->has_options = true;
}

size_t
pcapng_interface(void *buffer, size_t size, const struct pcapng_interface *interface)
{
	struct block b = begin(buffer, size, BLOCK_INTERFACE);

	put16(&b, interface->link_type);
	put16(&b, 0);
	put32(&b, interface->snaplen);
	put_text(&b, OPT_COMMENT, interface->comment);
	put_text(&b, IF_NAME, interface->name);
	put_text(&b, IF_DESCRIPTION, interface->description);
	if (interface->tsresol != DEFAULT_TSRESOL)
		put_option(&b, IF_TSRESOL, &interface->tsresol, 1);
	put_filter(&b, interface->filter);
	if (interface->tsoffset != 0)
		put_option(&b, IF_TSOFFSET, &interface->tsoffset,
			   sizeof(interface->tsoffset));
	return end(&b);
}

size_t
pcapng_packet(void *buffer, size_t size, const struct pcapng_packet *packet)
{
	struct block b = begin(buffer, size, BLOCK_PACKET);
	unsigned i;

	put32(&b, packet->interface);
	put_time(&b, packet->time);
	put32(&b, packet->captured);
	put32(&b, packet->length);
	put(&b, packet->data, packet->captured);
	pad(&b);
	for (i = 0; i < PCAPNG_COMMENTS; i++)
		put_text(&b, OPT_COMMENT, packet->comment[i]);
	if (packet->flags != 0)
		put_option(&b, EPB_FLAGS, &packet->flags, sizeof(packet->flags));
	if (packet->has_id)
		put_option(&b, EPB_PACKETID, &packet->id, sizeof(packet->id));
	return end(&b);
}

size_t
pcapng_statistics(void *buffer, size_t size, const struct pcapng_statistics *statistics)
{
	struct block b = begin(buffer, size, BLOCK_STATISTICS);

	put32(&b, statistics->interface);
	put_time(&b, statistics->time);
	put_option(&b, ISB_IFRECV, &statistics->received, sizeof(statistics->received));
	put_option(&b, ISB_IFDROP, &statistics->dropped, sizeof(statistics->dropped));
	return end(&b);
}
