/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pairs of states that a connection can be in, each with the segments that lead to
 * it. A test sends all combinations of flags in each of them, and a program prints the
 * table of docs/tcp-tracking.md. A opens the connection; its ISS is 100, that of B 300.
 */
#ifndef UNIT_TCP_SITUATIONS_H
#define UNIT_TCP_SITUATIONS_H

#include <base/segment.h>

#define SITUATION_STEPS 8

struct situation_step {
	uint8_t side; /* sender; 0: A */
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
};

struct situation {
	const char *name; /* the states of A and B as text */
	struct situation_step step[SITUATION_STEPS];
};

#define SITUATIONS 15

/* Unused steps have flags 0. */
extern const struct situation situations[SITUATIONS];

#endif
