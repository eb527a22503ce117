/* SPDX-License-Identifier: BSD-3-Clause */
/* Parse the expectation: everything after the colon. */
#include "parse.h"

static int
reason(struct parser *p, uint8_t *r)
{
	unsigned i;

	for (i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		if (text_take(p, reason_name((enum reason)i))) {
			*r = (uint8_t)i;
			return 0;
		}
	}
	return text_bad(p, "expected a reason after drop");
}

static bool
state(struct parser *p, uint8_t *s)
{
	unsigned i;

	for (i = TCP_STATE_CLOSED; i <= TCP_STATE_TIME_WAIT; i++) {
		if (text_take(p, tcp_state_name((enum tcp_state)i))) {
			*s = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* Parse "-"; or "stateless" or two states, then [conn N] left TIME [falling]. */
static int
connection(struct parser *p, struct expect *e)
{
	uint64_t n;

	if (text_take(p, "-")) {
		e->conn_kind = EXPECT_NO_CONN;
		return 0;
	}
	if (text_take(p, "stateless"))
		e->conn_kind = EXPECT_STATELESS;
	else if (state(p, &e->state[0]) && state(p, &e->state[1]))
		e->conn_kind = EXPECT_STATES;
	else
		return text_bad(p, "expected -, stateless, or the states of A and B");
	if (text_take(p, "conn")) {
		if (!text_value(p, UINT32_MAX, &n) || n == 0)
			return text_bad(p, "expected a number after conn");
		e->conn = (uint32_t)n;
	}
	if (!text_take(p, "left"))
		return text_bad(p, "expected left and a time");
	text_skip_blanks(p);
	if (!text_duration(p, &n) || n % 1000000u != 0)
		return text_bad(p, "expected a time after left");
	e->left_ms = n / 1000000u;
	e->falling = text_take(p, "falling");
	return 0;
}

/* Parse [held] pass | drop REASON; then [ACTION]; then the connection. */
int
parse_expect_packet(struct parser *p, struct expect *e)
{
	unsigned i;
	int status = 0;

	e->held = text_take(p, "held");
	if (text_take(p, "pass"))
		e->verdict = VERDICT_PASS;
	else if (text_take(p, "drop"))
		status = reason(p, &e->reason);
	else
		return text_bad(p, "expected pass or drop");
	if (status != 0)
		return status;
	for (i = ACTION_RST; i <= ACTION_ICMP; i++) {
		if (text_take(p, action_name((enum action)i)))
			e->action = (uint8_t)i;
	}
	return connection(p, e);
}

/* Parse gone | there CONNECTION. */
int
parse_expect_time(struct parser *p, struct expect *e)
{
	if (text_take(p, "there"))
		return connection(p, e);
	e->gone = text_take(p, "gone");
	return e->gone ? 0 : text_bad(p, "expected gone, or there and the connection");
}
