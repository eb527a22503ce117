/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Draw a ladder as SVG: two life lines, an arrow for each segment, and the states beside
 * the lines where they change. The arrow of a dropped segment ends in the middle, where
 * the firewall is, with a cross.
 */
#include "report_internal.h"

#include <inttypes.h>

#include <track/tcp.h>

#include "html.h"

#define WIDTH 1000u
#define LEFT 270u
#define RIGHT 730u
#define MIDDLE ((LEFT + RIGHT) / 2u)
#define TOP 60u
#define STEP 34u

static void
print_arrow(FILE *file, const struct report_row *row, unsigned y)
{
	bool drop = row->judged && row->verdict == VERDICT_DROP;
	unsigned from = row->from_orig ? LEFT : RIGHT;
	unsigned to = drop ? MIDDLE : row->from_orig ? RIGHT : LEFT;
	int back = row->from_orig ? -8 : 8;
	const char *colour = drop ? "#b00020" : row->judged ? "#1b5e20" : "#777";

	fprintf(file, "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" stroke=\"%s\"/>",
		from, y, to, y, colour);
	if (drop)
		fprintf(file,
			"<path d=\"M%u %ul10 10m0 -10l-10 10\" stroke=\"%s\" "
			"stroke-width=\"2\"/>",
			to - 5, y - 5, colour);
	else
		fprintf(file, "<path d=\"M%u %ul%d -4v8z\" fill=\"%s\"/>", to, y, back,
			colour);
}

static void
print_state(FILE *file, const struct report_row *row, unsigned reply, unsigned y)
{
	if (!row->has_after ||
	    (row->has_before && row->before[reply] == row->after[reply]))
		return;
	fprintf(file,
		"<text x=\"%u\" y=\"%u\" text-anchor=\"%s\" class=\"state\" "
		"font-weight=\"bold\">%s</text>",
		reply ? RIGHT + 10 : LEFT - 10, y + 4, reply ? "start" : "end",
		tcp_state_name(row->after[reply]));
}

static void
print_row(FILE *file, const struct report_about *about, const struct report_row *row,
	  unsigned y)
{
	bool drop = row->judged && row->verdict == VERDICT_DROP;
	char segment[REPORT_SEGMENT], time[REPORT_TIME];

	report_segment(row, segment);
	report_time(about, row->ns, time);
	fprintf(file, "<g class=\"%s\"><title>", drop ? "drop" : "pass");
	if (drop)
		html_text(file, row->expected[0] != '\0' ? row->expected
							 : reason_text(row->reason));
	fprintf(file, "</title><text x=\"4\" y=\"%u\">%" PRIu64 "  %s</text>", y + 4,
		row->frame, time);
	fprintf(file, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">", MIDDLE, y - 6);
	html_text(file, segment);
	fputs("</text>", file);
	print_arrow(file, row, y);
	print_state(file, row, 0, y);
	print_state(file, row, 1, y);
	if (drop)
		fprintf(file,
			"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" "
			"fill=\"#b00020\">%s%s%s</text>",
			MIDDLE, y + 16, reason_name(row->reason),
			row->action != ACTION_NONE ? "; " : "", report_answer(row));
	fputs("</g>\n", file);
}

static void
print_head(FILE *file, unsigned x, const char *anchor, const char *text)
{
	fprintf(file, "<text x=\"%u\" y=\"20\" text-anchor=\"%s\" font-weight=\"bold\">",
		x, anchor);
	html_text(file, text);
	fputs("</text>\n", file);
}

void
ladder_svg(FILE *file, const struct report *r, const struct report_about *about,
	   const struct report_ladder *ladder)
{
	const struct report_connection *c = report_find(r, ladder->connection);
	char left[EXPLAIN_ENDPOINT + 24] = "?", right[EXPLAIN_ENDPOINT + 24] = "?";
	unsigned height = TOP + ladder->count * STEP, i;

	if (c != NULL) {
		report_endpoint(c, about, 0, left);
		report_endpoint(c, about, 1, right);
	}
	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" "
		"width=\"%u\" height=\"%u\" font-family=\"ui-monospace,monospace\" "
		"font-size=\"11\" fill=\"#222\">\n",
		WIDTH, height, WIDTH, height);
	print_head(file, LEFT, "middle", left);
	print_head(file, RIGHT, "middle", right);
	for (i = 0; i < 2; i++)
		fprintf(file,
			"<line x1=\"%u\" y1=\"30\" x2=\"%u\" y2=\"%u\" "
			"stroke=\"#999\"/>\n",
			i ? RIGHT : LEFT, i ? RIGHT : LEFT, height);
	for (i = 0; i < ladder->count; i++)
		print_row(file, about, &ladder->rows[i], TOP + i * STEP);
	fputs("</svg>\n", file);
}
