/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine whose memory XDP programs share (lib/xdp). Each frame goes to the program of
 * its port first, by BPF_PROG_TEST_RUN, which sends nothing; the engine gets what the
 * program leaves. Time stands still unless a test sets it.
 */
#ifndef TESTS_BPF_SHARED_H
#define TESTS_BPF_SHARED_H

#include <unit/engine_fixture.h>

#include <xdp/xdp.h>

#include "need.h"

#define FRAME_ROOM 2048u

struct shared {
	struct fixture f; /* config is set before shared_start() */
	struct xdp *x;
	unsigned in_kernel; /* frames that a program has passed */
};

void shared_start(struct shared *s, const char *rules);
void shared_end(struct shared *s);

void shared_time(struct shared *s, uint64_t now_ns);

/* Run the program of a port on the bytes of a frame. Returns whether it passes it. */
bool shared_takes(struct shared *s, uint16_t port, const uint8_t *bytes, size_t len);

/* Pass a frame as the programs and the engine do together. Returns the verdict. */
enum verdict shared_inject(struct shared *s, uint16_t port, const struct frame *frame,
			   uint64_t now_ns);

/*
 * Assert that two engines with one configuration, of which one or both are shared, have
 * the same connections with the same bytes.
 */
void assert_same_tables(const struct engine *a, const struct engine *b);

/* xorshift with a fixed seed: the same numbers in each run. Below n. */
uint32_t pick(uint64_t *random, uint32_t n);

#endif
