/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conversations: all packets of a capture between two endpoints, independent of the
 * engine's verdicts. A conversation stores on which side of the wire each endpoint is,
 * whether the capture contains its SYN, and the figures of its current connection
 * (analysis.h).
 *
 * The table has a fixed number of entries. When it is full, the conversation that has
 * been idle for the longest time is removed; one with queued packets is kept.
 */
#ifndef REPLAY_CONVERSATION_H
#define REPLAY_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <conn/key.h>
#include <packet/packet.h>

#include "analysis.h"

#define CONVERSATIONS_MAX (1u << 18)

struct conversation {
	struct flow_key key; /* lower address first; equal addresses: lower port first */
	uint8_t family;
	/* index of the endpoint on lan; for method "connection", the first sender */
	uint8_t lan;
	bool syn_seen;   /* the capture contains a SYN of the conversation */
	bool marked;     /* the current connection has a packet with a mark or a drop */
	uint16_t mss[2]; /* MSS option in each endpoint's SYN; 0: not known */
	/* engine port + 1 from which each endpoint sends; 0: not known */
	uint16_t port[2];
	uint32_t pins; /* number of queued packets that refer to this entry */
	struct analysis a;
	TAILQ_ENTRY(conversation) lru; /* list in order of idle time, longest first */
	struct conversation *next;     /* next entry of the hash bucket */
};

TAILQ_HEAD(conversation_list, conversation);

struct conversations {
	struct conversation **buckets;
	struct conversation_list lru;
	uint32_t count;
	/* called for each finished connection, before its figures are cleared */
	void (*done)(void *context, struct conversation *c);
	void *context;
};

/* Initialize an empty table. Returns 0 or -ENOMEM. */
int conversations_init(struct conversations *t);

/*
 * Find or create the conversation of a packet; *sender is the index of the packet's
 * source in it, 0 or 1. Returns NULL when the packet belongs to no conversation
 * (fragment, ICMP error, not IP), or when memory is out. p: parsed with the source as
 * side 0.
 */
struct conversation *conversation_of(struct conversations *t, const struct packet *p,
				     unsigned *sender, bool *is_new);

/*
 * Find the conversation of the packet that an ICMP error quotes; none is created.
 * *sender: the endpoint that did not send the quoted packet, since the error comes from
 * its direction.
 */
struct conversation *conversation_quoted(struct conversations *t,
					 const struct packet *inner, unsigned *sender);

/* End the current connection: call t->done, then clear its figures. */
void conversation_end(struct conversations *t, struct conversation *c);

/* End all remaining connections in the order in which they began; then free the table. */
void conversations_free(struct conversations *t);

#endif
