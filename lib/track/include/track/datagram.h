/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The trackers of everything that is not TCP: UDP (unreplied, replied, stream), ICMP
 * queries, other protocols by their addresses. Only track_hot.last, .flags and
 * track_cold.t0, .id are theirs.
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

/*
 * A packet of a connection, from side. Never dropped. UDP becomes a stream (TRACK_ASSURED)
 * when its initiator sends again, more than two seconds after the first packet, having been
 * answered: the kernel's rule.
 */
void datagram_packet(struct track_conn *conn, uint8_t side, uint32_t now,
		     struct track_result *r);

/* The tick at which the connection is gone; proto: IPPROTO_*. */
uint32_t datagram_deadline(const struct track_conn *conn, uint8_t proto,
			   const struct track_config *config);

#endif
