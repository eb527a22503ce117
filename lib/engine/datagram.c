/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that are not TCP. Their trackers drop nothing, so the rules are evaluated
 * first, and the connection changes only when they accept the packet.
 */
#include <netinet/in.h>
#include <string.h>

#include "connection.h"
#include "engine_state.h"
#include "pkt.h"
#include "rules.h"
#include "shared.h"

/* Returns false for an ICMP reply without a query from the other side. */
static bool
query_expected(const struct pkt_ctx *s)
{
	struct track_conn conn;

	if (s->p->kind != PACKET_ICMP_QUERY || !s->p->icmp_reply)
		return true;
	if (s->index == FLOW_NONE)
		return false;
	conn = family_conn(s->f, s->index);
	return datagram_has_query(&conn, !s->p->side);
}

/*
 * Whether this is the first ICMP query of its side: it is `new` to the rules, although
 * the connection exists.
 */
static bool
query_is_first(const struct pkt_ctx *s, const struct track_conn *conn)
{
	return s->p->kind == PACKET_ICMP_QUERY && !s->p->icmp_reply &&
	       !datagram_has_query(conn, s->p->side);
}

#define DNS_PORT 53

static bool
is_dns(const struct packet *p)
{
	return p->proto == IPPROTO_UDP && p->key.id.port[!p->side] == RTE_BE16(DNS_PORT);
}

static void
datagram_unknown(struct pkt_ctx *s)
{
	struct track_conn conn;

	if (!rules_eval(s, POLICY_CT_NEW)) {
		rules_refuse(s);
		return;
	}
	if (!connection_insert(s))
		return;
	conn = family_conn(s->f, s->index);
	datagram_open(&conn, s->p->side, s->e->now);
	if (s->p->kind == PACKET_ICMP_QUERY)
		datagram_note_query(&conn, s->p->side);
	if (is_dns(s->p) && s->rules.effects.timeout == 0)
		datagram_is_dns(&conn);
	connection_opened(s);
	pkt_pass(s);
}

/* Whether the rules accept a packet of a connection. */
static bool
datagram_allowed(struct pkt_ctx *s, bool first)
{
	struct flow_conn *fc = flow_conn(&s->f->table, s->index);
	enum policy_ct ct = first ? POLICY_CT_NEW : rules_ct(&fc->hot, s->p->side);

	if (!first && rules_known(s, ct)) {
		rules_count(s, ct);
		return true;
	}
	if (!rules_eval(s, ct)) {
		rules_refuse(s);
		return false;
	}
	if (!first)
		verdict_cache_store(s);
	return true;
}

static void
datagram_known(struct pkt_ctx *s)
{
	struct track_conn conn = {
		.hot = &flow_conn(&s->f->table, s->index)->hot,
	};
	bool first = query_is_first(s, &conn);

	if (!datagram_allowed(s, first))
		return;
	conn.cold = &flow_cold(&s->f->table, flow_conn(&s->f->table, s->index))->track;
	if (first)
		datagram_note_query(&conn, s->p->side);
	datagram_packet(&conn, s->p->side, s->e->now, &s->r);
	if (s->r.events & TRACK_EVENT_SHORTER)
		connection_arm(s->e, s->f, s->index);
	if (s->r.events & TRACK_EVENT_STATE)
		connection_event(s->e, s->f, s->index, CONN_EVENT_UPDATE);
}

/* Whether the packet is ICMP, but of a type that is neither a query nor an error. */
static bool
is_other_icmp(const struct packet *p)
{
	return p->kind == PACKET_OTHER &&
	       p->proto == (p->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/*
 * Whether the kernel calls an ICMPv6 type untracked: listener discovery, router and
 * neighbour discovery, multicast router discovery. Of these types only packets that have
 * been routed come here; the others are PACKET_ND.
 */
static bool
is_untracked_type(const struct packet *p)
{
	enum {
		LISTENER_QUERY = 130,
		NEIGHBOUR_ADVERT = 136,
		LISTENER_REPORT_V2 = 143,
		ROUTER_ADVERT = 151,
		ROUTER_SOLICIT = 152,
	};
	uint8_t type = p->icmp_type;

	return p->family == 6 && ((type >= LISTENER_QUERY && type <= NEIGHBOUR_ADVERT) ||
				  type == LISTENER_REPORT_V2 || type == ROUTER_ADVERT ||
				  type == ROUTER_SOLICIT);
}

/* As in the kernel, such a message belongs to no connection and opens none. */
static void
pkt_other_icmp(struct pkt_ctx *s)
{
	if (is_untracked_type(s->p)) {
		pkt_untracked(s);
		return;
	}
	pkt_drop(s, REASON_ICMP_TYPE);
	rules_invalid(s);
}

void
pkt_datagram(struct pkt_ctx *s)
{
	if (is_other_icmp(s->p)) {
		pkt_other_icmp(s);
	} else if (!query_expected(s)) {
		pkt_drop(s, REASON_ICMP_NO_REQUEST);
		rules_invalid(s);
	} else if (s->index == FLOW_NONE) {
		datagram_unknown(s);
	} else {
		datagram_known(s);
	}
}

/*
 * Whether an ICMP error is sent to the source address of the packet it quotes (RFC 1122
 * 3.2.2).
 */
static bool
error_is_senders(const struct packet *p, const struct packet *inner)
{
	const union flow_addr *to = &p->key.addr, *from = &inner->key.addr;
	uint8_t x = inner->side;

	return p->family == 4 ? to->v4[x] == from->v4[x]
			      : memcmp(to->v6[x], from->v6[x], sizeof(to->v6[x])) == 0;
}

/*
 * Find the connection that an ICMP error is about. Hosts send no error about an ICMP
 * error, so the quoted packet is of a kind that has connections.
 */
static bool
error_lookup(struct pkt_ctx *s, struct packet *inner)
{
	struct engine_family *f;
	uint64_t hash;

	if (packet_parse_quoted(s->m, s->p, inner) != 0 || !error_is_senders(s->p, inner))
		return false;
	f = family_of(s->e, inner);
	hash = flow_table_hash(&f->table, &inner->key);
	s->index = flow_lookup(&f->table, &inner->key, hash);
	if (s->index == FLOW_NONE)
		return false;
	s->f = f;
	pkt_lock(s, hash);
	return true;
}

/*
 * An ICMP error is related to a connection, or dropped. It refreshes no timer (MODEL-3).
 */
void
pkt_icmp_error(struct pkt_ctx *s)
{
	struct track_conn conn;
	struct packet inner;

	if (!error_lookup(s, &inner)) {
		pkt_drop(s, REASON_ICMP_UNRELATED);
		rules_invalid(s);
		return;
	}
	conn = family_conn(s->f, s->index);
	track_icmp_error(&conn, inner.proto, inner.side, inner.seg.seq, &s->r);
	if (s->r.verdict != VERDICT_PASS)
		rules_invalid(s);
	else if (!rules_eval(s, POLICY_CT_RELATED))
		rules_refuse(s);
}

/*
 * A neighbour discovery packet has no connection: it is `untracked` to the rules, as in
 * the kernel.
 */
void
pkt_untracked(struct pkt_ctx *s)
{
	if (rules_eval(s, POLICY_CT_UNTRACKED))
		pkt_pass(s);
	else
		rules_refuse(s);
}
