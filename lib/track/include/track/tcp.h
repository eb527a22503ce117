/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The TCP tracker: the state machine of RFC 9293 for both endpoints of a connection, as
 * far as a middlebox can know it. docs/tcp-tracking.md describes the rules and their
 * reasons, under the ids that comments name. docs/architecture.md shows when a packet
 * reaches the tracker.
 *
 * Pure functions: the input is a connection, a side, a decoded segment and a time; the
 * output is a verdict, a reason and an action, and the connection is updated. A segment
 * that is dropped changes nothing (MODEL-2).
 *
 *	struct tcp_input in = {.seg = &seg, .side = 0, .now = now, .config = &config};
 *	struct track_result r;
 *
 *	tcp_unknown(&in, &r);                     no connection has this key
 *	if (r.verdict == VERDICT_PASS)            the segment may open one
 *		tcp_open(&conn, &in);
 *
 *	tcp_segment(&conn, &in, &r);              a connection has this key
 *	while (r.verdict == VERDICT_NEED_INPUT) {
 *		set what r.need names in `in` and `conn`, call again
 *	}
 */
#ifndef TRACK_TCP_H
#define TRACK_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include <conn/end.h>
#include <track/config.h>
#include <track/conn.h>
#include <track/result.h>

enum tcp_state {
	TCP_STATE_CLOSED,
	TCP_STATE_LISTEN,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_ESTABLISHED,
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_CLOSING,
	TCP_STATE_LAST_ACK,
	TCP_STATE_TIME_WAIT,
};

/* Whether the rules let in->side open a connection. */
enum tcp_rules {
	TCP_RULES_UNKNOWN,
	TCP_RULES_ALLOW,
	TCP_RULES_DENY,
};

struct tcp_input {
	const struct tcp_segment *seg;
	const struct track_config *config;
	uint32_t now;  /* ticks */
	uint8_t side;  /* side that the segment came from, 0 or 1 */
	uint8_t rules; /* enum tcp_rules */
	bool no_ext;   /* the extension table was asked, and has no free entry */
};

/*
 * Decide about a segment whose key no connection has. VERDICT_PASS: it may open one, by
 * tcp_open(). VERDICT_NEED_INPUT with TRACK_NEED_RULES: it may, if the rules accept it.
 * Else VERDICT_DROP, with a RST to send back where GEN-1 requires one.
 */
void tcp_unknown(const struct tcp_input *in, struct track_result *r);

/*
 * Initialise zeroed memory as the connection that in->seg, accepted by tcp_unknown(),
 * opens.
 */
void tcp_open(struct track_conn *conn, const struct tcp_input *in);

/* Process a segment of a connection. */
void tcp_segment(struct track_conn *conn, const struct tcp_input *in,
		 struct track_result *r);

/*
 * Decide about an ICMP error that quotes a segment with sequence number seq from side x.
 * Changes nothing (MODEL-3).
 */
void tcp_icmp_error(const struct track_conn *conn, uint8_t x, uint32_t seq,
		    struct track_result *r);

/*
 * GEN-4: decide about a segment whose security label differs from the connection's.
 * Changes nothing. The verdict is VERDICT_DROP, with a RST if the receiver would accept
 * the segment.
 */
void tcp_seclabel_mismatch(const struct track_conn *conn, const struct tcp_input *in,
			   struct track_result *r);

/* The state of the endpoint on side x. */
enum tcp_state tcp_state(const struct track_conn *conn, uint8_t x);

/*
 * The tick at which the connection expires, or is probed, unless a segment comes before.
 */
uint32_t tcp_deadline(const struct track_conn *conn, const struct track_config *config);

/*
 * The tick for which to arm the timer. It is tcp_deadline(), with two upper bounds. For
 * an ESTABLISHED pair: now plus tcp_timeout_unacknowledged, because unacknowledged data
 * shortens the timeout, and segments do not move the timer. For all: now plus five
 * minutes, because the timer makes old timestamps invalid (ACC-6).
 */
uint32_t tcp_wakeup(const struct track_conn *conn, const struct track_config *config,
		    uint32_t now);

/*
 * Handle a timer that is due. probe is filled when the result is TRACK_TIMER_PROBE
 * (TIM-1): probe[x] is sent *to* side x, with the addresses of the other side as its
 * source.
 */
enum track_timer tcp_timer(struct track_conn *conn, uint32_t now,
			   const struct track_config *config,
			   struct tcp_segment probe[2]);

/*
 * The probes that tcp_timer() has just made could not be sent, so a missing answer proves
 * nothing. Returns true: the probes are not counted, and tcp_timer() makes them again in
 * a second. Returns false: they count, because a RST is in doubt, or none could be sent
 * for minutes.
 */
bool tcp_probe_unsent(struct track_conn *conn, uint32_t now,
		      const struct track_config *config);

/* Why tcp_timer() has returned TRACK_TIMER_EXPIRE for the connection. */
enum conn_end tcp_end(const struct track_conn *conn, const struct track_config *config);

/*
 * GEN-6: make the RSTs, at most two, that end the connection at the endpoint on side x:
 * with the addresses of the other side as their source. Returns their number; 0: that
 * endpoint has no connection, or would ignore them.
 */
unsigned tcp_resets(const struct track_conn *conn, uint8_t x,
		    struct tcp_segment reset[2]);

/*
 * TIM-2: the rank of the connection when the table is full. The lowest rank is evicted
 * first; TRACK_EVICT_NEVER is never evicted.
 */
unsigned tcp_eviction(const struct track_conn *conn, uint32_t now);

/* The numbers that segments are tested against, indexed by the sending side. */
struct tcp_numbers {
	uint32_t una[2];   /* the oldest sequence number that is not acknowledged */
	uint32_t nxt[2];   /* one past the highest that was forwarded */
	uint32_t left[2];  /* ACC-2: lowest SEQ that passes */
	uint32_t right[2]; /* ACC-1: SEQ has to be below this */
};

void tcp_numbers(const struct track_conn *conn, struct tcp_numbers *numbers);

/* RFC 9293's name with underscores: "SYN_SENT". */
const char *tcp_state_name(enum tcp_state state);

#endif
