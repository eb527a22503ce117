/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments as the scenarios write them, for programs that print what they have found. */
#ifndef MODEL_SEGMENT_TEXT_H
#define MODEL_SEGMENT_TEXT_H

#include <stdio.h>

#include <base/segment.h>

/* FLAGS SEQ[(LEN)] [ack ACK] win WIN [<OPTIONS>], all numbers absolute. */
void segment_print(FILE *out, const struct tcp_segment *seg);

#endif
