/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tracker's functions for the host. The rules themselves are in the headers, one idea
 * each, so that the BPF program is made of the very same lines:
 *
 *   tcp_state.h      what the bits mean
 *   tcp_window.h     ACC: the tests of numbers, and what a good segment tells
 *   tcp_handshake.h  SYNs, candidates, what answers them
 *   seg_ctx.h       one segment in hand; rates; what we send
 *   tcp_unseen.h     ACC-10: segments that took another way
 *   tcp_ack.h        ACK, data, FIN
 *   tcp_reset.h      RST
 *   tcp_syn.h        SYN and SYN+ACK; shadows are opened
 *   tcp_machine.h    the order of all this; shadows are closed
 *   tcp_timer.h      time-outs and probes
 *   tcp_entry.h      the functions of tcp.h
 */
#include <track/tcp_entry.h>

void
tcp_unknown(const struct tcp_input *in, struct track_result *r)
{
	entry_unknown(in, r);
}

void
tcp_open(struct track_conn *conn, const struct tcp_input *in)
{
	entry_open(conn, in);
}

/*
 * One function of what each segment goes through: a seventh less for those that change a
 * state.
 */
__attribute__((flatten)) void
tcp_segment(struct track_conn *conn, const struct tcp_input *in, struct track_result *r)
{
	entry_segment(conn, in, r);
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
	return entry_timer(conn, now, config, probe);
}

bool
tcp_probe_unsent(struct track_conn *conn, uint32_t now, const struct track_config *config)
{
	return entry_probe_unsent(conn, now, config);
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
