/* SPDX-License-Identifier: BSD-3-Clause */
#include "refusal.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include <engine/engine.h>

static uint16_t
interface_of(const struct refusal_rules *rules, const struct flow_id *id, unsigned side)
{
	uint16_t port = (uint16_t)(2u * flow_id_wire(id) + side);

	return rules->interfaces == NULL
		       ? port
		       : rules->interfaces[port * ENGINE_VIDS + flow_id_vid(id, 0)];
}

/* Make the packet that a side of the connection would send, as the rules see it. */
static struct policy_packet
packet_of(const struct refusal_rules *rules, const struct conn_view *view, unsigned side,
	  enum policy_ct ct)
{
	const struct flow_id *id = &view->key.id;
	const union flow_addr *addr = &view->key.addr;
	const bool ports = flow_id_has_ports(id), v4 = view->family == 4;
	const enum flow_class class = flow_id_class(id);

	return (struct policy_packet){
		.saddr = v4 ? (const uint8_t *)&addr->v4[side] : addr->v6[side],
		.daddr = v4 ? (const uint8_t *)&addr->v4[!side] : addr->v6[!side],
		.length = v4 ? 40 : 60,
		.sport = ports ? id->port[side] : 0,
		.dport = ports ? id->port[!side] : 0,
		.iif = interface_of(rules, id, side),
		.oif = interface_of(rules, id, !side),
		.family = view->family,
		.proto = flow_id_proto(id),
		/*
		 * the type of a request, since the key does not have the type of a reply
		 */
		.icmp_type = class == FLOW_ICMP || class == FLOW_ICMPV6
				     ? (uint8_t)ntohs(id->port[1])
				     : 0,
		.tcp_flags = class != FLOW_TCP     ? 0
			     : ct == POLICY_CT_NEW ? 0x02 /* SYN */
						   : 0x10 /* ACK */,
		.ct = (uint8_t)ct,
		.dry_run = true,
	};
}

/* Make the connection as `ct` expressions see it. */
static struct policy_conn
conn_of(const struct conn_view *view, unsigned side)
{
	/* sides in the order original, reply */
	const unsigned by[2] = {view->orig, !view->orig};
	struct policy_conn conn = {
		.exists = true,
		.direction = side != view->orig,
		.status = POLICY_STATUS_CONFIRMED |
			  (view->replied ? POLICY_STATUS_SEEN_REPLY : 0) |
			  (view->assured ? POLICY_STATUS_ASSURED : 0),
		.id = view->id,
		.expiration_ms = view->left_ms,
	};
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (view->family == 4)
			memcpy(conn.address[i], &view->key.addr.v4[by[i]], 4);
		else
			memcpy(conn.address[i], view->key.addr.v6[by[i]], 16);
		conn.port[i] = view->key.id.port[by[i]];
		conn.packets[i] = view->packets[by[i]];
		conn.bytes[i] = view->bytes[by[i]];
	}
	return conn;
}

/* Returns whether the rules accept a packet of this side. Else sets *rule. */
static bool
is_accepted(const struct refusal_rules *rules, const struct conn_view *view,
	    unsigned side, enum policy_ct ct, uint16_t *rule)
{
	struct policy_packet packet = packet_of(rules, view, side, ct);
	const struct policy_conn conn = conn_of(view, side);
	/* matches on bytes of the packet fail */
	struct policy_extra extra = {
		.ct_mark = view->mark,
		.wall_ns = rules->wall_ns,
		.random = 1,
		.ether_type = view->family == 4 ? 0x0800 : 0x86dd,
	};
	struct policy_verdict verdict = {.kind = POLICY_ACCEPT};

	packet.extra = &extra;
	if (policy_has_raw(rules->policy))
		policy_raw_eval(rules->policy, rules->state, &packet, rules->now_ns,
				&verdict);
	if (verdict.effects.untracked)
		packet.ct = POLICY_CT_UNTRACKED;
	else
		extra.conn = &conn;
	if (verdict.kind == POLICY_ACCEPT)
		policy_eval(rules->policy, rules->state, &packet, rules->now_ns,
			    &verdict);
	*rule = verdict.rule;
	return verdict.kind == POLICY_ACCEPT;
}

enum refusal
refusal_of(const struct refusal_rules *rules, const struct conn_view *view,
	   uint16_t *rule)
{
	const unsigned orig = view->orig;
	const enum policy_ct ct = view->replied ? POLICY_CT_ESTABLISHED : POLICY_CT_NEW;

	if (!is_accepted(rules, view, orig, ct, rule) ||
	    (view->replied && !is_accepted(rules, view, !orig, ct, rule)))
		return REFUSAL_PACKET;
	return is_accepted(rules, view, orig, POLICY_CT_NEW, rule) ? REFUSAL_NONE
								   : REFUSAL_ANEW;
}
