/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that a replay writes. Their formats are an interface: docs/replay.md. Nothing
 * in them depends on the machine, the clock or the size of bursts, so that two runs can
 * be compared byte by byte.
 *
 * Failed writes (a full disk) are reported by output_close() at the latest.
 */
#ifndef REPLAY_OUTPUT_H
#define REPLAY_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <pcap/pcap.h>

#include <engine/engine.h>

#include "sinks.h"

#define OUTPUT_CONNECTIONS "connections.json"

struct output_error {
	char text[2 * PATH_MAX + 128];
};

struct output {
	const char *dir;
	const char *const *names; /* names of the ports, indexed by engine port number */
	unsigned ports;
	char *quoted[2u * ENGINE_MAX_WIRES]; /* the names as JSON strings */
	pcap_t *format;
	/* NAME.pcap of each port; NULL: not written */
	pcap_dumper_t *pcap[2u * ENGINE_MAX_WIRES];
	FILE *verdicts;
	bool nano; /* NAME.pcap and `t` have nanosecond resolution */
	/* verdicts.jsonl also has addresses, numbers and texts (jsonl.c) */
	bool extended;
	uint64_t first_ns; /* time that `t` 0 stands for */
	uint64_t lines;
	uint64_t late; /* frames whose time exceeds what pcap can store */
};

/* An input file: its purpose for messages, and its name. */
struct output_input {
	const char *what;
	const char *file;
};

/*
 * Check that no output file is the same file as one of the n inputs or as another output,
 * by whatever name. NAME.pcap counts for the ports whose `wanted` is true. Opens no file.
 * Returns 0, or -EEXIST with error->text.
 */
int output_check(const struct output *out, const bool *wanted,
		 const struct output_input *inputs, unsigned n,
		 struct output_error *error);

/*
 * Create the directory and the files, NAME.pcap for the ports whose `wanted` is true.
 * Returns 0, or -errno with error->text. Call output_close() in both cases.
 */
int output_open(struct output *out, const bool *wanted, struct output_error *error);

/*
 * Write a frame that leaves a port; ns: nanoseconds since 1970. A time after 2106 does
 * not fit: the frame gets the latest possible time and is counted in out->late.
 */
void output_frame(struct output *out, uint16_t port, const struct rte_mbuf *m,
		  uint64_t ns);

/* Write the verdict of a packet; r: NULL if it has none. */
void output_verdict(struct output *out, const struct item *item,
		    const struct engine_record *r);

/* Write that a connection has expired (--drain). */
void output_expire(struct output *out, uint64_t ns, const struct conn_event *event);

/*
 * Write connections.json: the connections in the tables now. Returns 0, or -errno with
 * error->text.
 */
int output_connections(const struct output *out, const struct engine *e, uint64_t now_ns,
		       struct output_error *error);

/* Close the files. Returns 0, or -errno with error->text when writing has failed. */
int output_close(struct output *out, struct output_error *error);

#endif
