/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TCP host as real stacks behave, to measure what a firewall costs them: retransmission
 * with back-off and after three duplicate ACKs, a congestion window, segments kept out of
 * order, delayed ACKs, keepalives, timestamps, and the tests of RFC 9293 and RFC 5961.
 * Bytes have numbers but no contents. tests/model/endpoint.h is a smaller one, for
 * exploring every order of events.
 *
 * Pure: each function takes a segment, a write or a time, and returns segments in
 * host_out.
 */
#ifndef SIMULATION_HOST_H
#define SIMULATION_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <base/segment.h>

#define HOST_HELD 32 /* most segments kept out of order */
#define HOST_OUT 256 /* most segments sent by one call */
#define HOST_MSS 1000u
#define HOST_NEVER UINT32_MAX

enum host_state { HOST_CLOSED, HOST_LISTEN, HOST_SYN_SENT, HOST_SYN_RECEIVED, HOST_OPEN };

/* Properties in which hosts differ; times in ms. */
struct host_kind {
	uint32_t window;   /* receive window, bytes */
	uint8_t scale;     /* window scale shift, or TCP_NO_SCALE */
	bool timestamps;   /* offers timestamps */
	uint32_t ts_ticks; /* ticks of the timestamp clock for each ms */
	uint32_t rto_min;  /* retransmission timeout, before back-off */
	/* longest delay of an ACK; 0: acknowledge each segment at once */
	uint32_t delay_ack;
	/* idle time before the first keepalive, and interval; 0: none */
	uint32_t keepalive;
};

struct host {
	struct host_kind kind;
	enum host_state state;
	bool reset; /* the connection ended with a RST */
	/* max: highest nxt so far (nxt moves back to retransmit) */
	uint32_t iss, una, nxt, max;
	/* window that the peer offers, and largest one that it has offered */
	uint32_t wnd, wnd_max;
	/* SND.WL1 and SND.WL2: SEQ and ACK of the segment that offered wnd */
	uint32_t wl1, wl2;
	uint32_t irs, rcv_nxt;
	uint8_t peer_scale;
	bool scaled, ts_on;
	uint32_t ts_recent, ts_offset;
	uint32_t written;   /* bytes written by the application so far */
	uint32_t delivered; /* bytes delivered to the application, in order */
	bool closing, peer_closed;
	struct {
		uint32_t from, to;
	} held[HOST_HELD];
	unsigned helds;
	bool held_fin;
	uint32_t held_fin_seq;
	uint32_t cwnd; /* congestion window, in segments */
	uint32_t rto, rto_at;
	unsigned duplicates;
	uint32_t recover; /* RFC 6582 recover: max when fast retransmit began */
	uint32_t ack_at;
	uint32_t challenged; /* when an empty segment last got an ACK; 0: never */
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

/* Return when host_tick() must run next; HOST_NEVER: never. */
uint32_t host_next(const struct host *h);
void host_tick(struct host *h, uint32_t now, struct host_out *out);

/* Return whether h's FIN is acknowledged and the peer's FIN has arrived. */
bool host_is_done(const struct host *h);

#endif
