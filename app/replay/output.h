/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that a replay writes. Their formats are an interface: docs/replay.md. Nothing
 * in them depends on the machine, the clock or the size of bursts, so that two runs can
 * be compared byte by byte.
 *
 * What cannot be written (a full disk) is noticed by output_close() at the latest.
 */
#ifndef REPLAY_OUTPUT_H
#define REPLAY_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <pcap/pcap.h>

#include <engine/engine.h>

#define OUTPUT_CONNECTIONS "connections.json"

struct output_error {
	char text[2 * PATH_MAX + 128];
};

struct output {
	const char *dir;
	const char *const *names; /* of the ports, by the engine's number */
	unsigned ports;
	char *quoted[2u * ENGINE_MAX_WIRES]; /* the names as JSON strings */
	pcap_t *format;
	pcap_dumper_t *pcap[2u * ENGINE_MAX_WIRES]; /* NULL: nobody asked for it */
	FILE *verdicts;
	uint64_t first_us; /* time 0 of `t` */
	uint64_t lines;
	uint64_t late; /* frames later than a capture can say */
};

/* A file that is read: what it is for, and its name. */
struct output_input {
	const char *what;
	const char *file;
};

/*
 * Whether all files that would be written, NAME.pcap for the ports whose `wanted` is
 * true, are others than these n inputs, and than each other, under whatever name. Nothing
 * is opened. Returns 0, or -EEXIST with error->text.
 */
int output_check(const struct output *out, const bool *wanted,
		 const struct output_input *inputs, unsigned n,
		 struct output_error *error);

/*
 * Make the directory and start the files; NAME.pcap for the ports whose `wanted` is true.
 * Returns 0, or -errno with error->text; in both cases output_close() is due.
 */
int output_open(struct output *out, const bool *wanted, struct output_error *error);

/*
 * A frame leaves a port at a time, microseconds since 1970. After 2106 a capture cannot
 * say it: the frame gets the last time that there is, and is counted in out->late.
 */
void output_frame(struct output *out, uint16_t port, const struct rte_mbuf *m,
		  uint64_t us);

/* What became of a packet that came in on a port. */
void output_verdict(struct output *out, uint16_t port, uint64_t us,
		    const struct engine_record *r);

/* A connection is over: --drain. */
void output_expire(struct output *out, uint64_t us, const struct engine_view *view);

/*
 * Write connections.json: what is in the tables now. Returns 0 or -errno with
 * error->text.
 */
int output_connections(const struct output *out, const struct engine *e, uint64_t now_ns,
		       struct output_error *error);

/* Returns 0, or -errno with error->text when something could not be written. */
int output_close(struct output *out, struct output_error *error);

#endif
