/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * What a tracker says of a packet. A verdict of VERDICT_NEED_INPUT means that nothing has
 * changed and that the tracker wants to be called again with what `ask` names.
 */
#ifndef TRACK_RESULT_H
#define TRACK_RESULT_H

#include <stdint.h>

#include <base/reason.h>
#include <base/segment.h>
#include <base/ticks.h>
#include <base/verdict.h>

#define TRACK_NEED_RULES 0x1u /* may this side open a connection to the other? */
#define TRACK_NEED_EXT 0x2u   /* a struct tcp_ext for the connection */

/* track_result.events */
#define TRACK_EVENT_STATE 0x1u       /* the state of an endpoint has changed */
#define TRACK_EVENT_SHORTER 0x2u     /* the time-out may be shorter now: move the timer */
#define TRACK_EVENT_RST_FORGED 0x4u  /* RST-7 */
#define TRACK_EVENT_RESYNC 0x8u      /* SYN-4, SYN-5: another connection took its place */
#define TRACK_EVENT_OVERSHOOT 0x10u  /* ACC-1: data past the window, passed */
#define TRACK_EVENT_ASYMMETRIC 0x20u /* ACC-10: one direction goes another way */

/* The order of eviction, TIM-2. */
enum track_eviction {
	TRACK_EVICT_CLOSED,
	TRACK_EVICT_TIME_WAIT,
	/* a SYN or UDP unanswered for 5 s, which needs no full table */
	TRACK_EVICT_STALE,
	TRACK_EVICT_UNANSWERED, /* SYN or question */
	TRACK_EVICT_LAST_ACK,   /* LAST_ACK, CLOSING */
	TRACK_EVICT_HALF_CLOSED,
	/* pickup, SYN+ACK that is not acknowledged, one answer */
	TRACK_EVICT_UNCONFIRMED,
	TRACK_EVICT_NEVER,
};

#define TRACK_STALE_TICKS (5u * TICKS_PER_S) /* SYN_SENT under pressure */
#define TRACK_IDLE_TICKS (60u * TICKS_PER_S) /* half-closed and idle */

/* What the engine does when the timer of a connection has fired. */
enum track_timer {
	TRACK_TIMER_WAIT,   /* not yet over: arm the timer for track_wakeup() */
	TRACK_TIMER_PROBE,  /* send the two probes, then as TRACK_TIMER_WAIT (TIM-1) */
	TRACK_TIMER_EXPIRE, /* remove the connection */
};

struct track_result {
	uint8_t verdict; /* enum verdict */
	uint8_t reason;  /* enum reason, of a drop */
	uint8_t action;  /* enum action: made is to be sent, to the side generated_to */
	uint8_t generated_to;
	uint8_t need;
	uint8_t events;
	uint32_t wakeup; /* of TCP, with TRACK_EVENT_SHORTER: tcp_wakeup() now */
	struct tcp_segment generated;
};

#endif
