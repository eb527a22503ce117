/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that were sent, read back: independently of lib/packet, whose work they are. */
#ifndef SCENARIO_READ_H
#define SCENARIO_READ_H

#include "scenario.h"

struct read_frame {
	bool tcp;
	bool icmp;
	uint16_t port[2]; /* source, destination */
	struct segment_text segment;
	uint8_t icmp_type;
	uint8_t icmp_code;
};

/* Returns NULL, or what is wrong with the frame: its lengths, its checksums. */
const char *read_sent(const uint8_t *bytes, size_t len, struct read_frame *r);

#endif
