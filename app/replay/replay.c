/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a replay is made deterministic:
 *
 * - Packets are processed in the order of their times. Of two packets with the same time,
 *   the first is the one of the port that comes first on the command line.
 * - The engine counts time in ticks of a millisecond (base/ticks.h), and a burst has one
 *   time. So a burst holds only packets of one port and one tick that are neighbours in
 *   that order, and timers expire between ticks: all that are due by a tick, before its
 *   first packet. A timer is never armed for the tick in which it is armed (timeouts are
 *   at least a second), so one burst of 64 sees exactly what 64 bursts of 1 see.
 * - A packet sent because of another has that packet's time; one sent by a timer has the
 *   timer's. A held fragment is sent at the time of the last fragment of its datagram.
 * - Verdicts are written in the order of the packets. The verdict of a held fragment is
 *   known later, so bursts wait in a queue until the first of them is decided.
 */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <base/ticks.h>

#define NS_PER_US 1000u
#define US_PER_TICK (TICKS_NS / NS_PER_US)
#define EVENTS 1024u

/* The packets of a burst, and what became of them. */
struct burst {
	STAILQ_ENTRY(burst) next;
	struct capture *from;
	uint16_t n;
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t us[ENGINE_BURST_MAX];
	struct engine_record records[ENGINE_BURST_MAX];
};

STAILQ_HEAD(bursts, burst);

/* Whether what was made because of a packet left this port. */
static bool
generated_for(const struct burst *b, uint16_t i, uint16_t port)
{
	switch (b->records[i].action) {
	case ACTION_NONE:
		return false;
	case ACTION_PROBE:
		return port == (b->from->port ^ 1u);
	default:
		return port == b->from->port;
	}
}

/*
 * The packet of a burst, from i on, because of which a packet left: itself, or the last
 * fragment of its datagram. Those that passed stand in the order in which they came.
 */
static uint16_t
passed_for(const struct burst *b, uint16_t i)
{
	while (i < b->n && (b->records[i].verdict != VERDICT_PASS || b->records[i].held))
		i++;
	return i;
}

/*
 * Write what stands in the transmit buffers. b: the burst that it comes of; NULL: timers,
 * which send segments of ours alone. These carry no time; they stand in the order of the
 * packets that caused them.
 */
static void
send_all(struct replay *r, const struct burst *b)
{
	uint16_t port, i, cause, passed;
	uint64_t us;

	for (port = 0; port < r->ports; port++) {
		struct engine_tx *tx = engine_tx(r->engine, port);
		uint16_t sent = tx->count;

		for (i = 0, cause = 0, passed = 0; i < sent; i++) {
			if (!capture_time(tx->pkts[i], &us)) {
				while (b != NULL && cause < b->n &&
				       !generated_for(b, cause, port))
					cause++;
				us = b != NULL && cause < b->n ? b->us[cause++]
							       : r->now_us;
			} else if (b != NULL) {
				passed = passed_for(b, passed);
				us = passed < b->n ? b->us[passed] : us;
				if (passed < b->n && tx->pkts[i] == b->pkts[passed])
					passed++;
			}
			output_frame(r->out, port, tx->pkts[i], us);
		}
		rte_pktmbuf_free_bulk(tx->pkts, sent);
		engine_tx_done(r->engine, tx, sent, 0);
	}
}

/* All timers that are due by a time go off, each at its own. Whether any is left. */
static bool
advance(struct replay *r, uint64_t until_us, void (*after)(struct replay *, void *),
	void *arg)
{
	uint64_t at_ns, at_us, earliest = r->now_us;
	bool more;

	while ((more = engine_next_ns(r->engine, &at_ns))) {
		/*
		 * Time goes on in any case: nothing can be due again in the tick just
		 * done.
		 */
		at_us = RTE_MAX(at_ns / NS_PER_US, earliest);
		if (at_us > until_us)
			break;
		r->now_us = at_us;
		earliest = (at_us / US_PER_TICK + 1) * US_PER_TICK;
		while (engine_expire(r->engine, at_us * NS_PER_US, ENGINE_EXPIRE_MAX) ==
		       ENGINE_EXPIRE_MAX) {
			send_all(r, NULL);
			if (after != NULL)
				after(r, arg);
		}
		send_all(r, NULL);
		if (after != NULL)
			after(r, arg);
	}
	return more;
}

/* The capture with the next packet. */
static struct capture *
earliest_capture(struct replay *r, uint64_t *us)
{
	struct capture *first = NULL;
	uint64_t at;
	unsigned i;

	for (i = 0; i < r->count; i++) {
		if (capture_peek(&r->captures[i], &at) && (first == NULL || at < *us)) {
			first = &r->captures[i];
			*us = at;
		}
	}
	return first;
}

/* Neighbours in the order of one port and one tick. */
static bool
collect(struct replay *r, struct burst *b)
{
	struct capture *c;
	uint64_t us;

	b->n = 0;
	while (b->n < r->burst && (c = earliest_capture(r, &us)) != NULL) {
		if (b->n != 0 &&
		    (c != b->from || us / US_PER_TICK != b->us[0] / US_PER_TICK))
			break;
		b->from = c;
		b->us[b->n] = us;
		b->pkts[b->n++] = capture_take(c);
	}
	return b->n != 0;
}

static bool
is_decided(const struct burst *b)
{
	uint16_t i;

	for (i = 0; i < b->n; i++)
		if (b->records[i].verdict == VERDICT_HELD)
			return false;
	return true;
}

/* Write the verdicts of the bursts up to the first that is not decided, and free them. */
static void
write_verdicts(struct replay *r, struct bursts *queue)
{
	struct burst *b;
	uint16_t i;

	while ((b = STAILQ_FIRST(queue)) != NULL && is_decided(b)) {
		for (i = 0; i < b->n; i++)
			output_verdict(r->out, b->from->port, b->us[i], &b->records[i]);
		STAILQ_REMOVE_HEAD(queue, next);
		free(b);
	}
}

static void
replay_burst(struct replay *r, struct burst *b, struct bursts *queue)
{
	if (b->us[0] / US_PER_TICK != r->now_us / US_PER_TICK)
		advance(r, b->us[0] / US_PER_TICK * US_PER_TICK, NULL, NULL);
	r->now_us = b->us[0];
	STAILQ_INSERT_TAIL(queue, b, next);
	engine_burst(r->engine, b->from->port, b->pkts, b->n, r->now_us * NS_PER_US,
		     b->records);
	send_all(r, b);
	r->now_us = b->us[b->n - 1];
	write_verdicts(r, queue);
}

int
replay_run(struct replay *r)
{
	struct bursts queue = STAILQ_HEAD_INITIALIZER(queue);
	struct burst *b;
	int status = 0;

	while ((b = malloc(sizeof(*b))) != NULL && collect(r, b))
		replay_burst(r, b, &queue);
	if (b == NULL)
		status = -ENOMEM;
	free(b);
	engine_stop(r->engine);
	write_verdicts(r, &queue);
	return status;
}

static void
write_expiries(struct replay *r, void *arg)
{
	struct rte_ring *events = arg;
	struct engine_event event;

	while (rte_ring_dequeue_elem(events, &event, sizeof(event)) == 0) {
		if (event.kind == ENGINE_EVENT_DESTROY)
			output_expire(r->out, r->now_us, &event.view);
	}
}

int
replay_drain(struct replay *r)
{
	struct rte_ring *events =
		rte_ring_create_elem("expiries", sizeof(struct engine_event), EVENTS,
				     SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);

	if (events == NULL)
		return -ENOMEM;
	engine_set_events(r->engine, events, NULL);
	advance(r, UINT64_MAX, write_expiries, events);
	engine_set_events(r->engine, NULL, NULL);
	rte_ring_free(events);
	return 0;
}
