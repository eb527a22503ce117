/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtual reassembly: the fragments of a datagram are held until all have arrived, and
 * returned together, unchanged and in the order of arrival. Nothing is copied, split or
 * joined.
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
 * Fragments that overlap, or have different ends of the datagram, condemn it: the held
 * fragments are returned, and further ones rejected until its time is over (RFC 5722). A
 * fragment that has arrived before is rejected alone (RFC 8200 4.5).
 *
 * There are limits for the number of buffers held, the fragments of a datagram, and the
 * time since its first fragment. The oldest datagram is dropped to make room, so a flood
 * of fragments only harms datagrams whose fragments arrive far apart. FRAGMENT_MAX bounds
 * the work for each fragment.
 *
 * One owner thread; no allocation after fragment_init(), no clock. The caller frees the
 * mbufs; they are read only to count their segments.
 */
#ifndef FRAGMENT_FRAGMENT_H
#define FRAGMENT_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/reason.h>
#include <packet/hash.h>
#include <packet/packet.h>

/*
 * Largest number of fragments of a datagram. 65,535 bytes over links with an MTU of 576,
 * which every host accepts (RFC 791), make 119. A ring of 128 entries has room for
 * FRAGMENT_MAX at once.
 */
#define FRAGMENT_MAX 127u

/*
 * Identifies the datagram of a fragment: RFC 791, RFC 8200 4.5, network and side. Padding
 * is zeroed.
 */
struct fragment_key {
	union flow_addr addr; /* addresses by side */
	uint32_t id;
	uint32_t network;  /* flow_network() */
	uint8_t from;      /* 2 * family + side */
	uint8_t proto;     /* IPv4: the protocol; IPv6: 0 */
	uint8_t unused[2]; /* 0 */
};

static_assert(sizeof(struct fragment_key) == 44, "hashed as bytes: no padding");

struct fragment_config {
	uint32_t buffers;      /* largest number of mbuf segments held; at least 1 */
	uint32_t ticks;        /* timeout of a datagram */
	const uint8_t *secret; /* KEY_SECRET_BYTES, for the hash; not copied */
};

struct fragment {
	struct packet_piece piece;
	bool more;   /* it is not the last fragment */
	void *about; /* pointer of the caller's, returned with the fragment */
};

/* Fragments of one datagram that are no longer held, in the order of arrival. */
struct fragment_group {
	unsigned n;
	struct packet_piece piece[FRAGMENT_MAX + 1];
	void *about[FRAGMENT_MAX + 1]; /* the caller's pointers */
};

enum fragment_fate {
	FRAGMENT_HELD,
	/* the group is the complete datagram; the new fragment is its last entry */
	FRAGMENT_WHOLE,
	/* it has arrived before: the group is the new fragment alone */
	FRAGMENT_DUPLICATE,
	/* the datagram is condemned; the new fragment is the last entry of the group */
	FRAGMENT_OVERLAP,
	FRAGMENT_MANY, /* the same, because it has more than FRAGMENT_MAX fragments */
};

struct fragment_table;

/*
 * For a packet of kind PACKET_FRAGMENT in frame m: the key of its datagram, and its place
 * in it.
 */
struct fragment_key fragment_key_of(const struct packet *p);
struct fragment fragment_of(struct rte_mbuf *m, const struct packet *p, void *about);

/* The reason to drop the group, for any fate but FRAGMENT_HELD and FRAGMENT_WHOLE. */
enum reason fragment_reason(enum fragment_fate fate);

/* Bytes of memory that fragment_init() needs. */
size_t fragment_bytes(const struct fragment_config *config);

/* Make an empty table in zeroed memory, aligned to 8 bytes. */
struct fragment_table *fragment_init(void *memory, const struct fragment_config *config);

/*
 * Make room for a frame of `buffers` mbuf segments, which must not exceed the limit.
 * Returns true when a datagram was removed for that (a condemned one has n = 0); then
 * call it again.
 */
bool fragment_evict(struct fragment_table *t, unsigned buffers,
		    struct fragment_group *gone);

/* Hold a fragment, for which there is room, or return what becomes of it. */
enum fragment_fate fragment_add(struct fragment_table *t, const struct fragment_key *key,
				const struct fragment *f, uint32_t now,
				struct fragment_group *gone);

/*
 * Remove a datagram that has timed out (a condemned one has n = 0). Returns false when
 * there is none.
 */
bool fragment_expire(struct fragment_table *t, uint32_t now, struct fragment_group *gone);

/* Remove the oldest datagram, whatever its age. Returns false when there is none. */
bool fragment_oldest(struct fragment_table *t, struct fragment_group *gone);

/*
 * Change the timeout, for datagrams whose first fragment comes later. Datagrams expire in
 * the order in which they came, so with a shorter timeout they may wait for an older one.
 */
void fragment_set_timeout(struct fragment_table *t, uint32_t ticks);

/*
 * Get the tick at which fragment_expire() has something to do. Returns false when there
 * is none.
 */
bool fragment_next(const struct fragment_table *t, uint32_t *at);

/* The number of fragments held. */
uint32_t fragment_count(const struct fragment_table *t);

#endif
