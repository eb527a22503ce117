/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Find the side of the wire that each packet comes from, in captures that hold both
 * directions. The first of these methods that fits the samples of all captures is used:
 *
 *	the user's          --lan MAC, PREFIX or INTERFACE
 *	interface           two interfaces, each of which has one direction
 *	direction           flags of pcapng, or packet types of Linux cooked captures
 *	MAC addresses       one address is a partner of all others
 *	connection          who sent the first SYN, else the first packet, is on `lan`
 *
 * A method fits if it gives a side for every packet of a conversation in the samples, all
 * packets from an endpoint come from the same side, and those of its peer from the other
 * side. A later packet for which the chosen method gives no side is placed by its
 * connection.
 */
#ifndef REPLAY_SIDES_H
#define REPLAY_SIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "conversation.h"

enum sides_method {
	SIDES_CONNECTION,
	SIDES_MAC,
	SIDES_DIRECTION,
	SIDES_INTERFACE,
	SIDES_USER_MAC,
	SIDES_USER_PREFIX,
	SIDES_USER_INTERFACE,
};

/*
 * Recent fragmented datagrams. Fragments after the first have no ports, so they get the
 * side of the first one.
 */
#define SIDES_FRAGMENTS 64u

struct sides_fragment {
	struct flow_key key; /* the addresses, the lower one first */
	uint32_t id;
	uint8_t source; /* index of the source in key */
	uint8_t side;
	bool used;
};

/* Which of two hosts was on lan in their last connection. */
#define SIDES_PAIRS 4096u

struct sides_pair {
	struct flow_key key; /* the addresses, the lower one first */
	uint8_t lan;
	bool used;
};

struct sides {
	enum sides_method method;
	const char *lan;           /* value of --lan; NULL: not given */
	uint8_t mac[LINKTYPE_MAC]; /* for SIDES_MAC and SIDES_USER_MAC */
	uint8_t mac_side;          /* side on which the host with this address is */
	uint8_t prefix[16];        /* for SIDES_USER_PREFIX, in network byte order */
	uint8_t prefix_family;
	uint8_t prefix_length;
	uint16_t capture; /* SIDES_INTERFACE: capture and interface that are on lan */
	uint32_t interface;
	char text[256]; /* how the sides were determined, for the report */
	struct sides_fragment fragments[SIDES_FRAGMENTS];
	unsigned next_fragment;
	struct sides_pair pairs[SIDES_PAIRS];
};

/*
 * Set s->lan from the value of --lan. Returns 0, or -EINVAL when it is neither a MAC
 * address nor a prefix; then it must be the name of an interface.
 */
int sides_set_lan(struct sides *s, const char *text);

/*
 * Choose a method by the samples of n captures. Returns 0, or -EINVAL with s->text when
 * --lan names an interface that no capture has.
 */
int sides_choose(struct sides *s, struct capture *captures, unsigned n);

/*
 * Return the side that a frame came from, 0 (lan) or 1. c: its conversation, or NULL;
 * sender: index of the frame's source in it. For an ICMP error, c is the conversation of
 * the quoted packet, and sender the endpoint that did not send that packet.
 */
unsigned sides_of(struct sides *s, const struct capture *capture, const struct frame *fr,
		  const struct conversation *c, unsigned sender);

#endif
