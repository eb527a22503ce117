/* SPDX-License-Identifier: BSD-3-Clause */
#include "jsonl.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <base/escape.h>

#include "explain.h"

static void
print_addresses(FILE *file, const struct packet *p)
{
	char src[EXPLAIN_ENDPOINT], dst[EXPLAIN_ENDPOINT], proto[16];

	if (p->family == 0) {
		fprintf(file, ",\"ethertype\":%u", p->ether_type);
		return;
	}
	explain_address(p, 0, src);
	explain_address(p, 1, dst);
	explain_proto(p->proto, proto);
	fprintf(file, ",\"proto\":\"%s\",\"src\":\"%s\",\"dst\":\"%s\"", proto, src, dst);
	if ((p->kind == PACKET_TCP || p->kind == PACKET_UDP || p->kind == PACKET_OTHER) &&
	    flow_id_has_ports(&p->key.id))
		fprintf(file, ",\"sport\":%u,\"dport\":%u", ntohs(p->key.id.port[0]),
			ntohs(p->key.id.port[1]));
}

static void
print_segment(FILE *file, const struct item *item)
{
	const struct tcp_segment *seg = &item->fr.p.seg;
	struct explain_numbers n;
	char flags[EXPLAIN_FLAGS];

	explain_numbers(item, &n);
	explain_flags(seg, flags);
	fprintf(file,
		",\"flags\":\"%s\",\"seq\":%" PRIu32 ",\"ack\":%" PRIu32
		",\"win\":%u,\"len\":%" PRIu32,
		flags, n.seq, seg->flags & TCP_ACK ? n.ack : 0, seg->win, seg->len);
}

static void
print_marks(FILE *file, uint8_t marks)
{
	const char *separator = ",\"marks\":[";
	unsigned i;

	for (i = 0; i < MARKS; i++) {
		if (!(marks & 1u << i))
			continue;
		fprintf(file, "%s\"%s\"", separator, mark_names[i]);
		separator = ",";
	}
	if (marks != 0)
		fputc(']', file);
}

static void
print_before(FILE *file, const struct item *item)
{
	const struct analysis *a = &item->c->a;

	fprintf(file, ",\"before\":{\"orig\":\"%s\",\"reply\":\"%s\"}",
		tcp_state_name(item->before[a->orig]),
		tcp_state_name(item->before[!a->orig]));
}

void
jsonl_extend(FILE *file, const struct item *item, const struct engine_record *r)
{
	char expected[EXPLAIN_TEXT];

	fprintf(file, ",\"frame\":%" PRIu64, item->fr.f.number);
	if (item->capture->file_json != NULL)
		fprintf(file, ",\"file\":%s", item->capture->file_json);
	if (item->connection != 0)
		fprintf(file, ",\"connection\":%" PRIu64, item->connection);
	if (item->judged)
		print_addresses(file, &item->fr.p);
	if (item->judged && item->fr.p.kind == PACKET_TCP)
		print_segment(file, item);
	if (item->has_before)
		print_before(file, item);
	if (r != NULL && (r->has_conn || r->reason == REASON_POLICY_DROP ||
			  r->reason == REASON_POLICY_REJECT))
		fprintf(file, ",\"rule\":%u", r->rule);
	print_marks(file, item->marks);
	if (r == NULL || r->verdict != VERDICT_DROP)
		return;
	fprintf(file, ",\"text\":\"%s\"", reason_text(r->reason));
	explain_expected(item, r, expected);
	if (expected[0] != '\0')
		fprintf(file, ",\"expected\":\"%s\"", expected);
}

json_t *
jsonl_file(const char *file)
{
	size_t length = strlen(file), size = 4 * length + 1; /* each byte as \\xNN */
	char *text = malloc(size);
	json_t *json = NULL;

	if (text != NULL) {
		escape_text(text, size, file, length);
		json = json_string(text);
	}
	free(text);
	return json;
}
