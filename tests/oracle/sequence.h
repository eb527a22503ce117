/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sequence of segments, from its number: a random exchange between two endpoints of RFC
 * 9293 (model/exchange.h), in every second one with forged segments in between, near
 * enough to the true numbers to be interesting. Each goes to the tracker and, as a
 * packet, to the kernel.
 *
 * A sequence ends with the first difference in verdict, since from there on the two have
 * seen different pasts. Both clocks: the tracker's goes on by less than nine seconds,
 * which is before any time-out of its or the kernel's; the kernel's hardly at all.
 */
#ifndef ORACLE_SEQUENCE_H
#define ORACLE_SEQUENCE_H

#include <stdio.h>

#include "step.h"

#define SEQUENCE_STEPS 400

struct sequence {
	uint32_t number;
	bool forged; /* there are forged segments in it */
	/* self-test: our verdict of this step is turned round, or tcp_be_liberal is on */
	int lie_at; /* -1: never */
	bool liberal;
	/*
	 * tcp_loose on both sides, and both lose their entries before this step; 0: not
	 * so
	 */
	unsigned restart_at;
	const char *broken;     /* the test itself failed: why */
	unsigned bad_checksums; /* packets with a wrong one, which both have dropped */
	unsigned steps;
	struct step step[SEQUENCE_STEPS];
};

/*
 * Run it. judge is told of each step. tuple is the number of the
 * connection's addresses and ports, which no two at a time may share.
 */
void sequence_run(struct sequence *s, unsigned tuple,
		  void (*judge)(struct sequence *s, const struct step *step));

/* As a scenario (tests/scenario); what the kernel said is in comments. */
void sequence_print(FILE *out, const struct sequence *s);

#endif
