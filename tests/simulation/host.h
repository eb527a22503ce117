/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TCP host as they are in the world, for measuring what a firewall costs them:
 * retransmission with back-off and after three duplicate ACKs, a congestion window,
 * segments kept out of order, delayed ACKs, keepalives, timestamps, and the tests of RFC
 * 9293 and RFC 5961. Bytes have numbers but no contents. tests/model/endpoint.h is the
 * other one: small, for exploring every order.
 *
 * Pure: a segment, a write or a time goes in; segments come out through host_out.
 */
#ifndef SIMULATION_HOST_H
#define SIMULATION_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <base/segment.h>

#define HOST_HELD 32 /* pieces kept out of order */
#define HOST_OUT 256 /* segments at once */
#define HOST_MSS 1000u
#define HOST_NEVER UINT32_MAX

enum host_state { HOST_CLOSED, HOST_LISTEN, HOST_SYN_SENT, HOST_SYN_RECEIVED, HOST_OPEN };

/* What differs from host to host; times in ms. */
struct host_kind {
	uint32_t window;    /* receive window, bytes */
	uint8_t scale;      /* its shift, or TCP_NO_SCALE */
	bool timestamps;    /* offered */
	uint32_t ts_ticks;  /* of its timestamp clock, a ms */
	uint32_t rto_min;   /* least and first retransmission time-out */
	uint32_t delay_ack; /* at most; 0: each segment at once */
	uint32_t keepalive; /* idle time before one, and between two; 0: none */
};

struct host {
	struct host_kind kind;
	enum host_state state;
	bool reset;                  /* by a RST that it believed */
	uint32_t iss, una, nxt, max; /* max: the highest nxt ever */
	uint32_t wnd, wnd_max;       /* what the peer offers, and has ever offered */
	uint32_t wl1, wl2;           /* SEQ and ACK that offered it */
	uint32_t irs, rcv_nxt;
	uint8_t peer_scale;
	bool scaled, ts_on;
	uint32_t ts_recent, ts_offset;
	uint32_t written;   /* by the application so far, bytes */
	uint32_t delivered; /* to the application, in order */
	bool closing, peer_closed;
	struct {
		uint32_t from, to;
	} held[HOST_HELD];
	unsigned helds;
	bool held_fin;
	uint32_t held_fin_seq;
	uint32_t cwnd; /* segments */
	uint32_t rto, rto_at;
	unsigned duplicates;
	uint32_t recover; /* nxt when a fast retransmission began */
	uint32_t ack_at;
	uint32_t challenged; /* when, last; 0: never */
	uint32_t keepalive_at;
};

struct host_out {
	struct tcp_segment seg[HOST_OUT];
	unsigned n;
};

void host_init(struct host *h, const struct host_kind *kind, bool listens, uint32_t iss,
	       uint32_t now);
void host_connect(struct host *h, uint32_t now, struct host_out *out);
void host_write(struct host *h, uint32_t bytes, uint32_t now, struct host_out *out);
void host_close(struct host *h, uint32_t now, struct host_out *out);
void host_receive(struct host *h, const struct tcp_segment *seg, uint32_t now,
		  struct host_out *out);

/* When host_tick() has something to do; HOST_NEVER: never. */
uint32_t host_next(const struct host *h);
void host_tick(struct host *h, uint32_t now, struct host_out *out);

/* Both FINs are sent and acknowledged, as far as h knows. */
bool host_is_done(const struct host *h);

#endif
