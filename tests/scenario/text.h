/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read a line of a scenario from left to right. Each function reads one element and moves
 * the cursor behind it; if the element is not there, it leaves the cursor and returns
 * false. Text that cannot be parsed is an error with the line number, and is never
 * skipped.
 */
#ifndef SCENARIO_TEXT_H
#define SCENARIO_TEXT_H

#include "scenario.h"

struct parser {
	struct scenario *s;
	struct scenario_error *error;
	unsigned line;
	const char *at; /* read position */
	uint64_t now_ns;
	uint32_t isn[2];
	uint16_t port[2];
	uint8_t mac[2][6];
	unsigned room;      /* allocated steps */
	unsigned last_from; /* steps of the last line: last_from up to steps - 1 */
	unsigned last_line; /* number of the last line that added steps */
};

/* Set the error of this line; return -EINVAL. */
int text_bad(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void text_skip_blanks(struct parser *p);

bool text_at_end(struct parser *p);

/* Read the next word, up to a blank; return false at the end of the line. */
bool text_word(struct parser *p, char *text, size_t size);

/* Skip this word, or this character, if it comes next; return whether it did. */
bool text_take(struct parser *p, const char *expected);
bool text_take_char(struct parser *p, char c);

/* Read a number that is a word of its own: decimal, hexadecimal, or 2^n. */
bool text_number(struct parser *p, uint64_t max, uint64_t *value);
bool text_value(struct parser *p, uint64_t max, uint64_t *v);

/* Read [=][-]N{(+|-)N}: relative to an initial sequence number, or absolute after "=". */
bool text_sequence(struct parser *p, uint32_t isn, uint32_t *seq);

/*
 * Read a duration: seconds with up to nine decimals, or with a unit: us, ms, s, m, h, d.
 */
bool text_duration(struct parser *p, uint64_t *ns);

/*
 * Read bytes as pairs of hexadecimal digits, at least one, with optional blanks between.
 */
bool text_hex(struct parser *p, uint8_t *bytes, size_t room, size_t *len);

/* Read a MAC address such as 02:00:00:00:00:0a. */
bool text_mac(struct parser *p, uint8_t mac[6]);

/*
 * Read > or <. *from is the side that sends a packet; a frame from sluice goes to the
 * other one.
 */
bool text_direction(struct parser *p, uint8_t *from);

/* Read (LEN) if it is present. */
bool text_length(struct parser *p, uint32_t *len);

#endif
