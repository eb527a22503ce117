/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The report: counts of packets by verdict, each drop, each connection, and ladders of
 * segments, as text, JSON or HTML. It is collected during the replay in bounded memory.
 * Beyond the limits drops and connections are only counted; the files of --out have all
 * of them.
 *
 *	report_open(&r, REPORT_TEXT, connection)
 *	report_verdict(), report_connection()     as sinks
 *	report_write(&r, &about)                  to standard output
 *	report_close(&r)
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include <policy/policy.h>

#include "command_line.h"
#include "explain.h"
#include "hints.h"
#include "sinks.h"

#define REPORT_DROPS 1000u
#define REPORT_CONNECTIONS 1000u
#define REPORT_LADDERS 50u       /* number of ladders in an HTML report */
#define REPORT_LADDER_ROWS 200u  /* rows of each of these ladders */
#define REPORT_LADDER_MAX 10000u /* rows of the ladder of --connection */

/* A packet, shown as a drop or as a row of a ladder. */
struct report_row {
	uint64_t frame; /* number of the packet in its file, from 1 */
	uint16_t file;  /* index of the file, from 0 */
	uint64_t ns;
	uint64_t connection; /* number of the connection in the capture; 0: none */
	struct packet p;     /* parsed with the source as side 0 */
	struct explain_numbers numbers;
	uint8_t verdict, reason, action, marks;
	bool judged;
	bool from_orig;  /* whether the originator sent it */
	bool has_before; /* TCP: before[] has the states of orig and reply */
	bool has_after;
	uint8_t before[2];
	uint8_t after[2];
	uint16_t rule;
	bool has_rule;
	uint16_t port; /* number of the engine port */
	char expected[EXPLAIN_TEXT];
};

/* A connection that has ended, or was open at the end of the capture. */
struct report_connection {
	struct flow_key key;
	uint8_t family;
	uint8_t lan;
	struct analysis a;
};

struct report_ladder {
	uint64_t connection;
	struct report_row *rows;
	uint32_t count, room;
	uint64_t left_out;
};

struct report {
	enum command_report form;
	uint64_t connection; /* number given with --connection; 0: none */
	uint64_t packets, passed, dropped, without_verdict, incomplete;
	uint64_t reasons[REASON_COUNT];
	uint64_t generated[ACTION_ICMP + 1]; /* packets generated, by action */
	struct report_row *drops;
	uint32_t drop_count;
	struct report_connection *connections;
	uint32_t connection_count;
	uint64_t connections_total;
	struct report_ladder ladders[REPORT_LADDERS];
	uint32_t ladder_count;
};

/* The subject of the report, and what is needed besides the packets. */
struct report_about {
	const struct capture *captures;
	unsigned capture_count;
	const struct hints *hints;
	const char *const *names;    /* names of the ports, by engine port number */
	const struct policy *policy; /* the rules, for their texts */
	uint64_t first_ns;
	bool nano;
};

/* Start collecting. Returns 0 or -ENOMEM. */
int report_open(struct report *r, enum command_report form, uint64_t connection);

void report_verdict(struct report *r, const struct item *item,
		    const struct engine_record *record);
void report_connection(struct report *r, const struct conversation *c);

/* Write the report to standard output. Returns 0 or -ENOMEM. */
int report_write(struct report *r, const struct report_about *about);

void report_close(struct report *r);

#endif
