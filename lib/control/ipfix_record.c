/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix_record.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include <base/byteorder.h>
#include <base/reason.h>
#include <track/tcp.h>

/* BiflowDirection of RFC 5103: the source is the one that began. */
#define DIRECTION_INITIATOR 1u

/*
 * What is encoded, in the order of `elements`. The compiler puts no padding between the
 * members: the sizes fall, and `vary` is at a multiple of 8.
 */
struct row {
	uint64_t start_ms;
	uint64_t end_ms;
	uint64_t bytes;
	uint64_t packets;
	uint64_t reverse_bytes;
	uint64_t reverse_packets;
	uint64_t dropped;
	uint64_t reverse_dropped;
	uint32_t ingress;
	uint32_t egress;
	uint32_t src4;
	uint32_t dst4;
	uint8_t src6[16];
	uint8_t dst6[16];
	uint16_t sport;
	uint16_t dport;
	uint16_t vlan;
	uint16_t inner_vlan;
	uint8_t protocol;
	uint8_t end;
	uint8_t direction;
	uint8_t padding[5];
	fbVarfield_t initiator_state;
	fbVarfield_t responder_state;
	fbVarfield_t end_reason;
	fbVarfield_t drop_reason;
};

_Static_assert(offsetof(struct row, initiator_state) == 128, "no padding but `padding`");

#define IPV4 0x1u
#define IPV6 0x2u
#define BOTH 0x0u
#define INSIDE 0x4u /* not sent */

/* A mutable name, as libfixbuf's struct has it; it does not write to it. */
#define NAME(text) ((char *)(uintptr_t)(text))

/*
 * The templates: the internal one, of struct row, has all rows; an external one those
 * without a flag and those of its family.
 */
static fbInfoElementSpec_t elements[] = {
	{NAME("flowStartMilliseconds"), 8, BOTH},
	{NAME("flowEndMilliseconds"), 8, BOTH},
	{NAME("octetDeltaCount"), 8, BOTH},
	{NAME("packetDeltaCount"), 8, BOTH},
	{NAME("reverseOctetDeltaCount"), 8, BOTH},
	{NAME("reversePacketDeltaCount"), 8, BOTH},
	{NAME("droppedPacketDeltaCount"), 8, BOTH},
	{NAME("reverseDroppedPacketDeltaCount"), 8, BOTH},
	{NAME("ingressInterface"), 4, BOTH},
	{NAME("egressInterface"), 4, BOTH},
	{NAME("sourceIPv4Address"), 4, IPV4},
	{NAME("destinationIPv4Address"), 4, IPV4},
	{NAME("sourceIPv6Address"), 16, IPV6},
	{NAME("destinationIPv6Address"), 16, IPV6},
	{NAME("sourceTransportPort"), 2, BOTH},
	{NAME("destinationTransportPort"), 2, BOTH},
	{NAME("vlanId"), 2, BOTH},
	{NAME("dot1qCustomerVlanId"), 2, BOTH},
	{NAME("protocolIdentifier"), 1, BOTH},
	{NAME("flowEndReason"), 1, BOTH},
	{NAME("biflowDirection"), 1, BOTH},
	{NAME("paddingOctets"), 5, INSIDE},
	{NAME("sluiceInitiatorState"), FB_IE_VARLEN, BOTH},
	{NAME("sluiceResponderState"), FB_IE_VARLEN, BOTH},
	{NAME("sluiceEndReason"), FB_IE_VARLEN, BOTH},
	{NAME("sluiceDropReason"), FB_IE_VARLEN, BOTH},
	FB_IESPEC_NULL,
};

enum ipfix_end
ipfix_end_of(enum conn_end end)
{
	switch (end) {
	case CONN_END_NONE:
		return IPFIX_END_ACTIVE;
	case CONN_END_FIN:
	case CONN_END_RST:
		return IPFIX_END_DETECTED;
	case CONN_END_DELETED:
	case CONN_END_FLUSHED:
	case CONN_END_RELOADED:
		return IPFIX_END_FORCED;
	case CONN_END_EVICTED:
		return IPFIX_END_RESOURCES;
	default:
		return IPFIX_END_IDLE;
	}
}

fbInfoModel_t *
ipfix_model(uint32_t enterprise)
{
	static const struct {
		const char *name;
		uint16_t number;
	} own[] = {
		{"sluiceInitiatorState", IPFIX_ELEMENT_INITIATOR_STATE},
		{"sluiceResponderState", IPFIX_ELEMENT_RESPONDER_STATE},
		{"sluiceEndReason", IPFIX_ELEMENT_END_REASON},
		{"sluiceDropReason", IPFIX_ELEMENT_DROP_REASON},
	};
	fbInfoModel_t *model = fbInfoModelAlloc();
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		fbInfoElement_t element = FB_IE_INIT_FULL(own[i].name, enterprise,
							  own[i].number, FB_IE_VARLEN,
							  FB_IE_DEFAULT, 0, 0, FB_STRING,
							  NULL);

		fbInfoModelAddElement(model, &element);
	}
	return model;
}

/* Add the template with the elements of these flags. */
static bool
template_add(fbInfoModel_t *model, fbSession_t *session, bool internal, uint16_t number,
	     uint32_t flags, GError **error)
{
	fbTemplate_t *template = fbTemplateAlloc(model);

	if (fbTemplateAppendSpecArray(template, elements, flags, error) &&
	    fbSessionAddTemplate(session, internal, number, template, error) != 0)
		return true;
	fbTemplateFreeUnused(template);
	return false;
}

/* Number of the internal template, of struct row. */
#define TEMPLATE_ROW 258u

fBuf_t *
ipfix_buffer(fbInfoModel_t *model, fbExporter_t *exporter, uint32_t domain,
	     GError **error)
{
	fbSession_t *session = fbSessionAlloc(model);
	fBuf_t *buffer;

	fbSessionSetDomain(session, domain);
	buffer = fBufAllocForExport(session, exporter);
	if (template_add(model, session, true, TEMPLATE_ROW, IPV4 | IPV6 | INSIDE,
			 error) &&
	    template_add(model, session, false, IPFIX_TEMPLATE_IPV4, IPV4, error) &&
	    template_add(model, session, false, IPFIX_TEMPLATE_IPV6, IPV6, error) &&
	    fBufSetInternalTemplate(buffer, TEMPLATE_ROW, error)) {
		fBufSetAutomaticMode(buffer, FALSE);
		return buffer;
	}
	fBufFree(buffer);
	return NULL;
}

static fbVarfield_t
text(const char *value)
{
	return (fbVarfield_t){.len = strlen(value), .buf = (uint8_t *)(uintptr_t)value};
}

static fbVarfield_t
state_text(const struct conn_view *view, unsigned side)
{
	return text(view->has_states ? tcp_state_name(view->state[side]) : "");
}

/*
 * Set the ports. Of ICMP the destination port is type * 256, the code being 0, as
 * NetFlow has it; other protocols have none.
 */
static void
set_ports(struct row *row, const struct conn_view *view, unsigned from)
{
	const struct flow_id *id = &view->key.id;
	const enum flow_class class = flow_id_class(id);

	if (flow_id_has_ports(id)) {
		row->sport = be16_to_host(id->port[from]);
		row->dport = be16_to_host(id->port[!from]);
	} else if (class == FLOW_ICMP || class == FLOW_ICMPV6) {
		row->dport = (uint16_t)(be16_to_host(id->port[1]) << 8);
	}
}

static void
set_addresses(struct row *row, const struct conn_view *view, unsigned from)
{
	const union flow_addr *addr = &view->key.addr;

	if (view->family == 4) {
		row->src4 = ntohl(addr->v4[from]);
		row->dst4 = ntohl(addr->v4[!from]);
	} else {
		memcpy(row->src6, addr->v6[from], sizeof(row->src6));
		memcpy(row->dst6, addr->v6[!from], sizeof(row->dst6));
	}
}

bool
ipfix_append(fBuf_t *buffer, const struct ipfix_flow *flow, GError **error)
{
	const struct conn_view *view = &flow->view;
	const struct flow_id *id = &view->key.id;
	const unsigned from = view->orig & 1u, first = 2u * flow_id_wire(id);
	struct row row = {
		.start_ms = flow->start_ms,
		.end_ms = flow->at_ms - view->idle_ms,
		.bytes = flow->bytes[from],
		.packets = flow->packets[from],
		.reverse_bytes = flow->bytes[!from],
		.reverse_packets = flow->packets[!from],
		.dropped = flow->dropped[from],
		.reverse_dropped = flow->dropped[!from],
		/* numbers of ports from 1, since 0 is unknown */
		.ingress = first + from + 1,
		.egress = first + !from + 1,
		.vlan = flow_id_vid(id, 0),
		.inner_vlan = flow_id_vid(id, 1),
		.protocol = flow_id_proto(id),
		.end = (uint8_t)ipfix_end_of(flow->end),
		.direction = DIRECTION_INITIATOR,
		.initiator_state = state_text(view, from),
		.responder_state = state_text(view, !from),
		.end_reason = text(flow->end != CONN_END_NONE ? conn_end_name(flow->end)
							      : ""),
		.drop_reason = text(view->drop_reason != REASON_NONE
					    ? reason_name(view->drop_reason)
					    : ""),
	};

	/* its last packet may have come before the record that this one follows */
	if (row.end_ms < row.start_ms)
		row.end_ms = row.start_ms;
	set_ports(&row, view, from);
	set_addresses(&row, view, from);
	return fBufSetExportTemplate(buffer,
				     view->family == 4 ? IPFIX_TEMPLATE_IPV4
						       : IPFIX_TEMPLATE_IPV6,
				     error) &&
	       fBufAppend(buffer, (uint8_t *)&row, sizeof(row), error);
}
