/* SPDX-License-Identifier: BSD-3-Clause */
#include "step.h"

#include <string.h>

#include <base/seq.h>

#define BYTES 100u     /* bytes that the application writes at once */
#define LIFETIME 9000u /* maximum lifetime of a segment, ticks */

/* Return the next tick at which a timer expires; false: there is none. */
static bool
next_tick(const struct model *m, uint32_t *at)
{
	struct track_conn conn = model_conn((struct model *)(uintptr_t)m);
	uint32_t best = 0, t;
	bool any = false;
	unsigned x;

	for (x = 0; x < 2; x++) {
		if (m->e[x].state == TCP_STATE_TIME_WAIT)
			t = m->e[x].wait_until;
		else if (m->e[x].rto_at != 0)
			t = m->e[x].rto_at;
		else
			continue;
		best = any && seq_before(best, t) ? best : t;
		any = true;
	}
	if (m->live) {
		t = tcp_deadline(&conn, model_config(m->u));
		best = any && seq_before(best, t) ? best : t;
		any = true;
	}
	*at = seq_after(best, m->now) ? best : m->now;
	return any;
}

static void
tick(struct model *m)
{
	struct endpoint_out out;
	uint8_t x;

	if (!next_tick(m, &m->now))
		return;
	model_timers(m);
	for (x = 0; x < 2; x++) {
		out.n = 0;
		endpoint_tick(&m->e[x], m->now, &out);
		flight_put_sent(m, x, &out);
	}
}

void
model_connect(struct model *m, uint8_t x, struct endpoint_out *out)
{
	endpoint_connect(&m->e[x], model_isn(m, x), m->now, out);
	m->incarnation[x]++;
}

const char *
model_step(struct model *m, struct move move)
{
	static const uint8_t budget_of[] = {
		[MOVE_LOSE] = MAY_LOSE,       [MOVE_DUPLICATE] = MAY_DUPLICATE,
		[MOVE_TICK] = MAY_TICK,       [MOVE_WRITE] = MAY_WRITE,
		[MOVE_CLOSE] = MAY_CLOSE,     [MOVE_ABORT] = MAY_ABORT,
		[MOVE_CRASH] = MAY_CRASH,     [MOVE_CONNECT] = MAY_CONNECT,
		[MOVE_WINDOW] = MAY_WINDOW,   [MOVE_ATTACK] = MAY_ATTACK,
		[MOVE_REROUTE] = MAY_REROUTE,
	};
	struct endpoint_out out = {.n = 0};
	uint8_t x = move.arg & 1;

	m->asked = false;
	memset(&m->last, 0, sizeof(m->last));
	if (move.kind == MOVE_DELIVER)
		return model_deliver(m, move.arg);
	m->budget[budget_of[move.kind]]--;
	switch (move.kind) {
	case MOVE_LOSE:
		m->last = m->flight[move.arg];
		flight_remove(m, move.arg);
		return NULL;
	case MOVE_DUPLICATE:
		m->last = m->flight[move.arg];
		flight_put(m, &m->last);
		return NULL;
	case MOVE_TICK:
		tick(m);
		return NULL;
	case MOVE_WRITE:
		endpoint_write(&m->e[x], BYTES, m->now, &out);
		break;
	case MOVE_CLOSE:
		endpoint_close(&m->e[x], m->now, &out);
		break;
	case MOVE_ABORT:
		endpoint_abort(&m->e[x], &out);
		break;
	case MOVE_CRASH:
		endpoint_init(&m->e[x], m->e[x].listens);
		break;
	case MOVE_CONNECT:
		model_connect(m, x, &out);
		break;
	case MOVE_WINDOW:
		endpoint_set_window(&m->e[x], m->e[x].rcv_wnd ? 0 : WINDOW, &out);
		break;
	case MOVE_REROUTE:
		m->away ^= (uint8_t)(1u << x);
		break;
	case MOVE_ATTACK:
		attack_send(m, x, move.arg / 2);
		break;
	default:
		break;
	}
	flight_put_sent(m, x, &out);
	return NULL;
}

static bool
can(const struct model *m, enum move_kind kind, uint8_t x)
{
	const struct endpoint *e = &m->e[x];
	bool open = e->state >= TCP_STATE_SYN_RECEIVED;

	switch (kind) {
	case MOVE_WRITE:
		return m->budget[MAY_WRITE] && open && !e->closing &&
		       e->state != TCP_STATE_TIME_WAIT;
	case MOVE_CLOSE:
		return m->budget[MAY_CLOSE] && open && !e->closing;
	case MOVE_ABORT:
		return m->budget[MAY_ABORT] && open && e->state != TCP_STATE_TIME_WAIT;
	case MOVE_CRASH:
		return m->budget[MAY_CRASH] && e->state >= TCP_STATE_SYN_SENT;
	case MOVE_CONNECT:
		return m->budget[MAY_CONNECT] && e->state <= TCP_STATE_LISTEN &&
		       (m->u->connect >> x & 1);
	case MOVE_WINDOW:
		return m->budget[MAY_WINDOW] && e->state >= TCP_STATE_ESTABLISHED &&
		       e->state != TCP_STATE_TIME_WAIT;
	case MOVE_REROUTE:
		return m->budget[MAY_REROUTE] && (m->u->reroute >> x & 1);
	default:
		return false;
	}
}

unsigned
model_moves(const struct model *m, struct move *moves)
{
	unsigned n = 0, i;
	unsigned kind;
	uint8_t x;
	uint32_t at;

	if (m->overflow)
		return 0;
	for (i = 0; i < m->flights; i++) {
		if (!flight_is_first_alike(m, i))
			continue;
		moves[n++] = (struct move){MOVE_DELIVER, (uint8_t)i};
		if (m->budget[MAY_LOSE])
			moves[n++] = (struct move){MOVE_LOSE, (uint8_t)i};
		if (m->budget[MAY_DUPLICATE] && m->flights < MODEL_FLIGHTS)
			moves[n++] = (struct move){MOVE_DUPLICATE, (uint8_t)i};
	}
	for (kind = MOVE_WRITE; kind <= MOVE_REROUTE; kind++)
		for (x = 0; x < 2; x++)
			if (can(m, (enum move_kind)kind, x))
				moves[n++] = (struct move){(uint8_t)kind, x};
	if (m->budget[MAY_TICK] && next_tick(m, &at) &&
	    (m->flights == 0 || at - m->now <= LIFETIME))
		moves[n++] = (struct move){MOVE_TICK, 0};
	for (i = 0; m->budget[MAY_ATTACK] && i < 2 * ATTACK_KINDS; i++)
		moves[n++] = (struct move){MOVE_ATTACK, (uint8_t)i};
	return n;
}
