/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame, parsed once. packet_parse() walks Ethernet, up to two VLAN tags, IPv4 or IPv6
 * with its extension headers, and the transport header; checks every length against what
 * is there and every checksum against the bytes; and leaves a struct packet that the rest
 * of the program reads instead of the bytes. It never writes to the mbuf, never reads
 * past it, and accepts any input: mbufs of several segments, of 0 bytes, with lengths
 * that lie.
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

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_tcp.h>

#include <base/reason.h>
#include <base/segment.h>
#include <packet/key.h>

/* What kind of packet it is; decides which tracker sees it. */
enum packet_kind {
	PACKET_BAD,    /* reason says why; nothing else is to be read but lengths */
	PACKET_NON_IP, /* ether_type tells */
	PACKET_ND, /* ICMPv6 of the link, not routed: neighbour discovery and its kin */
	PACKET_FAST4, /* packet_peek() has seen a TCP segment: not much is filled yet */
	PACKET_FAST6, /* .. in IPv6 */
	PACKET_TCP,   /* seg is filled */
	PACKET_UDP,   /* UDP and UDP-Lite */
	/* a request or a reply with an identifier: echo, timestamp, .. */
	PACKET_ICMP_QUERY,
	PACKET_ICMP_ERROR, /* quotes a packet: packet_parse_quoted() */
	PACKET_OTHER,      /* any other protocol, and other ICMP types */
	PACKET_FRAGMENT,   /* of a datagram: frag is filled; of the key the addresses */
};

/* Flags of packet_parse(). */
#define PACKET_VERIFY_IP 0x1u /* IPv4 header checksum, where the device has not */
#define PACKET_VERIFY_L4 0x2u /* transport checksum, where the device has not */
#define PACKET_PPPOE 0x4u     /* IP in PPPoE sessions is parsed as if it were not */

#define PACKET_MAX_VLANS 2
/* ether_type of an 802.3 frame, which has a length there and LLC behind it */
#define PACKET_ETHER_BPDU 0x0000  /* spanning tree: SAPs 0x42, or SNAP as PVST+ has it */
#define PACKET_ETHER_CISCO 0x0001 /* other SNAP of 00-00-0C: CDP, VTP, DTP, UDLD, PAgP */
#define PACKET_ETHER_ISO 0x0002   /* SAPs 0xfe: IS-IS, ES-IS, CLNP */
#define PACKET_ETHER_LLC 0x0003   /* any other that carries no IP */
/* .. and with PACKET_PPPOE of control in a PPPoE session: LCP, IPCP, authentication */
#define PACKET_ETHER_PPP 0x0004

/* Which part of which datagram a fragment is. */
struct packet_fragment {
	uint32_t id;
	uint16_t at; /* from the start of the frame to the part */
	uint16_t
		/* of the part in the datagram, its unfragmentable headers left out */
		off;
	uint16_t len;
	bool more;      /* it is not the last */
	uint8_t unused; /* 0 */
};

struct packet {
	struct flow_key key; /* ordered by side, see packet/key.h */
	union {
		struct tcp_segment seg;      /* PACKET_TCP only */
		struct packet_fragment frag; /* PACKET_FRAGMENT only */
	};
	uint8_t kind;      /* enum packet_kind */
	uint8_t family;    /* 4, 6, or 0 when not IP */
	uint8_t side;      /* where it came in: 0 or 1 */
	uint8_t proto;     /* IPPROTO_* of the transport header; PACKET_BAD: 0 */
	uint8_t reason;    /* enum reason: REASON_NONE unless PACKET_BAD */
	uint8_t vlans;     /* tags crossed */
	uint8_t icmp_type; /* ICMP and ICMPv6, as in the header */
	uint8_t icmp_code;
	uint8_t icmp_reply;   /* PACKET_ICMP_QUERY: 1 for the answer, 0 for the request */
	uint8_t fragment;     /* 1: a fragment, or a datagram that came in fragments */
	rte_be16_t pppoe;     /* number of the PPPoE session that it is in; 0: none */
	uint16_t ether_type;  /* host order, after the VLAN tags */
	uint16_t l3_off;      /* from the start of the frame to the IP header */
	uint16_t l4_off;      /* .. to the transport header */
	uint16_t payload_off; /* .. to what follows it (TCP, UDP, ICMP) */
	uint32_t l4_len;      /* transport header and payload, by the IP length */
	uint32_t ip_len;      /* .. and the IP headers; of fragments the whole datagram */
};

/*
 * Parse the frame in m, that came in on a side (0 or 1) of a wire. network: that of an
 * untagged frame, flow_network(wire, 0, 0) or flow_network_joined(wire). Fills p; p->kind
 * is PACKET_BAD and p->reason set when the packet has to be dropped.
 *
 * IP in LLC/SNAP, and behind more than PACKET_MAX_VLANS tags, is refused (ENCAPSULATED,
 * VLAN_DEPTH): some receivers take it, and no rule would see it (VU#855201).
 *
 * The transport length is the IP header's; bytes of the frame past it are padding. Source
 * addresses that are multicast or broadcast are refused (IP_SOURCE). A fragment has to
 * end within 65,535 bytes, and on a multiple of eight unless it is the last
 * (IP_FRAGMENT); the first one has to hold all headers (IP_FRAGMENT_TINY, RFC 3128, RFC
 * 7112). Of IPv6 extension headers at most 8 and at most 256 bytes are crossed. TCP flags
 * are not judged here: FLAG-1 is the tracker's.
 */
static inline void packet_parse(const struct rte_mbuf *m, uint8_t side, uint32_t network,
				uint32_t flags, struct packet *p);

/* The same without the short way for fast-path frames (packet/fast.h). */
void packet_parse_any(const struct rte_mbuf *m, uint8_t side, uint32_t network,
		      uint32_t flags, struct packet *p);

/*
 * The short way in two steps, for who can decide on most frames after the first one.
 * Returns the TCP header: the frame is a fast-path one, right, and packet_parse() would
 * say PACKET_TCP. Of p so much is filled: kind is PACKET_FAST4 or PACKET_FAST6, key
 * (IPv4: its first KEY4_BYTES), l4_len, ip_len. Returns NULL: what p holds says nothing.
 */
static inline const struct rte_tcp_hdr *packet_peek(const struct rte_mbuf *m,
						    uint8_t side, uint32_t network,
						    uint32_t flags, struct packet *p);

static inline bool
packet_is_fast(const struct packet *p)
{
	return p->kind == PACKET_FAST4 || p->kind == PACKET_FAST6;
}

/*
 * Of a fast-path one, the segment: ack and flags as they stand in the header, no options.
 */
static inline void packet_fast_segment(const struct rte_tcp_hdr *tcp, uint32_t l4_len,
				       struct tcp_segment *seg);

/*
 * .. and its timestamps. False: they are not where they usually are; packet_finish()
 * finds them, if there are some.
 */
static inline bool packet_fast_timestamps(const struct rte_tcp_hdr *tcp,
					  struct tcp_segment *seg);

/*
 * Make of a fast-path one all that packet_parse() would, with the header that
 * packet_peek() has found and the side that it was given.
 */
static inline void packet_finish(const struct rte_mbuf *m, const struct rte_tcp_hdr *tcp,
				 uint8_t side, struct packet *p);

/* A part of a datagram: len bytes at `at` of the frame m, at off of the datagram. */
struct packet_piece {
	struct rte_mbuf *m;
	uint16_t at;
	uint16_t off;
	uint16_t len;
	uint16_t port; /* the caller's */
};

/*
 * Parse a datagram that has come in n fragments, as if it had come in one: lengths and
 * checksums are those of all of it. The pieces, in any order, cover it without a gap and
 * without an overlap. Offsets in p are those of the frame of the first one, which is
 * returned.
 */
struct rte_mbuf *packet_parse_datagram(const struct packet_piece *pieces, unsigned n,
				       uint8_t side, uint32_t network, uint32_t flags,
				       struct packet *p);

/*
 * Parse the packet that an ICMP error (p->kind == PACKET_ICMP_ERROR) quotes. The quoted
 * packet travelled the other way, so its key is that of a packet from the other side, and
 * inner->side is that side. Of a TCP segment only ports and sequence number are there for
 * certain: inner->seg.seq is set, the rest of seg is 0 unless quoted. Lengths are those
 * of what is there: no length and no checksum in the quotation is tested (RFC 1122 3.2.2,
 * RFC 4443 2.4), only its header and the first 64 bits behind it identify.
 *
 * Returns 0, or -EINVAL when the quotation is too short or no IP packet.
 */
int packet_parse_quoted(const struct rte_mbuf *m, const struct packet *p,
			struct packet *inner);

/*
 * A keyed hash (KEY_SECRET_BYTES of secret) of the security options of a packet that
 * packet_parse() has taken: RFC 1108 and CIPSO in IPv4, CALIPSO (RFC 5570) in IPv6. Equal
 * labels give equal numbers; 0: it has none.
 */
uint32_t packet_seclabel(const struct rte_mbuf *m, const struct packet *p,
			 const uint8_t *secret);

/*
 * Whether frames of an EtherType carry other packets, IP among them, where neither a rule
 * nor a tracker sees them: MPLS, PPPoE, MACsec, tunnels of Ethernet.
 */
bool packet_type_carries(uint16_t ether_type);

/* Bytes of the key that count for a family: 4 or 6. */
static inline size_t
packet_key_bytes(const struct packet *p)
{
	return p->family == 4 ? KEY4_BYTES : KEY6_BYTES;
}

#include <packet/fast.h>

#endif
