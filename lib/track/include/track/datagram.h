/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The trackers of everything that is not TCP: UDP (unreplied, replied, stream), ICMP
 * queries, other protocols by their addresses. Of the connection only
 * track_hot.last, .flags, .ep and track_cold.t0 are theirs.
 */
#ifndef TRACK_DATAGRAM_H
#define TRACK_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <track/config.h>
#include <track/conn.h>
#include <track/result.h>

/* Make of zeroed memory the connection that the first packet, from side, begins. */
void datagram_open(struct track_conn *conn, uint8_t side, uint32_t now);

/* It is one of UDP, to port 53: udp_timeout_dns. */
void datagram_is_dns(struct track_conn *conn);

/*
 * A packet of a connection, from side. Never dropped. UDP becomes a stream
 * (TRACK_ASSURED) with the first packet that comes more than two seconds after the first
 * one of all, both sides having been heard before: the kernel's rule. A stream is never
 * evicted; it lasts no longer than what has been answered once (RFC 4787 REQ-5).
 */
void datagram_packet(struct track_conn *conn, uint8_t side, uint32_t now,
		     struct track_result *r);

/*
 * ICMP queries: one key serves the questions of both sides, so it is remembered who asks.
 * An answer from side is one only if the other side has asked.
 */
void datagram_note_query(struct track_conn *conn, uint8_t side);
bool datagram_has_query(const struct track_conn *conn, uint8_t side);

/* TIM-2, as tcp_eviction(): a stream stays, what waits for its answer goes first. */
unsigned datagram_eviction(const struct track_conn *conn, uint32_t now);

/* The tick at which the connection is gone; proto: IPPROTO_*. */
uint32_t datagram_deadline(const struct track_conn *conn, uint8_t proto,
			   const struct track_config *config);

#endif
