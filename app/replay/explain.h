/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Describe a packet and its verdict in words: sequence numbers relative to the initial
 * ones, as Wireshark shows them, and which numbers a dropped segment should have had.
 */
#ifndef REPLAY_EXPLAIN_H
#define REPLAY_EXPLAIN_H

#include <stddef.h>

#include <control/expected.h>

#include "sinks.h"

#define EXPLAIN_TEXT EXPECTED_BYTES
#define EXPLAIN_FLAGS 32u
#define EXPLAIN_ENDPOINT 64u

/* Write the flags as "SYN, ACK"; "" when none is set. */
void explain_flags(const struct tcp_segment *seg, char text[EXPLAIN_FLAGS]);

/*
 * Write "192.0.2.1:80" or "[2001:db8::1]:80"; without a port "192.0.2.1". which: 0 is the
 * source, 1 the destination.
 */
void explain_endpoint(const struct packet *p, unsigned which,
		      char text[EXPLAIN_ENDPOINT]);

/* Write the address alone; "" if the packet has none. */
void explain_address(const struct packet *p, unsigned which, char text[EXPLAIN_ENDPOINT]);

/* SEQ and ACK of a segment, and whether each is relative to an initial number. */
struct explain_numbers {
	uint32_t seq, ack;
	bool seq_is_relative, ack_is_relative;
};

void explain_numbers(const struct item *item, struct explain_numbers *n);

/*
 * Write what was expected of a dropped segment: "SEQ 1461 is beyond the window 1..1025".
 * "" when the text of the drop reason is sufficient.
 */
void explain_expected(const struct item *item, const struct engine_record *r,
		      char text[EXPLAIN_TEXT]);

/* Write "tcp", "udp", "icmp", ...; the number for a protocol without a name. */
void explain_proto(uint8_t proto, char text[16]);

#endif
