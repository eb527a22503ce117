/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The trackers for all protocols except TCP: UDP (unreplied, replied, stream), ICMP
 * queries, and other protocols by addresses alone. Of the connection they use only
 * track_hot.last, .flags, .ep and track_cold.t0.
 */
#ifndef TRACK_DATAGRAM_H
#define TRACK_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <base/ticks.h>
#include <conn/end.h>
#include <track/config.h>
#include <track/conn.h>
#include <track/result.h>

/* A connection that is in use for longer than this becomes a stream. */
#define DATAGRAM_STREAM_TICKS (2 * TICKS_PER_S)

/* Initialise zeroed memory as the connection whose first packet came from side. */
void datagram_open(struct track_conn *conn, uint8_t side, uint32_t now);

/* The connection is UDP to port 53, and has the timeout udp_timeout_dns. */
void datagram_is_dns(struct track_conn *conn);

/*
 * Track a packet of a connection, which came from side. Never drops it. As in the kernel,
 * UDP becomes a stream (TRACK_ASSURED) with the first packet that comes more than two
 * seconds after the connection's first packet, if both sides have sent before. A stream
 * is never evicted. Its timeout is that of a replied connection (RFC 4787 REQ-5).
 */
void datagram_packet(struct track_conn *conn, uint8_t side, uint32_t now,
		     struct track_result *r);

/*
 * ICMP queries. The same key serves the queries of both sides, so each side's queries are
 * noted. A reply from a side is accepted only if the other side has sent a query.
 */
void datagram_note_query(struct track_conn *conn, uint8_t side);
bool datagram_has_query(const struct track_conn *conn, uint8_t side);

/*
 * TIM-2, as tcp_eviction(): a stream is never evicted; unanswered connections are evicted
 * first.
 */
unsigned datagram_eviction(const struct track_conn *conn, uint32_t now);

/* The tick at which the connection expires; proto: IPPROTO_*. */
uint32_t datagram_deadline(const struct track_conn *conn, uint8_t proto,
			   const struct track_config *config);

/* Why the connection expires. */
enum conn_end datagram_end(const struct track_conn *conn);

#endif
