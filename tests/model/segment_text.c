/* SPDX-License-Identifier: BSD-3-Clause */
#include "segment_text.h"

#include <inttypes.h>

void
segment_print(FILE *out, const struct tcp_segment *seg)
{
	static const char letters[] = "FSRPAU";
	unsigned i;

	for (i = 0; letters[i]; i++)
		if (seg->flags & 1u << i)
			fputc(letters[i], out);
	if (!seg->flags)
		fputc('0', out);
	fprintf(out, " =%" PRIu32, seg->seq);
	if (seg->len > 0)
		fprintf(out, "(%" PRIu32 ")", seg->len);
	if (seg->flags & TCP_ACK)
		fprintf(out, " ack =%" PRIu32, seg->ack);
	fprintf(out, " win %u", seg->win);
	if ((seg->flags & TCP_SYN) && seg->scale != TCP_NO_SCALE)
		fprintf(out, " <wscale %u%s", seg->scale, seg->has_ts ? "," : ">");
	if (seg->has_ts)
		fprintf(out, "%s ts %" PRIu32 " %" PRIu32 ">",
			(seg->flags & TCP_SYN) && seg->scale != TCP_NO_SCALE ? "" : " <",
			seg->tsval, seg->tsecr);
}
