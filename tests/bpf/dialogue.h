/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections of all kinds that the programs of lib/xdp handle, and arbitrary packets of
 * them: TCP and UDP over IPv4 and IPv6, without tags, with one and with two.
 */
#ifndef TESTS_BPF_DIALOGUE_H
#define TESTS_BPF_DIALOGUE_H

#include "shared.h"

#define DIALOGUES 48u

/* The next sequence numbers and timestamps of both ends of a connection. */
struct dialogue {
	uint16_t number; /* below DIALOGUES; it sets kind and ports */
	bool ts;
	uint32_t next[2];
	uint32_t ts_now[2];
};

/* How often a fault or a rarity occurs in dialogue_any(): one in so many; 0: never. */
struct dialogue_odds {
	unsigned close;    /* SYN, FIN or RST instead of ACK */
	unsigned bad_sum;  /* a wrong checksum */
	unsigned new_link; /* another source MAC address */
};

bool dialogue_is_udp(const struct dialogue *d);

/* The packet that continues the connection from the side of port. */
struct frame dialogue_next(const struct dialogue *d, uint16_t port, uint8_t flags);

/* An arbitrary packet of the connection. */
struct frame dialogue_any(struct dialogue *d, uint16_t port,
			  const struct dialogue_odds *odds, uint64_t *random);

/* Open the connection in an engine: a handshake, or two datagrams. */
void dialogue_open(struct dialogue *d, struct fixture *f);

#endif
