/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends a record of each connection to an IPFIX collector: when it has ended, and each
 * active time-out. A reader of the fanout puts the ends into a queue of IPFIX_QUEUE, and
 * a thread of its own encodes and sends them; neither the control thread nor a worker
 * waits for the collector. Records that are lost are counted in control_ipfix.
 */
#ifndef CONTROL_IPFIX_H
#define CONTROL_IPFIX_H

#include <control/control.h>

#include "fanout.h"

#define IPFIX_QUEUE 8192u

struct ipfix;

/*
 * Start the thread, for config->ipfix. The collector need not be there. Returns 0, or
 * -errno and a message of CONTROL_MESSAGE_BYTES.
 */
int ipfix_open(const struct control_config *config, struct ipfix **ipfix, char *message);

/* The reader to pass to fanout_join(). */
struct fanout_reader *ipfix_reader(struct ipfix *ipfix);

/* Send what is queued, for at most 0.3 seconds, and end. NULL: does nothing. */
void ipfix_close(struct ipfix *ipfix);

#endif
