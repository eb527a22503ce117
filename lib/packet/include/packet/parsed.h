/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parser finds in a frame. There are two types, so that no code can read a field
 * that was not parsed: struct packet_fast, of a frequent frame for which only the fields
 * that its lookup needs are parsed; and struct packet, of a frame parsed completely.
 * packet/packet.h says how they are filled.
 */
#ifndef PACKET_PARSED_H
#define PACKET_PARSED_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_tcp.h>

#include <base/reason.h>
#include <base/segment.h>
#include <conn/key.h>

/* The kind of a packet, which decides how it is tracked. */
enum packet_kind {
	/* to be dropped for `reason`; other members except lengths are not valid */
	PACKET_BAD,
	PACKET_NON_IP, /* see ether_type */
	PACKET_ND,  /* ICMPv6 messages that are not routed, such as neighbour discovery */
	PACKET_TCP, /* seg is valid */
	PACKET_UDP, /* UDP and UDP-Lite */
	/* a request or a reply with an identifier, such as echo and timestamp */
	PACKET_ICMP_QUERY,
	PACKET_ICMP_ERROR, /* it quotes a packet: see packet_parse_quoted() */
	PACKET_OTHER,      /* any other protocol, and other ICMP types */
	/* a fragment: frag is valid, and of the key only the addresses */
	PACKET_FRAGMENT,
};

/* Flags of packet_parse(). */
#define PACKET_VERIFY_IP 0x1u /* verify the IPv4 header checksum unless the device has */
#define PACKET_VERIFY_L4 0x2u /* verify the transport checksum unless the device has */
/* parse IP in PPPoE sessions as if it were not in a session */
#define PACKET_PPPOE 0x4u

#define PACKET_MAX_VLANS 2
/* Values of ether_type for 802.3 frames, which have a length instead, followed by LLC. */
#define PACKET_ETHER_BPDU 0x0000 /* spanning tree: SAPs 0x42, or SNAP for PVST+ */
/* other SNAP with OUI 00-00-0C: CDP, VTP, DTP, UDLD, PAgP */
#define PACKET_ETHER_CISCO 0x0001
#define PACKET_ETHER_ISO 0x0002 /* SAPs 0xfe: IS-IS, ES-IS, CLNP */
#define PACKET_ETHER_LLC 0x0003 /* any other LLC that does not carry IP */
/*
 * Value of ether_type for control frames of a PPPoE session (LCP, IPCP, CHAP); only with
 * PACKET_PPPOE.
 */
#define PACKET_ETHER_PPP 0x0004

/* The part of a datagram that a fragment contains. */
struct packet_fragment {
	uint32_t id;
	uint16_t at; /* bytes from the start of the frame to the part */
	/* position of the part in the datagram, without its unfragmentable headers */
	uint16_t off;
	uint16_t len;
	bool more;      /* it is not the last fragment */
	uint8_t unused; /* 0 */
};

/* A parsed frame. */
struct packet {
	struct flow_key key; /* ordered by side, see conn/key.h */
	union {
		struct tcp_segment seg;      /* valid for PACKET_TCP only */
		struct packet_fragment frag; /* valid for PACKET_FRAGMENT only */
	};
	/* packet_finish() writes constants to these eight bytes: one store */
	uint8_t kind;      /* enum packet_kind */
	uint8_t family;    /* 4 or 6; 0: not IP */
	uint8_t proto;     /* IPPROTO_* of the transport header; 0 for PACKET_BAD */
	uint8_t reason;    /* enum reason; REASON_NONE unless kind is PACKET_BAD */
	uint8_t icmp_type; /* type of an ICMP or ICMPv6 message */
	uint8_t icmp_code;
	uint8_t icmp_reply;  /* for PACKET_ICMP_QUERY: 1 for a reply, 0 for a request */
	uint8_t fragment;    /* 1: a fragment, or a datagram that arrived in fragments */
	uint8_t side;        /* side that the frame came from: 0 or 1 */
	uint8_t vlans;       /* number of VLAN tags */
	rte_be16_t pppoe;    /* number of the PPPoE session that carries it; 0: none */
	uint16_t ether_type; /* EtherType after the VLAN tags, host order */
	uint16_t l3_off;     /* from the start of the frame to the IP header */
	uint16_t l4_off;     /* from the start of the frame to the transport header */
	/* from the start of the frame to the payload of TCP, UDP or ICMP */
	uint16_t payload_off;
	/* length of transport header and payload, from the IP length */
	uint32_t l4_len;
	/* l4_len plus the IP headers; for a fragment, that of the fragment's datagram */
	uint32_t ip_len;
};

/*
 * A TCP segment without a fault, whose addresses, ports and lengths are parsed;
 * packet_finish() parses the rest.
 */
struct packet_fast {
	struct flow_key key; /* as in struct packet; IPv4: only its first KEY4_BYTES */
	const struct rte_tcp_hdr *tcp; /* in the frame, complete and in one segment */
	uint32_t l4_len;               /* these two as in struct packet */
	uint32_t ip_len;
	/* 4 or 6; 0: another frame, of which no other member is valid */
	uint8_t family;
};

static_assert(sizeof(struct packet_fast) == 64, "a cache line, and a shift to index");

static inline bool
packet_is_fast(const struct packet_fast *f)
{
	return f->family != 0;
}

/* Number of key bytes that a family, 4 or 6, uses. */
static inline size_t
packet_key_bytes(const struct packet *p)
{
	return p->family == 4 ? KEY4_BYTES : KEY6_BYTES;
}

#endif
