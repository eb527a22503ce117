/* SPDX-License-Identifier: BSD-3-Clause */
#include "trace.h"

#include <arpa/inet.h>
#include <string.h>

#include "explain.h"
#include "headers.h"

#define MTU 1500

/* What a record says of a packet, in the form that the rules take. */
struct traced {
	struct headers h;
	uint8_t frame[RECORD_HEAD_BYTES];
	struct policy_conn conn;
	struct policy_extra extra;
	struct policy_packet packet;
};

static uint16_t
interface_of(const struct control_config *config, const struct headers *h, unsigned port)
{
	const struct control_reload *reload = config->reload;

	if (reload == NULL || reload->interfaces == NULL)
		return (uint16_t)port;
	return reload->interfaces[port * ENGINE_VIDS + h->vid[0]];
}

static void
conn_fill(struct traced *t, const struct packet_record *record)
{
	struct policy_conn *conn = &t->conn;
	const unsigned from = (record->port & 1u) != record->orig;

	conn->exists = record->has_conn;
	conn->direction = from != 0;
	conn->id = record->conn;
	conn->status = POLICY_STATUS_CONFIRMED;
	if (record->ct == POLICY_CT_ESTABLISHED)
		conn->status |= POLICY_STATUS_SEEN_REPLY;
	memcpy(conn->address[from], t->h.src, sizeof(t->h.src));
	memcpy(conn->address[!from], t->h.dst, sizeof(t->h.dst));
	conn->port[from] = htons(t->h.sport);
	conn->port[!from] = htons(t->h.dport);
}

static void
extra_fill(struct traced *t, const struct packet_record *record)
{
	const uint32_t bytes = record->head_bytes;
	struct policy_extra *extra = &t->extra;

	memcpy(t->frame, record->head, bytes);
	extra->bytes[POLICY_BASE_LINK] = (struct policy_bytes){t->frame, bytes};
	extra->bytes[POLICY_BASE_NETWORK] = (struct policy_bytes){t->frame + t->h.l3,
								  bytes - t->h.l3};
	if (t->h.l4 != 0)
		extra->bytes[POLICY_BASE_TRANSPORT] =
			(struct policy_bytes){t->frame + t->h.l4, bytes - t->h.l4};
	extra->conn = &t->conn;
	extra->wall_ns = record->at_ns;
	extra->random = 1;
	extra->ether_type = t->h.ether_type;
	extra->vlans = t->h.vlans;
	extra->mtu = MTU;
}

static void
packet_fill(struct traced *t, const struct control_config *config,
	    const struct packet_record *record)
{
	const struct headers *h = &t->h;

	t->packet = (struct policy_packet){
		.saddr = h->src,
		.daddr = h->dst,
		.length = h->ip_bytes,
		.sport = htons(h->sport),
		.dport = htons(h->dport),
		.iif = interface_of(config, h, record->port),
		.oif = interface_of(config, h, record->port ^ 1u),
		.family = h->family,
		.proto = h->proto,
		.icmp_type = h->icmp_type,
		.icmp_code = h->icmp_code,
		.tcp_flags = h->tcp_flags,
		.ct = record->ct,
		.extra = &t->extra,
	};
}

json_t *
trace_json(const struct control_config *config, const struct packet_record *record)
{
	struct traced t = {0};

	headers_read(record->head, record->head_bytes, &t.h);
	if (t.h.family == 0 || record->port == RECORD_NO_PORT)
		return NULL;
	conn_fill(&t, record);
	extra_fill(&t, record);
	packet_fill(&t, config, record);
	return explain_packet(config->rules, &t.packet, true);
}
