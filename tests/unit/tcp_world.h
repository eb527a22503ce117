/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection, the tracker and a clock, for tests that consist of segments: A is on side
 * 0, B on side 1. A line is a segment and what is expected of it: the verdict, and the
 * states of A and B after it.
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
	struct track_result r; /* result of the last segment */
	uint32_t now;
	bool has_ext;
	bool live;
	bool rules_deny;
	bool only_a_opens; /* the rules refuse connections from side 1 */
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

/*
 * Initialize: no connection, the tracker's defaults, and a clock that wraps during each
 * test.
 */
void world_init(struct world *w);

/*
 * Return the connection as the tracker takes it. Valid until the extension is taken or
 * released.
 */
struct track_conn world_conn(struct world *w);

/*
 * Send a segment from side x; the result is in w->r. The tracker gets each input that it
 * requests: the verdict of the rules from `rules_deny` and `only_a_opens`, and always an
 * extension.
 */
void world_send(struct world *w, uint8_t x, struct tcp_segment seg);

/* Assert that there is a connection with these states of A and B. */
void world_expect_states(struct world *w, const char *a, const char *b);

/* Side x sends a segment, which must pass; then A and B must be in these states. */
#define PASS(w, x, seg, a, b)                                                            \
	do {                                                                             \
		world_send(w, x, seg);                                                   \
		assert_string_equal(reason_name((w)->r.reason), "none");                 \
		assert_int_equal((w)->r.verdict, VERDICT_PASS);                          \
		world_expect_states(w, a, b);                                            \
	} while (0)

/*
 * Side x sends a segment, which must be dropped with this reason and change nothing
 * (MODEL-2).
 */
#define DROP(w, x, seg, why)                                                             \
	do {                                                                             \
		struct track_hot hot_before = (w)->hot;                                  \
		struct track_cold cold_before = (w)->cold;                               \
		world_send(w, x, seg);                                                   \
		assert_int_equal((w)->r.verdict, VERDICT_DROP);                          \
		assert_string_equal(reason_name((w)->r.reason), reason_name(why));       \
		/* the segment may count as evidence */                                  \
		hot_before.flags |= (w)->hot.flags & TRACK_SLOW;                         \
		assert_memory_equal(&(w)->hot, &hot_before, sizeof(hot_before));         \
		assert_memory_equal(&(w)->cold, &cold_before, sizeof(cold_before));      \
	} while (0)

/* The last segment must have caused a generated segment toward side `to`. */
#define MADE(w, what, to, fl, s, a)                                                      \
	do {                                                                             \
		assert_int_equal((w)->r.action, what);                                   \
		assert_int_equal((w)->r.generated_to, to);                               \
		assert_int_equal((w)->r.generated.flags, fl);                            \
		assert_int_equal((w)->r.generated.seq, s);                               \
		assert_int_equal((w)->r.generated.ack, a);                               \
	} while (0)

/* The remaining time of the connection must be this many seconds. */
#define LEFT(w, seconds)                                                                 \
	do {                                                                             \
		struct track_conn left_conn = world_conn(w);                             \
		assert_int_equal(tcp_deadline(&left_conn, &(w)->config) - (w)->now,      \
				 (seconds)*TICKS_PER_S);                                 \
	} while (0)

void world_wait(struct world *w, uint32_t ms);

/* Run the connection's timer now. probe: the probes that are due, one for each side. */
enum track_timer world_timer(struct world *w, struct tcp_segment probe[2]);

/* Establish the connection: A with ISS 100, B with ISS 300, both ESTABLISHED. */
void world_establish(struct world *w);

#endif
