/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_internal.h"

#include <inttypes.h>

#include <track/tcp.h>

#include "line.h"
#include "plural.h"

static void
print_hints(const struct report_about *about)
{
	unsigned i;

	for (i = 0; i < about->capture_count; i++)
		printf("%s%s", i == 0 ? "" : ", ", about->captures[i].file);
	putchar('\n');
	for (i = 0; i < about->hints->count; i++)
		printf("  * %s\n", about->hints->text[i]);
}

static void
print_counts(const struct report *r)
{
	char generated[REPORT_GENERATED];
	unsigned i;

	printf("\n%9" PRIu64 " %s, %" PRIu64 " %s\n%9" PRIu64 " passed\n%9" PRIu64
	       " dropped",
	       r->packets, plural(r->packets, "packet", "packets"), r->connections_total,
	       plural(r->connections_total, "connection", "connections"), r->passed,
	       r->dropped);
	if (r->incomplete != 0)
		printf(", %" PRIu64 " of them because the capture is incomplete",
		       r->incomplete);
	putchar('\n');
	for (i = 0; i < REASON_COUNT; i++)
		if (r->reasons[i] != 0)
			printf("%15" PRIu64 " %-20s %s\n", r->reasons[i], reason_name(i),
			       reason_text(i));
	if (r->without_verdict != 0)
		printf("%9" PRIu64 " without a verdict: %s headers are cut\n",
		       r->without_verdict, plural(r->without_verdict, "its", "their"));
	if (report_generated(r, generated) != 0)
		printf("          %s\n", generated);
}

static void
print_packet(const struct report_row *row)
{
	char src[EXPLAIN_ENDPOINT], dst[EXPLAIN_ENDPOINT], proto[16];
	char segment[REPORT_SEGMENT];

	if (row->p.family == 0) {
		printf("EtherType 0x%04x", row->p.ether_type);
		return;
	}
	explain_endpoint(&row->p, 0, src);
	explain_endpoint(&row->p, 1, dst);
	explain_proto(row->p.proto, proto);
	report_segment(row, segment);
	printf("%s > %s %s %s", src, dst, proto, segment);
}

static void
print_states(const struct report_row *row)
{
	if (!row->has_before && !row->has_after)
		return;
	printf("          states:");
	if (row->has_before)
		printf(" %s, %s", tcp_state_name(row->before[0]),
		       tcp_state_name(row->before[1]));
	if (row->has_after && row->has_before &&
	    (row->after[0] != row->before[0] || row->after[1] != row->before[1]))
		printf(" ->");
	if (row->has_after && (!row->has_before || row->after[0] != row->before[0] ||
			       row->after[1] != row->before[1]))
		printf(" %s, %s", tcp_state_name(row->after[0]),
		       tcp_state_name(row->after[1]));
	putchar('\n');
}

static void
print_drop(const struct report_about *about, const struct report_row *row)
{
	char time[REPORT_TIME], marks[128], rule[256];

	report_time(about, row->ns, time);
	report_marks(row->marks, marks);
	printf("%7" PRIu64, row->frame);
	if (about->capture_count > 1)
		printf(" of %s", about->captures[row->file].file);
	printf(" %s %s ", time, about->names[row->port]);
	print_packet(row);
	printf("\n          %s: %s", reason_name(row->reason), reason_text(row->reason));
	if (row->expected[0] != '\0')
		printf("; %s", row->expected);
	if (row->has_rule) {
		report_rule(about, row->rule, rule);
		printf("; %s", rule);
	}
	if (row->action != ACTION_NONE)
		printf("; %s", report_answer(row));
	if (row->connection != 0)
		printf("; connection %" PRIu64, row->connection);
	putchar('\n');
	print_states(row);
	if (marks[0] != '\0')
		printf("          marks: %s\n", marks);
}

static void
print_figures(const struct report_connection *c)
{
	const struct analysis *a = &c->a;
	const struct analysis_endpoint *orig = &a->e[a->orig], *reply = &a->e[!a->orig];

	printf("          %.6f s, %" PRIu64 " and %" PRIu64 " bytes of data, %s %.*s",
	       (double)(a->last_ns - a->first_ns) / 1e9, orig->bytes, reply->bytes,
	       analysis_conn_state(a, flow_id_proto(&c->key.id)), (int)a->history_length,
	       a->history);
	if (report_rtt_ms(a) >= 0)
		printf(", RTT of handshake %.3f ms", report_rtt_ms(a));
	if (orig->retransmissions + reply->retransmissions != 0)
		printf(", retransmissions %" PRIu64 " and %" PRIu64,
		       orig->retransmissions, reply->retransmissions);
	if (orig->out_of_order + reply->out_of_order != 0)
		printf(", out of order %" PRIu64 " and %" PRIu64, orig->out_of_order,
		       reply->out_of_order);
	if (orig->zero_windows + reply->zero_windows != 0)
		printf(", zero windows %" PRIu64 " and %" PRIu64, orig->zero_windows,
		       reply->zero_windows);
	if (a->drops != 0)
		printf(", %" PRIu64 " dropped", a->drops);
	if (a->picked_up)
		printf(", picked up");
	if (a->incomplete)
		printf(", capture incomplete");
	putchar('\n');
}

static void
print_connection(const struct report_connection *c, const struct report_about *about)
{
	json_t *json = report_connection_json(c, about);
	char line[LINE_BYTES] = "no memory";

	if (json != NULL)
		line_connection(json, false, line, sizeof(line));
	json_decref(json);
	printf("%7" PRIu64 " %s\n", c->a.number, line);
	print_figures(c);
}

void
report_text(const struct report *r, const struct report_about *about)
{
	uint32_t i;

	print_hints(about);
	print_counts(r);
	if (r->drop_count != 0)
		printf("\nDrops (frame, time, port)\n");
	for (i = 0; i < r->drop_count; i++)
		print_drop(about, &r->drops[i]);
	if (r->dropped > r->drop_count)
		printf("and %" PRIu64 " more; --out DIR has all of them\n",
		       r->dropped - r->drop_count);
	if (r->connection_count != 0 && r->connection == 0)
		printf("\nConnections (--connection N shows the segments of one)\n");
	for (i = 0; i < r->connection_count; i++)
		if (r->connection == 0 || r->connections[i].a.number == r->connection)
			print_connection(&r->connections[i], about);
	if (r->connections_total > r->connection_count && r->connection == 0)
		printf("and %" PRIu64 " more; --out DIR has all of them\n",
		       r->connections_total - r->connection_count);
	for (i = 0; i < r->ladder_count; i++)
		ladder_text(r, about, &r->ladders[i]);
	if (r->connection != 0 && r->ladder_count == 0)
		printf("\nno connection %" PRIu64 "; there are %" PRIu64 "\n",
		       r->connection, r->connections_total);
}
