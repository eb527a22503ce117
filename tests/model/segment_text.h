/* SPDX-License-Identifier: BSD-3-Clause */
/* Print segments in the syntax of scenarios. */
#ifndef MODEL_SEGMENT_TEXT_H
#define MODEL_SEGMENT_TEXT_H

#include <stdio.h>

#include <base/segment.h>

/* Print FLAGS SEQ[(LEN)] [ack ACK] win WIN [<OPTIONS>], with absolute numbers. */
void segment_print(FILE *out, const struct tcp_segment *seg);

#endif
