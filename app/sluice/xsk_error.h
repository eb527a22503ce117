/* SPDX-License-Identifier: BSD-3-Clause */
/* Says in one sentence why there is no AF_XDP socket on a queue, and what to do. */
#ifndef SLUICE_XSK_ERROR_H
#define SLUICE_XSK_ERROR_H

#include <stddef.h>

struct xsk_error {
	int status;            /* -errno */
	const char *port;      /* name in the configuration */
	const char *interface; /* name in the kernel */
	const char *what;      /* what has failed */
	unsigned queue;
	unsigned queues; /* receive queues of the interface */
	size_t bytes;    /* of memory for the frames of the socket */
};

/* Write the sentence, without a full stop, to text. */
void xsk_error_say(const struct xsk_error *error, char *text, size_t room);

#endif
