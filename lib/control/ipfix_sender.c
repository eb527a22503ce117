/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix_sender.h"

#include <stdlib.h>
#include <string.h>

struct ipfix_sender {
	const struct control_backend *backend;
	uint64_t active_ms; /* the active time-out */
	struct ipfix_collector *collector;
	struct ipfix_active *active;
	uint64_t walk_ms;     /* when the next walk begins */
	unsigned walk_worker; /* of the walk in progress */
	uint64_t walk_cursor;
	bool walks;
	unsigned ends; /* since a piece of the walk */
};

struct ipfix_sender *
sender_new(const struct control_config *config, const struct ipfix_transport *transport,
	   uint64_t now_ms)
{
	struct ipfix_sender *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->backend = config->backend;
	s->active_ms = config->ipfix->active_s * 1000;
	/* the first walk does not wait: it finds what a restart has adopted */
	s->walks = true;
	s->walk_ms = now_ms + s->active_ms / IPFIX_WALKS;
	s->collector = collector_new(config->ipfix, transport, config->warn);
	s->active = active_new(s->active_ms, now_ms);
	if (s->collector != NULL && s->active != NULL)
		return s;
	sender_free(s);
	return NULL;
}

void
sender_free(struct ipfix_sender *s)
{
	if (s == NULL)
		return;
	collector_free(s->collector);
	active_free(s->active);
	free(s);
}

static void
send_share(struct ipfix_sender *s, struct ipfix_flow *flow,
	   const struct active_share *share, uint64_t now_ms)
{
	flow->start_ms = share->start_ms;
	memcpy(flow->packets, share->packets, sizeof(flow->packets));
	memcpy(flow->bytes, share->bytes, sizeof(flow->bytes));
	memcpy(flow->dropped, share->dropped, sizeof(flow->dropped));
	collector_send(s->collector, flow, now_ms);
}

static void
send_end(struct ipfix_sender *s, const struct ipfix_item *item, uint64_t now_ms)
{
	struct ipfix_flow flow = {
		.view = item->event.view,
		.at_ms = item->wall_ms,
		.end = item->event.end,
	};
	struct active_share share;

	active_ended(s->active, item->worker, &flow.view, flow.at_ms, &share);
	send_share(s, &flow, &share, now_ms);
}

static void
send_due(struct ipfix_sender *s, const struct conn_view *views, int n,
	 struct active_time at)
{
	struct ipfix_flow flow = {.at_ms = at.wall_ms, .end = CONN_END_NONE};
	struct active_share share;
	int i;

	for (i = 0; i < n; i++) {
		if (!active_seen(s->active, s->walk_worker, &views[i], at, &share))
			continue;
		flow.view = views[i];
		send_share(s, &flow, &share, at.monotonic_ms);
	}
}

/* Do a piece of the walk that looks for long connections. */
static void
walk(struct ipfix_sender *s, struct active_time at)
{
	const struct control_backend *b = s->backend;
	struct conn_view views[CONTROL_PIECE];
	int n;

	s->ends = 0;
	if (!s->walks) {
		if (at.monotonic_ms < s->walk_ms)
			return;
		s->walks = true;
		s->walk_worker = 0;
		s->walk_cursor = 0;
		s->walk_ms = at.monotonic_ms + s->active_ms / IPFIX_WALKS;
	}
	n = b->ops->list(b->context, s->walk_worker, &s->walk_cursor, views);
	if (n < 0) {
		s->walks = false;
		return;
	}
	send_due(s, views, n, at);
	if (s->walk_cursor != ENGINE_CURSOR_END)
		return;
	s->walk_cursor = 0;
	if (++s->walk_worker < b->workers)
		return;
	s->walks = false;
	active_walked(s->active);
}

void
sender_turn(struct ipfix_sender *s, const struct ipfix_item *item, struct active_time at)
{
	if (item != NULL)
		send_end(s, item, at.monotonic_ms);
	if (item == NULL || ++s->ends == IPFIX_WALK_ENDS)
		walk(s, at);
	collector_tick(s->collector, at.monotonic_ms);
}

long
sender_pause_ns(const struct ipfix_sender *s)
{
	return s->walks ? IPFIX_WALK_PAUSE_NS : IPFIX_PAUSE_NS;
}

void
sender_end(struct ipfix_sender *s, uint64_t now_ms)
{
	collector_end(s->collector, now_ms);
}
