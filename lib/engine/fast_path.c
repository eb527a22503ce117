/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast path: the next segment of an ESTABLISHED TCP connection that the rules have
 * accepted. burst.c calls fast_path() for an eligible packet. It passes that packet and
 * the ones after it, up to the first that is not such a segment.
 */
#include <string.h>

#include <rte_branch_prediction.h>

#include "engine_state.h"
#include "fast_path.h"
#include "link.h"

/* Whether rules and security labels allow the fast path for packet i. */
static bool
fast_path_allowed(const struct engine *e, unsigned i)
{
	const struct engine_family *f = e->stage.family[i];

	return f->seclabel == NULL && (e->established_accept ||
				       f->generation[e->stage.index[i]] == e->generation);
}

/* Whether the packet is a fast-path frame and has the key of the connection. */
static __rte_always_inline bool
fast_path_is_key(const struct packet_fast *fast, const struct flow_conn *conn)
{
	if (fast->family == 4)
		return flow_is_key_of(conn, 4, &fast->key);
	return fast->family == 6 && flow_is_key_of(conn, 6, &fast->key);
}

/* If this is the connection's in-order next segment, update the connection. */
static __rte_always_inline bool
fast_path_next(struct flow_conn *conn, const struct rte_tcp_hdr *tcp, uint32_t l4_len,
	       uint8_t side, uint32_t now)
{
	struct tcp_segment seg;

	packet_fast_segment(tcp, l4_len, &seg);
	if (!tcp_next_fits(&conn->hot, side, &seg))
		return false;
	if ((conn->hot.flags & TRACK_TS) &&
	    !(packet_fast_timestamps(tcp, &seg) &&
	      tcp_fast_timestamps(&conn->hot, side, &seg)))
		return false;
	tcp_next_take(&conn->hot, side, &seg, now);
	return true;
}

/*
 * Pass packets from i on, as long as each is the next segment of an ESTABLISHED
 * connection that the rules accept. Returns the number of the first that is not, which is
 * unchanged, or n. accept_all: the rules accept all established packets, and neither
 * counters nor labels of connections are configured. Callers pass constants for side and
 * accept_all, so that the compiler keeps the loop's variables in registers.
 */
static __rte_always_inline unsigned
fast_path_run(struct engine *e, unsigned i, unsigned n, uint8_t side, bool accept_all)
{
	struct engine_stage *stage = &e->stage;
	struct engine_tx *tx = &e->tx[stage->port ^ 1];
	unsigned first = i, room = ENGINE_TX_MAX - tx->count;
	uint32_t now = e->now;
	uint64_t bytes = 0;

	if ((e->family[0].changed | e->family[1].changed) & CHANGED_REMOVED)
		return i;
	if (n - i > room)
		n = i + room;
	for (; i < n; i++) {
		const struct packet_fast *fast = &stage->fast[i];
		struct flow_conn *conn = stage->conn[i];

		if (conn == NULL || !fast_path_is_key(fast, conn) ||
		    (!accept_all && !fast_path_allowed(e, i)) ||
		    !fast_path_next(conn, fast->tcp, fast->l4_len, side, now))
			break;
		bytes += fast->ip_len;
		if (!accept_all && stage->family[i]->acct != NULL)
			pkt_account(stage->family[i], stage->index[i], side,
				    fast->ip_len);
	}
	memcpy(&tx->pkts[tx->count], &stage->pkts[first],
	       (i - first) * sizeof(*tx->pkts));
	tx->count += (uint16_t)(i - first);
	e->stats.passed += i - first;
	if (e->established_accept) {
		stage->constant_packets += i - first;
		stage->constant_bytes += bytes;
	}
	return i;
}

unsigned
fast_path(struct engine *e, unsigned i, unsigned n)
{
	bool accept_all = e->established_accept && !e->config.acct &&
			  !e->config.track.ip_security_match;
	unsigned end;

	switch ((accept_all ? 2 : 0) | (e->stage.port & 1)) {
	case 0:
		end = fast_path_run(e, i, n, 0, false);
		break;
	case 1:
		end = fast_path_run(e, i, n, 1, false);
		break;
	case 2:
		end = fast_path_run(e, i, n, 0, true);
		break;
	default:
		end = fast_path_run(e, i, n, 1, true);
		break;
	}
	if (end - i <= LINK_SHORT_RUN || unlikely(++e->link_runs % LINK_SAMPLE_RUNS == 0))
		link_sample(e, i, end);
	return end;
}
