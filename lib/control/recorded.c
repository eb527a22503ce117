/* SPDX-License-Identifier: BSD-3-Clause */
#include "recorded.h"

#include <stdlib.h>

#include "record.h"

struct found {
	const struct packet_record *record;
	unsigned worker;
};

static int
found_compare(const void *a, const void *b)
{
	uint64_t left = ((const struct found *)a)->record->at_ns;
	uint64_t right = ((const struct found *)b)->record->at_ns;

	return (left > right) - (left < right);
}

int
recorded_send(const struct server *server, struct client *c)
{
	static struct packet_record records[CONTROL_MAX_WORKERS][RECORDER_KEPT];
	static struct found found[CONTROL_MAX_WORKERS * RECORDER_KEPT];
	const struct control_config *config = server->config;
	const struct record_names names = record_names(config);
	const struct control_backend *b = config->backend;
	unsigned w, n = 0, first;
	int count, i;

	for (w = 0; w < b->workers; w++) {
		count = b->ops->recorded(b->context, w, (enum reason)c->cursor,
					 records[w]);
		if (count < 0)
			return count;
		for (i = 0; i < count; i++)
			if (record_match(&c->filter, &records[w][i]))
				found[n++] = (struct found){&records[w][i], w};
	}
	qsort(found, n, sizeof(found[0]), found_compare);
	first = n > RECORDER_KEPT ? n - RECORDER_KEPT : 0;
	for (w = first; w < n; w++)
		client_send(c, record_json(found[w].record, found[w].worker, &names,
					   c->frames));
	return (int)(n - first);
}
