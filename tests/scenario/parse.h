/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parse the parts of a step; README.md contains the grammar. Each function returns 0, or
 * -EINVAL from text_bad().
 */
#ifndef SCENARIO_PARSE_H
#define SCENARIO_PARSE_H

#include "text.h"

/* Parse a segment of a side: FLAGS SEQ[:END][(LEN)] [ack ACK] [win WIN] [<options>]. */
int parse_segment(struct parser *p, uint8_t side, struct segment_text *g);

/* Parse {word [N], ...} if it is present. */
int parse_frame_words(struct parser *p, struct frame_words *w);

/* Parse the name of an ICMP message: echo, need_frag, .. */
int parse_icmp_word(struct parser *p, const struct icmp_word **w);

/* Parse the packet to send: everything between the direction and " : ". */
int parse_packet(struct parser *p, struct step *step);

/* Parse the expectation of a packet, or of a step of time. */
int parse_expect_packet(struct parser *p, struct expect *e);
int parse_expect_time(struct parser *p, struct expect *e);

#endif
