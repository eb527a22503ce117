/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/expected.h>

#include <inttypes.h>
#include <stdio.h>

void
expected_text(enum reason reason, const struct tcp_numbers *numbers,
	      const struct expected_segment *segment, char text[EXPECTED_BYTES])
{
	const unsigned x = segment->side, y = !x;
	const uint32_t seq = segment->seq - segment->base[x];
	const uint32_t ack = segment->ack - segment->base[y];
	const uint32_t left = numbers->una[x] - segment->base[x];
	const uint32_t right = numbers->right[x] - segment->base[x];

	text[0] = '\0';
	switch (reason) {
	case REASON_TCP_SEQ_RIGHT:
		snprintf(text, EXPECTED_BYTES,
			 "SEQ %" PRIu32 " is beyond the window %" PRIu32 "..%" PRIu32,
			 seq, left, right);
		break;
	case REASON_TCP_SEQ_LEFT:
		snprintf(text, EXPECTED_BYTES,
			 "SEQ %" PRIu32 " is before %" PRIu32
			 ", the oldest that can be sent again",
			 seq, numbers->left[x] - segment->base[x]);
		break;
	case REASON_TCP_ACK_UNSENT:
		snprintf(text, EXPECTED_BYTES,
			 "ACK %" PRIu32 " is beyond %" PRIu32
			 ", the end of what the peer has sent",
			 ack, numbers->nxt[y] - segment->base[y]);
		break;
	case REASON_TCP_ACK_OLD:
		snprintf(text, EXPECTED_BYTES,
			 "ACK %" PRIu32 " is too far before %" PRIu32
			 ", the last acknowledgment",
			 ack, numbers->una[y] - segment->base[y]);
		break;
	case REASON_TCP_RST_SEQ:
		snprintf(text, EXPECTED_BYTES,
			 "SEQ %" PRIu32 " of the RST is outside the window %" PRIu32
			 "..%" PRIu32,
			 seq, left, right);
		break;
	case REASON_TCP_RST_INEXACT:
		snprintf(text, EXPECTED_BYTES,
			 "SEQ %" PRIu32 " of the RST is in the window; expected exactly "
			 "%" PRIu32,
			 seq, numbers->nxt[x] - segment->base[x]);
		break;
	default:
		break;
	}
}
