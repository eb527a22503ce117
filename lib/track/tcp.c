/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tracker's functions for the host. The rules themselves are in headers, one subject
 * each, so that BPF programs are compiled from the same source:
 *
 *   tcp_state.h      what the bits mean
 *   tcp_window.h     ACC: tests of numbers, and updates by a segment that passes
 *   tcp_handshake.h  SYNs, candidates, and their answers
 *   seg_ctx.h        the context of a segment; rate limits; generated segments
 *   tcp_unseen.h     ACC-10: segments that took another path
 *   tcp_ack.h        ACK, data, FIN
 *   tcp_reset.h      RST
 *   tcp_syn.h        SYN and SYN+ACK; opens shadows
 *   tcp_machine.h    the order of the rules; closes shadows
 *   tcp_timer.h      timeouts and probes
 *   tcp_entry.h      the functions of tcp.h
 */
#include <assert.h>

#include <track/conn_valid.h>
#include <track/tcp_entry.h>

/*
 * Builds with buildtype=debug, and those of the fuzzers, define TRACK_CHECKED: each call
 * that may change a connection then asserts that it and its shadows are well formed. In
 * all other builds this is empty.
 */
static inline void
check(const struct track_conn *conn, const struct track_config *config)
{
#ifdef TRACK_CHECKED
	bool liberal = config->tcp_be_liberal;
	int i;

	assert(conn_valid(conn->hot, conn->cold, liberal));
	for (i = 0; conn->ext != NULL && i < TCP_SHADOWS; i++)
		assert(!conn->ext->shadow[i].live ||
		       conn_valid(&conn->ext->shadow[i].hot, &conn->ext->shadow[i].cold,
				  liberal));
#else
	(void)conn;
	(void)config;
#endif
}

void
tcp_unknown(const struct tcp_input *in, struct track_result *r)
{
	entry_unknown(in, r);
}

void
tcp_open(struct track_conn *conn, const struct tcp_input *in)
{
	entry_open(conn, in);
	check(conn, in->config);
}

/*
 * Inlines everything that a segment needs into one function. That saves a seventh of the
 * instructions of segments that change a state.
 */
__attribute__((flatten)) void
tcp_segment(struct track_conn *conn, const struct tcp_input *in, struct track_result *r)
{
	entry_segment(conn, in, r);
	check(conn, in->config);
}

void
tcp_icmp_error(const struct track_conn *conn, uint8_t x, uint32_t seq,
	       struct track_result *r)
{
	entry_icmp_error(conn, x, seq, r);
}

void
tcp_seclabel_mismatch(const struct track_conn *conn, const struct tcp_input *in,
		      struct track_result *r)
{
	entry_seclabel_mismatch(conn, in, r);
}

enum tcp_state
tcp_state(const struct track_conn *conn, uint8_t x)
{
	return entry_state(conn, x);
}

uint32_t
tcp_deadline(const struct track_conn *conn, const struct track_config *config)
{
	struct tcp_attempt p = conn_attempt(conn);

	return attempt_deadline(&p, config);
}

unsigned
tcp_resets(const struct track_conn *conn, uint8_t x, struct tcp_segment reset[2])
{
	return entry_resets(conn, x, reset);
}

unsigned
tcp_eviction(const struct track_conn *conn, uint32_t now)
{
	return entry_eviction(conn, now);
}

uint32_t
tcp_wakeup(const struct track_conn *conn, const struct track_config *config, uint32_t now)
{
	struct tcp_attempt p = conn_attempt(conn);

	return attempt_wakeup(&p, config, now);
}

enum track_timer
tcp_timer(struct track_conn *conn, uint32_t now, const struct track_config *config,
	  struct tcp_segment probe[2])
{
	enum track_timer timer = entry_timer(conn, now, config, probe);

	check(conn, config);
	return timer;
}

bool
tcp_probe_unsent(struct track_conn *conn, uint32_t now, const struct track_config *config)
{
	return entry_probe_unsent(conn, now, config);
}

enum conn_end
tcp_end(const struct track_conn *conn, const struct track_config *config)
{
	struct tcp_attempt p = conn_attempt(conn);

	return attempt_end_reason(&p, config);
}

void
tcp_numbers(const struct track_conn *conn, struct tcp_numbers *numbers)
{
	struct tcp_attempt p = conn_attempt(conn);
	uint8_t x;

	for (x = 0; x < 2; x++) {
		numbers->una[x] = p.h->una[x];
		numbers->nxt[x] = p.h->nxt[x];
		numbers->left[x] = p.h->una[x] - 1 - attempt_maxwnd(&p, x);
		numbers->right[x] = attempt_right_edge(&p, x);
	}
}

const char *
tcp_state_name(enum tcp_state state)
{
	static const char *const names[] = {
		[TCP_STATE_CLOSED] = "CLOSED",
		[TCP_STATE_LISTEN] = "LISTEN",
		[TCP_STATE_SYN_SENT] = "SYN_SENT",
		[TCP_STATE_SYN_RECEIVED] = "SYN_RECEIVED",
		[TCP_STATE_ESTABLISHED] = "ESTABLISHED",
		[TCP_STATE_FIN_WAIT_1] = "FIN_WAIT_1",
		[TCP_STATE_FIN_WAIT_2] = "FIN_WAIT_2",
		[TCP_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_STATE_CLOSING] = "CLOSING",
		[TCP_STATE_LAST_ACK] = "LAST_ACK",
		[TCP_STATE_TIME_WAIT] = "TIME_WAIT",
	};

	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}
