/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trackers for UDP, ICMP queries and all other protocols except TCP. They keep what the
 * kernel keeps: which side sent the first packet, whether the other side has replied, and
 * whether the connection is a stream, that is, more than one query and its reply.
 */
#include <linux/in.h>
#include <linux/in6.h>

#include <base/ticks.h>
#include <track/datagram.h>

/*
 * Bits of track_hot.ep for datagrams. DATAGRAM_QUERIED: the side has sent an ICMP query.
 */
#define DATAGRAM_QUERIED 0x1u
#define DATAGRAM_DNS 0x2u /* the connection is UDP to port 53; only in ep of side 0 */

void
datagram_open(struct track_conn *conn, uint8_t side, uint32_t now)
{
	conn->hot->flags = side ? TRACK_ORIG : 0;
	conn->hot->last = now;
	conn->cold->t0 = now;
}

void
datagram_is_dns(struct track_conn *conn)
{
	conn->hot->ep[0] |= DATAGRAM_DNS;
}

void
datagram_packet(struct track_conn *conn, uint8_t side, uint32_t now,
		struct track_result *r)
{
	struct track_hot *h = conn->hot;
	uint8_t orig = h->flags & TRACK_ORIG ? 1 : 0, flags = h->flags;

	*r = (struct track_result){.verdict = VERDICT_PASS};
	/* an assured connection does not need the cold line here */
	if ((flags & (TRACK_REPLIED | TRACK_ASSURED)) == TRACK_REPLIED &&
	    ticks_since(conn->cold->t0, now) > DATAGRAM_STREAM_TICKS)
		flags |= TRACK_ASSURED;
	if (side != orig)
		flags |= TRACK_REPLIED;
	if (flags != h->flags) {
		h->flags = flags;
		/*
		 * the new state's time-out may be configured shorter than the old one's
		 */
		r->events = TRACK_EVENT_STATE | TRACK_EVENT_SHORTER;
	}
	if (h->last != now)
		h->last = now;
}

void
datagram_note_query(struct track_conn *conn, uint8_t side)
{
	conn->hot->ep[side] |= DATAGRAM_QUERIED;
}

bool
datagram_has_query(const struct track_conn *conn, uint8_t side)
{
	return (conn->hot->ep[side] & DATAGRAM_QUERIED) != 0;
}

unsigned
datagram_eviction(const struct track_conn *conn, uint32_t now)
{
	if (conn->hot->flags & TRACK_ASSURED)
		return TRACK_EVICT_NEVER;
	if (conn->hot->flags & TRACK_REPLIED)
		return TRACK_EVICT_UNCONFIRMED;
	return ticks_since(conn->hot->last, now) > TRACK_STALE_TICKS
		       ? TRACK_EVICT_STALE
		       : TRACK_EVICT_UNANSWERED;
}

static uint32_t
udp_timeout(const struct track_hot *hot, const struct track_config *config)
{
	if (hot->ep[0] & DATAGRAM_DNS)
		return config->udp_timeout_dns;
	return hot->flags & TRACK_REPLIED ? config->udp_timeout_stream
					  : config->udp_timeout;
}

uint32_t
datagram_deadline(const struct track_conn *conn, uint8_t proto,
		  const struct track_config *config)
{
	bool replied = (conn->hot->flags & TRACK_REPLIED) != 0;
	uint32_t timeout;

	switch (proto) {
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		timeout = udp_timeout(conn->hot, config);
		break;
	case IPPROTO_ICMP:
		timeout = config->icmp_timeout;
		break;
	case IPPROTO_ICMPV6:
		timeout = config->icmpv6_timeout;
		break;
	case IPPROTO_SCTP:
		timeout = replied ? config->sctp_timeout_established
				  : config->sctp_timeout_cookie_wait;
		break;
	case IPPROTO_DCCP:
		timeout = replied ? config->dccp_timeout_open
				  : config->dccp_timeout_request;
		break;
	case IPPROTO_GRE:
		timeout = replied ? config->gre_timeout_stream : config->gre_timeout;
		break;
	default:
		timeout = config->generic_timeout;
		break;
	}
	return conn->hot->last + timeout;
}

enum conn_end
datagram_end(const struct track_conn *conn)
{
	return conn->hot->flags & TRACK_REPLIED ? CONN_END_TIMEOUT_REPLIED
						: CONN_END_TIMEOUT_UNREPLIED;
}
