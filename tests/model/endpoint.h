/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TCP endpoint after RFC 9293, for the tests of the tracker: all eleven states, the
 * acceptability tests and RST rules of 3.10.7 with RFC 5961's challenge ACKs,
 * retransmission of the first unacknowledged segment, window probes, simultaneous open
 * and close. To keep the state small, bytes have numbers but no contents, and segments
 * out of order are dropped.
 *
 * Each function takes a segment, a call of the application or a time, and returns at most
 * ENDPOINT_OUT segments.
 */
#ifndef MODEL_ENDPOINT_H
#define MODEL_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include <base/segment.h>
#include <track/tcp.h>

#define ENDPOINT_OUT 8
#define ENDPOINT_RTO 300u   /* retransmission timeout, ticks */
#define ENDPOINT_2MSL 2000u /* ticks; shorter than in reality, to shorten the test */
#define ENDPOINT_GIVE_UP 60000u

struct endpoint {
	enum tcp_state state;
	bool listens; /* returns to LISTEN and answers SYNs */
	bool timestamps;
	bool is_signed; /* TCP-MD5: signs its segments and ignores unsigned ones */
	bool fin_reset; /* aborts with a RST that has the sequence number of its FIN */
	uint8_t scale;  /* shift count of its window, or TCP_NO_SCALE */
	uint32_t iss, snd_una, snd_nxt, snd_max, snd_wnd, snd_wl1, snd_wl2;
	uint32_t irs, rcv_nxt, rcv_wnd, rcv_edge;
	uint8_t peer_scale;
	bool scaled, ts_on;
	uint32_t ts_recent, ts_clock;
	uint32_t to_send; /* bytes that the application has not written yet */
	uint32_t queued;  /* bytes written so far; the first has number iss + 1 */
	bool closing;     /* the application has closed: a FIN follows the data */
	bool fin_queued;
	uint32_t rto_at;     /* time of the retransmission timer; 0: not armed */
	uint32_t rto_first;  /* time since which una has not advanced */
	uint32_t wait_until; /* end of TIME_WAIT */
	uint32_t received;   /* bytes received in order */
	bool was_reset;
	bool waited; /* TIME_WAIT has ended regularly */
};

struct endpoint_out {
	struct tcp_segment seg[ENDPOINT_OUT];
	unsigned n;
};

/* Initialize an endpoint in CLOSED or LISTEN. */
void endpoint_init(struct endpoint *e, bool listens);

/*
 * Calls of the application: active open from CLOSED or LISTEN, send bytes, close, change
 * the window.
 */
void endpoint_connect(struct endpoint *e, uint32_t iss, uint32_t now,
		      struct endpoint_out *out);
void endpoint_write(struct endpoint *e, uint32_t bytes, uint32_t now,
		    struct endpoint_out *out);
void endpoint_close(struct endpoint *e, uint32_t now, struct endpoint_out *out);
void endpoint_abort(struct endpoint *e, struct endpoint_out *out);
void endpoint_set_window(struct endpoint *e, uint32_t bytes, struct endpoint_out *out);

/*
 * Process a segment. new_iss: initial number to use if the segment is a SYN that gets an
 * answer.
 */
void endpoint_receive(struct endpoint *e, const struct tcp_segment *seg, uint32_t new_iss,
		      uint32_t now, struct endpoint_out *out);

/* Run the timers that are due. */
void endpoint_tick(struct endpoint *e, uint32_t now, struct endpoint_out *out);

#endif
