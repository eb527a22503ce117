/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The report as one HTML page that loads nothing: no scripts, no fonts, no pictures
 * except inline SVG.
 */
#include "report_internal.h"

#include <inttypes.h>

#include <track/tcp.h>

#include "html.h"
#include "plural.h"

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:80em;"
	"padding:0 1em;color:#222;background:#fff}"
	"table{border-collapse:collapse;width:100%;font-size:13px}"
	"th,td{text-align:left;padding:3px 8px;border-bottom:1px solid #ddd;"
	"vertical-align:top}"
	"td.n{text-align:right;font-variant-numeric:tabular-nums}"
	"code,.mono{font-family:ui-monospace,monospace;font-size:12px}"
	"ul.hints{background:#fff8e1;border-left:4px solid #e0a800;padding:8px 28px}"
	".drop{color:#b00020}.pass{color:#1b5e20}"
	"details{margin:6px 0}summary{cursor:pointer}"
	"svg{max-width:100%;height:auto;background:#fafafa}";

static void
print_hints(FILE *file, const struct report_about *about)
{
	unsigned i;

	fputs("<ul class=\"hints\">\n", file);
	for (i = 0; i < about->hints->count; i++) {
		fputs("<li>", file);
		html_text(file, about->hints->text[i]);
		fputs("</li>\n", file);
	}
	fputs("</ul>\n", file);
}

static void
print_counts(FILE *file, const struct report *r)
{
	char generated[REPORT_GENERATED];
	unsigned i;

	fprintf(file,
		"<table id=\"counts\"><tr><td class=\"n\">%" PRIu64
		"</td><td>%s, %" PRIu64
		" %s</td></tr>\n<tr class=\"pass\"><td class=\"n\">%" PRIu64
		"</td><td>passed</td></tr>\n<tr class=\"drop\"><td class=\"n\">%" PRIu64
		"</td><td>dropped",
		r->packets, plural(r->packets, "packet", "packets"), r->connections_total,
		plural(r->connections_total, "connection", "connections"), r->passed,
		r->dropped);
	if (r->incomplete != 0)
		fprintf(file, ", %" PRIu64 " of them because the capture is incomplete",
			r->incomplete);
	fputs("</td></tr>\n", file);
	for (i = 0; i < REASON_COUNT; i++) {
		if (r->reasons[i] == 0)
			continue;
		fprintf(file, "<tr><td class=\"n\">%" PRIu64 "</td><td><code>%s</code> ",
			r->reasons[i], reason_name(i));
		html_text(file, reason_text(i));
		fputs("</td></tr>\n", file);
	}
	if (r->without_verdict != 0)
		fprintf(file,
			"<tr><td class=\"n\">%" PRIu64
			"</td><td>without a verdict: %s headers are cut</td></tr>\n",
			r->without_verdict, plural(r->without_verdict, "its", "their"));
	if (report_generated(r, generated) != 0)
		fprintf(file, "<tr id=\"generated\"><td></td><td>%s</td></tr>\n",
			generated);
	fputs("</table>\n", file);
}

static void
print_why(FILE *file, const struct report_about *about, const struct report_row *row)
{
	char marks[128], rule[256];

	fprintf(file, "<td><code>%s</code> ", reason_name(row->reason));
	html_text(file, reason_text(row->reason));
	if (row->expected[0] != '\0') {
		fputs("; ", file);
		html_text(file, row->expected);
	}
	if (row->has_rule) {
		report_rule(about, row->rule, rule);
		fputs("; ", file);
		html_text(file, rule);
	}
	if (row->action != ACTION_NONE)
		fprintf(file, "; %s", report_answer(row));
	report_marks(row->marks, marks);
	if (marks[0] != '\0')
		fprintf(file, "; %s", marks);
	fputs("</td>", file);
}

static void
print_states(FILE *file, const struct report_row *row)
{
	fputs("<td class=\"mono\">", file);
	if (row->has_before)
		fprintf(file, "%s, %s", tcp_state_name(row->before[0]),
			tcp_state_name(row->before[1]));
	fputs("</td><td class=\"mono\">", file);
	if (row->has_after)
		fprintf(file, "%s, %s", tcp_state_name(row->after[0]),
			tcp_state_name(row->after[1]));
	fputs("</td>", file);
}

static void
print_drop(FILE *file, const struct report_about *about, const struct report_row *row)
{
	char time[REPORT_TIME], src[EXPLAIN_ENDPOINT], dst[EXPLAIN_ENDPOINT];
	char segment[REPORT_SEGMENT];

	report_time(about, row->ns, time);
	explain_endpoint(&row->p, 0, src);
	explain_endpoint(&row->p, 1, dst);
	report_segment(row, segment);
	fprintf(file, "<tr><td class=\"n\">%" PRIu64 "</td>", row->frame);
	if (about->capture_count > 1) {
		fputs("<td>", file);
		html_text(file, about->captures[row->file].file);
		fputs("</td>", file);
	}
	fprintf(file, "<td class=\"n\">%s</td><td>", time);
	html_text(file, about->names[row->port]);
	fprintf(file, "</td><td>%s &gt; %s</td><td class=\"mono\">", src, dst);
	html_text(file, segment);
	fputs("</td>", file);
	print_why(file, about, row);
	print_states(file, row);
	if (row->connection != 0)
		fprintf(file, "<td><a href=\"#c%" PRIu64 "\">%" PRIu64 "</a></td>",
			row->connection, row->connection);
	else
		fputs("<td></td>", file);
	fputs("</tr>\n", file);
}

static void
print_drops(FILE *file, const struct report *r, const struct report_about *about)
{
	uint32_t i;

	if (r->drop_count == 0)
		return;
	fprintf(file,
		"<h2>Drops</h2>\n<table id=\"drops\"><tr><th>frame%s<th>time<th>port"
		"<th>from, to<th>segment<th>why<th>states before<th>after<th>connection"
		"</tr>\n",
		about->capture_count > 1 ? "<th>file" : "");
	for (i = 0; i < r->drop_count; i++)
		print_drop(file, about, &r->drops[i]);
	fputs("</table>\n", file);
	if (r->dropped > r->drop_count)
		fprintf(file, "<p>and %" PRIu64 " more; --out DIR has all of them</p>\n",
			r->dropped - r->drop_count);
}

/* Print a cell with what the originator and the other endpoint did: "1, 0"; "" for 0. */
static void
print_both(FILE *file, uint64_t orig, uint64_t reply)
{
	if (orig + reply == 0)
		fputs("<td></td>", file);
	else
		fprintf(file, "<td class=\"n\">%" PRIu64 ", %" PRIu64 "</td>", orig,
			reply);
}

static void
print_figures(FILE *file, const struct analysis *a)
{
	const struct analysis_endpoint *orig = &a->e[a->orig], *reply = &a->e[!a->orig];
	double rtt = report_rtt_ms(a);

	if (rtt >= 0)
		fprintf(file, "<td class=\"n\">%.3f</td>", rtt);
	else
		fputs("<td></td>", file);
	print_both(file, orig->retransmissions, reply->retransmissions);
	print_both(file, orig->out_of_order, reply->out_of_order);
	print_both(file, orig->zero_windows, reply->zero_windows);
	fprintf(file, "<td class=\"n%s\">%" PRIu64 "</td><td>%s%s%s</td></tr>\n",
		a->drops != 0 ? " drop" : "", a->drops, a->picked_up ? "picked up" : "",
		a->picked_up && a->incomplete ? ", " : "",
		a->incomplete ? "capture incomplete" : "");
}

static void
print_connection(FILE *file, const struct report_connection *c,
		 const struct report_about *about)
{
	const struct analysis *a = &c->a;
	const struct analysis_endpoint *orig = &a->e[a->orig], *reply = &a->e[!a->orig];
	char left[EXPLAIN_ENDPOINT + 24], right[EXPLAIN_ENDPOINT + 24], proto[16];

	report_endpoint(c, about, 0, left);
	report_endpoint(c, about, 1, right);
	explain_proto(flow_id_proto(&c->key.id), proto);
	fprintf(file, "<tr id=\"c%" PRIu64 "\"><td class=\"n\">%" PRIu64 "</td><td>%s",
		a->number, a->number, proto);
	fputs("</td><td>", file);
	html_text(file, left);
	fputs("</td><td>", file);
	html_text(file, right);
	fprintf(file, "</td><td class=\"mono\">%s</td><td class=\"mono\">%s",
		a->has_states ? tcp_state_name(a->state[a->orig]) : "",
		a->has_states ? tcp_state_name(a->state[!a->orig]) : "");
	fprintf(file,
		"</td><td class=\"n\">%.6f</td><td class=\"n\">%" PRIu64
		"</td><td class=\"n\">%" PRIu64 "</td><td class=\"mono\">%s %.*s</td>",
		(double)(a->last_ns - a->first_ns) / 1e9, orig->bytes, reply->bytes,
		analysis_conn_state(a, flow_id_proto(&c->key.id)), (int)a->history_length,
		a->history);
	print_figures(file, a);
}

static void
print_connections(FILE *file, const struct report *r, const struct report_about *about)
{
	uint32_t i;

	fputs("<h2>Connections</h2>\n<table id=\"connections\"><tr><th><th><th>began<th>"
	      "answered<th>state<th>state<th>seconds<th>bytes<th>bytes<th>history<th>"
	      "RTT of handshake, ms<th>retransmissions<th>out of order<th>zero windows"
	      "<th>drops<th>marks</tr>\n",
	      file);
	for (i = 0; i < r->connection_count; i++)
		print_connection(file, &r->connections[i], about);
	fputs("</table>\n", file);
	if (r->connections_total > r->connection_count)
		fprintf(file, "<p>and %" PRIu64 " more; --out DIR has all of them</p>\n",
			r->connections_total - r->connection_count);
}

static void
print_ladders(FILE *file, const struct report *r, const struct report_about *about)
{
	uint32_t i;

	fputs("<h2>Segments</h2>\n", file);
	for (i = 0; i < r->ladder_count; i++) {
		fprintf(file, "<details%s><summary>connection %" PRIu64 "</summary>\n",
			i == 0 ? " open" : "", r->ladders[i].connection);
		ladder_svg(file, r, about, &r->ladders[i]);
		if (r->ladders[i].left_out != 0)
			fprintf(file,
				"<p>and %" PRIu64 " more %s; --connection %" PRIu64
				" has up to %u</p>\n",
				r->ladders[i].left_out,
				plural(r->ladders[i].left_out, "packet", "packets"),
				r->ladders[i].connection, REPORT_LADDER_MAX);
		fputs("</details>\n", file);
	}
}

int
report_html(const struct report *r, const struct report_about *about)
{
	unsigned i;

	printf("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	       "<title>sluice-replay</title>\n<style>%s</style></head>\n<body>\n<h1>",
	       style);
	for (i = 0; i < about->capture_count; i++) {
		fputs(i == 0 ? "" : ", ", stdout);
		html_text(stdout, about->captures[i].file);
	}
	fputs("</h1>\n", stdout);
	print_hints(stdout, about);
	print_counts(stdout, r);
	print_drops(stdout, r, about);
	print_connections(stdout, r, about);
	print_ladders(stdout, r, about);
	fputs("</body></html>\n", stdout);
	return 0;
}
