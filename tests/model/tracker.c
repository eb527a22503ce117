/* SPDX-License-Identifier: BSD-3-Clause */
/* The tracker in the model: its entry, its segments and its timers. */
#include "step.h"

#include <string.h>

#include <base/seq.h>

struct track_conn
model_conn(struct model *m)
{
	return (struct track_conn){&m->hot, &m->cold, m->has_ext ? &m->ext : NULL};
}

const struct track_config *
model_config(const struct universe *u)
{
	static const struct track_config plain = TRACK_CONFIG_DEFAULT;
	static struct track_config loose;

	if (!u->loose)
		return &plain;
	loose = plain;
	loose.tcp_loose = true;
	return &loose;
}

void
model_track(struct model *m, uint8_t x, const struct tcp_segment *seg)
{
	struct tcp_input in = {.seg = seg,
			       .config = model_config(m->u),
			       .now = m->now,
			       .side = x};
	struct track_conn conn = model_conn(m);

	for (;;) {
		if (m->live)
			tcp_segment(&conn, &in, &m->r);
		else
			tcp_unknown(&in, &m->r);
		if (m->r.verdict != VERDICT_NEED_INPUT)
			break;
		if (m->r.need & TRACK_NEED_RULES)
			in.rules = TCP_RULES_ALLOW;
		if (m->r.need & TRACK_NEED_EXT) {
			memset(&m->ext, 0, sizeof(m->ext));
			m->has_ext = true;
			conn = model_conn(m);
		}
	}
	if (m->r.verdict == VERDICT_PASS && !m->live) {
		memset(&m->hot, 0, sizeof(m->hot));
		memset(&m->cold, 0, sizeof(m->cold));
		m->has_ext = false;
		conn = model_conn(m);
		tcp_open(&conn, &in);
		m->live = true;
		m->opened = m->now;
	}
	if (m->r.events & TRACK_EVENT_RESYNC)
		m->opened = m->now;
}

/*
 * (d) Return how long the entry of two connected endpoints has to last after the last
 * segment that moved something: the time-out of the endpoints' states; 0 while a RST is
 * in doubt.
 */
static uint32_t
least_life(const struct model *m)
{
	const struct track_config *config = model_config(m->u);
	bool fin[2] = {m->e[0].fin_queued, m->e[1].fin_queued};

	if (m->cold.flags & (COLD_RST_PEND | COLD_CLOSED))
		return 0;
	if (!check_at_rest(m))
		return config->tcp_timeout_syn_recv;
	if (fin[0] && fin[1])
		return config->tcp_timeout_last_ack;
	if (fin[0] || fin[1])
		return config->tcp_timeout_close_wait;
	if (m->u->loose || ((m->hot.ep[0] | m->hot.ep[1]) & EP_ZERO_WINDOW))
		return config->tcp_timeout_unacknowledged;
	return config->tcp_timeout_established;
}

/*
 * Remove the entry. Record in `forgotten` if this was too early for connected endpoints.
 */
static void
end_entry(struct model *m)
{
	if (check_connected(m) && !m->timed_out && !check_opened_at_once(m) &&
	    m->cold.iss[0] == m->e[0].iss && m->cold.iss[1] == m->e[1].iss &&
	    m->now - m->heard < least_life(m))
		m->forgotten = true;
	m->live = false;
	m->has_ext = false;
	m->timed_out = true;
}

/* Run the timers of the tracker that are due, and send their probes. */
void
model_timers(struct model *m)
{
	struct tcp_segment probe[2];
	struct track_conn conn;
	enum track_timer what;
	uint32_t t0;
	uint8_t x;

	while (m->live) {
		conn = model_conn(m);
		t0 = m->cold.t0;
		what = tcp_timer(&conn, m->now, model_config(m->u), probe);
		if (m->cold.t0 != t0) /* a shadow has replaced the connection */
			m->opened = m->now;
		if (what == TRACK_TIMER_EXPIRE)
			end_entry(m);
		if (what != TRACK_TIMER_PROBE)
			return;
		for (x = 0; x < 2; x++)
			flight_put_generated(m, x, &probe[x]);
	}
}
