/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The screen of `top`: rates between two samples, connections and endpoints by state,
 * drops by reason, the load of ports and workers, and the addresses that began most
 * connections. Time is an argument: a sample has the time when it was taken.
 */
#ifndef CTL_TOP_H
#define CTL_TOP_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#define TOP_TALKERS 8u         /* addresses that are shown */
#define TOP_CONNECTIONS 10000u /* connections that are read to find these */

struct top_sample {
	uint64_t at_ms;
	json_t *stats; /* the answers of these names */
	json_t *drops;
	json_t *states;
	/* for each address that began connections: their number, in all and by state */
	json_t *talkers;
	unsigned connections; /* number of connections in talkers */
};

/* Count a connection for the address that began it. */
void top_count(struct top_sample *sample, const json_t *connection);

/* Free the answers, and clear the sample. */
void top_release(struct top_sample *sample);

/* Print the screen for `now`, with rates since `before`. */
void top_show(FILE *out, const struct top_sample *before, const struct top_sample *now);

#endif
