/* SPDX-License-Identifier: BSD-3-Clause */
#include "lives.h"

#include <string.h>

#include <frame/frame.h>

#define OPENING 3u /* SYN, SYN+ACK, ACK */

struct life {
	uint32_t connection; /* slot + a multiple of the number of slots */
	uint32_t seq[2];     /* what each side sends next, all before it received */
	uint16_t got;        /* steps that have come out */
	uint16_t sent;       /* .. and been sent; 0 with got 0: the slot is empty */
	uint8_t tries;
	bool queued; /* in the ring */
	uint64_t at; /* when the last was sent */
};

static enum traffic_kind
kind_of(const struct lives_config *c, uint16_t step)
{
	static const enum traffic_kind opening[] = {TRAFFIC_SYN, TRAFFIC_SYN_ACK,
						    TRAFFIC_ACK};
	static const enum traffic_kind closing[] = {TRAFFIC_FIN_LAN, TRAFFIC_FIN_WAN,
						    TRAFFIC_ACK};

	if (step < OPENING)
		return opening[step];
	step -= OPENING;
	if (c->hold || step < c->data)
		return step % 2 == 0 ? TRAFFIC_DATA_LAN : TRAFFIC_DATA_WAN;
	return closing[step - c->data];
}

static uint16_t
steps_of(const struct lives_config *c)
{
	return (uint16_t)(OPENING + c->data + 3);
}

/* Sequence numbers that a step takes. */
static uint32_t
length_of(const struct lives_config *c, enum traffic_kind kind)
{
	switch (kind) {
	case TRAFFIC_DATA_LAN:
	case TRAFFIC_DATA_WAN:
		return c->payload;
	case TRAFFIC_ACK:
	case TRAFFIC_ACK_WAN:
		return 0;
	default:
		return 1;
	}
}

size_t
lives_bytes(const struct lives_config *config)
{
	return config->connections * (sizeof(struct life) + sizeof(uint32_t));
}

void
lives_init(struct lives *l, const struct lives_config *config, void *memory)
{
	uint32_t i;

	memset(l, 0, sizeof(*l));
	l->config = *config;
	traffic_init(&l->traffic, config->family, config->timestamps, config->payload);
	l->life = memory;
	l->ready = (uint32_t *)(void *)(l->life + config->connections);
	for (i = 0; i < config->connections; i++)
		l->life[i].connection = i;
}

static void
queue(struct lives *l, uint32_t slot)
{
	uint32_t at = l->ready_first + l->ready_count;

	l->ready[at < l->config.connections ? at : at - l->config.connections] = slot;
	l->ready_count++;
	l->life[slot].queued = true;
}

/* The slot's next life has other addresses or ports, until they all have been used. */
static void
end(struct lives *l, struct life *life)
{
	uint32_t slots = l->config.connections;
	uint32_t next = life->connection + slots;

	if (next >= TRAFFIC_CONNECTIONS)
		next %= slots;
	*life = (struct life){.connection = next};
}

static void
begin(struct lives *l, uint32_t slot)
{
	struct life *life = &l->life[slot];

	life->seq[0] = life->connection * UINT32_C(0x9e3779b1) + TRAFFIC_ISS_LAN;
	life->seq[1] = life->connection * UINT32_C(0x85ebca6b) + TRAFFIC_ISS_WAN;
	queue(l, slot);
}

bool
lives_next(struct lives *l)
{
	uint32_t slot = l->begin;
	struct life *life = &l->life[slot];

	l->begin = slot + 1 < l->config.connections ? slot + 1 : 0;
	if (life->queued || life->sent != life->got)
		return false;
	if (life->sent == 0)
		begin(l, slot);
	else if (l->config.hold && life->got >= OPENING)
		queue(l, slot);
	else
		return false;
	return true;
}

uint8_t
lives_write(struct lives *l, uint64_t now, struct rte_mbuf *m)
{
	uint32_t slot = l->ready[l->ready_first];
	struct life *life = &l->life[slot];
	enum traffic_kind kind = kind_of(&l->config, life->sent);
	uint8_t side = traffic_side(kind);

	l->ready_first = l->ready_first + 1 < l->config.connections ? l->ready_first + 1
								    : 0;
	l->ready_count--;
	traffic_write(&l->traffic, m, kind, life->connection, life->seq[side],
		      kind == TRAFFIC_SYN ? 0 : life->seq[!side]);
	life->queued = false;
	life->at = now;
	life->sent++;
	l->stats.sent++;
	/* the ACK is followed by what its sender says next without waiting */
	if (kind == TRAFFIC_ACK && life->sent == OPENING && !l->config.hold)
		queue(l, slot);
	return side;
}

/* A step has come out: on with the life. */
static void
step(struct lives *l, uint32_t slot, enum traffic_kind kind)
{
	struct life *life = &l->life[slot];
	const struct lives_config *c = &l->config;

	life->seq[traffic_side(kind)] += length_of(c, kind);
	life->got++;
	life->tries = 0;
	l->stats.received++;
	l->stats.opened += life->got == OPENING;
	if (c->hold && life->got >= OPENING + 2u) { /* as after the handshake */
		life->got -= 2;
		life->sent -= 2;
	}
	if (!c->hold && life->got == steps_of(c)) {
		l->stats.ended++;
		end(l, life);
	} else if (life->sent == life->got && !life->queued &&
		   (life->got < OPENING || !c->hold)) {
		queue(l, slot);
	}
}

void
lives_take(struct lives *l, uint8_t side, uint64_t now, const struct rte_mbuf *m)
{
	struct traffic_frame frame;
	enum traffic_kind kind;
	struct life *life;
	uint32_t slot;

	if (!traffic_read(&l->traffic, m, &frame) || frame.side == side) {
		l->stats.alien++;
		return;
	}
	slot = frame.connection % l->config.connections;
	life = &l->life[slot];
	if (life->connection != frame.connection || life->got == life->sent) {
		l->stats.alien++;
		return;
	}
	kind = kind_of(&l->config, life->got);
	if (traffic_side(kind) != frame.side ||
	    frame.flags != l->traffic.template[kind].flags ||
	    frame.seq != life->seq[frame.side] ||
	    frame.ack != (kind == TRAFFIC_SYN ? 0 : life->seq[side])) {
		l->stats.alien++;
		return;
	}
	if (life->tries == 0 && life->sent == life->got + 1)
		histogram_add(&l->latency, now - life->at);
	step(l, slot, kind);
}

static void
late(struct lives *l, uint32_t slot)
{
	struct life *life = &l->life[slot];

	if (++life->tries == LIVES_TRIES) {
		l->stats.abandoned++;
		end(l, life);
		return;
	}
	life->sent = life->got;
	l->stats.again++;
	queue(l, slot);
}

void
lives_late(struct lives *l, uint64_t now, uint32_t slots)
{
	struct life *life;

	for (; slots > 0; slots--) {
		life = &l->life[l->late];
		if (life->sent != life->got && !life->queued &&
		    now - life->at >= l->config.timeout)
			late(l, l->late);
		l->late = l->late + 1 < l->config.connections ? l->late + 1 : 0;
	}
}

uint32_t
lives_open(const struct lives *l)
{
	uint16_t closing = (uint16_t)(OPENING + l->config.data + 2);
	uint32_t open = 0, slot;

	for (slot = 0; slot < l->config.connections; slot++)
		open += l->life[slot].got >= OPENING &&
			(l->config.hold || l->life[slot].got < closing);
	return open;
}
