/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The XDP programs of the wires (lib/xdp), one set for each worker: its engine's memory
 * is theirs, and what they do not pass comes to the sockets of its ports.
 */
#ifndef SLUICE_XDP_WIRE_H
#define SLUICE_XDP_WIRE_H

#include "sluice.h"

/*
 * Make the programs and the memory of a worker's engine: *memory, and config->shared.
 * Returns 0, or an exit status after a message.
 */
int xdp_wire_open(struct sluice *s, unsigned worker, struct engine_config *config,
		  void **memory);

/*
 * Connect the sockets of the started ports to the programs, and attach these: frames come
 * from now on. Returns 0, or an exit status after a message.
 */
int xdp_wire_start(struct sluice *s);

/* Take the programs off, so that no frame comes any more. */
void xdp_wire_stop(struct sluice *s);

/* Free the programs and the engines' memory. */
void xdp_wire_close(struct sluice *s);

#endif
