/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TCP endpoint after RFC 9293, for the tests of the tracker: all eleven states, the
 * acceptability tests and RST rules of 3.10.7 with RFC 5961's challenge ACKs,
 * retransmission of the first unacknowledged segment, window probes, simultaneous open
 * and close. Small on purpose: bytes have numbers but no contents, and segments out of
 * order are not kept.
 *
 * Pure: a segment or a tick goes in, at most ENDPOINT_OUT segments come out.
 */
#ifndef MODEL_ENDPOINT_H
#define MODEL_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include <base/segment.h>
#include <track/tcp.h>

#define ENDPOINT_OUT 8
#define ENDPOINT_RTO 300u   /* ticks */
#define ENDPOINT_2MSL 2000u /* short: the test's clock is its own */
#define ENDPOINT_GIVE_UP 60000u

struct endpoint {
	enum tcp_state state;
	bool listens; /* goes back to LISTEN, and answers SYNs */
	bool timestamps;
	bool is_signed; /* TCP-MD5: signs, and takes no notice of what is not signed */
	bool fin_reset; /* aborts with the number of its FIN */
	uint8_t scale;  /* shift of its own window, or TCP_NO_SCALE */
	uint32_t iss, snd_una, snd_nxt, snd_max, snd_wnd, snd_wl1, snd_wl2;
	uint32_t irs, rcv_nxt, rcv_wnd, rcv_edge;
	uint8_t peer_scale;
	bool scaled, ts_on;
	uint32_t ts_recent, ts_clock;
	uint32_t to_send; /* bytes that the application has still to hand over */
	uint32_t queued;  /* bytes handed over, from iss+1 on */
	bool closing;     /* the application has closed: FIN after the data */
	bool fin_queued;
	uint32_t rto_at;     /* 0: no timer */
	uint32_t rto_first;  /* since when una has not moved */
	uint32_t wait_until; /* TIME_WAIT */
	uint32_t received;   /* bytes accepted in order */
	bool was_reset;
	bool waited; /* was in TIME_WAIT to its end */
};

struct endpoint_out {
	struct tcp_segment seg[ENDPOINT_OUT];
	unsigned n;
};

/* CLOSED, or LISTEN. */
void endpoint_init(struct endpoint *e, bool listens);

/* The application: active open from CLOSED or LISTEN; bytes to send; close; window. */
void endpoint_connect(struct endpoint *e, uint32_t iss, uint32_t now,
		      struct endpoint_out *out);
void endpoint_write(struct endpoint *e, uint32_t bytes, uint32_t now,
		    struct endpoint_out *out);
void endpoint_close(struct endpoint *e, uint32_t now, struct endpoint_out *out);
void endpoint_abort(struct endpoint *e, struct endpoint_out *out);
void endpoint_set_window(struct endpoint *e, uint32_t bytes, struct endpoint_out *out);

/* A segment arrives. new_iss: to be used should it be a SYN that is answered. */
void endpoint_receive(struct endpoint *e, const struct tcp_segment *seg, uint32_t new_iss,
		      uint32_t now, struct endpoint_out *out);

/* Time has come for what the timers hold. */
void endpoint_tick(struct endpoint *e, uint32_t now, struct endpoint_out *out);

#endif
