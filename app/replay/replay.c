/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a replay is made deterministic:
 *
 * - Packets are processed in the order of their times. Of two packets with the same time,
 *   the first is the one of the capture that comes first on the command line.
 * - The engine counts time in ticks of a millisecond (base/ticks.h), and a burst has one
 *   time. So a burst holds only packets of one port and one tick that are neighbours in
 *   that order, and timers expire between ticks: all that are due by a tick, before its
 *   first packet. A timer is never armed for the tick in which it is armed (timeouts are
 *   at least a second), so one burst of 64 sees exactly what 64 bursts of 1 see.
 * - A packet that is sent because of another one gets the time of that packet; one that
 *   is sent by a timer gets the timer's time. A held fragment is sent at the time of the
 *   last fragment of its datagram.
 * - Verdicts are written in the order of the packets. The verdict of a held fragment is
 *   known later, so bursts wait in a queue until the first of them is decided.
 */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <base/ticks.h>

#include "finish.h"

#define EVENTS 1024u

static int time_offset = -1;
static uint64_t time_flag;

/* A burst of packets and their verdicts. */
struct replay_burst {
	STAILQ_ENTRY(replay_burst) next;
	uint16_t n;
	uint16_t port;
	uint16_t written;
	size_t bytes; /* bytes of this struct with the packets' data */
	struct item *items;
	struct engine_record *records; /* verdicts; NULL: not recorded */
	bool *is_written;
	uint8_t *kept; /* copies of the packets' bytes */
};

/* The burst that is being collected. */
static struct {
	struct item items[ENGINE_BURST_MAX];
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint16_t n;
	enum replay_loose loose;
} now;

static rte_mbuf_timestamp_t *
time_field(const struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, time_offset, rte_mbuf_timestamp_t *);
}

/* Read the capture time of a packet; false: the engine generated the packet. */
static bool
mbuf_time(const struct rte_mbuf *m, uint64_t *ns)
{
	*ns = *time_field(m);
	return (m->ol_flags & time_flag) != 0;
}

int
replay_init(struct replay *r)
{
	STAILQ_INIT(&r->queue);
	STAILQ_INIT(&r->late);
	r->is_loose = r->loose_config;
	if (rte_mbuf_dyn_rx_timestamp_register(&time_offset, &time_flag) != 0)
		return -ENOMEM;
	return conversations_init(&r->conversations);
}

/* Return whether a packet generated in reply to an item leaves by this port. */
static bool
generated_for(const struct replay_burst *b, uint16_t i, uint16_t port)
{
	switch (b->records[i].action) {
	case ACTION_NONE:
		return false;
	case ACTION_PROBE:
		return port == (b->port ^ 1u);
	default:
		return port == b->port;
	}
}

/*
 * Return the index of the packet, from i on, that caused an outgoing packet: itself, or
 * the last fragment of its datagram. Accepted packets leave in order of arrival.
 */
static uint16_t
passed_for(const struct replay_burst *b, uint16_t i)
{
	while (i < b->n && (b->records[i].verdict != VERDICT_PASS || b->records[i].held))
		i++;
	return i;
}

/*
 * Write the packets in the transmit buffers. b: the burst that caused them. NULL: timers,
 * which send only generated segments. Generated segments carry no time; they are in the
 * order of the packets that caused them.
 */
static void
send_all(struct replay *r, const struct replay_burst *b)
{
	uint16_t port, i, cause, passed;
	uint64_t ns;

	for (port = 0; port < r->ports; port++) {
		struct engine_tx *tx = engine_tx(r->engine, port);
		uint16_t sent = tx->count;

		for (i = 0, cause = 0, passed = 0; i < sent; i++) {
			if (!mbuf_time(tx->pkts[i], &ns)) {
				while (b != NULL && cause < b->n &&
				       !generated_for(b, cause, port))
					cause++;
				ns = b != NULL && cause < b->n ? b->items[cause++].ns
							       : r->now_ns;
			} else if (b != NULL && port < r->mirrors) {
				passed = passed_for(b, passed);
				ns = passed < b->n ? b->items[passed].ns : ns;
				if (passed < b->n && tx->pkts[i] == now.pkts[passed])
					passed++;
			}
			sinks_frame(r->sinks, port, tx->pkts[i], ns);
		}
		rte_pktmbuf_free_bulk(tx->pkts, sent);
		engine_tx_done(r->engine, tx, sent, 0);
	}
}

/*
 * Run all timers that are due by until_ns, each at its own time. `after` is called after
 * each of these times.
 */
static void
advance(struct replay *r, uint64_t until_ns, void (*after)(struct replay *, void *),
	void *arg)
{
	uint64_t at_ns, earliest = r->now_ns;

	while (engine_next_ns(r->engine, &at_ns)) {
		/*
		 * go at least to the next tick: in a tick that has been processed no
		 * timer can become due again
		 */
		at_ns = RTE_MAX(at_ns, earliest);
		if (at_ns > until_ns)
			break;
		r->now_ns = at_ns;
		earliest = (at_ns / TICKS_NS + 1) * TICKS_NS;
		while (engine_expire(r->engine, at_ns, ENGINE_EXPIRE_MAX) ==
		       ENGINE_EXPIRE_MAX) {
			send_all(r, NULL);
			if (after != NULL)
				after(r, arg);
		}
		send_all(r, NULL);
		if (after != NULL)
			after(r, arg);
	}
}

/* Return the capture with the next packet. */
static struct capture *
earliest_capture(struct replay *r, uint64_t *ns)
{
	struct capture *first = NULL;
	uint64_t at;
	unsigned i;

	for (i = 0; i < r->count; i++) {
		if (!capture_peek(&r->captures[i], &at))
			continue;
		if (first == NULL || at < *ns ||
		    (at == *ns && capture_comes_first(&r->captures[i], first))) {
			first = &r->captures[i];
			*ns = at;
		}
	}
	return first;
}

uint64_t
replay_first_ns(struct replay *r)
{
	uint64_t ns;

	return earliest_capture(r, &ns) != NULL ? ns : 0;
}

/* Read the next packet into r->next; false: none is left. */
static bool
next_item(struct replay *r)
{
	struct capture *c;
	uint64_t ns;

	while (!r->next.ready) {
		c = earliest_capture(r, &ns);
		if (c == NULL)
			return false;
		prepare_item(r, &r->next, c, capture_take(c), ns);
		if (r->dedup && (r->next.item.marks & MARK_DUPLICATE)) {
			r->duplicates_left_out++;
			r->next.ready = false;
			if (r->next.item.c != NULL)
				r->next.item.c->pins--;
		}
	}
	return true;
}

/* Return whether the next packet belongs to the burst that is being collected. */
static bool
fits_burst(const struct replay *r)
{
	const struct item *first = &now.items[0], *item = &r->next.item;

	if (now.n == 0)
		return true;
	return item->port == first->port && item->judged == first->judged &&
	       item->ns / TICKS_NS == first->ns / TICKS_NS &&
	       (r->next.loose == REPLAY_EITHER || now.loose == REPLAY_EITHER ||
		r->next.loose == now.loose);
}

static struct rte_mbuf *
make_mbuf(struct replay *r, struct item *item)
{
	struct rte_mbuf *m = frame_mbuf(&item->fr, r->pool);

	if (m == NULL)
		return NULL;
	*time_field(m) = item->ns;
	m->ol_flags |= time_flag;
	if (checksums_set(&r->checksums, &item->fr, item->port & 1u, m))
		item->marks |= MARK_CHECKSUM;
	return m;
}

/*
 * Append the bytes and the comment of an item to `kept`, the buffer for those of the
 * burst. Returns false when there is no memory.
 */
static bool
keep_bytes(uint8_t **kept, size_t *used, size_t *room, const struct item *item)
{
	size_t n = item->fr.f.captured;
	const char *comment = item->fr.f.comment;
	size_t text = comment != NULL ? strlen(comment) + 1 : 0;

	if (n + text == 0)
		return true;
	if (*kept == NULL || *used + n + text > *room) {
		uint8_t *more = realloc(*kept, 2 * (*used + n + text));

		if (more == NULL)
			return false;
		*kept = more;
		*room = 2 * (*used + n + text);
	}
	memcpy(*kept + *used, item->fr.f.data, n);
	if (text != 0)
		memcpy(*kept + *used + n, comment, text);
	*used += n + text;
	return true;
}

/*
 * Collect consecutive packets of one port and one tick into `now`. Returns 0, or -ENOMEM
 * when there is no memory even for one.
 */
static int
collect(struct replay *r, uint8_t **kept, size_t *used)
{
	size_t room = 0;
	struct item *item;

	now.n = 0;
	now.loose = REPLAY_EITHER;
	while (now.n < r->burst && next_item(r) && fits_burst(r)) {
		item = &now.items[now.n];
		*item = r->next.item;
		if (item->judged) {
			now.pkts[now.n] = make_mbuf(r, item);
			if (now.pkts[now.n] == NULL)
				return now.n != 0 ? 0 : -ENOMEM;
		}
		sinks_enter(r->sinks, item);
		if (r->keep_bytes && !keep_bytes(kept, used, &room, item))
			return -ENOMEM;
		if (r->next.loose != REPLAY_EITHER)
			now.loose = r->next.loose;
		r->next.ready = false;
		now.n++;
	}
	return 0;
}

/* Set the pointers to the packets' bytes, which may have moved during collection. */
static void
point_to_bytes(struct replay_burst *b)
{
	uint8_t *at = b->kept;
	uint16_t i;

	for (i = 0; i < b->n; i++) {
		struct reader_frame *f = &b->items[i].fr.f;

		f->data = at;
		at += f->captured;
		if (f->comment == NULL)
			continue;
		f->comment = (const char *)at;
		at += strlen(f->comment) + 1;
	}
}

/* Make a burst of the collected packets. It takes ownership of `kept`. */
static struct replay_burst *
make_burst(uint8_t *kept, size_t kept_bytes)
{
	size_t items = now.n * sizeof(struct item);
	size_t records = now.n * sizeof(struct engine_record);
	struct replay_burst *b = malloc(sizeof(*b) + items + records + now.n);
	char *at = (char *)(b + 1);

	if (b == NULL)
		return NULL;
	*b = (struct replay_burst){.n = now.n, .port = now.items[0].port};
	b->items = (struct item *)at;
	memcpy(b->items, now.items, items);
	if (now.items[0].judged)
		b->records = (struct engine_record *)(at + items);
	b->is_written = (bool *)(at + items + records);
	memset(b->is_written, 0, now.n);
	b->bytes = sizeof(*b) + items + records + now.n + kept_bytes;
	b->kept = kept;
	if (kept != NULL)
		point_to_bytes(b);
	return b;
}

static bool
is_decided(const struct replay_burst *b, uint16_t i)
{
	return b->records == NULL || b->records[i].verdict != VERDICT_HELD;
}

/* Write the known verdicts of a burst. in_order: stop at the first unknown one. */
static void
write_burst(struct replay *r, struct replay_burst *b, bool in_order)
{
	uint16_t i;

	for (i = 0; i < b->n; i++) {
		if (!is_decided(b, i) && in_order)
			return;
		if (!is_decided(b, i) || b->is_written[i])
			continue;
		b->is_written[i] = true;
		b->written++;
		finish_item(r, &b->items[i], b->records != NULL ? &b->records[i] : NULL);
	}
}

static void
free_burst(struct replay_burst *b)
{
	free(b->kept);
	free(b);
}

/* Write the verdicts that have become known in bursts of the list `late`. */
static void
/* NOLINTNEXTLINE(readability-function-size): the nesting is that of STAILQ_REMOVE() */
write_late(struct replay *r)
{
	struct replay_burst *b, *after;

	for (b = STAILQ_FIRST(&r->late); b != NULL; b = after) {
		after = STAILQ_NEXT(b, next);
		write_burst(r, b, false);
		if (b->written == b->n) {
			STAILQ_REMOVE(&r->late, b, replay_burst, next);
			free_burst(b);
		}
	}
}

static bool
too_many_wait(const struct replay *r)
{
	return r->waiting > REPLAY_WAITING_PACKETS ||
	       r->waiting_bytes > REPLAY_WAITING_BYTES;
}

/*
 * Write the verdicts of the queued bursts up to the first held packet, and free these
 * bursts.
 */
static void
write_verdicts(struct replay *r)
{
	struct replay_burst *b;

	while ((b = STAILQ_FIRST(&r->queue)) != NULL) {
		write_burst(r, b, !too_many_wait(r));
		if (b->written != b->n && !too_many_wait(r))
			break;
		STAILQ_REMOVE_HEAD(&r->queue, next);
		r->waiting -= b->n;
		r->waiting_bytes -= b->bytes;
		if (b->written != b->n)
			STAILQ_INSERT_TAIL(&r->late, b, next);
		else
			free_burst(b);
	}
	if (!STAILQ_EMPTY(&r->late))
		write_late(r);
}

static void
set_loose(struct replay *r)
{
	bool loose = now.loose == REPLAY_LOOSE;

	if (now.loose == REPLAY_EITHER || loose == r->is_loose)
		return;
	engine_set_loose(r->engine, loose);
	r->is_loose = loose;
}

static void
replay_one_burst(struct replay *r, struct replay_burst *b)
{
	uint64_t first = b->items[0].ns;

	if (first / TICKS_NS != r->now_ns / TICKS_NS)
		advance(r, first / TICKS_NS * TICKS_NS, NULL, NULL);
	r->now_ns = first;
	STAILQ_INSERT_TAIL(&r->queue, b, next);
	r->waiting += b->n;
	r->waiting_bytes += b->bytes;
	if (b->records != NULL) {
		set_loose(r);
		engine_burst(r->engine, b->port, now.pkts, b->n, r->now_ns, b->records);
		send_all(r, b);
	}
	r->now_ns = b->items[b->n - 1].ns;
	write_verdicts(r);
}

int
replay_run(struct replay *r)
{
	struct replay_burst *b;
	uint8_t *kept = NULL;
	size_t used = 0;
	int status;

	while ((status = collect(r, &kept, &used)) == 0 && now.n != 0) {
		b = make_burst(kept, used);
		if (b == NULL) {
			status = -ENOMEM;
			break;
		}
		replay_one_burst(r, b);
		kept = NULL;
		used = 0;
	}
	if (status != 0)
		free(kept);
	engine_stop(r->engine);
	write_verdicts(r);
	return status;
}

static void
write_expiries(struct replay *r, void *arg)
{
	struct rte_ring *events = arg;
	struct conn_event event;

	while (rte_ring_dequeue_elem(events, &event, sizeof(event)) == 0) {
		if (event.kind == CONN_EVENT_DESTROY)
			sinks_expire(r->sinks, r->now_ns, &event);
	}
}

int
replay_drain(struct replay *r)
{
	struct rte_ring *events =
		rte_ring_create_elem("expiries", sizeof(struct conn_event), EVENTS,
				     SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);

	if (events == NULL)
		return -ENOMEM;
	engine_set_events(r->engine, events, NULL);
	advance(r, UINT64_MAX, write_expiries, events);
	engine_set_events(r->engine, NULL, NULL);
	rte_ring_free(events);
	return 0;
}

void
replay_free(struct replay *r)
{
	struct replay_burst *b;

	while ((b = STAILQ_FIRST(&r->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&r->queue, next);
		free_burst(b);
	}
	while ((b = STAILQ_FIRST(&r->late)) != NULL) {
		STAILQ_REMOVE_HEAD(&r->late, next);
		free_burst(b);
	}
	if (r->conversations.buckets != NULL)
		conversations_free(&r->conversations);
}
