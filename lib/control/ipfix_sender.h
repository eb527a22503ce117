/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the thread of ipfix.c does: it sends a record of each connection that has ended,
 * and walks over all connections in pieces to find those that are due for a record. Time
 * is an argument.
 *
 *	until the end:
 *		wait for an end, for at most sender_pause_ns(sender)
 *		sender_turn(sender, &end, now), or NULL: none has come
 *	sender_end(sender, now);
 */
#ifndef CONTROL_IPFIX_SENDER_H
#define CONTROL_IPFIX_SENDER_H

#include <stdint.h>

#include <control/control.h>

#include "ipfix_active.h"
#include "ipfix_collector.h"

/* number of walks over all connections in an active time-out */
#define IPFIX_WALKS 10u
/* between two pieces of a walk, so that the workers have others' requests as well */
#define IPFIX_WALK_PAUSE_NS 1000000
/* without a walk, in which a record in an unfinished message may wait too long */
#define IPFIX_PAUSE_NS 1000000000
/* ends after which a piece of the walk is done, although further ones wait */
#define IPFIX_WALK_ENDS 64u

/* The end of a connection. */
struct ipfix_item {
	struct conn_event event;
	uint64_t wall_ms; /* when it was taken, by the clock of the walks */
	unsigned worker;
};

struct ipfix_sender;

/*
 * For config->ipfix. now_ms: the process has begun, and with it the first walk. Returns
 * NULL when memory runs out.
 */
struct ipfix_sender *sender_new(const struct control_config *config,
				const struct ipfix_transport *transport, uint64_t now_ms);
void sender_free(struct ipfix_sender *sender);

/*
 * Send the record of an end, NULL: none waits; do a piece of the walk if it is its time;
 * send what has waited in a message. May wait for the collector.
 */
void sender_turn(struct ipfix_sender *sender, const struct ipfix_item *item,
		 struct active_time at);

/* How long an end may be waited for before the next turn. */
long sender_pause_ns(const struct ipfix_sender *sender);

/* Send what is in the message, and count all records. */
void sender_end(struct ipfix_sender *sender, uint64_t now_ms);

#endif
