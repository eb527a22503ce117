/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng (draft-ietf-opsawg-pcapng-03): blocks, each with its type, its length before and
 * after, and options. Read are section headers, interfaces, packets in their three forms
 * and statistics; other blocks are skipped. A file may hold several sections, each with
 * interfaces and a byte order of its own.
 */
#include "reader_internal.h"

#include <errno.h>

#define BLOCK_INTERFACE 1u
#define BLOCK_OLD_PACKET 2u
#define BLOCK_SIMPLE_PACKET 3u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET 6u

#define BLOCK_MIN 12u /* type and both lengths */
#define MAGIC 0x1a2b3c4du

/* Bytes of the fixed part of a block, after type and length. */
#define SECTION_BYTES 16u
#define INTERFACE_BYTES 8u
#define PACKET_BYTES 20u
#define SIMPLE_BYTES 4u
#define STATISTICS_BYTES 12u

#define OPT_END 0u
#define OPT_COMMENT 1u
#define IF_NAME 2u
#define IF_DESCRIPTION 3u
#define IF_TSRESOL 9u
#define IF_TSOFFSET 14u
#define EPB_FLAGS 2u
#define EPB_PACKETID 5u
#define ISB_IFDROP 5u

#define DEFAULT_TSRESOL 6u
#define TSRESOL_BINARY 0x80u
#define MAX_DECIMAL 19u /* largest n for which 10^n fits 64 bits */
#define MAX_BINARY 63u

/* The body of a block: what lies between its two lengths. */
struct body {
	const uint8_t *bytes;
	uint32_t length;
};

struct option {
	uint16_t code;
	uint16_t length;
	const uint8_t *value;
};

/*
 * Read the option at *at; return false at the end of the options, or when one exceeds the
 * block.
 */
static bool
next_option(const struct reader *r, const struct body *b, uint32_t *at, struct option *o)
{
	if (*at > b->length || b->length - *at < 4)
		return false;
	o->code = reader_u16(r, b->bytes + *at);
	o->length = reader_u16(r, b->bytes + *at + 2);
	o->value = b->bytes + *at + 4;
	if (o->code == OPT_END || o->length > b->length - *at - 4)
		return false;
	*at += 4 + ((o->length + 3u) & ~3u);
	return true;
}

static void
copy_text(char *text, size_t size, const struct option *o)
{
	size_t n = o->length < size - 1 ? o->length : size - 1;

	memcpy(text, o->value, n);
	text[n] = '\0';
}

/* Return 10^n, n <= MAX_DECIMAL. */
static uint64_t
power_of_ten(unsigned n)
{
	uint64_t power = 1;

	while (n-- > 0)
		power *= 10;
	return power;
}

/*
 * Convert a time in units of an interface to nanoseconds since 1970. Returns false when
 * it is before 1970 or exceeds 64 bits (year 2554).
 */
static bool
to_ns(const struct reader_interface *interface, uint64_t time, uint64_t *ns)
{
	unsigned n = interface->tsresol & (uint8_t)~TSRESOL_BINARY;
	unsigned __int128 scaled;
	__int128 sum;

	if (interface->tsresol & TSRESOL_BINARY)
		scaled = (unsigned __int128)time * READER_NS_PER_S >> n;
	else
		scaled = (unsigned __int128)time * READER_NS_PER_S / power_of_ten(n);
	sum = (__int128)scaled + (__int128)interface->tsoffset * (int64_t)READER_NS_PER_S;
	if (sum < 0 || sum > (__int128)UINT64_MAX)
		return false;
	*ns = (uint64_t)sum;
	return true;
}

static int
read_section(struct reader *r, const struct body *b)
{
	if (b->length < SECTION_BYTES)
		return reader_damaged(r, "a section header of %u bytes", b->length);
	if (reader_u16(r, b->bytes + 4) != 1)
		return reader_damaged(r, "version %u of pcapng; expected 1",
				      reader_u16(r, b->bytes + 4));
	r->section_first = r->interface_count;
	return 0;
}

static int
read_interface(struct reader *r, const struct body *b)
{
	struct reader_interface *interface;
	uint32_t at = INTERFACE_BYTES;
	struct option o;
	unsigned n;

	if (b->length < INTERFACE_BYTES)
		return reader_damaged(r, "an interface of %u bytes", b->length);
	interface = reader_add_interface(r);
	if (interface == NULL)
		return -EINVAL;
	interface->link_type = reader_u16(r, b->bytes);
	interface->snaplen = reader_u32(r, b->bytes + 4);
	interface->tsresol = DEFAULT_TSRESOL;
	while (next_option(r, b, &at, &o)) {
		if (o.code == IF_NAME)
			copy_text(interface->name, sizeof(interface->name), &o);
		else if (o.code == IF_DESCRIPTION)
			copy_text(interface->description, sizeof(interface->description),
				  &o);
		else if (o.code == IF_TSRESOL && o.length == 1)
			interface->tsresol = o.value[0];
		else if (o.code == IF_TSOFFSET && o.length == 8)
			interface->tsoffset = (int64_t)reader_u64(r, o.value);
	}
	n = interface->tsresol & (uint8_t)~TSRESOL_BINARY;
	if (n > (interface->tsresol & TSRESOL_BINARY ? MAX_BINARY : MAX_DECIMAL))
		return reader_damaged(r,
				      "a resolution of time of %s^-%u; expected at "
				      "most %s",
				      interface->tsresol & TSRESOL_BINARY ? "2" : "10", n,
				      interface->tsresol & TSRESOL_BINARY ? "2^-63"
									  : "10^-19");
	return 0;
}

static int
read_statistics(struct reader *r, const struct body *b)
{
	uint32_t at = STATISTICS_BYTES, index;
	struct option o;

	if (b->length < STATISTICS_BYTES)
		return reader_damaged(r, "statistics of %u bytes", b->length);
	index = reader_u32(r, b->bytes);
	if (index >= r->interface_count - r->section_first)
		return 0;
	while (next_option(r, b, &at, &o)) {
		if (o.code != ISB_IFDROP || o.length != 8)
			continue;
		r->interfaces[r->section_first + index].dropped = reader_u64(r, o.value);
		r->interfaces[r->section_first + index].has_dropped = true;
	}
	return 0;
}

/* Read the options of a packet. */
static void
read_packet_options(struct reader *r, const struct body *b, uint32_t at,
		    struct reader_frame *f)
{
	struct option o;

	while (next_option(r, b, &at, &o)) {
		if (o.code == OPT_COMMENT && f->comment == NULL) {
			copy_text(r->comment, sizeof(r->comment), &o);
			f->comment = r->comment;
		} else if (o.code == EPB_FLAGS && o.length == 4) {
			f->flags = reader_u32(r, o.value);
		} else if (o.code == EPB_PACKETID && o.length == 8) {
			f->id = reader_u64(r, o.value);
			f->has_id = true;
		}
	}
}

/*
 * Convert an interface index of the section to one of the reader; false: no such
 * interface.
 */
static bool
find_interface(const struct reader *r, struct reader_frame *f)
{
	if (f->interface >= r->interface_count - r->section_first)
		return false;
	f->interface += r->section_first;
	return true;
}

/* Read an Enhanced Packet Block, or the obsolete Packet Block. */
static int
read_packet(struct reader *r, const struct body *b, bool old, struct reader_frame *f)
{
	uint32_t padded;

	if (b->length < PACKET_BYTES)
		return reader_damaged(r, "a packet block of %u bytes", b->length);
	*f = (struct reader_frame){
		.interface = old ? reader_u16(r, b->bytes) : reader_u32(r, b->bytes),
		.time = (uint64_t)reader_u32(r, b->bytes + 4) << 32 |
			reader_u32(r, b->bytes + 8),
		.captured = reader_u32(r, b->bytes + 12),
		.length = reader_u32(r, b->bytes + 16),
		.data = b->bytes + PACKET_BYTES,
	};
	if (!find_interface(r, f))
		return reader_damaged(r, "it is of interface %u, which is not described",
				      f->interface);
	if (f->captured > b->length - PACKET_BYTES)
		return reader_damaged(r, "%u bytes do not fit into its block of %u",
				      f->captured, b->length + BLOCK_MIN);
	if (f->captured > READER_MAX_PACKET)
		return reader_damaged(r, "it has %u bytes; expected at most %u",
				      f->captured, READER_MAX_PACKET);
	if (!to_ns(&r->interfaces[f->interface], f->time, &f->ns))
		return reader_damaged(r, "its time is before 1970 or after 2554");
	padded = (f->captured + 3u) & ~3u;
	read_packet_options(r, b, PACKET_BYTES + padded, f);
	if (f->length < f->captured)
		f->length = f->captured;
	return 1;
}

/* Read a Simple Packet Block: interface 0, no time; it gets the Unix epoch. */
static int
read_simple_packet(struct reader *r, const struct body *b, struct reader_frame *f)
{
	const struct reader_interface *interface;

	if (b->length < SIMPLE_BYTES)
		return reader_damaged(r, "a packet block of %u bytes", b->length);
	*f = (struct reader_frame){
		.length = reader_u32(r, b->bytes),
		.data = b->bytes + SIMPLE_BYTES,
	};
	if (!find_interface(r, f))
		return reader_damaged(r, "it is of interface 0, which is not described");
	interface = &r->interfaces[f->interface];
	f->captured = f->length;
	if (interface->snaplen != 0 && f->captured > interface->snaplen)
		f->captured = interface->snaplen;
	if (f->captured > b->length - SIMPLE_BYTES)
		f->captured = b->length - SIMPLE_BYTES;
	if (f->captured > READER_MAX_PACKET)
		return reader_damaged(r, "it has %u bytes; expected at most %u",
				      f->captured, READER_MAX_PACKET);
	return 1;
}

/* Read one block. Returns 1: f is a packet; 0: not a packet; -EINVAL. */
static int
read_block(struct reader *r, uint32_t type, const struct body *b, struct reader_frame *f)
{
	switch (type) {
	case PCAPNG_SECTION:
		return read_section(r, b);
	case BLOCK_INTERFACE:
		return read_interface(r, b);
	case BLOCK_STATISTICS:
		return read_statistics(r, b);
	case BLOCK_PACKET:
		return read_packet(r, b, false, f);
	case BLOCK_OLD_PACKET:
		return read_packet(r, b, true, f);
	case BLOCK_SIMPLE_PACKET:
		return read_simple_packet(r, b, f);
	default:
		return 0;
	}
}

/* Read a section header, which defines the byte order. */
static int
section_order(struct reader *r)
{
	const uint8_t *head = source_peek(&r->source, 12);
	uint32_t magic;

	if (head == NULL)
		return reader_ends_early(r, "section header", BLOCK_MIN + SECTION_BYTES);
	memcpy(&magic, head + 8, sizeof(magic));
	if (magic != MAGIC && magic != __builtin_bswap32(MAGIC))
		return reader_damaged(r, "a section header without its magic number");
	r->swapped = magic != MAGIC;
	return 0;
}

int
pcapng_next(struct reader *r, struct reader_frame *f)
{
	struct source *s = &r->source;
	const uint8_t *head;
	struct body b;
	uint32_t type, length;
	int status = 0;

	while (status == 0) {
		head = source_peek(s, 8);
		if (head == NULL && s->start == s->end && s->error[0] == '\0')
			return 0;
		if (head == NULL)
			return reader_ends_early(r, "block header", 8);
		type = reader_u32(r, head);
		if (type == PCAPNG_SECTION && section_order(r) != 0)
			return -EINVAL;
		head = s->buffer + s->start;
		length = reader_u32(r, head + 4);
		if (length < BLOCK_MIN || length % 4 != 0 || length > SOURCE_MAX_PEEK)
			return reader_damaged(r, "a block of %u bytes", length);
		head = source_peek(s, length);
		if (head == NULL)
			return reader_ends_early(r, "block", length);
		if (reader_u32(r, head + length - 4) != length)
			return reader_damaged(r,
					      "a block of %u bytes ends with the "
					      "length %u",
					      length, reader_u32(r, head + length - 4));
		b = (struct body){head + 8, length - BLOCK_MIN};
		status = read_block(r, type, &b, f);
		source_skip(s, length);
	}
	return status;
}
