/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker a packet belongs to, where several share a wire. All packets of a
 * connection, of both directions, and the ICMP errors about it have one owner: it is
 * computed of the connection's key, of an ICMP error's quoted one. What has no connection
 * (ARP, neighbour discovery, what cannot be parsed) is whose who has received it. A
 * fragment does not tell; who gathers those of its datagram finds the owner
 * (steer/handoff.h).
 *
 * Two functions of the key, and a wire has one of them:
 *
 *   keyed      XXH3 with a secret of the steering's own, where all owners are computed here.
 *              Nobody outside can aim connections at one worker.
 *   Toeplitz   the symmetric RSS of network cards: the key of 0x6d5a repeated, which gives
 *              both directions the same hash, over addresses, and ports of TCP and UDP. Cards
 *              then bring a packet to its owner themselves. They are not believed: the owner
 *              is computed anyway, so a card that hashes otherwise costs speed and no more.
 *
 * Tags count in neither: equal addresses in two VLANs have one owner, whose engine tells
 * them apart. Who gathers a datagram's fragments is XXH3's choice in both.
 *
 * Neither is the hash of the tables, so that what a worker owns is spread over its table.
 * A struct steer is only read after its init: any thread.
 */
#ifndef STEER_STEER_H
#define STEER_STEER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include <fragment/fragment.h>
#include <packet/key.h>
#include <packet/packet.h>

#define STEER_MAX_WORKERS 64u
/* In place of an owner: */
#define STEER_ANY UINT8_MAX            /* whoever has received it */
#define STEER_FRAGMENT (UINT8_MAX - 1) /* not known before its datagram is whole */

#define STEER_RSS_KEY_BYTES 52u /* the longest that a card takes; 40 are the usual */
#define STEER_RSS_TABLE 512u    /* entries of a card's indirection table that count */

struct steer {
	uint8_t workers;
	bool toeplitz;
	uint16_t wire;    /* number of the wire */
	uint32_t network; /* of all its frames */
	uint32_t flags;   /* PACKET_PPPOE, or 0; set after the init */
	uint16_t mask;    /* Toeplitz: of the indirection table */
	uint8_t table[STEER_RSS_TABLE];
	uint16_t fold[2][256]; /* Toeplitz: of the first and the second byte of a word */
	uint8_t secret[KEY_SECRET_BYTES] __attribute__((aligned(64)));
};

/* workers: 1 to STEER_MAX_WORKERS. */
void steer_init_keyed(struct steer *s, uint16_t wire, unsigned workers,
		      const uint8_t secret[KEY_SECRET_BYTES]);

/*
 * table: entries of the indirection table, a power of two; of two cards on a wire the
 * smaller number. STEER_RSS_TABLE at most count.
 */
void steer_init_toeplitz(struct steer *s, uint16_t wire, unsigned workers, uint16_t table,
			 const uint8_t secret[KEY_SECRET_BYTES]);

/* The key that a card is given; and the queue of an entry of its indirection table. */
extern const uint8_t steer_rss_key[STEER_RSS_KEY_BYTES];

static inline uint8_t
steer_rss_queue(const struct steer *s, uint16_t entry)
{
	return s->table[entry & s->mask];
}

/* The owner of a key of flow_network_joined() of a family, 4 or 6: 0 to workers - 1. */
uint8_t steer_owner_of_key(const struct steer *s, const struct flow_key *key,
			   uint8_t family);

/* The same, STEER_ANY or STEER_FRAGMENT, of a packet whose first frame is m. */
uint8_t steer_owner(const struct steer *s, const struct rte_mbuf *m,
		    const struct packet *p);

/* Who gathers the fragments of this key. */
uint8_t steer_gatherer(const struct steer *s, const struct fragment_key *key);

/*
 * The owners, STEER_ANY or STEER_FRAGMENT, of frames that came in on a side of the wire.
 */
void steer_owners(const struct steer *s, uint8_t side, struct rte_mbuf *const *pkts,
		  uint16_t n, uint8_t *owners);

#endif
