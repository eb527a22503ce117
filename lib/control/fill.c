/* SPDX-License-Identifier: BSD-3-Clause */
#include "fill.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* fill levels to warn at, in percent of the table */
static const unsigned levels[FILL_LEVELS] = {80, 95};

struct fill {
	const struct control_config *config;
	uint64_t asked_ms;
	bool asked;
	struct fill_said (*said)[2]; /* last warnings, by worker and family: IPv4, IPv6 */
	struct conn_view sample[FILL_SAMPLE];
};

/* Return the number of levels that a table has reached. */
static unsigned
levels_reached(uint32_t count, uint32_t max)
{
	unsigned level = max != 0 ? FILL_LEVELS : 0;

	while (level > 0 && (uint64_t)count * 100 < (uint64_t)max * levels[level - 1])
		level--;
	return level;
}

unsigned
fill_level(uint32_t count, uint32_t max)
{
	unsigned level = levels_reached(count, max);

	return level > 0 ? levels[level - 1] : 0;
}

bool
fill_due(struct fill_said *said, uint32_t count, uint32_t max, uint64_t now_ms)
{
	unsigned level = levels_reached(count, max), i;

	if (level == 0)
		return false;
	if (said->ever[level - 1] && now_ms - said->at_ms[level - 1] < FILL_AGAIN_MS)
		return false;
	/* a warning of a higher level covers the lower levels */
	for (i = 0; i < level; i++) {
		said->ever[i] = true;
		said->at_ms[i] = now_ms;
	}
	return true;
}

/* The address of the initiator of a connection. */
static const void *
source_of(const struct conn_view *view, size_t *bytes)
{
	unsigned orig = view->orig & 1u;

	*bytes = view->family == 4 ? sizeof(view->key.addr.v4[0])
				   : sizeof(view->key.addr.v6[0]);
	return view->family == 4 ? (const void *)&view->key.addr.v4[orig]
				 : (const void *)view->key.addr.v6[orig];
}

static int
source_compare(const void *a, const void *b)
{
	size_t bytes;
	const void *left = source_of(a, &bytes), *right = source_of(b, &bytes);

	return memcmp(left, right, bytes);
}

/* Insert a source in descending order, if it is among the FILL_TOP largest ones. */
static unsigned
top_insert(struct fill_source top[FILL_TOP], unsigned n, struct fill_source source)
{
	unsigned at = n;

	while (at > 0 && top[at - 1].count < source.count)
		at--;
	if (at == FILL_TOP)
		return n;
	n = n < FILL_TOP ? n + 1 : n;
	memmove(&top[at + 1], &top[at], (n - at - 1) * sizeof(top[0]));
	top[at] = source;
	return n;
}

unsigned
fill_sources(struct conn_view *sample, unsigned n, struct fill_source top[FILL_TOP])
{
	unsigned first = 0, i, found = 0;

	qsort(sample, n, sizeof(sample[0]), source_compare);
	for (i = 1; i <= n; i++) {
		if (i < n && source_compare(&sample[first], &sample[i]) == 0)
			continue;
		found = top_insert(top, found,
				   (struct fill_source){&sample[first], i - first});
		first = i;
	}
	return found;
}

/* Append ", most from ADDRESS (about N %), ..." to text at offset length. */
static void
sources_text(char *text, int length, uint8_t family, const struct fill_source *top,
	     unsigned found, unsigned n)
{
	char address[INET6_ADDRSTRLEN];
	size_t bytes;
	unsigned i;

	for (i = 0; i < found; i++) {
		inet_ntop(family == 4 ? AF_INET : AF_INET6,
			  source_of(top[i].view, &bytes), address, sizeof(address));
		length += snprintf(text + length, FILL_TEXT_BYTES - (size_t)length,
				   "%s%s (about %u %%)", i == 0 ? ", most from " : ", ",
				   address, (top[i].count * 100 + n / 2) / n);
	}
}

void
fill_text(char *text, const struct fill_table *table, struct conn_view *sample,
	  unsigned n)
{
	struct fill_source top[FILL_TOP];
	unsigned found = fill_sources(sample, n, top);
	int length;

	length = snprintf(text, FILL_TEXT_BYTES,
			  "the IPv%u table of worker %u is %u %% full: %" PRIu32
			  " of %" PRIu32 " connections",
			  table->family, table->worker,
			  (unsigned)((uint64_t)table->count * 100 / table->max),
			  table->count, table->max);
	sources_text(text, length, table->family, top, found, n);
}

struct fill *
fill_new(const struct control_config *config)
{
	struct fill *fill = calloc(1, sizeof(*fill));

	if (fill == NULL)
		return NULL;
	fill->config = config;
	fill->said = calloc(config->backend->workers, sizeof(*fill->said));
	if (fill->said == NULL) {
		free(fill);
		return NULL;
	}
	return fill;
}

void
fill_free(struct fill *fill)
{
	if (fill == NULL)
		return;
	free(fill->said);
	free(fill);
}

static void
say(struct fill *fill, const struct fill_table *table)
{
	const struct control_backend *b = fill->config->backend;
	char text[FILL_TEXT_BYTES];
	unsigned part, n = 0;
	int count;

	for (part = 0; part < FILL_PARTS; part++) {
		count = b->ops->sample(b->context, table->worker, table->family, part,
				       FILL_PARTS, &fill->sample[n]);
		n += count > 0 ? (unsigned)count : 0;
	}
	fill_text(text, table, fill->sample, n);
	fill->config->warn(text);
}

void
fill_watch(struct fill *fill, uint64_t now_ms)
{
	const struct control_config *config = fill->config;
	const struct control_backend *b = config->backend;
	struct control_worker_stats stats;
	const struct engine_stats *s = &stats.engine;
	unsigned i;

	if (config->warn == NULL ||
	    (fill->asked && now_ms - fill->asked_ms < FILL_PERIOD_MS))
		return;
	fill->asked = true;
	fill->asked_ms = now_ms;
	for (i = 0; i < b->workers; i++) {
		if (b->ops->stats(b->context, i, &stats) != 0)
			continue;
		if (fill_due(&fill->said[i][0], s->connections, s->max, now_ms))
			say(fill, &(struct fill_table){i, 4, s->connections, s->max});
		if (fill_due(&fill->said[i][1], s->connections6, s->max6, now_ms))
			say(fill, &(struct fill_table){i, 6, s->connections6, s->max6});
	}
}
