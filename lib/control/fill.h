/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Warns of a connection table that fills up: at 80 and at 95 %, at most once a minute for
 * each table and level, with the addresses that have opened most of its connections. The
 * control thread reads the workers' counters once a second, and a sample of the table
 * when it has to warn. The workers do no extra work for each packet.
 */
#ifndef CONTROL_FILL_H
#define CONTROL_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/engine.h>

#include <control/control.h>

#define FILL_PERIOD_MS 1000u /* interval between two readings of the counters */
#define FILL_AGAIN_MS 60000u /* interval between two warnings of the same level */
#define FILL_LEVELS 2u
#define FILL_TOP 3u
/* places in a table at which CONTROL_PIECE connections are sampled */
#define FILL_PARTS 64u
#define FILL_SAMPLE (FILL_PARTS * CONTROL_PIECE)
#define FILL_TEXT_BYTES 512u

/* The times of a table's last warnings, by level: 80 and 95 %. */
struct fill_said {
	bool ever[FILL_LEVELS];
	uint64_t at_ms[FILL_LEVELS];
};

struct fill_source {
	const struct conn_view *view; /* one of the connections from this address */
	unsigned count;               /* number of its connections in the sample */
};

/*
 * Return the level of the warning for a table that has count of max connections: 95, 80,
 * or 0 for none.
 */
unsigned fill_level(uint32_t count, uint32_t max);

/*
 * Whether to warn now of a table that has count of max connections. If so, the time is
 * stored.
 */
bool fill_due(struct fill_said *said, uint32_t count, uint32_t max, uint64_t now_ms);

/*
 * Sort the sample by the address of the initiator, and find the addresses with the most
 * connections, in descending order. Returns their number, at most FILL_TOP.
 */
unsigned fill_sources(struct conn_view *sample, unsigned n,
		      struct fill_source top[FILL_TOP]);

/* The state of a connection table that is nearly full. */
struct fill_table {
	unsigned worker;
	uint8_t family; /* 4 or 6 */
	uint32_t count; /* number of connections */
	uint32_t max;   /* largest number of connections, not 0 */
};

/*
 * Write to text, FILL_TEXT_BYTES long, how full the table is, and which addresses have
 * opened most connections of the sample. Sorts the sample.
 */
void fill_text(char *text, const struct fill_table *table, struct conn_view *sample,
	       unsigned n);

struct fill; /* the times of the last warnings for all tables */

/* Returns NULL when memory runs out. */
struct fill *fill_new(const struct control_config *config);
void fill_free(struct fill *fill);

/*
 * Read the workers' counters, unless they were read less than FILL_PERIOD_MS ago. Call
 * config->warn() for each table that needs a warning.
 */
void fill_watch(struct fill *fill, uint64_t now_ms);

#endif
