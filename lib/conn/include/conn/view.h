/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * A connection as lists show it, and the events of connections. An engine fills them
 * (engine_list(), engine_set_events()). Code that shows connections needs nothing else of
 * an engine.
 */
#ifndef CONN_VIEW_H
#define CONN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include <conn/end.h>
#include <conn/key.h>

struct conn_view {
	struct flow_key key;
	uint8_t family; /* 4 or 6 */
	uint8_t orig;   /* side of the initiator */
	bool replied;
	bool assured;
	bool asymmetric;  /* segments of one direction take another path, ACC-10 */
	bool has_states;  /* a TCP connection: state is filled */
	uint8_t state[2]; /* enum tcp_state by side */
	/* number of the rule that accepted its first packet; 0: the chain's policy did */
	uint16_t rule;
	uint32_t id;         /* serial number in its engine, from 1 */
	uint32_t mark;       /* `ct mark`; 0 if the rules do not use it */
	uint32_t idle_ms;    /* time since its last packet */
	uint64_t left_ms;    /* time until it expires if no packet comes */
	uint64_t age_ms;     /* time since its first packet */
	uint64_t packets[2]; /* sent by each side; 0 without conntrack.acct */
	uint64_t bytes[2];
	/* packets of each side that were dropped; they are not in `packets` */
	uint32_t dropped[2];
	/* enum reason of the last dropped one; REASON_NONE: none, or no conntrack.acct */
	uint8_t drop_reason;
};

enum conn_event_kind {
	CONN_EVENT_NEW,
	CONN_EVENT_UPDATE,
	CONN_EVENT_DESTROY,
};

struct conn_event {
	uint64_t at_ns; /* time of the engine, in nanoseconds */
	uint8_t kind;   /* enum conn_event_kind */
	uint8_t end;    /* enum conn_end; CONN_END_NONE unless it is CONN_EVENT_DESTROY */
	struct conn_view view;
};

#endif
