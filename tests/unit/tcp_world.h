/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tracker, two endpoints and a clock, for tests that speak in segments: A on side 0, B
 * on side 1. Every expectation is on the line of the segment that it is about.
 *
 *	world_init(&w);
 *	PASS(&w, A, SYN(100), "SYN_SENT", "LISTEN");
 *	DROP(&w, B, RST(5), REASON_TCP_RST_SYN_SENT);
 */
#ifndef UNIT_TCP_WORLD_H
#define UNIT_TCP_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <track/tcp.h>

enum { A, B };

struct world {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext ext;
	struct track_config config;
	struct track_result r; /* of the last segment */
	uint32_t now;
	bool has_ext;
	bool live;
	bool rules_deny;
	bool only_a_opens; /* the rules deny side 1 */
};

/*
 * Segments; windows are 8000 unless changed, which overrides an initialiser on purpose.
 */
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
#define SEGMENT(...)                                                                     \
	((struct tcp_segment){.win = 8000, .scale = TCP_NO_SCALE, __VA_ARGS__})
#define SYN(s, ...) SEGMENT(.flags = TCP_SYN, .seq = (s), __VA_ARGS__)
#define SYNACK(s, a, ...)                                                                \
	SEGMENT(.flags = TCP_SYN | TCP_ACK, .seq = (s), .ack = (a), __VA_ARGS__)
#define ACK(s, a, ...) SEGMENT(.flags = TCP_ACK, .seq = (s), .ack = (a), __VA_ARGS__)
#define FIN(s, a, ...)                                                                   \
	SEGMENT(.flags = TCP_FIN | TCP_ACK, .seq = (s), .ack = (a), __VA_ARGS__)
#define RST(s, ...) SEGMENT(.flags = TCP_RST, .seq = (s), __VA_ARGS__)
#define RSTACK(s, a, ...)                                                                \
	SEGMENT(.flags = TCP_RST | TCP_ACK, .seq = (s), .ack = (a), __VA_ARGS__)

static inline void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->config = TRACK_CONFIG_DEFAULT;
	w->now = UINT32_MAX - 5000; /* the clock wraps in every test */
}

static inline struct track_conn
world_conn(struct world *w)
{
	return (struct track_conn){.hot = &w->hot,
				   .cold = &w->cold,
				   .ext = w->has_ext ? &w->ext : NULL};
}

static inline void
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

static inline void
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

static inline void
world_expect_states(struct world *w, const char *a, const char *b)
{
	struct track_conn conn = world_conn(w);

	assert_true(w->live);
	assert_string_equal(tcp_state_name(tcp_state(&conn, A)), a);
	assert_string_equal(tcp_state_name(tcp_state(&conn, B)), b);
}

#define PASS(w, x, seg, a, b)                                                            \
	do {                                                                             \
		world_send(w, x, seg);                                                   \
		assert_string_equal(reason_name((w)->r.reason), "none");                 \
		assert_int_equal((w)->r.verdict, VERDICT_PASS);                          \
		world_expect_states(w, a, b);                                            \
	} while (0)

/* A dropped segment changes nothing, MODEL-2. */
#define DROP(w, x, seg, why)                                                             \
	do {                                                                             \
		struct track_hot hot_before = (w)->hot;                                  \
		struct track_cold cold_before = (w)->cold;                               \
		world_send(w, x, seg);                                                   \
		assert_int_equal((w)->r.verdict, VERDICT_DROP);                          \
		assert_string_equal(reason_name((w)->r.reason), reason_name(why));       \
		hot_before.flags |= (w)->hot.flags & TRACK_SLOW; /* it may count */      \
		assert_memory_equal(&(w)->hot, &hot_before, sizeof(hot_before));         \
		assert_memory_equal(&(w)->cold, &cold_before, sizeof(cold_before));      \
	} while (0)

/* The segment that was made with the last one. */
#define MADE(w, what, to, fl, s, a)                                                      \
	do {                                                                             \
		assert_int_equal((w)->r.action, what);                                   \
		assert_int_equal((w)->r.generated_to, to);                               \
		assert_int_equal((w)->r.generated.flags, fl);                            \
		assert_int_equal((w)->r.generated.seq, s);                               \
		assert_int_equal((w)->r.generated.ack, a);                               \
	} while (0)

/* The connection has this many seconds left. */
#define LEFT(w, seconds)                                                                 \
	do {                                                                             \
		struct track_conn left_conn = world_conn(w);                             \
		assert_int_equal(tcp_deadline(&left_conn, &(w)->config) - (w)->now,      \
				 (seconds)*TICKS_PER_S);                                 \
	} while (0)

static inline void
world_wait(struct world *w, uint32_t ms)
{
	w->now += ms;
}

static inline enum track_timer
world_timer(struct world *w, struct tcp_segment probe[2])
{
	struct track_conn conn = world_conn(w);
	enum track_timer what = tcp_timer(&conn, w->now, &w->config, probe);

	if (what == TRACK_TIMER_EXPIRE)
		w->live = false;
	return what;
}

/* A from iss 100, B from iss 300, both ESTABLISHED. */
static inline void
world_establish(struct world *w)
{
	world_init(w);
	PASS(w, A, SYN(100), "SYN_SENT", "LISTEN");
	PASS(w, B, SYNACK(300, 101), "ESTABLISHED", "SYN_RECEIVED");
	PASS(w, A, ACK(101, 301), "ESTABLISHED", "ESTABLISHED");
}

#endif
