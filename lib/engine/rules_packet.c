/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rules are told about a packet, and the records of the `log` statements that it
 * meets: for the rules before tracking (raw.c) and the others (rules.c).
 */
#include <string.h>

#include <rte_branch_prediction.h>

#include "engine_state.h"
#include "pkt.h"
#include "recorder.h"
#include "rules.h"

/* The number that iifname and oifname compare, for a port and the VLANs of a network. */
static uint16_t
interface_of(const struct engine *e, uint16_t port, uint32_t network)
{
	const uint16_t *interfaces = e->config.interfaces;

	if (interfaces == NULL)
		return port;
	return interfaces[port * ENGINE_VIDS +
			  (network >> flow_vid_shift(0) & FLOW_VID_MASK)];
}

void
rules_packet(const struct pkt_ctx *s, uint8_t side, enum policy_ct ct,
	     struct policy_packet *q)
{
	const struct packet *p = s->p;
	const struct flow_key *key = &p->key;
	bool ports = flow_id_has_ports(&key->id);

	*q = (struct policy_packet){
		.length = p->ip_len,
		.sport = ports ? key->id.port[side] : 0,
		.dport = ports ? key->id.port[!side] : 0,
		.iif = interface_of(s->e, port_of(s, side), key->id.network),
		.oif = interface_of(s->e, port_of(s, !side), key->id.network),
		.family = p->family,
		.proto = p->proto,
		.icmp_type = p->icmp_type,
		.icmp_code = p->icmp_code,
		.tcp_flags = p->kind == PACKET_TCP ? p->seg.flags | p->seg.ecn : 0,
		.ct = (uint8_t)ct,
	};
	if (unlikely(s->e->counts_connections) && s->index != FLOW_NONE)
		q->conn = connection_meta(s->f, s->index)->id;
	if (p->family == 4) {
		q->saddr = (const uint8_t *)&key->addr.v4[side];
		q->daddr = (const uint8_t *)&key->addr.v4[!side];
	} else {
		q->saddr = key->addr.v6[side];
		q->daddr = key->addr.v6[!side];
	}
	if (unlikely(s->e->needs != 0))
		q->extra = extra_fill(s, side, ct);
}

void
rules_ports(const struct pkt_ctx *s, uint16_t port, struct policy_packet *q)
{
	q->iif = interface_of(s->e, port, s->p->key.id.network);
	q->oif = interface_of(s->e, port ^ 1, s->p->key.id.network);
}

void
rules_log(const struct pkt_ctx *s)
{
	const struct policy_logged *logs = policy_logs(s->e->policy_state);
	struct record_log record;
	unsigned i;

	for (i = 0; i < s->rules.effects.logs; i++) {
		const struct policy_log *log = logs[i].log;

		record = (struct record_log){
			.level = log->level,
			.has_group = log->has_group,
			.group = log->group,
			.snaplen = log->snaplen,
			.flags = log->flags,
		};
		memcpy(record.prefix, log->prefix, sizeof(record.prefix));
		recorder_log(s, logs[i].rule, &record);
	}
}
