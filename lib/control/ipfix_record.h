/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encodes connections as IPFIX records: one biflow (RFC 5103) each, from the initiator's
 * point of view, with libfixbuf.
 */
#ifndef CONTROL_IPFIX_RECORD_H
#define CONTROL_IPFIX_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <fixbuf/public.h>

#include <conn/view.h>

/* Templates, which are sent under these numbers. */
#define IPFIX_TEMPLATE_IPV4 256u
#define IPFIX_TEMPLATE_IPV6 257u

/* Elements of the enterprise number: docs/operate.md. All are strings. */
#define IPFIX_ELEMENT_INITIATOR_STATE 1u
#define IPFIX_ELEMENT_RESPONDER_STATE 2u
#define IPFIX_ELEMENT_END_REASON 3u
#define IPFIX_ELEMENT_DROP_REASON 4u

/* flowEndReason (RFC 7012, IANA's registry of IPFIX). */
enum ipfix_end {
	IPFIX_END_IDLE = 1,
	IPFIX_END_ACTIVE = 2,
	IPFIX_END_DETECTED = 3,
	IPFIX_END_FORCED = 4,
	IPFIX_END_RESOURCES = 5,
};

/* A record: a connection, and what it has sent since its last record. */
struct ipfix_flow {
	struct conn_view view;
	uint64_t at_ms;      /* time of the view, since 1970 */
	uint8_t end;         /* enum conn_end; CONN_END_NONE: the connection goes on */
	uint64_t start_ms;   /* time since which packets and bytes are counted */
	uint64_t packets[2]; /* sent by each side since start_ms */
	uint64_t bytes[2];
	uint64_t dropped[2]; /* packets of each side that were dropped since then */
};

/* The flowEndReason of a reason. */
enum ipfix_end ipfix_end_of(enum conn_end end);

/*
 * Make the information model with the elements of this enterprise number. It has to stay
 * until the buffers that use it have been freed; fbInfoModelFree().
 */
fbInfoModel_t *ipfix_model(uint32_t enterprise);

/*
 * Make a buffer with both templates, which writes to the exporter and owns it. Only
 * fBufEmit() sends a message. domain: the observation domain. Returns NULL and an error.
 */
fBuf_t *ipfix_buffer(fbInfoModel_t *model, fbExporter_t *exporter, uint32_t domain,
		     GError **error);

/*
 * Append a record to the message. Returns false and an error. After FB_ERROR_EOM, when
 * the message is full or has the templates, fBufEmit() has to send it first; after others
 * it is lost. The flow ends with the connection's last packet.
 */
bool ipfix_append(fBuf_t *buffer, const struct ipfix_flow *flow, GError **error);

#endif
