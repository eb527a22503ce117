/* SPDX-License-Identifier: BSD-3-Clause */
#include "control_fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static struct fake_worker *
worker_of(void *context, unsigned worker)
{
	return &((struct fake *)context)->workers[worker];
}

static int
fake_stats(void *context, unsigned worker, struct control_worker_stats *stats)
{
	struct fake_worker *w = worker_of(context, worker);

	*stats = w->stats;
	return w->silent ? -ETIMEDOUT : 0;
}

static int
fake_states(void *context, unsigned worker, struct engine_states *states)
{
	struct fake_worker *w = worker_of(context, worker);

	if (w->silent)
		return -ETIMEDOUT;
	if (states == NULL) {
		w->states_calls = 0;
		return 0;
	}
	*states = w->states;
	return ++w->states_calls > w->states_pieces;
}

static int
fake_list(void *context, unsigned worker, uint64_t *cursor, struct conn_view *views)
{
	struct fake_worker *w = worker_of(context, worker);
	unsigned n = 0;

	if (w->silent)
		return -ETIMEDOUT;
	while (n < CONTROL_PIECE && *cursor < w->view_count)
		views[n++] = w->views[(*cursor)++];
	if (*cursor == w->view_count)
		*cursor = ENGINE_CURSOR_END;
	return (int)n;
}

static int
fake_sample(void *context, unsigned worker, uint8_t family, unsigned part, unsigned parts,
	    struct conn_view *views)
{
	struct fake_worker *w = worker_of(context, worker);
	unsigned i = part * w->view_count / parts, n = 0;

	for (; i < (part + 1) * w->view_count / parts && n < CONTROL_PIECE; i++)
		if (w->views[i].family == family)
			views[n++] = w->views[i];
	return w->silent ? -ETIMEDOUT : (int)n;
}

static int
fake_remove(void *context, unsigned worker, const struct control_removal *removal)
{
	struct fake_worker *w = worker_of(context, worker);
	const struct flow_key *key = &removal->key;
	const uint8_t family = removal->family;
	unsigned i;

	for (i = 0; i < w->view_count && !w->silent; i++) {
		if (w->views[i].family != family ||
		    !(family == 4 ? flow_key4_equal(&w->views[i].key, key)
				  : flow_key6_equal(&w->views[i].key, key)))
			continue;
		/* delete it in place, so that a walk over the connections can continue */
		w->views[i].family = 0;
		w->resets += removal->reset;
		w->end = removal->end;
		return 1;
	}
	return w->silent ? -ETIMEDOUT : 0;
}

static int
fake_flush(void *context, unsigned worker, uint64_t *cursor)
{
	struct fake_worker *w = worker_of(context, worker);
	unsigned n = w->view_count < CONTROL_PIECE ? w->view_count : CONTROL_PIECE;

	w->view_count -= n;
	*cursor = w->view_count == 0 ? ENGINE_CURSOR_END : 1;
	return w->silent ? -ETIMEDOUT : (int)n;
}

static int
fake_set_policy(void *context, unsigned worker, const struct policy *policy,
		struct policy_state *state)
{
	struct fake *fake = context;

	(void)state;
	if (fake->before_policy != NULL)
		fake->before_policy(fake, worker);
	if (fake->workers[worker].silent)
		return -ETIMEDOUT;
	fake->workers[worker].policy = policy;
	return 0;
}

static int
fake_set_settings(void *context, unsigned worker, const struct control_settings *settings)
{
	struct fake_worker *w = worker_of(context, worker);

	if (w->silent)
		return -ETIMEDOUT;
	w->settings = *settings;
	return 0;
}

static int
fake_rearm(void *context, unsigned worker, uint64_t *cursor)
{
	struct fake_worker *w = worker_of(context, worker);

	*cursor = ENGINE_CURSOR_END;
	w->rearmed++;
	return w->silent ? -ETIMEDOUT : (int)w->view_count;
}

static int
fake_counters(void *context, unsigned worker, unsigned first, unsigned count,
	      struct policy_counter *values)
{
	struct fake_worker *w = worker_of(context, worker);

	memcpy(values, &w->counters[first], count * sizeof(*values));
	return w->silent ? -ETIMEDOUT : 0;
}

static int
fake_subscribe(void *context, unsigned worker, const struct control_reports *reports)
{
	struct fake_worker *w = worker_of(context, worker);

	w->streams = reports->streams;
	w->reports = *reports;
	w->subscribes++;
	return w->silent ? -ETIMEDOUT : 0;
}

static unsigned
fake_events(void *context, unsigned worker, struct conn_event *events, unsigned max,
	    uint64_t *lost)
{
	struct fake_worker *w = worker_of(context, worker);
	unsigned n = w->event_count < max ? w->event_count : max;

	*lost = w->lost;
	if (n == 0)
		return 0;
	memcpy(events, w->events, n * sizeof(*events));
	w->event_count -= n;
	memmove(w->events, &w->events[n], w->event_count * sizeof(*events));
	return n;
}

static int
fake_recorded(void *context, unsigned worker, enum reason reason,
	      struct packet_record *records)
{
	struct fake_worker *w = worker_of(context, worker);
	unsigned i, n = 0;

	for (i = 0; i < w->kept_count; i++)
		if (w->kept[i].reason == reason)
			records[n++] = w->kept[i];
	return w->silent ? -ETIMEDOUT : (int)n;
}

static unsigned
fake_records(void *context, unsigned worker, struct packet_record *records, unsigned max,
	     uint64_t lost[RECORD_KINDS])
{
	struct fake_worker *w = worker_of(context, worker);
	unsigned n = w->record_count < max ? w->record_count : max;

	memcpy(lost, w->records_lost, sizeof(w->records_lost));
	if (n == 0)
		return 0;
	memcpy(records, w->records, n * sizeof(*records));
	w->record_count -= n;
	memmove(w->records, &w->records[n], w->record_count * sizeof(*records));
	return n;
}

static int
fake_port(void *context, unsigned number, struct control_port *port)
{
	struct fake *fake = context;

	*port = fake->ports[number];
	return fake->port_gone[number] ? -ENODEV : 0;
}

void
fake_init(struct fake *fake)
{
	static const char *const names[] = {"lan", "wan"};
	static const struct control_backend_ops ops = {
		.stats = fake_stats,
		.states = fake_states,
		.list = fake_list,
		.sample = fake_sample,
		.remove = fake_remove,
		.flush = fake_flush,
		.set_policy = fake_set_policy,
		.set_settings = fake_set_settings,
		.rearm = fake_rearm,
		.counters = fake_counters,
		.subscribe = fake_subscribe,
		.events = fake_events,
		.recorded = fake_recorded,
		.records = fake_records,
	};

	memset(fake, 0, sizeof(*fake));
	fake->backend = (struct control_backend){&ops, fake, FAKE_WORKERS};
	fake->config = (struct control_config){
		.backend = &fake->backend,
		.port_names = names,
		.port_count = 2,
		.all_port_count = 2,
		.port = fake_port,
		.port_context = fake,
		.max = 1000,
		.max6 = 100,
	};
}

struct conn_view
fake_connection(uint16_t sport, uint32_t id)
{
	struct conn_view view = {
		.family = 4,
		.id = id,
		.replied = true,
		.assured = true,
		.has_states = true,
		.state = {TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED},
	};

	view.key.id = (struct flow_id){.port = {htons(sport), htons(80)},
				       .network = FLOW_TCP};
	inet_pton(AF_INET, "10.0.0.1", &view.key.addr.v4[0]);
	inet_pton(AF_INET, "192.0.2.1", &view.key.addr.v4[1]);
	return view;
}

void
fake_add(struct fake *fake, unsigned worker, uint16_t sport)
{
	struct fake_worker *w = &fake->workers[worker];

	w->views[w->view_count] = fake_connection(sport, w->view_count + 1);
	w->view_count++;
}

struct packet_record
fake_drop(uint64_t at_ns)
{
	static const uint8_t frame[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
		/* IPv4: 50 bytes of TCP from 192.0.2.1 to 10.0.0.1 */
		0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 10, 0, 0, 1,
		/* 80 to 1000, SEQ 900000, ACK 1001, flags ACK and PSH, window 65000 */
		0, 80, 0x03, 0xe8, 0, 0x0d, 0xbb, 0xa0, 0, 0, 0x03, 0xe9, 0x50, 0x18,
		0xfd, 0xe8, 0, 0, 0, 0, 'p', 'a', 'y', 'l', 'o', 'a', 'd', '1', '2', '3'};
	struct packet_record record = {
		.at_ns = at_ns,
		.kind = RECORD_DROP,
		.reason = REASON_TCP_SEQ_RIGHT,
		.port = 1,
		.has_conn = true,
		.has_states = true,
		.orig = 0,
		.before = {TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED},
		.after = {TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED},
		.conn = 7,
		.frame_bytes = sizeof(frame),
		.head_bytes = sizeof(frame),
	};

	memcpy(record.head, frame, sizeof(frame));
	return record;
}
