/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread that looks after the ports while they run: whether their interfaces are
 * there, have a link and still have our XDP program, whether their MTU or offloads
 * change. It logs what changes, sets port.down and port.limit for the workers, passes a
 * link's end on to the wire's other port where that is wanted, and ends the program, with
 * status EXIT_PORT, when a port has been lost: DPDK's drivers keep the sockets of an
 * interface that is gone, and give back no buffers of a port that is closed, so a new
 * process is what makes the wire whole again.
 *
 * rtnetlink wakes it; what it says is not read, the interfaces themselves are, twice a
 * second at least.
 */
#ifndef SLUICE_WATCH_H
#define SLUICE_WATCH_H

struct sluice;

/* Set what the workers read, as it is now; before they start. */
void watch_begin(struct sluice *s);

/* Start the thread; 0 or -errno. */
int watch_start(struct sluice *s);

/* End it, and set the ports up again that it has set down. */
void watch_stop(struct sluice *s);

#endif
