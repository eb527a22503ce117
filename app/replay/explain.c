/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

void
explain_flags(const struct tcp_segment *seg, char text[EXPLAIN_FLAGS])
{
	static const struct {
		uint8_t flag;
		const char *name;
	} names[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"},
		     {TCP_PSH, "PSH"}, {TCP_ACK, "ACK"}, {TCP_URG, "URG"}};
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (seg->flags & names[i].flag)
			used += (size_t)snprintf(text + used, EXPLAIN_FLAGS - used,
						 "%s%s", used != 0 ? ", " : "",
						 names[i].name);
	}
}

void
explain_address(const struct packet *p, unsigned which, char text[EXPLAIN_ENDPOINT])
{
	const void *address = p->family == 4 ? (const void *)&p->key.addr.v4[which]
					     : (const void *)p->key.addr.v6[which];

	text[0] = '\0';
	if (p->family != 0)
		inet_ntop(p->family == 4 ? AF_INET : AF_INET6, address, text,
			  EXPLAIN_ENDPOINT);
}

static bool
has_ports(const struct packet *p)
{
	return (p->kind == PACKET_TCP || p->kind == PACKET_UDP ||
		p->kind == PACKET_OTHER) &&
	       flow_id_has_ports(&p->key.id);
}

void
explain_endpoint(const struct packet *p, unsigned which, char text[EXPLAIN_ENDPOINT])
{
	char address[EXPLAIN_ENDPOINT];

	explain_address(p, which, address);
	if (!has_ports(p))
		snprintf(text, EXPLAIN_ENDPOINT, "%.46s", address);
	else
		snprintf(text, EXPLAIN_ENDPOINT,
			 p->family == 4 ? "%.46s:%u" : "[%.46s]:%u", address,
			 ntohs(p->key.id.port[which]));
}

void
explain_numbers(const struct item *item, struct explain_numbers *n)
{
	const struct tcp_segment *seg = &item->fr.p.seg;
	const struct analysis_endpoint *e, *peer;

	*n = (struct explain_numbers){seg->seq, seg->ack, false, false};
	if (item->c == NULL)
		return;
	e = &item->c->a.e[item->sender];
	peer = &item->c->a.e[!item->sender];
	if (e->has_nxt) {
		n->seq -= e->iss;
		n->seq_is_relative = true;
	}
	if (peer->has_nxt && (seg->flags & TCP_ACK)) {
		n->ack -= peer->iss;
		n->ack_is_relative = true;
	}
}

/* Return the number that counts as 0 in the sequence space of an endpoint. */
static uint32_t
base_of(const struct item *item, unsigned endpoint)
{
	const struct analysis_endpoint *e = &item->c->a.e[endpoint];

	return e->has_nxt ? e->iss : 0;
}

void
explain_expected(const struct item *item, const struct engine_record *r,
		 char text[EXPLAIN_TEXT])
{
	const struct tcp_segment *seg = &item->fr.p.seg;
	struct expected_segment segment = {.side = item->port & 1u};

	text[0] = '\0';
	if (r->verdict != VERDICT_DROP || !r->has_states || item->c == NULL ||
	    item->fr.p.kind != PACKET_TCP)
		return;
	segment.seq = seg->seq;
	segment.ack = seg->ack;
	segment.base[segment.side] = base_of(item, item->sender);
	segment.base[!segment.side] = base_of(item, !item->sender);
	expected_text(r->reason, &r->numbers, &segment, text);
}

void
explain_proto(uint8_t proto, char text[16])
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {{IPPROTO_TCP, "tcp"},         {IPPROTO_UDP, "udp"},
		     {IPPROTO_ICMP, "icmp"},       {IPPROTO_ICMPV6, "icmpv6"},
		     {IPPROTO_SCTP, "sctp"},       {IPPROTO_DCCP, "dccp"},
		     {IPPROTO_UDPLITE, "udplite"}, {IPPROTO_GRE, "gre"},
		     {IPPROTO_ESP, "esp"},         {IPPROTO_AH, "ah"}};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == proto) {
			snprintf(text, 16, "%s", names[i].name);
			return;
		}
	}
	snprintf(text, 16, "%u", proto);
}
