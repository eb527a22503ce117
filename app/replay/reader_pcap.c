/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pcap format: a file header of 24 bytes, then packets, each after a header of 16
 * bytes (draft-ietf-opsawg-pcap). In Kuznetzov's variant, written by old Linux versions
 * of tcpdump, the packet header has 24 bytes.
 */
#include "reader_internal.h"

#include <errno.h>
#include <stdio.h>

#define HEADER_BYTES 24u
#define RECORD_BYTES 16u
#define KUZNETZOV_BYTES 24u

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define MAGIC_KUZNETZOV 0xa1b2cd34u

#define LINK_MASK 0x0000ffffu /* link type; the upper bits hold the FCS length */
#define US_RESOLUTION 6u
#define NS_RESOLUTION 9u

static bool
is_magic(uint32_t magic)
{
	return magic == MAGIC_US || magic == MAGIC_NS || magic == MAGIC_KUZNETZOV;
}

int
pcap_begin(struct reader *r, uint32_t magic)
{
	struct reader_interface *interface;
	const uint8_t *header;

	r->format = READER_PCAP;
	r->swapped = !is_magic(magic);
	if (r->swapped)
		magic = __builtin_bswap32(magic);
	header = source_peek(&r->source, HEADER_BYTES);
	if (!is_magic(magic) || header == NULL) {
		snprintf(r->error, sizeof(r->error),
			 is_magic(magic) ? "%s: no capture: the header of pcap has 24 "
					   "bytes, and the file has less"
					 : "%s: no capture; expected pcap or pcapng, "
					   "perhaps compressed by gzip or zstd",
			 r->file);
		return -EINVAL;
	}
	interface = reader_add_interface(r);
	if (interface == NULL)
		return -EINVAL;
	interface->snaplen = reader_u32(r, header + 16);
	interface->link_type = (uint16_t)(reader_u32(r, header + 20) & LINK_MASK);
	interface->tsresol = magic == MAGIC_NS ? NS_RESOLUTION : US_RESOLUTION;
	r->unit_ns = magic == MAGIC_NS ? 1 : 1000;
	r->record_bytes = magic == MAGIC_KUZNETZOV ? KUZNETZOV_BYTES : RECORD_BYTES;
	source_skip(&r->source, HEADER_BYTES);
	return 0;
}

int
pcap_next(struct reader *r, struct reader_frame *f)
{
	struct source *s = &r->source;
	const uint8_t *record = source_peek(s, r->record_bytes);
	uint32_t seconds, fraction, captured;

	if (record == NULL && s->start == s->end && s->error[0] == '\0')
		return 0;
	if (record == NULL)
		return reader_ends_early(r, "packet header", r->record_bytes);
	captured = reader_u32(r, record + 8);
	if (captured > READER_MAX_PACKET)
		return reader_damaged(r, "it has %u bytes; expected at most %u", captured,
				      READER_MAX_PACKET);
	record = source_peek(s, r->record_bytes + captured);
	if (record == NULL)
		return reader_ends_early(r, "packet", r->record_bytes + captured);
	seconds = reader_u32(r, record);
	fraction = reader_u32(r, record + 4);
	*f = (struct reader_frame){
		.ns = seconds * READER_NS_PER_S + fraction * r->unit_ns,
		.time = seconds * (READER_NS_PER_S / r->unit_ns) + fraction,
		.data = record + r->record_bytes,
		.captured = captured,
		.length = reader_u32(r, record + 12),
	};
	if (f->length < captured)
		f->length = captured;
	source_skip(s, r->record_bytes + captured);
	return 1;
}
