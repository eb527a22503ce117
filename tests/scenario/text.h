/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line of a scenario, read from the left: each function takes what it understands and
 * moves the cursor, or leaves the cursor where it was and says false. What cannot be
 * understood is an error with its line, never skipped.
 */
#ifndef SCENARIO_TEXT_H
#define SCENARIO_TEXT_H

#include "scenario.h"

struct parser {
	struct scenario *s;
	struct scenario_error *error;
	unsigned line;
	const char *at; /* cursor */
	uint64_t now_ns;
	uint32_t isn[2];
	uint16_t port[2];
	uint8_t mac[2][6];
	unsigned room;      /* steps allocated */
	unsigned last_from; /* steps that the last line made: [last_from, steps) */
	unsigned last_line; /* .. and which that was */
};

/* The error of this line; returns -EINVAL. */
int text_bad(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void text_skip_blanks(struct parser *p);

bool text_at_end(struct parser *p);

/* The next word, up to a blank; false at the end of the line. */
bool text_word(struct parser *p, char *text, size_t size);

/* Take this word, or this character, if it is the next. */
bool text_take(struct parser *p, const char *expected);
bool text_take_char(struct parser *p, char c);

/* Decimal, hexadecimal, or 2^n; as a word of its own. */
bool text_number(struct parser *p, uint64_t max, uint64_t *value);
bool text_value(struct parser *p, uint64_t max, uint64_t *v);

/* [=][-]N{(+|-)N}: relative to an initial sequence number, or with "=" absolute. */
bool text_sequence(struct parser *p, uint32_t isn, uint32_t *seq);

/* Seconds with up to nine decimals, or with a unit: us, ms, s, m, h, d. */
bool text_duration(struct parser *p, uint64_t *ns);

/* Bytes as pairs of digits, blanks between them or not; at least one. */
bool text_hex(struct parser *p, uint8_t *bytes, size_t room, size_t *len);

/* A MAC address, as 02:00:00:00:00:0a. */
bool text_mac(struct parser *p, uint8_t mac[6]);

/* > or <: the side it comes from (a packet), and the other one where it goes to. */
bool text_direction(struct parser *p, uint8_t *from);

/* (LEN), if it is there. */
bool text_length(struct parser *p, uint32_t *len);

#endif
