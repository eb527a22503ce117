/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Distributes the workers' reports to several readers: clients of the socket, logs. Each
 * reader has a filter, a bounded queue behind put(), and a count of the items for which
 * its queue had no room. A slow reader does not delay the others.
 *
 *	reader.streams = CONTROL_STREAM_EVENTS;
 *	status = fanout_join(&fanout, &reader);
 *	for each item: fanout_put(&fanout, &item);
 *	fanout_leave(&reader);
 *
 * Only the control thread uses it.
 */
#ifndef CONTROL_FANOUT_H
#define CONTROL_FANOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <control/backend.h>

#include "filter.h"

#define FANOUT_READERS 16u

struct fanout_item {
	unsigned stream; /* one of CONTROL_STREAM_* */
	unsigned worker;
	const struct conn_event *event;     /* for CONTROL_STREAM_EVENTS; else NULL */
	const struct packet_record *record; /* for the other streams; else NULL */
};

struct fanout;

struct fanout_reader {
	unsigned streams; /* CONTROL_STREAM_* that the reader wants */
	struct filter filter;
	bool traced; /* only records of packets with `meta nftrace set 1` */
	/*
	 * Append an item to the reader's queue. If item is NULL, append a note that
	 * `lost` items were lost instead. Returns false when there is no room.
	 */
	bool (*put)(struct fanout_reader *reader, const struct fanout_item *item,
		    uint64_t lost);
	/* The members below belong to the fanout. */
	struct fanout *fanout; /* NULL: the reader has not joined */
	uint64_t lost;         /* number of items lost since the last note */
	uint64_t lost_total;
};

struct fanout {
	struct fanout_reader *readers[FANOUT_READERS];
	unsigned count;
	unsigned changes; /* how often a reader has joined, changed or left */
};

/*
 * Returns 0, or -ENOSPC: FANOUT_READERS have joined already. A reader that has joined may
 * call it again, after its streams or filter have changed.
 */
int fanout_join(struct fanout *fanout, struct fanout_reader *reader);

/* Does nothing when the reader has not joined. */
void fanout_leave(struct fanout_reader *reader);

/* Fill in the reports that the readers want together. */
void fanout_reports(const struct fanout *fanout, struct control_reports *reports);

/* Put an item to all readers of its stream whose filter matches. */
void fanout_put(struct fanout *fanout, const struct fanout_item *item);

/* Tell all readers of a stream that a worker has lost `lost` items of it. */
void fanout_lose(struct fanout *fanout, unsigned stream, uint64_t lost);

#endif
