/* SPDX-License-Identifier: BSD-3-Clause */
/* The properties, as far as a state by itself, or what follows from it, can show them. */
#include "model.h"

#include <string.h>

#include <base/seq.h>
#include <base/ticks.h>
#include <track/conn_valid.h>

#define FUTURE_STEPS 400
#define GONE_TURNS 24
#define PROBING (4 * TICKS_PER_S)

/*
 * (a) Whether the segment would move its receiver, were it to arrive now. A RST toward
 * TIME-WAIT, or toward CLOSING with the ACK that makes it TIME-WAIT on its way, is not
 * missed though it would (RST-8, RFC 1337 3).
 */
bool
check_acts(const struct model *m, const struct flight *f)
{
	const struct endpoint *before = &m->e[!f->from];
	struct endpoint_out out = {.n = 0};
	struct endpoint e = *before;

	if ((e.state == TCP_STATE_TIME_WAIT || e.state == TCP_STATE_CLOSING) &&
	    m->r.reason == REASON_TCP_RST_TIME_WAIT)
		return false;
	endpoint_receive(&e, &f->seg, 77777, m->now, &out);
	return e.state != before->state || e.rcv_nxt != before->rcv_nxt ||
	       e.snd_una != before->snd_una || e.snd_wnd != before->snd_wnd ||
	       e.was_reset != before->was_reset || e.irs != before->irs;
}

static bool
is_synchronised(const struct endpoint *e)
{
	return e->state >= TCP_STATE_ESTABLISHED;
}

bool
check_connected(const struct model *m)
{
	return is_synchronised(&m->e[0]) && is_synchronised(&m->e[1]) &&
	       m->e[0].irs == m->e[1].iss && m->e[1].irs == m->e[0].iss;
}

/* All that was sent has arrived, and nobody waits for an answer. */
bool
check_at_rest(const struct model *m)
{
	unsigned x;

	if (m->flights != 0 || !check_connected(m))
		return false;
	for (x = 0; x < 2; x++)
		if (m->e[x].rto_at != 0 || m->e[x].snd_una != m->e[x].snd_max ||
		    m->e[x].snd_max != m->e[!x].rcv_nxt)
			return false;
	return true;
}

/*
 * Where a copy of a FIN came to the tracker after the FIN's acknowledgment, its sender
 * seems not to have got that (TW-1); if it has, and the copy is lost, nothing more is
 * heard of it. And who sent a FIN before it had the peer's, but only a copy sent after
 * that came to the tracker, seems to have been in CLOSE-WAIT.
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

bool
check_opened_at_once(const struct model *m)
{
	uint8_t x;

	if (m->u->connect != 3)
		return false;
	for (x = 0; x < 2; x++)
		if (m->e[x].snd_max != m->e[x].iss + 1 ||
		    m->e[x].rcv_nxt != m->e[x].irs + 1)
			return false;
	return (m->has_ext && m->ext.shadow[0].live) ||
	       !(m->hot.ep[0] & m->hot.ep[1] & EP_SA);
}

/* x has closed and waits, its peer has closed and is gone, and nothing is on its way. */
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
 * .. or waits, as far as we know: a copy of its FIN came after the acknowledgment (TW-1),
 * or both have closed at once, and its TIME_WAIT was over first.
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
 * (b) At rest the pair is exactly what the endpoints are in; between, each sees the
 * other's last step with the segments that carry it, and rest follows when they have
 * arrived.
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
 * (e) An exchange that is half open has a short time-out; SYN_SENT from its first SYN on,
 * however busy it is.
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
	    EP_FS) /* TIM: a FIN that is not acknowledged */
		return seq_after(at, m->now + config->tcp_timeout_fin_wait)
			       ? "(e) a half-open exchange with a FIN holds too long"
			       : NULL;
	return seq_after(at, m->now + config->tcp_timeout_syn_recv)
		       ? "(e) a half-open exchange holds too long"
		       : NULL;
}

/* (b) What the entry says of the FIN of x is so. */
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
 * At any time, where the endpoints have a connection and the entry is of it: MODEL-1, una
 * <= RCV.NXT <= nxt; and (b), a FIN that it knows has been sent, and one that it takes
 * for acknowledged has been received.
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

/* One thing happens: what has been on its way longest arrives, or a timer goes off. */
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
	m->flight[m->flights - 1] = f; /* deliver takes it from the end, order stays */
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

/* Both applications have said all they want to: does the exchange come to an end? */
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
	for (turns = 0; end.live && turns < GONE_TURNS; turns++) { /* (d) */
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
