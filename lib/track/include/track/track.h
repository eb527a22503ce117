/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Functions for a connection of any protocol, each of which calls the protocol's tracker.
 * proto is the IPPROTO_* of the connection's key, the same in all calls for a connection.
 *
 * Packets are not processed here. A TCP segment goes to tcp_segment() before the rules
 * are evaluated, any other packet to datagram_packet() after the rules have accepted it.
 */
#ifndef TRACK_TRACK_H
#define TRACK_TRACK_H

#include <linux/in.h>

#include <base/ticks.h>
#include <track/datagram.h>
#include <track/tcp.h>

/*
 * Get the states of both endpoints, enum tcp_state, indexed by side. Returns false, and
 * leaves state unchanged, for a protocol without states.
 */
static inline bool
track_state(const struct track_conn *conn, uint8_t proto, uint8_t state[2])
{
	if (proto != IPPROTO_TCP)
		return false;
	state[0] = (uint8_t)tcp_state(conn, 0);
	state[1] = (uint8_t)tcp_state(conn, 1);
	return true;
}

/* The tick at which the connection expires, or is probed, if no packet comes before. */
static inline uint32_t
track_deadline(const struct track_conn *conn, uint8_t proto,
	       const struct track_config *config)
{
	return proto == IPPROTO_TCP ? tcp_deadline(conn, config)
				    : datagram_deadline(conn, proto, config);
}

/*
 * The tick for which to arm the timer: track_deadline(), or earlier where tcp_wakeup()
 * says so.
 */
static inline uint32_t
track_wakeup(const struct track_conn *conn, uint8_t proto,
	     const struct track_config *config, uint32_t now)
{
	return proto == IPPROTO_TCP ? tcp_wakeup(conn, config, now)
				    : datagram_deadline(conn, proto, config);
}

/*
 * Handle a timer that is due at tick now. With TRACK_TIMER_PROBE, probe[x] is the probe
 * to send to side x (tcp_timer()).
 */
static inline enum track_timer
track_timer(struct track_conn *conn, uint8_t proto, uint32_t now,
	    const struct track_config *config, struct tcp_segment probe[2])
{
	if (proto == IPPROTO_TCP)
		return tcp_timer(conn, now, config, probe);
	return ticks_reached(datagram_deadline(conn, proto, config), now)
		       ? TRACK_TIMER_EXPIRE
		       : TRACK_TIMER_WAIT;
}

/* Why track_timer() has returned TRACK_TIMER_EXPIRE for the connection. */
static inline enum conn_end
track_end(const struct track_conn *conn, uint8_t proto, const struct track_config *config)
{
	return proto == IPPROTO_TCP ? tcp_end(conn, config) : datagram_end(conn);
}

/*
 * The rank of the connection when the table is full, enum track_eviction: the lowest rank
 * is evicted first, TRACK_EVICT_NEVER is never evicted (TIM-2).
 */
static inline unsigned
track_eviction(const struct track_conn *conn, uint8_t proto, uint32_t now)
{
	return proto == IPPROTO_TCP ? tcp_eviction(conn, now)
				    : datagram_eviction(conn, now);
}

/*
 * Decide about an ICMP error that quotes a packet of the connection, sent by side x. For
 * TCP, seq is the sequence number in the quoted header. Sets verdict and reason; the
 * connection does not change (MODEL-3).
 */
static inline void
track_icmp_error(const struct track_conn *conn, uint8_t proto, uint8_t x, uint32_t seq,
		 struct track_result *r)
{
	if (proto == IPPROTO_TCP)
		tcp_icmp_error(conn, x, seq, r);
	else
		*r = (struct track_result){.verdict = VERDICT_PASS};
}

#endif
