/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of what we send ourselves: RST, challenge ACK, probe, ICMP error. Everything
 * is built into an mbuf of the caller's, whole: link layer with the VLAN tags of the
 * connection, IP with TTL 64 and a checksum, transport with a checksum (GEN-5). These
 * segments go straight to the port and are never tracked.
 *
 * Any thread. No function fails for lack of memory: the caller brings the mbuf, empty,
 * with a tailroom of at least REPLY_MAX_BYTES (a default mbuf has 2,048).
 */
#ifndef REPLY_REPLY_H
#define REPLY_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include <base/segment.h>
#include <packet/packet.h>

/* Ethernet, two tags, PPPoE, and an IPv6 packet of 1,280 bytes */
#define REPLY_MAX_BYTES 1310

/*
 * The link layer of one direction: what a frame must start with, and the port that it
 * leaves through, which is the caller's to set and to read. Tags are kept whole, TPID and
 * TCI, outermost first.
 */
struct reply_l2 {
	struct rte_ether_addr dst;
	struct rte_ether_addr src;
	uint16_t port;
	uint8_t vlans;    /* 0 to PACKET_MAX_VLANS */
	uint8_t reserved; /* 0: the struct is compared as bytes */
	rte_be16_t tag[PACKET_MAX_VLANS][2];
	rte_be16_t pppoe; /* session, 0: none */
};

/* The link layer of the frame in m, parsed as p; port 0. */
void reply_l2_of(const struct rte_mbuf *m, const struct packet *p, struct reply_l2 *l2);

/* The link layer of the answer to a frame with this one; port 0. */
struct reply_l2 reply_l2_back(const struct reply_l2 *l2);

/*
 * Write into m the TCP segment seg of the connection with this key (family 4 or 6), sent
 * to side `to` in the name of the endpoint on the other one; l2 is the link layer of
 * frames to that side. A SYN carries no options; with seg->has_ts the segment carries
 * timestamps.
 */
void reply_tcp(struct rte_mbuf *m, const struct reply_l2 *l2, const struct flow_key *key,
	       uint8_t family, uint8_t to, const struct tcp_segment *seg);

/*
 * Whether RFC 1122 3.2.2 and RFC 4443 2.4 allow an ICMP error about the frame in `about`,
 * parsed as p: not about an ICMP message in fragments, an ICMP error, a later fragment, a
 * multicast or broadcast (of the link layer too), or a source that is no single host.
 */
bool reply_icmp_allowed(const struct rte_mbuf *about, const struct packet *p);

/*
 * Write into m the ICMP (or ICMPv6, by p->family) error of a type and code about the
 * frame in `about`, back to the side it came from, from the address that it was sent to;
 * it quotes as much as RFC 1812 4.3.2.3 (576 bytes in all) and RFC 4443 (1,280) let it.
 * mtu: what "fragmentation needed" and "packet too big" say; 0 in others.
 */
void reply_icmp_error(struct rte_mbuf *m, const struct rte_mbuf *about,
		      const struct packet *p, uint8_t type, uint8_t code, uint16_t mtu);

#endif
