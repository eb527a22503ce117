/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The result of a tracker for a packet. VERDICT_NEED_INPUT means that nothing has
 * changed, and that the caller has to call the tracker again with the input that `need`
 * names.
 */
#ifndef TRACK_RESULT_H
#define TRACK_RESULT_H

#include <stdint.h>

#include <base/reason.h>
#include <base/segment.h>
#include <base/ticks.h>
#include <base/verdict.h>

#define TRACK_NEED_RULES 0x1u /* whether the rules let this side open a connection */
#define TRACK_NEED_EXT 0x2u   /* a struct tcp_ext for the connection */

/* track_result.events */
#define TRACK_EVENT_STATE 0x1u /* the state of an endpoint has changed */
/* the timeout may be shorter now: arm the timer again */
#define TRACK_EVENT_SHORTER 0x2u
#define TRACK_EVENT_RST_FORGED 0x4u /* RST-7: the RST was forged */
/* a new connection has replaced this one: SYN-4, SYN-5, PICK-1, ACC-10 (b) */
#define TRACK_EVENT_RESYNC 0x8u
#define TRACK_EVENT_OVERSHOOT 0x10u /* ACC-1: data beyond the window has passed */
/* ACC-10: segments of one direction take another path */
#define TRACK_EVENT_ASYMMETRIC 0x20u

/* Ranks of connections for eviction, the first to be evicted first: TIM-2. */
enum track_eviction {
	TRACK_EVICT_CLOSED,
	TRACK_EVICT_TIME_WAIT,
	/* a SYN or a UDP packet unanswered for 5 s; evicted before the table is full */
	TRACK_EVICT_STALE,
	TRACK_EVICT_UNANSWERED, /* an unanswered SYN or query */
	TRACK_EVICT_LAST_ACK,   /* LAST_ACK, CLOSING */
	TRACK_EVICT_HALF_CLOSED,
	/* a pickup, a SYN+ACK not acknowledged, a single reply */
	TRACK_EVICT_UNCONFIRMED,
	TRACK_EVICT_NEVER,
};

#define TRACK_STALE_TICKS (5u * TICKS_PER_S) /* age at which an unanswered SYN is stale */
/* idle time after which a half-closed connection counts as idle */
#define TRACK_IDLE_TICKS (60u * TICKS_PER_S)

/* What the engine does when the timer of a connection is due. */
enum track_timer {
	TRACK_TIMER_WAIT,   /* not expired: arm the timer for track_wakeup() */
	TRACK_TIMER_PROBE,  /* send the two probes, then as TRACK_TIMER_WAIT (TIM-1) */
	TRACK_TIMER_EXPIRE, /* remove the connection */
};

struct track_result {
	uint8_t verdict; /* enum verdict */
	uint8_t reason;  /* enum reason, when the packet is dropped */
	uint8_t action;  /* enum action: send `generated` to the side generated_to */
	uint8_t generated_to;
	uint8_t need;
	uint8_t events;
	uint32_t wakeup; /* for TCP, with TRACK_EVENT_SHORTER: the current tcp_wakeup() */
	struct tcp_segment generated;
};

#endif
