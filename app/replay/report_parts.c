/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts that all forms of the report use: times, segments, rules, marks, endpoints. */
#include "report_internal.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "plural.h"

const struct report_connection *
report_find(const struct report *r, uint64_t connection)
{
	uint32_t i;

	for (i = 0; i < r->connection_count; i++)
		if (r->connections[i].a.number == connection)
			return &r->connections[i];
	return NULL;
}

void
report_time(const struct report_about *about, uint64_t ns, char text[REPORT_TIME])
{
	uint64_t since = ns - about->first_ns;

	if (about->nano)
		snprintf(text, REPORT_TIME, "%" PRIu64 ".%09" PRIu64,
			 since / READER_NS_PER_S, since % READER_NS_PER_S);
	else
		snprintf(text, REPORT_TIME, "%" PRIu64 ".%06" PRIu64,
			 since / READER_NS_PER_S, since % READER_NS_PER_S / 1000u);
}

void
report_segment(const struct report_row *row, char text[REPORT_SEGMENT])
{
	const struct tcp_segment *seg = &row->p.seg;
	char flags[EXPLAIN_FLAGS];
	int n;

	if (!row->judged || row->p.kind == PACKET_BAD) {
		snprintf(text, REPORT_SEGMENT, "<malformed>");
		return;
	}
	if (row->p.kind != PACKET_TCP) {
		snprintf(text, REPORT_SEGMENT, "<LEN=%u>", row->p.l4_len);
		return;
	}
	explain_flags(seg, flags);
	n = snprintf(text, REPORT_SEGMENT, "<SEQ=%" PRIu32 ">", row->numbers.seq);
	if (seg->flags & TCP_ACK)
		n += snprintf(text + n, REPORT_SEGMENT - (size_t)n, "<ACK=%" PRIu32 ">",
			      row->numbers.ack);
	n += snprintf(text + n, REPORT_SEGMENT - (size_t)n, "<CTL=%s>", flags);
	if (seg->len != 0)
		snprintf(text + n, REPORT_SEGMENT - (size_t)n, "<LEN=%" PRIu32 ">",
			 seg->len);
}

void
report_rule(const struct report_about *about, uint16_t rule, char text[256])
{
	struct policy_rule_info info;

	if (rule == 0 || rule > policy_rules(about->policy)) {
		snprintf(text, 256, "the chain's policy");
		return;
	}
	policy_rule(about->policy, rule, &info);
	snprintf(text, 256, "rule %u: %.200s", rule, info.text);
}

void
report_marks(uint8_t marks, char text[128])
{
	size_t used = 0;
	unsigned i;

	text[0] = '\0';
	for (i = 0; i < MARKS; i++) {
		if (marks & 1u << i)
			used += (size_t)snprintf(text + used, 128 - used, "%s%s",
						 used != 0 ? ", " : "", mark_names[i]);
	}
}

uint64_t
report_generated(const struct report *r, char text[REPORT_GENERATED])
{
	uint64_t sum = 0;
	unsigned i;
	int used;

	text[0] = '\0';
	for (i = 0; i <= ACTION_ICMP; i++)
		sum += r->generated[i];
	if (sum == 0)
		return 0;
	used = snprintf(text, REPORT_GENERATED, "%" PRIu64 " %s generated", sum,
			plural(sum, "answer", "answers"));
	for (i = 0, sum = 0; i <= ACTION_ICMP; i++) {
		if (r->generated[i] == 0)
			continue;
		used += snprintf(text + used, REPORT_GENERATED - (size_t)used,
				 "%s %" PRIu64 " %s", sum == 0 ? ":" : ",",
				 r->generated[i], action_name(i));
		sum += r->generated[i];
	}
	return sum;
}

const char *
report_answer(const struct report_row *row)
{
	switch ((enum action)row->action) {
	case ACTION_RST:
		return "answered with a RST";
	case ACTION_CHALLENGE_ACK:
		return "answered with a challenge ACK";
	case ACTION_PROBE:
		return "a probe is sent to the receiver";
	case ACTION_ICMP:
		return "answered with an ICMP error";
	case ACTION_NONE:
		break;
	}
	return "";
}

double
report_rtt_ms(const struct analysis *a)
{
	if (a->synack_ns == 0 || a->ack_ns == 0 || a->ack_ns < a->syn_ns)
		return -1;
	return (double)(a->ack_ns - a->syn_ns) / 1e6;
}

void
report_endpoint(const struct report_connection *c, const struct report_about *about,
		unsigned reply, char text[EXPLAIN_ENDPOINT + 24])
{
	unsigned e = reply ? !c->a.orig : c->a.orig;
	const void *address = c->family == 4 ? (const void *)&c->key.addr.v4[e]
					     : (const void *)c->key.addr.v6[e];
	char name[INET6_ADDRSTRLEN];

	inet_ntop(c->family == 4 ? AF_INET : AF_INET6, address, name, sizeof(name));
	if (flow_id_has_ports(&c->key.id))
		snprintf(text, EXPLAIN_ENDPOINT + 24,
			 c->family == 4 ? "%s:%u (%.15s)" : "[%s]:%u (%.15s)", name,
			 ntohs(c->key.id.port[e]), about->names[e != c->lan]);
	else
		snprintf(text, EXPLAIN_ENDPOINT + 24, "%s (%.15s)", name,
			 about->names[e != c->lan]);
}
