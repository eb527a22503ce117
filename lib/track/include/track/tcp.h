/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The TCP tracker: the state machine of RFC 9293 for both endpoints of a connection, as a
 * middlebox can know it. docs/tcp-tracking.md says what it does and why, by the ids that
 * the code names; docs/architecture.md where it stands in the way of a packet.
 *
 * Pure: a connection, a side, a decoded segment and a time go in; a verdict, a reason and
 * an action come out, and the connection is updated. A segment that is dropped changes
 * nothing (MODEL-2).
 *
 *	struct tcp_input in = {.seg = &seg, .side = 0, .now = now, .config = &config};
 *	struct track_result r;
 *
 *	tcp_unknown(&in, &r);                     no connection has this key
 *	if (r.verdict == VERDICT_PASS)            .. and this may make one
 *		tcp_open(&conn, &in);
 *
 *	tcp_segment(&conn, &in, &r);              one has
 *	while (r.verdict == VERDICT_NEED_INPUT) {
 *		.. answer r.ask in `in` and `conn`, call again
 *	}
 */
#ifndef TRACK_TCP_H
#define TRACK_TCP_H

#include <stdbool.h>
#include <stdint.h>

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

/* The rules' answer to the question whether in->side may open a connection. */
enum tcp_rules {
	TCP_RULES_UNKNOWN,
	TCP_RULES_ALLOW,
	TCP_RULES_DENY,
};

struct tcp_input {
	const struct tcp_segment *seg;
	const struct track_config *config;
	uint32_t now;  /* ticks */
	uint8_t side;  /* that the segment came from, 0 or 1 */
	uint8_t rules; /* enum tcp_rules */
	bool no_ext;   /* the extension table has been asked, and has nothing */
};

/*
 * A segment whose key no connection has. VERDICT_PASS: it may make one, by tcp_open().
 * VERDICT_NEED_INPUT with TRACK_NEED_RULES: it might, if the rules allow. Else
 * VERDICT_DROP, perhaps with a RST to send back (GEN-1).
 */
void tcp_unknown(const struct tcp_input *in, struct track_result *r);

/*
 * Make of zeroed memory the connection that in->seg, accepted by tcp_unknown(), begins.
 */
void tcp_open(struct track_conn *conn, const struct tcp_input *in);

/* A segment of a connection. */
void tcp_segment(struct track_conn *conn, const struct tcp_input *in,
		 struct track_result *r);

/*
 * An ICMP error about a segment with sequence number seq that side x has sent. Changes
 * nothing (MODEL-3).
 */
void tcp_icmp_error(const struct track_conn *conn, uint8_t x, uint32_t seq,
		    struct track_result *r);

/*
 * GEN-4: a segment of a connection whose security label is not the connection's. Changes
 * nothing; the verdict is VERDICT_DROP, with a RST if it is one that the receiver would
 * take.
 */
void tcp_seclabel_mismatch(const struct track_conn *conn, const struct tcp_input *in,
			   struct track_result *r);

/* The state of the endpoint on side x. */
enum tcp_state tcp_state(const struct track_conn *conn, uint8_t x);

/* The tick at which the connection is gone, or is probed, if no segment comes before. */
uint32_t tcp_deadline(const struct track_conn *conn, const struct track_config *config);

/*
 * The tick to arm the timer for: tcp_deadline(), but for an ESTABLISHED pair no later
 * than tcp_timeout_unacknowledged from now, since data that is not acknowledged makes its
 * time-out shorter without anybody moving the timer; and no later than in five minutes,
 * since the timer forgets old timestamps (ACC-6).
 */
uint32_t tcp_wakeup(const struct track_conn *conn, const struct track_config *config,
		    uint32_t now);

/*
 * The timer has fired. probe: filled with TRACK_TIMER_PROBE (TIM-1); probe[x] goes *to*
 * side x, with the addresses of the other side as its source.
 */
enum track_timer tcp_timer(struct track_conn *conn, uint32_t now,
			   const struct track_config *config,
			   struct tcp_segment probe[2]);

/*
 * The probes that tcp_timer() has just made were not sent, so that silence says nothing.
 * True: they are not counted, and are to be made again in a second. False: for minutes
 * they could not be sent, or a RST is in doubt: they count.
 */
bool tcp_probe_unsent(struct track_conn *conn, uint32_t now,
		      const struct track_config *config);

/*
 * TIM-2: who goes first when there is no room. Of two the lower one goes;
 * TRACK_EVICT_NEVER stays, whatever comes.
 */
unsigned tcp_eviction(const struct track_conn *conn, uint32_t now);

/* RFC 9293's name with underscores: "SYN_SENT". */
const char *tcp_state_name(enum tcp_state state);

#endif
