/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds the packets that sluice generates: RST, challenge ACK, probe, ICMP error. Each
 * is complete in an mbuf of the caller: link layer with the VLAN tags of the connection,
 * IP with TTL 64 and a checksum, transport with a checksum (GEN-5). These packets go
 * straight to the port and are not tracked.
 *
 * Any thread. No function can run out of memory: the caller provides an empty mbuf with a
 * tailroom of at least REPLY_MAX_BYTES (a default mbuf has 2,048).
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
 * The link layer of one direction: the bytes with which a frame begins, and the port that
 * it leaves by, which only the caller sets and reads. Tags are stored whole, TPID and
 * TCI, outermost first.
 */
struct reply_l2 {
	struct rte_ether_addr dst;
	struct rte_ether_addr src;
	uint16_t port;
	uint8_t vlans;    /* 0 to PACKET_MAX_VLANS */
	uint8_t reserved; /* 0, since the struct is compared as bytes */
	rte_be16_t tag[PACKET_MAX_VLANS][2];
	rte_be16_t pppoe; /* PPPoE session; 0: none */
};

/* Get the link layer of the frame in m, parsed as p; port is set to 0. */
void reply_l2_of(const struct rte_mbuf *m, const struct packet *p, struct reply_l2 *l2);

/* The link layer of the answer to a frame with this link layer; port is 0. */
struct reply_l2 reply_l2_back(const struct reply_l2 *l2);

/*
 * Write into m the TCP segment seg of the connection with this key (family 4 or 6). It is
 * sent to side `to`, with the address of the endpoint on the other side; l2 is the link
 * layer of frames to that side. A SYN has no options; with seg->has_ts the segment has
 * timestamps.
 */
void reply_tcp(struct rte_mbuf *m, const struct reply_l2 *l2, const struct flow_key *key,
	       uint8_t family, uint8_t to, const struct tcp_segment *seg);

/*
 * Whether RFC 1122 3.2.2 and RFC 4443 2.4 allow an ICMP error about the frame in `about`,
 * parsed as p: not about an ICMP message in fragments, an ICMP error, a later fragment, a
 * multicast or broadcast (of the link layer too), or a source that is not a single host.
 */
bool reply_icmp_allowed(const struct rte_mbuf *about, const struct packet *p);

/*
 * Write into m the ICMP (or ICMPv6, by p->family) error of a type and code about the
 * frame in `about`. It goes back to the side that the frame came from, with the address
 * that it was sent to as its source. It quotes as much as RFC 1812 4.3.2.3 (576 bytes in
 * all) and RFC 4443 (1,280) allow. mtu: value in "fragmentation needed" and "packet too
 * big"; 0 for others.
 */
void reply_icmp_error(struct rte_mbuf *m, const struct rte_mbuf *about,
		      const struct packet *p, uint8_t type, uint8_t code, uint16_t mtu);

#endif
