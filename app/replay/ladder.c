/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Draw a ladder diagram like the figures of RFC 9293: the originator on the left, one
 * segment a row, and the states of both endpoints after the segment.
 */
#include "report_internal.h"

#include <inttypes.h>

#include <track/tcp.h>

#include "plural.h"

#define STATE_COLUMNS 13
#define SEGMENT_COLUMNS 46

static const char *
state_before(const struct report_row *row, unsigned reply)
{
	return row->has_before ? tcp_state_name(row->before[reply]) : "";
}

static const char *
state_after(const struct report_row *row, unsigned reply)
{
	return row->has_after ? tcp_state_name(row->after[reply])
			      : state_before(row, reply);
}

static void
print_row(const struct report_about *about, const struct report_row *row)
{
	bool drop = row->judged && row->verdict == VERDICT_DROP;
	char segment[REPORT_SEGMENT], time[REPORT_TIME], marks[128];
	const char *left = row->from_orig ? "-->" : drop ? "   " : "<--";
	const char *right = row->from_orig ? (drop ? "X  " : "-->") : "<--";

	if (!row->from_orig && drop)
		left = "  X";
	report_segment(row, segment);
	report_time(about, row->ns, time);
	report_marks(row->marks, marks);
	printf("%7" PRIu64 " %12s  %-*s %s %-*s %s  %-*s", row->frame, time,
	       STATE_COLUMNS, state_after(row, 0), left, SEGMENT_COLUMNS, segment, right,
	       STATE_COLUMNS, state_after(row, 1));
	if (!row->judged)
		printf(" no verdict");
	else if (drop)
		printf(" DROP %s%s%s", reason_name(row->reason),
		       row->expected[0] != '\0' ? ": " : "", row->expected);
	if (row->action != ACTION_NONE)
		printf("; %s", report_answer(row));
	if (marks[0] != '\0')
		printf(" (%s)", marks);
	if (about->capture_count > 1)
		printf(" of %s", about->captures[row->file].file);
	putchar('\n');
}

void
ladder_text(const struct report *r, const struct report_about *about,
	    const struct report_ladder *ladder)
{
	const struct report_connection *c = report_find(r, ladder->connection);
	char left[EXPLAIN_ENDPOINT + 24] = "?", right[EXPLAIN_ENDPOINT + 24] = "?";
	uint32_t i;

	if (c != NULL) {
		report_endpoint(c, about, 0, left);
		report_endpoint(c, about, 1, right);
	}
	printf("\nconnection %" PRIu64 ": %s to %s\n\n", ladder->connection, left, right);
	printf("  frame         time  %-*s     %-*s      %s\n", STATE_COLUMNS, "begins",
	       SEGMENT_COLUMNS, "", "answers");
	for (i = 0; i < ladder->count; i++)
		print_row(about, &ladder->rows[i]);
	if (ladder->left_out != 0)
		printf("and %" PRIu64 " more %s\n", ladder->left_out,
		       plural(ladder->left_out, "packet", "packets"));
}
