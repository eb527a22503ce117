/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of a step; README.md has their grammar. All return 0, or -EINVAL by
 * text_bad().
 */
#ifndef SCENARIO_PARSE_H
#define SCENARIO_PARSE_H

#include "text.h"

/* FLAGS SEQ[:END][(LEN)] [ack ACK] [win WIN] [<options>] of a side. */
int parse_segment(struct parser *p, uint8_t side, struct segment_text *g);

/* {word [N], ...}, if it is there. */
int parse_frame_words(struct parser *p, struct frame_words *w);

/* echo, need_frag, .. */
int parse_icmp_word(struct parser *p, const struct icmp_word **w);

/* What is sent: everything between the direction and " : ". */
int parse_packet(struct parser *p, struct step *step);

/* What must come of a packet, of a time. */
int parse_expect_packet(struct parser *p, struct expect *e);
int parse_expect_time(struct parser *p, struct expect *e);

#endif
