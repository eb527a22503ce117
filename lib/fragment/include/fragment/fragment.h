/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtual reassembly: the fragments of a datagram are held until all of them are there,
 * and handed back together, as they came and in the order in which they came. Nothing is
 * copied, cut or joined.
 *
 *	while (fragment_evict(t, m->nb_segs, &gone))
 *		gone was dropped to make room
 *	fate = fragment_add(t, &key, &fragment, now, &gone);
 *	if (fate == FRAGMENT_WHOLE)
 *		gone is the complete datagram
 *	else if (fate != FRAGMENT_HELD)
 *		gone has to be dropped
 *	while (fragment_expire(t, now, &gone))
 *		gone was not complete in time
 *
 * Fragments that overlap, or that contradict each other about the end, condemn their
 * datagram: those held are handed back, those to come refused until its time is over
 * (RFC 5722). One that is there already is refused alone (RFC 8200 4.5).
 *
 * Bounded are the buffers held, the fragments of a datagram, and the time since its first
 * fragment. The oldest datagram is dropped to make room, so a flood of fragments
 * only harms datagrams whose fragments arrive far apart. The work for each fragment is
 * bounded by FRAGMENT_MAX.
 *
 * One owner thread; no allocation after fragment_init(), no clock. The mbufs are the
 * caller's to free, and are touched only to count their segments.
 */
#ifndef FRAGMENT_FRAGMENT_H
#define FRAGMENT_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/reason.h>
#include <packet/key.h>
#include <packet/packet.h>

/*
 * Of a datagram. 65,535 bytes over links of 576, which every host takes (RFC 791), are
 * 119; and so many go at once into a ring of 128.
 */
#define FRAGMENT_MAX 127u

/*
 * Which fragments belong together: RFC 791, RFC 8200 4.5, network and side. Zeros in
 * holes.
 */
struct fragment_key {
	union flow_addr addr; /* by side */
	uint32_t id;
	uint32_t network;  /* flow_network() */
	uint8_t from;      /* 2 * family + side */
	uint8_t proto;     /* IPv4 */
	uint8_t unused[2]; /* 0 */
};

static_assert(sizeof(struct fragment_key) == 44, "hashed as bytes: no padding");

struct fragment_config {
	uint32_t buffers;      /* held at most, by mbuf segment; at least 1 */
	uint32_t ticks;        /* that a datagram has */
	const uint8_t *secret; /* KEY_SECRET_BYTES, for the hash; not copied */
};

struct fragment {
	struct packet_piece piece;
	bool more;   /* it is not the last of its datagram */
	void *about; /* the caller's */
};

/* Fragments of one datagram that are held no more, in the order in which they came. */
struct fragment_group {
	unsigned n;
	struct packet_piece piece[FRAGMENT_MAX + 1];
	void *about[FRAGMENT_MAX + 1]; /* the caller's */
};

enum fragment_fate {
	FRAGMENT_HELD,
	FRAGMENT_WHOLE,     /* the group is the datagram, the new fragment its last */
	FRAGMENT_DUPLICATE, /* there already: the group is the new one alone */
	/* the datagram is condemned; the new one is last in the group */
	FRAGMENT_OVERLAP,
	FRAGMENT_MANY, /* the same, for more than FRAGMENT_MAX of them */
};

struct fragment_table;

/* Of a packet of PACKET_FRAGMENT in frame m: the key of its datagram, its place in it. */
struct fragment_key fragment_key_of(const struct packet *p);
struct fragment fragment_of(struct rte_mbuf *m, const struct packet *p, void *about);

/* Why the group is dropped, with any fate but FRAGMENT_HELD and FRAGMENT_WHOLE. */
enum reason fragment_reason(enum fragment_fate fate);

/* Bytes of memory that fragment_init() needs. */
size_t fragment_bytes(const struct fragment_config *config);

/* Make an empty table of zeroed memory, aligned to 8 bytes. */
struct fragment_table *fragment_init(void *memory, const struct fragment_config *config);

/*
 * Make room for a frame of so many buffers, no more than the table may hold: true when a
 * datagram had to go for it, which may have been condemned (n = 0); then call again.
 */
bool fragment_evict(struct fragment_table *t, unsigned buffers,
		    struct fragment_group *gone);

/* Hold a fragment, for which there is room, or say what becomes of it. */
enum fragment_fate fragment_add(struct fragment_table *t, const struct fragment_key *key,
				const struct fragment *f, uint32_t now,
				struct fragment_group *gone);

/* True when the time of a datagram was over, which may have been condemned (n = 0). */
bool fragment_expire(struct fragment_table *t, uint32_t now, struct fragment_group *gone);

/* Take out the oldest datagram, of any age; false: there is none. */
bool fragment_oldest(struct fragment_table *t, struct fragment_group *gone);

/* The tick at which fragment_expire() has something to do; false: never. */
bool fragment_next(const struct fragment_table *t, uint32_t *at);

/* How many fragments are held. */
uint32_t fragment_count(const struct fragment_table *t);

#endif
