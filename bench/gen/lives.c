/* SPDX-License-Identifier: BSD-3-Clause */
#include "lives.h"

#include <string.h>

#include <frame/frame.h>

#define OPENING 3u /* SYN, SYN+ACK, ACK */

struct life {
	uint32_t connection; /* slot + a multiple of the number of slots */
	/* next sequence number of each side; the other side has received all before it */
	uint32_t seq[2];
	uint16_t got;  /* steps whose segment has arrived at the other side */
	uint16_t sent; /* steps that were sent; 0, and got 0: the slot is empty */
	uint8_t tries;
	bool queued; /* in the ring of slots to send */
	/*
	 * when the segment in the ring should be sent; LIVES_AT_ONCE: when it is written
	 */
	uint64_t due;
	uint64_t since; /* start of the latency of the last segment */
	uint64_t at;    /* when the last segment was written */
};

static bool
is_held(const struct lives *l, const struct life *life)
{
	return (uint32_t)(life - l->life) < l->config.connections[LIVES_HELD];
}

static enum traffic_kind
kind_of(const struct lives *l, const struct life *life, uint16_t step)
{
	static const enum traffic_kind opening[] = {TRAFFIC_SYN, TRAFFIC_SYN_ACK,
						    TRAFFIC_ACK};
	static const enum traffic_kind closing[] = {TRAFFIC_FIN_LAN, TRAFFIC_FIN_WAN,
						    TRAFFIC_ACK};

	if (step < OPENING)
		return opening[step];
	step -= OPENING;
	if (is_held(l, life) || step < l->config.data)
		return step % 2 == 0 ? TRAFFIC_DATA_LAN : TRAFFIC_DATA_WAN;
	return closing[step - l->config.data];
}

static uint16_t
steps_of(const struct lives_config *c)
{
	return (uint16_t)(OPENING + c->data + 3);
}

/*
 * Return the index of the size of the data segment that a side sends next. It is computed
 * from the sequence number, so that a retransmission has the same size, and the receiver
 * can compute it too.
 */
static uint8_t
size_of(const struct lives *l, const struct life *life, uint8_t side)
{
	uint32_t h = life->connection ^ life->seq[side];

	if (l->weights == 1)
		return 0;
	/*
	 * mix twice: sequence numbers with equal distances would show a pattern after one
	 * round
	 */
	h = (h ^ h >> 16) * UINT32_C(0x85ebca6b);
	h = (h ^ h >> 13) * UINT32_C(0xc2b2ae35);
	return l->size_of[(uint64_t)h * l->weights >> 32];
}

/* Sequence numbers that the next step of this kind takes. */
static uint32_t
length_of(const struct lives *l, const struct life *life, enum traffic_kind kind)
{
	switch (kind) {
	case TRAFFIC_DATA_LAN:
	case TRAFFIC_DATA_WAN:
		return l->config.size[size_of(l, life, traffic_side(kind))].payload;
	case TRAFFIC_ACK:
	case TRAFFIC_ACK_WAN:
		return 0;
	default:
		return 1;
	}
}

static uint32_t
slots_of(const struct lives_config *c)
{
	return c->connections[LIVES_HELD] + c->connections[LIVES_ENDING];
}

size_t
lives_bytes(const struct lives_config *config)
{
	return slots_of(config) * (sizeof(struct life) + sizeof(uint32_t));
}

static void
sizes_init(struct lives *l)
{
	const struct lives_config *c = &l->config;
	uint8_t i, k;

	for (i = 0; i < c->sizes; i++) {
		traffic_init(&l->traffic[i], c->family, c->timestamps,
			     c->size[i].payload);
		for (k = 0; k < c->size[i].weight && l->weights < LIVES_WEIGHTS; k++)
			l->size_of[l->weights++] = i;
	}
}

void
lives_init(struct lives *l, const struct lives_config *config, void *memory)
{
	uint32_t i;

	memset(l, 0, sizeof(*l));
	l->config = *config;
	l->slots = slots_of(config);
	sizes_init(l);
	l->life = memory;
	l->ready = (uint32_t *)(void *)(l->life + l->slots);
	for (i = 0; i < l->slots; i++)
		l->life[i].connection = i;
	l->next[LIVES_ENDING] = config->connections[LIVES_HELD];
}

static void
queue(struct lives *l, struct life *life, uint64_t due)
{
	uint32_t at = l->ready_first + l->ready_count;

	l->ready[at < l->slots ? at : at - l->slots] = (uint32_t)(life - l->life);
	l->ready_count++;
	life->queued = true;
	life->due = due;
}

/*
 * End the life. The next one in this slot is another connection, with other addresses or
 * ports, until all have been used.
 */
static void
end(struct lives *l, struct life *life)
{
	uint32_t next = life->connection + l->slots;

	if (next >= LIVES_CONNECTIONS)
		next %= l->slots;
	*life = (struct life){.connection = next};
}

static void
begin(struct lives *l, struct life *life, uint64_t due)
{
	life->seq[0] = life->connection * UINT32_C(0x9e3779b1) + TRAFFIC_ISS_LAN;
	life->seq[1] = life->connection * UINT32_C(0x85ebca6b) + TRAFFIC_ISS_WAN;
	queue(l, life, due);
}

static struct life *
next_of(struct lives *l, enum lives_class class)
{
	uint32_t held = l->config.connections[LIVES_HELD];
	uint32_t slot = l->next[class];

	if (class == LIVES_HELD)
		l->next[class] = slot + 1 < held ? slot + 1 : 0;
	else
		l->next[class] = slot + 1 < l->slots ? slot + 1 : held;
	return &l->life[slot];
}

bool
lives_next(struct lives *l, enum lives_class class, uint64_t due)
{
	struct life *life;

	if (l->config.connections[class] == 0)
		return false;
	life = next_of(l, class);
	if (life->queued || life->sent != life->got)
		return false;
	if (life->sent == 0)
		begin(l, life, due);
	else if (class == LIVES_HELD && life->got >= OPENING)
		queue(l, life, due);
	else
		return false;
	return true;
}

uint8_t
lives_write(struct lives *l, uint64_t now, struct rte_mbuf *m)
{
	struct life *life = &l->life[l->ready[l->ready_first]];
	enum traffic_kind kind = kind_of(l, life, life->sent);
	uint8_t side = traffic_side(kind), size = 0;

	l->ready_first = l->ready_first + 1 < l->slots ? l->ready_first + 1 : 0;
	l->ready_count--;
	if (kind == TRAFFIC_DATA_LAN || kind == TRAFFIC_DATA_WAN)
		size = size_of(l, life, side);
	traffic_write(&l->traffic[size], m, kind, life->connection, life->seq[side],
		      kind == TRAFFIC_SYN ? 0 : life->seq[!side]);
	life->queued = false;
	life->at = now;
	life->since = life->due == LIVES_AT_ONCE ? now : life->due;
	life->sent++;
	l->stats.sent++;
	/*
	 * the ACK of the handshake needs no answer, so its sender sends the next segment
	 * at once
	 */
	if (kind == TRAFFIC_ACK && life->sent == OPENING && !is_held(l, life))
		queue(l, life, LIVES_AT_ONCE);
	return side;
}

void
lives_flood(struct lives *l, struct rte_mbuf *m)
{
	uint32_t connection = LIVES_CONNECTIONS + l->flood++ % LIVES_CONNECTIONS;

	traffic_write(&l->traffic[0], m, TRAFFIC_SYN, connection, TRAFFIC_ISS_LAN, 0);
	l->stats.flood_sent++;
}

/* The segment of a step has arrived: count it, and queue the next one. */
static void
step(struct lives *l, struct life *life, enum traffic_kind kind)
{
	const struct lives_config *c = &l->config;
	bool held = is_held(l, life);

	life->seq[traffic_side(kind)] += length_of(l, life, kind);
	life->got++;
	life->tries = 0;
	l->stats.received++;
	l->stats.opened += life->got == OPENING;
	/* go back to the state after the handshake */
	if (held && life->got >= OPENING + 2u) {
		life->got -= 2;
		life->sent -= 2;
	}
	if (!held && life->got == steps_of(c)) {
		l->stats.ended++;
		end(l, life);
	} else if (life->sent == life->got && !life->queued &&
		   (life->got < OPENING || !held)) {
		queue(l, life, LIVES_AT_ONCE);
	}
}

/*
 * Return whether a frame that has arrived at a side is the segment that its connection
 * waits for.
 */
static bool
is_expected(const struct lives *l, const struct life *life, uint8_t side,
	    const struct traffic_frame *frame, enum traffic_kind *kind)
{
	if (frame->side == side || life->connection != frame->connection ||
	    life->got == life->sent)
		return false;
	*kind = kind_of(l, life, life->got);
	return traffic_side(*kind) == frame->side &&
	       frame->flags == l->traffic[0].template[*kind].flags &&
	       frame->seq == life->seq[frame->side] &&
	       frame->ack == (*kind == TRAFFIC_SYN ? 0 : life->seq[side]);
}

void
lives_take(struct lives *l, uint8_t side, uint64_t now, const struct rte_mbuf *m)
{
	struct traffic_frame frame;
	enum traffic_kind kind;
	struct life *life;

	if (!traffic_read(&l->traffic[0], m, &frame)) {
		l->stats.alien++;
		return;
	}
	if (frame.connection >= LIVES_CONNECTIONS) {
		l->stats.flood_received++;
		return;
	}
	life = &l->life[frame.connection % l->slots];
	if (!is_expected(l, life, side, &frame, &kind)) {
		l->stats.alien++;
		return;
	}
	if (life->tries == 0 && life->sent == life->got + 1)
		histogram_add(&l->latency, now - life->since);
	l->stats.bytes += m->pkt_len;
	step(l, life, kind);
}

static void
late(struct lives *l, struct life *life)
{
	if (++life->tries == LIVES_TRIES) {
		l->stats.abandoned++;
		end(l, life);
		return;
	}
	life->sent = life->got;
	l->stats.again++;
	queue(l, life, LIVES_AT_ONCE);
}

void
lives_late(struct lives *l, uint64_t now, uint32_t slots)
{
	struct life *life;

	for (; slots > 0; slots--) {
		life = &l->life[l->late];
		/*
		 * `now` may be older than `at`: segments written after the caller has
		 * read the time are not late
		 */
		if (life->sent != life->got && !life->queued && now > life->at &&
		    now - life->at >= l->config.timeout)
			late(l, life);
		l->late = l->late + 1 < l->slots ? l->late + 1 : 0;
	}
}

uint32_t
lives_open(const struct lives *l)
{
	uint16_t closing = (uint16_t)(OPENING + l->config.data + 2);
	uint32_t open = 0, slot;

	for (slot = 0; slot < l->slots; slot++)
		open += l->life[slot].got >= OPENING &&
			(is_held(l, &l->life[slot]) || l->life[slot].got < closing);
	return open;
}
