/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sequence of segments: a random exchange between two endpoints of RFC 9293
 * (model/exchange.h), which is computed from its number. Every second sequence also has
 * forged segments with numbers near the true ones. Each segment goes to the tracker and,
 * as a packet, to the kernel.
 *
 * A sequence ends with the first difference in verdict, because after it the trackers
 * have seen different segments. No time-out expires in a sequence: the tracker's clock
 * advances by less than nine seconds, and the kernel's by milliseconds.
 */
#ifndef ORACLE_SEQUENCE_H
#define ORACLE_SEQUENCE_H

#include <stdio.h>

#include "step.h"

#define SEQUENCE_STEPS 400

struct sequence {
	uint32_t number;
	bool forged; /* contains forged segments */
	/*
	 * For the self-tests: lie_at is the step whose verdict of sluice is inverted, -1
	 * for none; liberal switches tcp_be_liberal on in the tracker.
	 */
	int lie_at;
	bool liberal;
	/*
	 * step before which both trackers delete the entry, with tcp_loose on in both; 0:
	 * never
	 */
	unsigned restart_at;
	/* error of the test itself, which invalidates the sequence; NULL: none */
	const char *broken;
	/* number of packets with a wrong checksum that were sent */
	unsigned bad_checksums;
	unsigned steps;
	struct step step[SEQUENCE_STEPS];
};

/*
 * Run the sequence and call judge for each step. tuple selects the addresses and ports;
 * no two concurrent sequences may have the same.
 */
void sequence_run(struct sequence *s, unsigned tuple,
		  void (*judge)(struct sequence *s, const struct step *step));

/*
 * Print the sequence as a scenario (tests/scenario), with the kernel's verdicts in
 * comments.
 */
void sequence_print(FILE *out, const struct sequence *s);

#endif
