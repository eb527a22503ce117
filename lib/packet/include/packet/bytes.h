/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a frame, as the parser reads them: a span of memory, or several when the
 * mbuf is a chain, and what the device says about the checksums. The parser knows no
 * mbufs, so that it can be analysed without DPDK. packet/packet.h makes a struct
 * packet_bytes from an mbuf; programs call the functions there.
 *
 * Any thread; nothing is shared.
 */
#ifndef PACKET_BYTES_H
#define PACKET_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include <packet/parsed.h>

struct rte_mbuf;

/* Bytes in one piece of memory. */
struct span {
	const void *at; /* NULL: there are no such bytes */
	uint32_t len;
};

struct packet_bytes {
	const uint8_t *at;           /* the first span: `part` readable bytes */
	uint32_t part;               /* bytes in the first span */
	uint32_t len;                /* bytes in all spans */
	uint64_t checksums;          /* of PACKET_SUM_*: what the device says */
	const struct rte_mbuf *mbuf; /* of this span; only bytes_next() uses it */
};

/*
 * What the device says about the IPv4 header checksum and about that of TCP and UDP: bits
 * of packet_bytes.checksums, with the values of RTE_MBUF_F_RX_*. No bit: the device says
 * nothing. Both bits: it says that the bytes have no right checksum, but the packet is
 * good, which is possible only for packets of virtual machines.
 */
#define PACKET_SUM_IP_BAD (UINT64_C(1) << 4)
#define PACKET_SUM_IP_GOOD (UINT64_C(1) << 7)
#define PACKET_SUM_IP_MASK (PACKET_SUM_IP_BAD | PACKET_SUM_IP_GOOD)
#define PACKET_SUM_L4_BAD (UINT64_C(1) << 3)
#define PACKET_SUM_L4_GOOD (UINT64_C(1) << 8)
#define PACKET_SUM_L4_MASK (PACKET_SUM_L4_BAD | PACKET_SUM_L4_GOOD)

/* mbuf.c: go on to the next span. Returns false when there is none. */
bool bytes_next(struct packet_bytes *b);

/* mbuf.c: the bytes of a frame. */
struct packet_bytes bytes_of_mbuf(const struct rte_mbuf *m);

/*
 * Get len bytes at an offset that are in several spans: copied to buf. Returns at == NULL
 * when they are not present.
 */
struct span bytes_join(const struct packet_bytes *b, uint32_t off, uint32_t len,
		       void *buf);

/*
 * Get len bytes at an offset: in place, or copied to buf, which has room for them, when
 * they are in several spans. Returns at == NULL when they are not present.
 */
static inline struct span
bytes_read(const struct packet_bytes *b, uint32_t off, uint32_t len, void *buf)
{
	if ((uint64_t)off + len <= b->part)
		return (struct span){b->at + off, len};
	return bytes_join(b, off, len, buf);
}

/*
 * checksum_bytes() of len bytes at an offset, also over several spans. Bytes that are not
 * present are left out.
 */
uint32_t bytes_sum(const struct packet_bytes *b, uint32_t off, uint32_t len);

/* packet_parse_any(), packet_parse_quoted() and packet_seclabel() for bytes. */
void bytes_parse(const struct packet_bytes *b, uint8_t side, uint32_t network,
		 uint32_t flags, struct packet *p);
int bytes_parse_quoted(const struct packet_bytes *b, const struct packet *p,
		       struct packet *inner);
uint32_t bytes_seclabel(const struct packet_bytes *b, const struct packet *p,
			const uint8_t *secret);

/*
 * A part of a datagram: len bytes at offset `at` of frame m, which are at offset off of
 * the datagram.
 */
struct packet_piece {
	struct rte_mbuf *m;
	uint16_t at;
	uint16_t off;
	uint16_t len;
	uint16_t port; /* for the caller's use */
};

/*
 * Parse a datagram that arrived in n fragments as if it were a single packet, with the
 * lengths and checksums of the whole datagram. The pieces, in any order, cover it without
 * gaps and overlaps. Offsets in p refer to the frame of the first piece, which is
 * returned.
 */
struct rte_mbuf *packet_parse_datagram(const struct packet_piece *pieces, unsigned n,
				       uint8_t side, uint32_t network, uint32_t flags,
				       struct packet *p);

/*
 * Whether frames of an EtherType carry other packets, IP among them, for which neither
 * rules nor trackers would run: MPLS, PPPoE, MACsec, tunnels of Ethernet.
 */
bool packet_type_carries(uint16_t ether_type);

#endif
