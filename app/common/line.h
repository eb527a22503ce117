/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Print a connection in one line, in the format of conntrack(8), followed by the states
 * of both endpoints (the example is wrapped):
 *
 *	tcp      6 7431 ESTABLISHED src=10.0.0.1 dst=10.0.1.1 sport=1000 dport=80
 *	src=10.0.1.1 dst=10.0.0.1 sport=80 dport=1000 [ASSURED] use=1 orig=ESTABLISHED
 *	reply=ESTABLISHED
 */
#ifndef COMMON_LINE_H
#define COMMON_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define LINE_BYTES 1024u

/*
 * Write the line of a `connection` object, without a line feed. with_timeout: print the
 * remaining timeout; false for a connection that has ended. Members that the object lacks
 * are left out.
 */
void line_connection(const json_t *connection, bool with_timeout, char *line,
		     size_t size);

/* Write the line of an `event` message: "    [NEW] tcp ..." */
void line_event(const json_t *event, char *line, size_t size);

#endif
