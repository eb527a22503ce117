/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker owns a packet, where several share a wire. All packets of a connection, in
 * both directions, and the ICMP errors about it have one owner, computed from the key of
 * the connection (of an ICMP error: the key of the packet that it quotes). A packet
 * without a connection (ARP, neighbour discovery, one that cannot be parsed) belongs to
 * the worker that has received it. A fragment does not have the ports; the worker that
 * gathers the fragments of its datagram computes the owner (steer/handoff.h).
 *
 * Two functions of the key, and a wire has one of them:
 *
 *   keyed      XXH3 with its own secret. An attacker who does not know the secret
 *              cannot direct connections at one worker.
 *   Toeplitz   the symmetric RSS of network cards: the key 0x6d5a repeated, which gives
 *              both directions the same hash, over addresses and TCP and UDP ports. The
 *              card delivers a packet to its owner. The owner is still computed here, so
 *              a card that hashes in another way costs speed only.
 *
 * Neither includes VLAN tags: equal addresses in two VLANs have one owner, whose engine
 * tells them apart. The gatherer of fragments is chosen by XXH3 in both cases.
 *
 * Both differ from the hash of the tables, so that a worker's connections are spread over
 * its table. After its init a struct steer is only read: any thread may use it.
 */
#ifndef STEER_STEER_H
#define STEER_STEER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include <fragment/fragment.h>
#include <packet/hash.h>
#include <packet/packet.h>

#define STEER_MAX_WORKERS 64u
/* Values in place of an owner. */
#define STEER_ANY UINT8_MAX            /* the worker that has received the packet */
#define STEER_FRAGMENT (UINT8_MAX - 1) /* not known before the datagram is complete */

#define STEER_RSS_KEY_BYTES 52u /* longest key that a card accepts; 40 bytes are usual */
/* largest number of entries of a card's indirection table that is used */
#define STEER_RSS_TABLE 512u

struct steer {
	uint8_t workers;
	bool toeplitz;
	uint16_t wire;    /* number of the wire */
	uint32_t network; /* network of all frames */
	uint32_t flags;   /* PACKET_PPPOE or 0; the caller sets it after the init */
	uint16_t mask;    /* for Toeplitz: size of the indirection table - 1 */
	uint8_t table[STEER_RSS_TABLE];
	/* for Toeplitz: hashes of the first and of the second byte of a 16-bit word */
	uint16_t fold[2][256];
	uint8_t secret[KEY_SECRET_BYTES] __attribute__((aligned(64)));
};

/* Initialise s for the keyed hash. workers: 1 to STEER_MAX_WORKERS. */
void steer_init_keyed(struct steer *s, uint16_t wire, unsigned workers,
		      const uint8_t secret[KEY_SECRET_BYTES]);

/*
 * Initialise s for the Toeplitz hash. table: entries of the indirection table, a power of
 * two; for two cards on a wire, the smaller number. At most STEER_RSS_TABLE of them are
 * used.
 */
void steer_init_toeplitz(struct steer *s, uint16_t wire, unsigned workers, uint16_t table,
			 const uint8_t secret[KEY_SECRET_BYTES]);

/* The RSS key for a card, and the queue for an entry of its indirection table. */
extern const uint8_t steer_rss_key[STEER_RSS_KEY_BYTES];

static inline uint8_t
steer_rss_queue(const struct steer *s, uint16_t entry)
{
	return s->table[entry & s->mask];
}

/*
 * The owner, 0 to workers - 1, of a key of a family, 4 or 6, in a network of
 * flow_network_joined().
 */
uint8_t steer_owner_of_key(const struct steer *s, const struct flow_key *key,
			   uint8_t family);

/* The owner, STEER_ANY or STEER_FRAGMENT, of a packet that begins in frame m. */
uint8_t steer_owner(const struct steer *s, const struct rte_mbuf *m,
		    const struct packet *p);

/* The worker that gathers the fragments with this key. */
uint8_t steer_gatherer(const struct steer *s, const struct fragment_key *key);

/*
 * Get the owners, STEER_ANY or STEER_FRAGMENT, of frames that came from a side of the
 * wire.
 */
void steer_owners(const struct steer *s, uint8_t side, struct rte_mbuf *const *pkts,
		  uint16_t n, uint8_t *owners);

#endif
