/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table of connections that fills up is said in time: at 80 and at 95 %, at most once a
 * minute for a table, with the addresses that began most of its connections. The workers
 * count; the control thread asks them once a second, and looks at a sample of the table
 * when there is something to say. Nothing of it is on the way of packets.
 */
#ifndef CONTROL_FILL_H
#define CONTROL_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/engine.h>

#include <control/control.h>

#define FILL_PERIOD_MS 1000u /* between two questions to the workers */
#define FILL_AGAIN_MS 60000u
#define FILL_LEVELS 2u
#define FILL_TOP 3u
#define FILL_PARTS 64u /* pieces of a table that a sample is of, CONTROL_PIECE in each */
#define FILL_SAMPLE (FILL_PARTS * CONTROL_PIECE)
#define FILL_TEXT_BYTES 512u

/* What was said of a table, by level: of 80 and of 95 %. */
struct fill_said {
	bool ever[FILL_LEVELS];
	uint64_t at_ms[FILL_LEVELS];
};

struct fill_source {
	const struct engine_view *view; /* one of its connections */
	unsigned count;                 /* in the sample */
};

/*
 * Whether a table of max connections with count in it is to be spoken of now; then that
 * is noted.
 */
bool fill_due(struct fill_said *said, uint32_t count, uint32_t max, uint64_t now_ms);

/*
 * Sort the sample by the address that began each connection, and find those of most
 * connections, the first first. Returns how many there are, at most FILL_TOP.
 */
unsigned fill_sources(struct engine_view *sample, unsigned n,
		      struct fill_source top[FILL_TOP]);

/* A connection table that is nearly full. */
struct fill_table {
	unsigned worker;
	uint8_t family; /* 4 or 6 */
	uint32_t count; /* connections */
	uint32_t max;   /* not 0 */
};

/*
 * Write to text, FILL_TEXT_BYTES long, how full the table is and from which addresses most
 * connections of the sample are. Sorts the sample.
 */
void fill_text(char *text, const struct fill_table *table, struct engine_view *sample,
	       unsigned n);

struct fill; /* of all tables */

/* NULL: out of memory. */
struct fill *fill_new(const struct control_config *config);
void fill_free(struct fill *fill);

/*
 * Ask the workers, unless that was done less than FILL_PERIOD_MS ago; tell config->warn.
 */
void fill_watch(struct fill *fill, uint64_t now_ms);

#endif
