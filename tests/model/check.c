/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Check the properties of README.md on one state of the model: check_state() looks at the
 * state alone, check_future() also at what follows from it.
 */
#include "model.h"

#include <string.h>

#include <base/seq.h>
#include <base/ticks.h>
#include <track/conn_valid.h>

#define FUTURE_STEPS 400
#define GONE_TURNS 24
#define PROBING (4 * TICKS_PER_S)

/*
 * Return whether the tracker's `state` of endpoint x is the endpoint's state, with two
 * exceptions in which the tracker cannot know better. A copy of a FIN that passes after
 * the FIN's acknowledgment shows that its sender has not received that (TW-1); the sender
 * may receive it later, unseen. And where both endpoints close at once, but the tracker
 * saw only a later copy of x's FIN, x seems to have closed after its peer.
 */
static bool
is_state_of(const struct model *m, uint8_t x, enum tcp_state state)
{
	enum tcp_state is = m->e[x].state;

	if (state == is)
		return true;
	if (m->fin_first_unseen[x] &&
	    ((state == TCP_STATE_LAST_ACK && is == TCP_STATE_CLOSING) ||
	     (state == TCP_STATE_CLOSED && is == TCP_STATE_TIME_WAIT)))
		return true;
	return m->fin_again[x] &&
	       ((state == TCP_STATE_FIN_WAIT_1 && is == TCP_STATE_FIN_WAIT_2) ||
		(state == TCP_STATE_CLOSING && is == TCP_STATE_TIME_WAIT));
}

/* Return whether x is in TIME_WAIT, its peer is closed and nothing is in flight. */
static bool
is_closed_behind(const struct model *m, uint8_t x)
{
	return m->flights == 0 && m->live && !m->timed_out && !m->u->reroute &&
	       !m->u->budget[MAY_CRASH] && !m->u->budget[MAY_ABORT] &&
	       m->e[x].state == TCP_STATE_TIME_WAIT &&
	       m->e[!x].state <= TCP_STATE_LISTEN && !m->e[!x].was_reset &&
	       m->cold.iss[x] == m->e[x].iss && m->cold.iss[!x] == m->e[x].irs;
}

/*
 * Return whether `state`, the tracker's of x, is right for an endpoint that is closed:
 * CLOSED; LAST_ACK after a copy of an acknowledged FIN (TW-1); or TIME_WAIT or CLOSING if
 * both closed at once and the TIME_WAIT of x has ended.
 */
static bool
is_gone(const struct model *m, uint8_t x, enum tcp_state state)
{
	if (m->e[x].waited && (state == TCP_STATE_TIME_WAIT ||
			       (state == TCP_STATE_CLOSING && m->fin_again[x])))
		return true;
	return state == TCP_STATE_CLOSED ||
	       (state == TCP_STATE_LAST_ACK && m->fin_again[x]);
}

static const char *
check_closed(const struct model *m)
{
	struct track_conn conn = model_conn((struct model *)(uintptr_t)m);
	uint8_t x;

	for (x = 0; x < 2; x++)
		if (is_closed_behind(m, x) && (!is_state_of(m, x, tcp_state(&conn, x)) ||
					       !is_gone(m, !x, tcp_state(&conn, !x))))
			return "(b) the pair is not TIME_WAIT and CLOSED";
	return NULL;
}

/*
 * (b) When nothing is in flight or unacknowledged, the tracker's states are exactly those
 * of the endpoints. While segments are in flight they may differ; the exploration also
 * reaches the state after these have arrived.
 */
static const char *
check_states(const struct model *m)
{
	struct track_conn conn = model_conn((struct model *)(uintptr_t)m);
	uint8_t x;

	if (!check_at_rest(m) || m->timed_out || m->u->reroute || check_opened_at_once(m))
		return NULL;
	if (!m->live)
		return "(b) the endpoints are connected, and there is no entry";
	for (x = 0; x < 2; x++)
		if (!is_state_of(m, x, tcp_state(&conn, x)))
			return "(b) the states are not those of the endpoints";
	return NULL;
}

/*
 * (e) A connection whose handshake is not complete has a short time-out. In SYN_SENT it
 * counts from the first SYN: segments that follow do not extend it.
 */
static const char *
check_half_open(const struct model *m)
{
	const struct track_config *config = model_config(m->u);
	struct track_conn conn = model_conn((struct model *)(uintptr_t)m);
	uint32_t at;
	uint8_t x;

	if (!m->live || (m->hot.ep[0] & m->hot.ep[1] & EP_SA) ||
	    (m->cold.flags & COLD_CLOSED))
		return NULL;
	at = tcp_deadline(&conn, config);
	for (x = 0; x < 2; x++)
		if (tcp_state(&conn, x) == TCP_STATE_SYN_SENT)
			return seq_after(at, m->opened + config->tcp_timeout_syn_sent)
				       ? "(e) SYN_SENT holds longer than from its first "
					 "SYN"
				       : NULL;
	if ((m->hot.ep[0] | m->hot.ep[1]) &
	    EP_FS) /* TIM: time-out of an unacknowledged FIN */
		return seq_after(at, m->now + config->tcp_timeout_fin_wait)
			       ? "(e) a half-open exchange with a FIN holds too long"
			       : NULL;
	return seq_after(at, m->now + config->tcp_timeout_syn_recv)
		       ? "(e) a half-open exchange holds too long"
		       : NULL;
}

/*
 * (b) Return whether the FIN of x is where the entry says, and has been received if the
 * entry says that it is acknowledged.
 */
static bool
fin_is_fact(const struct model *m, uint8_t x)
{
	const struct endpoint *e = &m->e[x];
	uint32_t fin = e->iss + 1 + e->queued;

	if (!(m->hot.ep[x] & EP_FS))
		return true;
	return e->fin_queued && m->cold.fin[x] == fin &&
	       (!(m->hot.ep[x] & EP_FA) || seq_after(m->e[!x].rcv_nxt, fin));
}

/*
 * Check what must hold in every state in which the endpoints are connected and the entry
 * describes that connection: una <= RCV.NXT <= nxt (MODEL-1); and a FIN that the entry
 * knows was sent, one that it counts as acknowledged was received (b).
 */
static const char *
check_facts(const struct model *m)
{
	uint8_t x;

	if (!m->live || m->u->loose || m->u->reroute || !check_connected(m) ||
	    m->cold.iss[0] != m->e[0].iss || m->cold.iss[1] != m->e[1].iss ||
	    !(m->hot.ep[0] & m->hot.ep[1] & EP_SA))
		return NULL;
	for (x = 0; x < 2; x++) {
		const struct endpoint *to = &m->e[!x];

		if (seq_after(m->hot.una[x], to->rcv_nxt) ||
		    seq_after(to->rcv_nxt, m->hot.nxt[x]))
			return "MODEL-1: RCV.NXT is not between una and nxt";
		if (!fin_is_fact(m, x))
			return "(b) a FIN is not where it is said to be";
	}
	return NULL;
}

const char *
check_state(const struct model *m)
{
	const char *broken = check_states(m);

	if (m->live && !conn_valid(&m->hot, &m->cold, model_config(m->u)->tcp_be_liberal))
		return "MODEL-1: the connection's own facts contradict each other";
	if (m->forgotten && !m->u->reroute)
		return "(d) the endpoints are connected, and the entry ends before its "
		       "time";
	if (broken == NULL)
		broken = check_closed(m);
	if (broken == NULL)
		broken = check_half_open(m);
	return broken != NULL ? broken : check_facts(m);
}

/*
 * Advance by one step without loss: deliver the oldest segment in flight, or, if there is
 * none, run the next timer.
 */
static bool
fair_step(struct model *m, bool with_tracker)
{
	struct move move = {MOVE_DELIVER, 0};
	struct flight f;

	if (m->flights == 0) {
		m->budget[MAY_TICK] = 1;
		move.kind = MOVE_TICK;
		if (!with_tracker)
			m->live = false;
		model_step(m, move);
		return m->flights > 0 || m->e[0].rto_at || m->e[1].rto_at;
	}
	f = m->flight[0];
	memmove(&m->flight[0], &m->flight[1], (m->flights - 1) * sizeof(m->flight[0]));
	/*
	 * model_step() moves the last flight to the place of the delivered one; put the
	 * oldest last, so that the others keep their order
	 */
	m->flight[m->flights - 1] = f;
	move.arg = (uint8_t)(m->flights - 1);
	if (!with_tracker && !f.behind)
		m->flight[m->flights - 1].behind = true;
	model_step(m, move);
	return true;
}

static bool
is_over(const struct model *m)
{
	return m->flights == 0 && m->e[0].state <= TCP_STATE_LISTEN &&
	       m->e[1].state <= TCP_STATE_LISTEN;
}

/*
 * Return whether both endpoints get to CLOSED or LISTEN within FUTURE_STEPS steps, if
 * both applications close now and nothing more is lost. `end` is the last state.
 */
static bool
finishes(const struct model *from, bool with_tracker, struct model *end)
{
	struct endpoint_out out;
	unsigned steps;

	*end = *from;
	for (steps = 0; steps < FUTURE_STEPS && !is_over(end); steps++) {
		unsigned x;

		end->overflow = false;
		for (x = 0; x < 2 && end->flights == 0; x++) {
			struct endpoint *e = &end->e[x];

			out.n = 0;
			if (e->rcv_wnd == 0)
				endpoint_set_window(e, 1000, &out);
			else if (e->state >= TCP_STATE_ESTABLISHED && !e->closing)
				endpoint_close(e, end->now, &out);
			if (out.n > 0) {
				struct flight *f = &end->flight[end->flights++];

				memset(f, 0, sizeof(*f));
				f->seg = out.seg[0];
				f->iss = e->iss;
				f->from = (uint8_t)x;
				f->behind = !with_tracker || (end->away >> x & 1);
			}
		}
		if (!fair_step(end, with_tracker) && end->flights == 0 &&
		    end->e[0].rto_at == 0 && end->e[1].rto_at == 0 && !is_over(end) &&
		    end->e[0].state != TCP_STATE_TIME_WAIT &&
		    end->e[1].state != TCP_STATE_TIME_WAIT && end->e[0].closing &&
		    end->e[1].closing)
			break;
	}
	return is_over(end);
}

const char *
check_future(const struct model *m)
{
	const struct track_config *config;
	struct model end;
	unsigned turns;

	if (m->flights == 0 && !m->timed_out && finishes(m, false, &end)) {
		uint32_t alone[2] = {end.e[0].received, end.e[1].received};
		bool reset = end.e[0].was_reset || end.e[1].was_reset;

		if (!finishes(m, true, &end))
			return "(f) the endpoints do not finish with the tracker in "
			       "between";
		if (!reset &&
		    (end.e[0].received != alone[0] || end.e[1].received != alone[1]))
			return "(f) the endpoints get less with the tracker in between";
	}
	if (!is_over(m))
		return NULL;
	end = *m;
	for (turns = 0; end.live && turns < GONE_TURNS; turns++) { /* check (d) */
		struct track_conn conn = model_conn(&end);
		uint32_t at = tcp_deadline(&conn, model_config(end.u));

		if (seq_after(at, end.now))
			end.now = at;
		end.flights = 0;
		model_timers(&end);
	}
	if (end.live)
		return "(d) the endpoints are closed, and the entry stays";
	config = model_config(m->u);
	return end.now - m->now > (m->u->is_signed ? config->tcp_timeout_signed
						   : config->tcp_timeout_established) +
					  PROBING
		       ? "(d) the endpoints are closed, and the entry stays for long"
		       : NULL;
}
