/* SPDX-License-Identifier: BSD-3-Clause */
/* Parse frames that sluice sent, independently of lib/packet and lib/reply. */
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

/* Parse a frame. Returns NULL, or what is wrong with its lengths or checksums. */
const char *read_sent(const uint8_t *bytes, size_t len, struct read_frame *r);

#endif
