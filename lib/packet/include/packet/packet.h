/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parses a frame once. packet_parse() reads Ethernet, up to two VLAN tags, IPv4 or IPv6
 * with its extension headers, and the transport header. It checks every length against
 * the bytes present and every checksum. The result is a struct packet, which the rest of
 * the program reads instead of the bytes. It never writes to the mbuf, never reads past
 * it, and accepts any input: mbufs of several segments, of 0 bytes, with false lengths.
 *
 *	struct packet p;
 *
 *	packet_parse(mbuf, side, flow_network(wire, 0, 0), PACKET_VERIFY_L4, &p);
 *	if (p.reason != REASON_NONE)
 *		drop(mbuf, p.reason);
 *
 * Any thread; nothing is shared.
 */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include <rte_mbuf.h>

#include <packet/bytes.h>
#include <packet/fast.h>
#include <packet/hash.h>
#include <packet/parsed.h>

/* The bytes of an mbuf, which may be a chain. */
static __rte_always_inline struct packet_bytes
packet_bytes_of(const struct rte_mbuf *m)
{
	return (struct packet_bytes){
		.at = rte_pktmbuf_mtod(m, const uint8_t *),
		.part = m->data_len,
		.len = m->pkt_len,
		.checksums = m->ol_flags & (PACKET_SUM_IP_MASK | PACKET_SUM_L4_MASK),
		.mbuf = m,
	};
}

/*
 * Parse the frame in m, which came from a side (0 or 1) of a wire. network: that of an
 * untagged frame, flow_network(wire, 0, 0) or flow_network_joined(wire). Fills p. When
 * the packet has to be dropped, p->kind is PACKET_BAD and p->reason says why.
 *
 * IP in LLC/SNAP, and frames with more than PACKET_MAX_VLANS tags, are rejected
 * (ENCAPSULATED, VLAN_DEPTH): some receivers accept such IP, and no rule would be
 * evaluated for it (VU#855201).
 *
 * The transport length comes from the IP header; further bytes of the frame are padding.
 * Source addresses that are multicast or broadcast are rejected (IP_SOURCE). A fragment
 * has to end within 65,535 bytes, and at a multiple of eight unless it is the last
 * (IP_FRAGMENT); the first one has to contain all headers (IP_FRAGMENT_TINY, RFC 3128,
 * RFC 7112). At most 8 IPv6 extension headers of together at most 256 bytes are parsed.
 * TCP flags are not checked here: the tracker does that (FLAG-1).
 */
static inline void packet_parse(const struct rte_mbuf *m, uint8_t side, uint32_t network,
				uint32_t flags, struct packet *p);

/* The same, without the fast path for frequent frames (packet/fast.h). */
static inline void
packet_parse_any(const struct rte_mbuf *m, uint8_t side, uint32_t network, uint32_t flags,
		 struct packet *p)
{
	struct packet_bytes bytes = packet_bytes_of(m);

	bytes_parse(&bytes, side, network, flags, p);
}

/*
 * First of two steps to parse a fast-path frame without tags; for most frames the first
 * suffices to decide. Returns true if the frame is one and has no fault, so that
 * packet_parse() would give PACKET_TCP; f is filled then. Returns false for any other
 * frame; f is undefined then.
 */
static __rte_always_inline bool
packet_peek(const struct rte_mbuf *m, uint8_t side, uint32_t network, uint32_t flags,
	    struct packet_fast *f)
{
	struct packet_bytes bytes = packet_bytes_of(m);

	return fast_peek(&bytes, side, network, flags, f);
}

/* The same for a frame with tags; not inlined. network: that of untagged frames. */
static inline bool
packet_peek_tagged(const struct rte_mbuf *m, uint8_t side, uint32_t network,
		   uint32_t flags, struct packet_fast *f)
{
	struct packet_bytes bytes = packet_bytes_of(m);

	return fast_peek_tagged(&bytes, side, network, flags, f);
}

/*
 * Second step: fill p as packet_parse() does, from what packet_peek() has given for the
 * same frame and side.
 */
static inline void
packet_finish(const struct rte_mbuf *m, const struct packet_fast *f, uint8_t side,
	      struct packet *p)
{
	fast_finish(rte_pktmbuf_mtod(m, const uint8_t *), f, side, p);
}

static inline void
packet_parse(const struct rte_mbuf *m, uint8_t side, uint32_t network, uint32_t flags,
	     struct packet *p)
{
	struct packet_fast f;

	if (likely(packet_peek(m, side, network, flags, &f)) ||
	    packet_peek_tagged(m, side, network, flags, &f))
		packet_finish(m, &f, side, p);
	else
		packet_parse_any(m, side, network, flags, p);
}

/*
 * Parse the packet that an ICMP error (p->kind == PACKET_ICMP_ERROR) quotes. The quoted
 * packet travelled in the other direction: its key is that of a packet from the other
 * side, and inner->side is that side. A quoted TCP segment has at least its ports and
 * sequence number: inner->seg.seq is set, the rest of seg is 0 unless quoted. Lengths are
 * those of the bytes present. No length and no checksum in the quotation is checked (RFC
 * 1122 3.2.2, RFC 4443 2.4), because only the IP header and the 64 bits after it are
 * certain.
 *
 * Returns 0, or -EINVAL when the quotation is too short or not an IP packet.
 */
static inline int
packet_parse_quoted(const struct rte_mbuf *m, const struct packet *p,
		    struct packet *inner)
{
	struct packet_bytes bytes = packet_bytes_of(m);

	return bytes_parse_quoted(&bytes, p, inner);
}

/*
 * A keyed hash (KEY_SECRET_BYTES of secret) of a parsed packet's security options: RFC
 * 1108 and CIPSO in IPv4, CALIPSO (RFC 5570) in IPv6. Equal labels have equal hashes; 0:
 * the packet has no label.
 */
static inline uint32_t
packet_seclabel(const struct rte_mbuf *m, const struct packet *p, const uint8_t *secret)
{
	struct packet_bytes bytes = packet_bytes_of(m);

	return bytes_seclabel(&bytes, p, secret);
}

#endif
