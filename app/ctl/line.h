/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection as conntrack(8) prints it, and both endpoints' states behind it:
 *
 *	tcp      6 7431 ESTABLISHED src=10.0.0.1 dst=10.0.1.1 sport=1000 dport=80
 *	src=10.0.1.1 dst=10.0.0.1 sport=80 dport=1000 [ASSURED] use=1 orig=ESTABLISHED
 *	reply=ESTABLISHED
 *
 * in one line. Pure: JSON in, text out.
 */
#ifndef CTL_LINE_H
#define CTL_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define LINE_BYTES 1024u

/*
 * The line of a `connection` object, without an end; with_timeout false: as of one that
 * is gone. Members that are missing are left out.
 */
void line_connection(const json_t *connection, bool with_timeout, char *line,
		     size_t size);

/* The line of an `event` message: "    [NEW] tcp ..." */
void line_event(const json_t *event, char *line, size_t size);

#endif
