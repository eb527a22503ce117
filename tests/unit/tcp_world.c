/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_world.h"

void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->config = TRACK_CONFIG_DEFAULT;
	w->now = UINT32_MAX - 5000;
}

struct track_conn
world_conn(struct world *w)
{
	return (struct track_conn){.hot = &w->hot,
				   .cold = &w->cold,
				   .ext = w->has_ext ? &w->ext : NULL};
}

static void
world_answer(struct world *w, struct tcp_input *in, struct track_conn *conn)
{
	if (w->r.need & TRACK_NEED_RULES)
		in->rules = w->rules_deny || (w->only_a_opens && in->side)
				    ? TCP_RULES_DENY
				    : TCP_RULES_ALLOW;
	if (w->r.need & TRACK_NEED_EXT) {
		assert_false(w->has_ext);
		memset(&w->ext, 0, sizeof(w->ext));
		w->has_ext = true;
		*conn = world_conn(w);
	}
}

void
world_send(struct world *w, uint8_t x, struct tcp_segment seg)
{
	struct tcp_input in = {.seg = &seg,
			       .config = &w->config,
			       .now = w->now,
			       .side = x};
	struct track_conn conn = world_conn(w);

	if (w->live) {
		tcp_segment(&conn, &in, &w->r);
		while (w->r.verdict == VERDICT_NEED_INPUT) {
			world_answer(w, &in, &conn);
			tcp_segment(&conn, &in, &w->r);
		}
		return;
	}
	tcp_unknown(&in, &w->r);
	if (w->r.verdict == VERDICT_NEED_INPUT) {
		world_answer(w, &in, &conn);
		tcp_unknown(&in, &w->r);
	}
	if (w->r.verdict == VERDICT_PASS) {
		memset(&w->hot, 0, sizeof(w->hot));
		memset(&w->cold, 0, sizeof(w->cold));
		w->has_ext = false;
		conn = world_conn(w);
		tcp_open(&conn, &in);
		w->live = true;
	}
}

void
world_expect_states(struct world *w, const char *a, const char *b)
{
	struct track_conn conn = world_conn(w);

	assert_true(w->live);
	assert_string_equal(tcp_state_name(tcp_state(&conn, A)), a);
	assert_string_equal(tcp_state_name(tcp_state(&conn, B)), b);
}

void
world_wait(struct world *w, uint32_t ms)
{
	w->now += ms;
}

enum track_timer
world_timer(struct world *w, struct tcp_segment probe[2])
{
	struct track_conn conn = world_conn(w);
	enum track_timer what = tcp_timer(&conn, w->now, &w->config, probe);

	if (what == TRACK_TIMER_EXPIRE)
		w->live = false;
	return what;
}

void
world_establish(struct world *w)
{
	world_init(w);
	PASS(w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(w, A, ACK(101, 301), "ESTABLISHED", "ESTABLISHED");
}
