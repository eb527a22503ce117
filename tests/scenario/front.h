/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The XDP programs of lib/xdp before the engine of a scenario: each packet goes to the
 * program of its port first, by BPF_PROG_TEST_RUN, and the engine gets what that leaves.
 * The maps are created once for all scenarios; each begins with empty ones.
 */
#ifndef SCENARIO_FRONT_H
#define SCENARIO_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <engine/engine.h>

struct front;

/*
 * Load the programs for engines that need no more memory than one with this
 * configuration. NULL: message, of `room` bytes, says what is missing.
 */
struct front *front_open(const struct engine_config *config, char *message, size_t room);
void front_close(struct front *front);

/*
 * Before engine_init() with config: sets config->shared, and returns the memory, zeroed.
 */
void *front_begin(struct front *front, struct engine_config *config);

/* Whether the program of a port passes the frame at a time of the engine. */
bool front_takes(struct front *front, uint16_t port, const uint8_t *bytes, size_t len,
		 uint64_t now_ns);

/* Add the programs' counters to the engine's. */
void front_collect(struct front *front, struct engine *e);

/* Number of packets that the programs have passed, and were given. */
void front_count(const struct front *front, uint64_t *passed, uint64_t *all);

/* Number of instructions that the kernel's verifier has visited for a program. */
uint32_t front_verified(const struct front *front);

#endif
