/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of packets, which were dropped or logged, or passed, as text for people, in one
 * line:
 *
 *	2026-11-29 14:20:01.123456 tcp_seq_right wan tcp 192.0.2.1:80 > 10.0.0.1:1000
 *	flags PA seq 900000 ack 1001 win 65000 len 10, connection 7 reply,
 *	orig=ESTABLISHED reply=ESTABLISHED: sequence beyond the window [ACC-1]; SEQ 900000
 *	is beyond the window 1..1025
 */
#ifndef CTL_RECORD_H
#define CTL_RECORD_H

#include <stddef.h>

#include <jansson.h>

#define RECORD_BYTES 1024u

/* Return the object of a `drop`, `log` or `pass` message; NULL for another message. */
const json_t *record_of(const json_t *message);

/* Write the line of a record, without a line feed. */
void record_line(const json_t *message, char *line, size_t size);

/*
 * Write the comment of the packet in a capture, in the lines that sluice-replay writes:
 * verdict and reason, what was expected, answer, rule, states before and after, number of
 * the connection.
 */
void record_comment(const json_t *message, char *text, size_t size);

#endif
