/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Declarations for the files of engine_fuzz: the two engines that get the same frames,
 * the frames of a burst, and the checks.
 */
#ifndef TESTS_FUZZ_ENGINE_FUZZ_H
#define TESTS_FUZZ_ENGINE_FUZZ_H

#include "fuzz.h"

#include <string.h>

#include <netinet/in.h>

#include <engine/engine.h>
#include <frame/frame.h>

#define POOL_SIZE 1023u
#define CONNECTIONS 12u
#define CONNECTIONS6 6u
#define FLOWS 8u /* flows of each protocol, more than the table has entries */
#define FRAME_BYTES 512u
#define FRAGMENTS 20u /* number of mbufs that may hold fragments */
/*
 * Frames of an input. Records stay valid to the end, because the record of a held
 * fragment is filled later.
 */
#define RECORDS 4096u

struct wire_frame {
	size_t length;
	size_t cut; /* bytes in the first of two mbufs; 0: the frame has one mbuf */
	uint8_t bytes[FRAME_BYTES];
};

struct world {
	struct engine *e[2]; /* the first gets frames one by one, the second in bursts */
	uint8_t switches;
	uint64_t now_ns;
	uint64_t left;              /* packets that left, generated ones included */
	uint32_t seq[2][2][FLOWS];  /* next sequence number, by family, side and flow */
	struct wire_frame last[2];  /* last frame of each side, which ICMP errors quote */
	struct wire_frame whole[2]; /* last fragmented datagram of each side */
	struct wire_frame burst[ENGINE_BURST_MAX];
	unsigned records;
	unsigned open; /* records below this index have their final verdict */
};

/* All packet buffers; engine_fuzz.c creates it. */
extern struct rte_mempool *pool;
/*
 * Records of each engine. Fragments with an index of w->open or more may still be held.
 */
extern struct engine_record record[2][RECORDS];

/* ---- engine_input.c ---- */

/* Read the description of a frame from the input, for a burst that enters on a side. */
void read_frame(struct world *w, struct wire_frame *frame, uint8_t side, struct bytes *b);

/* Read a frame whose bytes come unchanged from the input. */
void read_raw(struct wire_frame *frame, struct bytes *b);

/* ---- engine_claims.c ---- */

/* Check that all counters add up and that both engines agree. */
void check_stats(struct world *w);

/*
 * Check that a forwarded frame equals the received one. For a generated segment without
 * data only the IP packet is compared: its link layer is the one last learned, and the
 * fast path does not learn from each segment (engine/link.c).
 */
void check_same(const struct rte_mbuf *a, const struct rte_mbuf *b);

#endif
