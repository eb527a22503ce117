/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz the capture reader with arbitrary bytes. Each packet that it returns must lie
 * within the buffer and be parsable as a frame; an error must name the file and end the
 * reading.
 */
#include "fuzz.h"

#include <string.h>

#include "frame.h"

static void
check_frame(struct frame *fr, const struct reader *r)
{
	uint8_t macs[2 * LINKTYPE_MAC], byte;
	struct packet inner;

	fr->link_type = r->interfaces[fr->f.interface].link_type;
	if (!linktype_is_known(fr->link_type))
		return;
	frame_parse(fr);
	require(fr->captured <= fr->length);
	require(fr->captured <= READER_MAX_PACKET + LINKTYPE_HEADER);
	require(fr->p.kind != PACKET_BAD || fr->p.reason != REASON_NONE);
	require(fr->captured == 0 || frame_read(fr, fr->captured - 1, 1, &byte));
	require(!frame_read(fr, fr->captured, 1, &byte));
	frame_macs(fr, macs);
	frame_checksum(fr);
	lie(fr->p.kind != PACKET_TCP);
	if (fr->p.kind == PACKET_TCP)
		frame_mss(fr);
	if (fr->p.kind == PACKET_ICMP_ERROR && !(fr->marks & MARK_CUT_HEADERS))
		frame_quoted(fr, &inner);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame fr;
	struct reader r;
	char text[512];
	uint64_t packets = 0;
	int status;

	if (reader_open_memory(&r, data, size, text, sizeof(text)) != 0) {
		require(strncmp(text, "memory", 6) == 0);
		return 0;
	}
	while ((status = reader_next(&r, &fr.f)) == 1) {
		require(fr.f.number == ++packets);
		require(fr.f.interface < r.interface_count);
		require(fr.f.captured <= fr.f.length);
		require(fr.f.captured <= READER_MAX_PACKET);
		check_frame(&fr, &r);
	}
	require((status < 0) == (r.error[0] != '\0'));
	require(reader_next(&r, &fr.f) == status);
	reader_close(&r);
	return 0;
}
