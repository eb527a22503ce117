/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * What is remembered of a connection. One entry holds both directions.
 *
 * Arrays of two are indexed by the *side of the wire* that an endpoint is on
 * (packet/key.h): for a segment from X, `x` is X's side and `!x` Y's. Numbers of a
 * direction stand at the side of its sender, what an endpoint knows or has done at its
 * own side. Who began, A, is TRACK_ORIG.
 *
 * The entry is cut in three by how often a packet needs it:
 *   hot    every packet; 48 bytes, which with an IPv4 key make one cache line
 *   cold   handshake, close, retransmission, timer; the second line
 *   ext    rare: shadows, second candidates, rates; bounded table of the worker, may be
 *          refused or taken away at any time, and everything works without, only less
 *          exactly
 *
 * A few values would not fit hot, and live there in a form that settles nearly every
 * packet: `maxwnd` rounded down to the window scale (the exact one is in cold only while
 * the unscaled window of a SYN is the largest), and `ts_lag`, which spills into cold when
 * it does not fit 16 bits. The accessors of track/tcp_window.h give the exact values.
 *
 * No pointers, no clock, no libc: this is compiled for the host and for BPF.
 */
#ifndef TRACK_CONN_H
#define TRACK_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <base/segment.h>

/* The bits of an endpoint that its state is derived from: docs/tcp-tracking.md MODEL. */
#define EP_SS 0x01u          /* SYN sent */
#define EP_PA 0x02u          /* has acknowledged the peer's SYN */
#define EP_SA 0x04u          /* its SYN is acknowledged */
#define EP_FS 0x08u          /* FIN sent */
#define EP_ACT 0x10u         /* that FIN did not acknowledge the peer's FIN */
#define EP_FA 0x20u          /* its FIN is acknowledged, by number */
#define EP_PF 0x40u          /* the peer's FIN was forwarded */
#define EP_ZERO_WINDOW 0x80u /* the last window it offered is 0; not part of its state */

/* track_hot.flags */
#define TRACK_ORIG 0x01u    /* side of the endpoint that began: 0 or 1 */
#define TRACK_SLOW 0x02u    /* cold or side has something to say to each segment */
#define TRACK_TS 0x04u      /* timestamps agreed on */
#define TRACK_REPLIED 0x08u /* something has come back */
#define TRACK_ASSURED 0x10u /* confirmed (MODEL-4); of UDP, a stream */
/*
 * Both SYNs were signed, SIG-1; before one is answered: that of the side that began was.
 */
#define TRACK_SIGNED 0x20u
/* The engine wants to see a segment of side x on the slow path, for its link layer. */
#define TRACK_RELEARN(x) (0x40u << (x))

/* track_hot.ts_lag */
#define TS_LAG_NONE 0xffffu    /* nothing of this side echoed yet: ts_recent unknown */
#define TS_LAG_STALE 0xfffeu   /* idle for so long that tsmax tells nothing any more */
#define TS_LAG_SPILLED 0xfffdu /* too far behind for 16 bits: track_cold.ts_recent */

struct track_hot {
	uint32_t nxt[2];    /* highest SEQ+LEN forwarded from this side */
	uint32_t una[2];    /* highest ACK forwarded from the other side */
	uint32_t edge[2];   /* highest ACK + window from the other side */
	uint32_t tsmax[2];  /* with TRACK_TS: highest TSval forwarded from this side */
	uint16_t ts_lag[2]; /* tsmax - ts_recent, or TS_LAG_* */
	uint16_t maxwnd
		[2];   /* largest window offered to this side, >> the offerer's scale */
	uint32_t last; /* tick of the last segment that refreshed the idle timer */
	uint8_t ep[2]; /* EP_* */
	uint8_t scale; /* window shift of side 0 in the low four bits, of side 1 above */
	uint8_t flags; /* TRACK_* */
};

/* track_cold.flags */
#define COLD_CLOSED 0x01u    /* reset and lingering since rst_tick; the numbers stay */
#define COLD_RST_PEND 0x02u  /* a RST in doubt: rst_seq, rst_tick, COLD_RST_SIDE */
#define COLD_RST_SIDE 0x04u  /* side that sent it */
#define COLD_TIME_WAIT 0x08u /* 2MSL runs since tw_tick */
#define COLD_LOOSE 0x10u     /* picked up in mid-stream, PICK-1 */
#define COLD_UNSEEN(x) (0x20u << (x)) /* nxt of x may be behind: PICK-1, ACC-10 */
#define COLD_ASYMMETRIC 0x80u         /* segments have gone another way, ACC-10 */

struct track_cold {
	uint32_t iss[2];       /* initial sequence numbers */
	uint32_t fin[2];       /* sequence number of the FIN; with EP_FS */
	uint32_t ts_recent[2]; /* where ts_lag is TS_LAG_SPILLED */
	uint32_t t0;           /* tick of the first packet */
	uint32_t rst_seq;      /* of the RST in doubt, or of the one that closed */
	uint32_t rst_tick; /* when it came; while probing (TIM-1), when we last probed */
	uint32_t tw_tick;
	uint32_t id; /* serial number in the worker, from 1; 0: entry not in use */
	uint16_t syn_win[2]; /* window that the other side's SYN offered to this one */
	uint16_t ext_index;  /* entry of the extension table, 0: none */
	uint16_t l2;         /* link layers (flow/l2.h), 0: not known */
	uint16_t rule;       /* that let it in: policy_verdict.rule */
	/* probes sent, bits 0-1; bit 6: the side that did not begin has sent a SYN too
	 * (simultaneous open); bit 5: that is signed */
	uint8_t count;
	uint8_t flags; /* COLD_* */
};

_Static_assert(sizeof(struct track_hot) == 48,
	       "with the 16 bytes of an IPv4 key: one line");
_Static_assert(sizeof(struct track_cold) == 56, "with a wheel_link: one line");

/* A SYN whose sender has not been answered yet. */
struct tcp_candidate {
	uint32_t iss;
	uint32_t end; /* sequence number after the SYN and its data */
	uint32_t tsval;
	uint16_t win;
	uint8_t scale; /* or TCP_NO_SCALE */
	bool has_ts: 1;
	bool is_signed: 1;
};

/* ACC-10: what a side has sent that was refused for its numbers. */
struct tcp_refused {
	uint32_t seq, end, ack; /* of the last one */
	uint32_t reach;         /* with reached: up to where they follow each other */
	uint32_t counted_ack;   /* of the last one that counted */
	uint16_t win;
	uint8_t count; /* that follow from each other */
	bool there, reached;
};

/* Data that has overtaken its handshake: MODEL, `early`. */
struct tcp_early {
	uint32_t end; /* the highest sequence number after it */
	uint32_t ack; /* what it acknowledged */
};

#define TCP_EARLIES 3 /* of both sides: each SYN may have an answer of its own */

/* What an attempt to connect may need beside hot and cold. Zeros: nothing. */
struct tcp_handshake_ext {
	struct tcp_candidate second[2]; /* one more SYN of each side */
	bool has_second[2];
	bool second_is_older[2]; /* than the one in hot and cold */
	uint8_t bad_ack_side;    /* side + 1 that the last unacceptable ACK went to */
	uint8_t synack_side; /* side + 1 that sent a SYN+ACK to no SYN we know, SYN-5 */
	uint8_t early_side[TCP_EARLIES]; /* side + 1 that sent each of early, or 0 */
	bool heard; /* of a shadow: an ACK has acknowledged its SYN, and no SYN+ACK has */
	bool has_lingered; /* the end that was reset has sent more since, RST-7 */
	uint8_t agreed;    /* segments refused that agree with one of the other side */
	struct tcp_refused refused[2];
	uint32_t bad_ack;
	uint32_t lingered;                      /* nxt of that end when the RST came */
	struct tcp_early pre_data[TCP_EARLIES]; /* the newest last */
	struct tcp_segment synack;
};

/* An attempt beside a live connection, SYN-1: a connection in small. */
struct tcp_shadow {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_handshake_ext handshake;
	bool live;
};

#define TCP_SHADOWS 2

/* Token buckets; one a direction up to TCP_RATE_PER_SIDE, one a connection after it. */
enum tcp_rate {
	TCP_RATE_OLD,       /* ACC-8: 20, 20 a second */
	TCP_RATE_CHALLENGE, /* ACC-9 */
	TCP_RATE_PROBE,     /* RST-6 */
	TCP_RATE_CLOSED,    /* the linger */
	TCP_RATE_PER_SIDE,
	TCP_RATE_HANDSHAKE = TCP_RATE_PER_SIDE, /* GEN-2 */
	TCP_RATE_SYNACK,                        /* SYN+ACK that answers nothing */
	TCP_RATE_SHADOW,                        /* SYN-4: 3 at once, 1 a second */
	TCP_RATE_COUNT,
};

/* What is rare; see the top of this file. Starts as zeros. */
struct tcp_ext {
	struct tcp_handshake_ext handshake;    /* the connection's own */
	struct tcp_shadow shadow[TCP_SHADOWS]; /* the newest last */
	/* GCRA: the tick at which a bucket is full again, 0: never used */
	uint32_t rate[2 * TCP_RATE_PER_SIDE + (TCP_RATE_COUNT - TCP_RATE_PER_SIDE)];
};

/* A connection in the hands of a tracker. side may be NULL. */
struct track_conn {
	struct track_hot *hot;
	struct track_cold *cold;
	struct tcp_ext *ext;
};

#endif
