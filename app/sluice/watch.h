/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread that follows the system time (clock_follow()) and monitors the ports while
 * they run: whether each interface exists, has a
 * link and still has our XDP program, and whether its MTU or offloads have changed. It
 * logs changes, and sets port.down and port.limit for the workers. With link_propagation,
 * when a port loses its link, it sets the other port of the wire down.
 *
 * When a port is lost, the thread ends the program with status EXIT_PORT. DPDK's drivers
 * keep the sockets of an interface that no longer exists, and do not return the buffers
 * of a closed port, so only a new process can use the wire again.
 *
 * Messages from rtnetlink wake the thread, but it does not parse them: it reads the state
 * of each interface, at least twice a second.
 */
#ifndef SLUICE_WATCH_H
#define SLUICE_WATCH_H

struct sluice;

/*
 * Set port.down, port.limit and the offset of the clock to the current state. Call it
 * before the workers start.
 */
void watch_begin(struct sluice *s);

/* Start the thread. Returns 0 or -errno. */
int watch_start(struct sluice *s);

/* End the thread, and set the ports up again that it has set down. */
void watch_stop(struct sluice *s);

#endif
