/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker has which wires and queues. A group of wires has one worker always, and
 * counts as one wire here. With no more workers than wires, each wire has one worker, in
 * turns. With more, each worker has one wire, in turns too, and the workers of a wire
 * share its ports: a receive queue each where the device spreads packets by symmetric
 * RSS, else one queue, which one of them reads; likewise for sending. What they receive
 * for one another they hand over (steer/handoff.h).
 */
#ifndef SLUICE_ASSIGN_H
#define SLUICE_ASSIGN_H

#include "sluice.h"

/* How many workers, and on which lcores. Returns 0 or an exit status. */
int assign_workers(struct sluice *s);

/* The workers of a wire: how many, and the number of the i-th. */
unsigned wire_workers(const struct sluice *s, unsigned wire);
unsigned wire_worker(const struct sluice *s, unsigned wire, unsigned i);

/* How many queues each port should have. */
void assign_queues(struct sluice *s);

/*
 * The ports have started, with the queues that they have: give them out, link the
 * workers.
 */
int assign_ports(struct sluice *s);

#endif
