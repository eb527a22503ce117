/* SPDX-License-Identifier: BSD-3-Clause */
#include "fanout.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "record.h"

int
fanout_join(struct fanout *fanout, struct fanout_reader *reader)
{
	reader->lost = 0;
	reader->lost_total = 0;
	fanout->changes++;
	if (reader->fanout == fanout)
		return 0;
	if (fanout->count == FANOUT_READERS)
		return -ENOSPC;
	reader->fanout = fanout;
	fanout->readers[fanout->count++] = reader;
	return 0;
}

void
fanout_leave(struct fanout_reader *reader)
{
	struct fanout *fanout = reader->fanout;
	unsigned i;

	if (fanout == NULL)
		return;
	fanout->changes++;
	for (i = 0; fanout->readers[i] != reader; i++)
		;
	fanout->readers[i] = fanout->readers[--fanout->count];
	reader->fanout = NULL;
}

static_assert(RECORDER_SELECTIONS >= FANOUT_READERS, "one for each reader");

void
fanout_reports(const struct fanout *fanout, struct control_reports *reports)
{
	const struct fanout_reader *reader;
	unsigned i;

	*reports = (struct control_reports){0};
	for (i = 0; i < fanout->count; i++) {
		reader = fanout->readers[i];
		reports->streams |= reader->streams;
		reports->trace |= reader->traced;
		if ((reader->streams & CONTROL_STREAM_PASSES) && !reader->traced)
			reports->selection[reports->selections++] = reader->filter.match;
	}
}

static bool
is_wanted(const struct fanout_reader *reader, const struct fanout_item *item)
{
	if ((reader->streams & item->stream) == 0)
		return false;
	if (reader->traced && item->record != NULL && !item->record->traced)
		return false;
	return item->stream == CONTROL_STREAM_EVENTS
		       ? filter_match(&reader->filter, &item->event->view)
		       : record_match(&reader->filter, item->record);
}

static void
reader_lose(struct fanout_reader *reader, uint64_t lost)
{
	reader->lost += lost;
	reader->lost_total += lost;
}

/* Put an item to a reader, after a note of the items lost before it. */
static void
reader_put(struct fanout_reader *reader, const struct fanout_item *item)
{
	if (reader->lost > 0 && reader->put(reader, NULL, reader->lost))
		reader->lost = 0;
	if (reader->lost > 0 || !reader->put(reader, item, 0))
		reader_lose(reader, 1);
}

void
fanout_put(struct fanout *fanout, const struct fanout_item *item)
{
	unsigned i;

	for (i = 0; i < fanout->count; i++)
		if (is_wanted(fanout->readers[i], item))
			reader_put(fanout->readers[i], item);
}

void
fanout_lose(struct fanout *fanout, unsigned stream, uint64_t lost)
{
	unsigned i;

	for (i = 0; i < fanout->count; i++)
		if ((fanout->readers[i]->streams & stream) != 0)
			reader_lose(fanout->readers[i], lost);
}
