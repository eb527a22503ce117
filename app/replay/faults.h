/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of the capture that are not faults of the network: checksums left to the card,
 * duplicated packets, differing clocks. Each fault is detected, marked, and reported in a
 * hint with its remedy.
 */
#ifndef REPLAY_FAULTS_H
#define REPLAY_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "sides.h"

/* Values of --checksum and --loose. */
enum faults_switch {
	FAULTS_CONFIG, /* the setting of the configuration */
	FAULTS_AUTO,
	FAULTS_YES,
	FAULTS_NO,
	FAULTS_SWITCHES, /* number of values */
};

/* How checksums are treated. */
struct checksums {
	enum faults_switch verify;
	/* nearly all checksums of side i are wrong: its network card writes them later */
	bool off[2];
	uint64_t wrong[2]; /* wrong checksums in the sample, by side */
	uint64_t judged[2];
	uint64_t offloaded; /* packets whose wrong checksum was ignored */
};

/*
 * Decide which checksums to verify. FAULTS_AUTO and FAULTS_CONFIG use the sample; the
 * sides must have been chosen before.
 */
void checksums_choose(struct checksums *cs, struct capture *captures, unsigned n,
		      struct sides *sides);

/*
 * Set the checksum flags of a packet's mbuf, which tell the engine what to verify.
 * Returns whether the packet has a wrong checksum that was left to the card.
 */
bool checksums_set(struct checksums *cs, const struct frame *fr, unsigned side,
		   struct rte_mbuf *m);

/*
 * Recently seen packets, to find those that a mirror port or a capture with `-i any` has
 * recorded twice.
 */
#define DUPLICATES_RING 32u
#define DUPLICATES_NS UINT64_C(1000000)

struct duplicates {
	uint64_t found;
	struct duplicates_packet {
		uint64_t hash;
		uint64_t ns;
	} ring[DUPLICATES_RING];
	unsigned next;
};

/*
 * Return whether the same IP packet has been seen in the last millisecond. TTL and link
 * layer are not compared.
 */
bool duplicates_check(struct duplicates *d, const struct frame *fr, uint64_t ns);

/*
 * Compare the clocks of two captures by handshakes whose SYN is in one and whose SYN+ACK
 * is in the other. The result is the time to add to captures[1] that puts each SYN+ACK
 * between SYN and ACK. Returns false if the clocks agree or nothing can be computed.
 */
bool clocks_differ(struct capture *captures, unsigned n, int64_t *offset_ns);

#endif
