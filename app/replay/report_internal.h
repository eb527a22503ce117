/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Declarations for the files that write the report.
 *
 *	report.c       what is collected
 *	report_parts.c what all forms print alike
 *	report_write.c which form
 *	report_json.c  the document, and parts of it
 *	report_text.c  for terminals
 *	ladder.c       a ladder as text
 *	report_html.c  one self-contained page
 *	report_svg.c   a ladder as a picture
 */
#ifndef REPLAY_REPORT_INTERNAL_H
#define REPLAY_REPORT_INTERNAL_H

#include "report.h"

#define REPORT_TIME 40u
#define REPORT_SEGMENT 128u
#define REPORT_GENERATED 160u

void report_text(const struct report *r, const struct report_about *about);
int report_json(const struct report *r, const struct report_about *about);
int report_html(const struct report *r, const struct report_about *about);

/*
 * Make the object of a connection as `sluicectl -o json list` shows it, with its figures;
 * NULL: no memory.
 */
json_t *report_connection_json(const struct report_connection *c,
			       const struct report_about *about);

/* Write the seconds since the first packet: "1.234567". */
void report_time(const struct report_about *about, uint64_t ns, char text[REPORT_TIME]);

/* Write a segment as in the figures of RFC 9293: "<SEQ=1><ACK=1><CTL=ACK><LEN=10>". */
void report_segment(const struct report_row *row, char text[REPORT_SEGMENT]);

/* Write the rule of a verdict: "rule 3: tcp dport 22 drop"; "the chain's policy". */
void report_rule(const struct report_about *about, uint16_t rule, char text[256]);

/* Write the marks as words: "checksum_offloaded, merged"; "" for none. */
void report_marks(uint8_t marks, char text[128]);

/*
 * Write the generated packets by kind: "3 answers generated: 2 rst, 1 icmp". Return their
 * number; for 0 the text is "".
 */
uint64_t report_generated(const struct report *r, char text[REPORT_GENERATED]);

/* Return how sluice answered a packet: "answered with a RST"; "" if it did not. */
const char *report_answer(const struct report_row *row);

/* Return the round-trip time of a connection's handshake, ms; below 0: not known. */
double report_rtt_ms(const struct analysis *a);

/* Write an endpoint, the originator (0) or the other one: "192.0.2.1:40000 (lan)". */
void report_endpoint(const struct report_connection *c, const struct report_about *about,
		     unsigned reply, char text[EXPLAIN_ENDPOINT + 24]);

/* Return the connection of a ladder; NULL: the report does not list it. */
const struct report_connection *report_find(const struct report *r, uint64_t connection);

void ladder_text(const struct report *r, const struct report_about *about,
		 const struct report_ladder *ladder);
void ladder_svg(FILE *file, const struct report *r, const struct report_about *about,
		const struct report_ladder *ladder);

#endif
