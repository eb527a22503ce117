/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Assign wires and queues to workers. A group of wires always has one worker, and counts
 * as one wire here. If there are at most as many workers as wires, each wire gets one
 * worker, round robin. If there are more, each worker gets one wire, also round robin,
 * and the workers of a wire share its ports: each has its own receive queue if the device
 * spreads packets by symmetric RSS, otherwise one of them reads the only queue. The same
 * holds for transmit queues. Workers hand packets that they receive for each other over
 * (steer/handoff.h).
 */
#ifndef SLUICE_ASSIGN_H
#define SLUICE_ASSIGN_H

#include "sluice.h"

/* Choose the number of workers and their lcores. Returns 0 or an exit status. */
int assign_workers(struct sluice *s);

/* Return the number of workers of a wire, and the number of its i-th worker. */
unsigned wire_workers(const struct sluice *s, unsigned wire);
unsigned wire_worker(const struct sluice *s, unsigned wire, unsigned i);

/*
 * Choose the number of queues of each port. Returns 0 or an exit status: a mirror port
 * needs a transmit queue for each worker.
 */
int assign_queues(struct sluice *s);

/*
 * Assign the queues of the started ports to the workers, and link workers that share a
 * wire. Returns 0 or an exit status.
 */
int assign_ports(struct sluice *s);

#endif
