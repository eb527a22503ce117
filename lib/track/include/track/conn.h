/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The state of a connection. One entry holds both directions.
 *
 * Arrays of two are indexed by the *side of the wire* that an endpoint is on
 * (conn/key.h): for a segment from endpoint X, `x` is the side of X, and `!x` is the side
 * of the peer Y. Sequence numbers of a direction are stored at the side of the sender.
 * What an endpoint knows or has done is stored at its own side. TRACK_ORIG is the side of
 * the initiator, A.
 *
 * The entry has three parts, by how often a packet needs them:
 *   hot    every packet; 48 bytes, which with an IPv4 key make one cache line
 *   cold   handshake, close, retransmission, timer; the second line
 *   ext    rare: shadows, second candidates, rates. An entry of a bounded table of the
 *          worker. It may be refused or removed at any time; the tracker then still
 *          works, only less exactly
 *
 * Some values do not fit into hot. Hot then has a short form that suffices for nearly
 * every packet: `maxwnd` is shifted right by the window scale (cold has the exact value
 * only while the unscaled window of a SYN is the largest); `ts_lag` is replaced by a
 * value in cold when it does not fit 16 bits. The accessors of track/tcp_window.h give
 * the exact values.
 *
 * No pointers, no clock, no libc: this is compiled for the host and for BPF.
 */
#ifndef TRACK_CONN_H
#define TRACK_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include <base/segment.h>

/* Bits of an endpoint, from which its state is derived: docs/tcp-tracking.md MODEL. */
#define EP_SS 0x01u          /* the endpoint has sent its SYN */
#define EP_PA 0x02u          /* it has acknowledged the peer's SYN */
#define EP_SA 0x04u          /* its SYN has been acknowledged */
#define EP_FS 0x08u          /* it has sent its FIN */
#define EP_ACT 0x10u         /* its FIN did not acknowledge the peer's FIN */
#define EP_FA 0x20u          /* its FIN has been acknowledged, by number */
#define EP_PF 0x40u          /* the peer's FIN has been forwarded to it */
#define EP_ZERO_WINDOW 0x80u /* the last window it offered is 0; not part of the state */

/* track_hot.flags */
#define TRACK_ORIG 0x01u /* side of the initiator: 0 or 1 */
/* each segment needs cold or ext: tcp_fast() must not handle it */
#define TRACK_SLOW 0x02u
#define TRACK_TS 0x04u      /* both endpoints agreed on timestamps */
#define TRACK_REPLIED 0x08u /* the responder has sent a packet */
#define TRACK_ASSURED 0x10u /* TCP: confirmed (MODEL-4); UDP: a stream */
/*
 * Both SYNs were signed, SIG-1. Before a SYN is answered: the initiator's SYN was signed.
 */
#define TRACK_SIGNED 0x20u
/*
 * The engine wants to see a segment of side x on the slow path, to learn its link layer.
 */
#define TRACK_RELEARN(x) (0x40u << (x))

/* track_hot.ts_lag */
/* no timestamp of this side has been echoed: ts_recent is unknown */
#define TS_LAG_NONE 0xffffu
#define TS_LAG_STALE 0xfffeu /* idle for so long that tsmax cannot tell old from new */
/* the difference does not fit 16 bits: see track_cold.ts_recent */
#define TS_LAG_SPILLED 0xfffdu

struct track_hot {
	uint32_t nxt[2];    /* highest SEQ + LEN forwarded from this side */
	uint32_t una[2];    /* highest ACK forwarded from the other side */
	uint32_t edge[2];   /* highest ACK + window forwarded from the other side */
	uint32_t tsmax[2];  /* with TRACK_TS: highest TSval forwarded from this side */
	uint16_t ts_lag[2]; /* tsmax - ts_recent, or TS_LAG_* */
	/* largest window offered to this side, >> the scale of the offering side */
	uint16_t maxwnd[2];
	uint32_t last; /* tick of the last segment that refreshed the idle timer */
	uint8_t ep[2]; /* EP_* */
	uint8_t scale; /* window shift of side 0 in bits 0-3, of side 1 in bits 4-7 */
	uint8_t flags; /* TRACK_* */
};

/* track_cold.flags */
/* a RST closed it at rst_tick, and the entry lingers; the numbers stay valid */
#define COLD_CLOSED 0x01u
#define COLD_RST_PEND 0x02u  /* a RST is in doubt: see rst_seq, rst_tick, COLD_RST_SIDE */
#define COLD_RST_SIDE 0x04u  /* side that sent the RST in doubt */
#define COLD_TIME_WAIT 0x08u /* 2MSL has been running since tw_tick */
#define COLD_LOOSE 0x10u     /* picked up in mid-stream, PICK-1 */
#define COLD_UNSEEN(x) (0x20u << (x)) /* nxt of side x may be too low: PICK-1, ACC-10 */
/* segments of one direction take another path, ACC-10 */
#define COLD_ASYMMETRIC 0x80u

struct track_cold {
	uint32_t iss[2];       /* initial sequence number of each side */
	uint32_t fin[2];       /* sequence number of the FIN; valid with EP_FS */
	uint32_t ts_recent[2]; /* valid where ts_lag is TS_LAG_SPILLED */
	uint32_t t0;           /* tick of the first packet */
	/* SEQ of the RST in doubt, or of the RST that closed the connection */
	uint32_t rst_seq;
	/*
	 * tick at which it came; with probes outstanding (TIM-1), tick of the last probe
	 */
	uint32_t rst_tick;
	uint32_t tw_tick;
	uint16_t syn_win[2]; /* window that the other side's SYN offered to this side */
	/* index into the extension table, 0: none; set by that table */
	uint16_t ext_index;
	/*
	 * bits 0-1: number of probes sent; bit 6: the responder has sent a SYN too
	 * (simultaneous open); bit 5: that SYN is signed
	 */
	uint8_t count;
	uint8_t flags; /* COLD_* */
};

_Static_assert(sizeof(struct track_hot) == 48,
	       "with the 16 bytes of an IPv4 key: one line");
_Static_assert(sizeof(struct track_cold) == 48,
	       "with the timer's link and the table's flow_meta: one line");

/* A SYN that has not been answered yet. */
struct tcp_candidate {
	uint32_t iss;
	uint32_t end; /* sequence number after the SYN and its data */
	uint32_t tsval;
	uint16_t win;
	uint8_t scale; /* window shift; TCP_NO_SCALE: the SYN has no such option */
	bool has_ts: 1;
	bool is_signed: 1;
};

/*
 * ACC-10: what is stored of the segments of a side that were dropped because of their
 * numbers.
 */
struct tcp_refused {
	uint32_t seq, end, ack; /* numbers of the last such segment */
	/* with `reached`: end of the dropped data that continues the passed data */
	uint32_t reach;
	uint32_t counted_ack; /* ACK of the last segment that was counted */
	uint16_t win;
	/* number of dropped segments, each of which continues the one before */
	uint8_t count;
	bool there, reached;
};

/* MODEL, pre-handshake data: data that a side sent before its SYN+ACK was seen. */
struct tcp_early {
	uint32_t end; /* highest sequence number after the data */
	uint32_t ack; /* acknowledgment number that the data carried */
};

/* entries for both sides together; one for each SYN that the data may answer */
#define TCP_EARLIES 3

/* Rare state of an attempt to connect, beside hot and cold. Zeroed: no such state. */
struct tcp_handshake_ext {
	struct tcp_candidate second[2]; /* a further SYN of each side */
	bool has_second[2];
	/* the SYN in `second` is older than the one in hot and cold */
	bool second_is_older[2];
	/* side + 1 to which the wrong ACK bad_ack was forwarded; 0: none */
	uint8_t bad_ack_side;
	/*
	 * SYN-5: side + 1 that sent `synack`, the answer to a SYN that was not seen; 0:
	 * none
	 */
	uint8_t synack_side;
	/* side + 1 that sent the entry of pre_data; 0: the entry is unused */
	uint8_t early_side[TCP_EARLIES];
	/* for a shadow: an ACK has acknowledged its SYN, but no SYN+ACK was seen */
	bool heard;
	bool has_lingered; /* RST-7: see `lingered` */
	/*
	 * ACC-10: number of dropped segments that acknowledge what a dropped segment of
	 * the other side has sent
	 */
	uint8_t agreed;
	struct tcp_refused refused[2];
	uint32_t bad_ack;
	/*
	 * RST-7, with has_lingered: nxt of the endpoint that was reset, before the first
	 * segment that it sent after the RST
	 */
	uint32_t lingered;
	struct tcp_early pre_data[TCP_EARLIES]; /* the newest is the last */
	struct tcp_segment synack;
};

/*
 * SYN-1: an attempt to connect beside a live connection, with the state of a connection.
 */
struct tcp_shadow {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_handshake_ext handshake;
	bool live;
};

#define TCP_SHADOWS 2

/*
 * Token buckets. Kinds below TCP_RATE_PER_SIDE have one for each side, the others one for
 * each connection.
 */
enum tcp_rate {
	TCP_RATE_OLD,       /* ACC-8: burst 20, refill 20/s */
	TCP_RATE_CHALLENGE, /* ACC-9: challenge ACKs */
	TCP_RATE_PROBE,     /* RST-6: probes of the receiver after a RST */
	TCP_RATE_CLOSED,    /* segments while the connection lingers */
	TCP_RATE_PER_SIDE,
	TCP_RATE_HANDSHAKE = TCP_RATE_PER_SIDE, /* GEN-2: RSTs in the handshake */
	TCP_RATE_SYNACK,                        /* SYN+ACKs that answer no SYN */
	TCP_RATE_SHADOW,                        /* SYN-4: burst 3, refill 1/s */
	TCP_RATE_COUNT,
};

/* The rare state of a connection: see the top of this file. Starts zeroed. */
struct tcp_ext {
	struct tcp_handshake_ext handshake;    /* of the connection itself */
	struct tcp_shadow shadow[TCP_SHADOWS]; /* the newest is the last */
	/* Tick at which the bucket is full again (GCRA); 0: never used. */
	uint32_t rate[2 * TCP_RATE_PER_SIDE + (TCP_RATE_COUNT - TCP_RATE_PER_SIDE)];
};

/* A connection as the trackers receive it. ext NULL: it has no extension entry. */
struct track_conn {
	struct track_hot *hot;
	struct track_cold *cold;
	struct tcp_ext *ext;
};

#endif
