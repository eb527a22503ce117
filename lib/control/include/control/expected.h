/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Says in words which sequence and acknowledgment numbers a dropped TCP segment should
 * have had. sluice-replay and the records of a running sluice say it alike.
 */
#ifndef CONTROL_EXPECTED_H
#define CONTROL_EXPECTED_H

#include <stdint.h>

#include <base/reason.h>
#include <track/tcp.h>

#define EXPECTED_BYTES 160u

struct expected_segment {
	uint32_t seq; /* numbers as the segment has them */
	uint32_t ack;
	uint8_t side; /* side that has sent it */
	/* by side: number that is subtracted from those of its sequence space, or 0 */
	uint32_t base[2];
};

/*
 * Write for example "SEQ 1461 is beyond the window 1..1025"; "" when the text of the drop
 * reason is sufficient. numbers: those that the segment was tested against.
 */
void expected_text(enum reason reason, const struct tcp_numbers *numbers,
		   const struct expected_segment *segment, char text[EXPECTED_BYTES]);

#endif
