/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The invariant of a connection, and when the order of its sequence numbers is lost: so
 * many segments may be unseen (PICK-1, ACC-10) that a later number is, modulo 2^32,
 * before an earlier one.
 */
#include "track_fuzz.h"

#include <track/conn_valid.h>

#define STATE(name) (1u << TCP_STATE_##name)

/*
 * For each state of an endpoint, the set of states in which its peer can be. A pair is in
 * the rows of both states.
 */
static bool
states_are_legal(enum tcp_state a, enum tcp_state b)
{
	static const uint32_t peers[] = {
		[TCP_STATE_CLOSED] = STATE(CLOSED) | STATE(TIME_WAIT) | STATE(CLOSING),
		[TCP_STATE_LISTEN] = STATE(SYN_SENT),
		[TCP_STATE_SYN_SENT] = STATE(LISTEN) | STATE(SYN_SENT),
		[TCP_STATE_SYN_RECEIVED] = STATE(ESTABLISHED),
		[TCP_STATE_ESTABLISHED] = STATE(SYN_RECEIVED) | STATE(ESTABLISHED),
		[TCP_STATE_FIN_WAIT_1] = STATE(CLOSE_WAIT),
		[TCP_STATE_FIN_WAIT_2] = STATE(CLOSE_WAIT),
		[TCP_STATE_CLOSE_WAIT] = STATE(FIN_WAIT_1) | STATE(FIN_WAIT_2),
		/* a FIN that the peer has seen may be retransmitted (TW-1) */
		[TCP_STATE_CLOSING] = STATE(CLOSING) | STATE(TIME_WAIT) |
				      STATE(LAST_ACK) | STATE(CLOSED),
		[TCP_STATE_LAST_ACK] = STATE(TIME_WAIT) | STATE(CLOSING),
		[TCP_STATE_TIME_WAIT] = STATE(TIME_WAIT) | STATE(CLOSING) |
					STATE(LAST_ACK) | STATE(CLOSED),
	};

	return (peers[a] >> b & 1) && (peers[b] >> a & 1);
}

static uint32_t
longest(const struct track_config *config)
{
	uint32_t max = 0;

#define LONGER(name, value, min, max_, text)                                             \
	max = config->name > max ? config->name : max;
	TRACK_TIMEOUTS(LONGER)
	return max;
}

bool
order_is_lost(struct world *w)
{
	struct track_conn conn = conn_of(w);
	struct tcp_attempt p = conn_attempt(&conn);
	uint32_t ts;
	uint8_t x;

	for (x = 0; x < 2; x++)
		if ((attempt_ts_recent(&p, x, &ts) && p.h->tsmax[x] - ts >= 1u << 30) ||
		    ((p.c->flags & COLD_ASYMMETRIC) &&
		     attempt_maxwnd(&p, x) >= 1u << 29) ||
		    p.h->nxt[x] - p.h->una[x] + attempt_maxwnd(&p, x) >= 1u << 31)
			return true;
	return false;
}

void
check_connection(struct world *w)
{
	struct track_conn conn = conn_of(w);
	struct tcp_attempt p = conn_attempt(&conn), n;
	struct track_hot hot = w->hot;
	struct tcp_attempt slow = {&hot, p.c, p.handshake};
	uint32_t deadline = tcp_deadline(&conn, &w->config);
	int i;

	require(conn_valid(p.h, p.c, w->config.tcp_be_liberal));
	attempt_set_slow(&slow, conn.ext);
	require(!(hot.flags & TRACK_SLOW) || (w->hot.flags & TRACK_SLOW));
	require(w->config.tcp_be_liberal ||
		states_are_legal(tcp_state(&conn, 0), tcp_state(&conn, 1)));
	require(seq_diff(deadline, w->now) <= (int32_t)longest(&w->config));
	/* a timer must never be armed later than the deadline */
	require(!seq_after(w->armed, deadline));
	lie(!(w->hot.ep[0] & w->hot.ep[1] & EP_FA));
	if (!w->has_ext)
		return;
	require(w->ext.shadow[0].live || !w->ext.shadow[1].live);
	for (i = 0; i < TCP_SHADOWS; i++) {
		n = shadow_attempt(&w->ext.shadow[i]);
		if (w->ext.shadow[i].live)
			require(conn_valid(n.h, n.c, w->config.tcp_be_liberal));
	}
}
