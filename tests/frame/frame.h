/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds frames for tests from a description. Lengths and checksums are right unless the
 * description says otherwise. It does not use lib/, so that an error in lib/packet is not
 * repeated here.
 *
 *	struct frame f = {
 *		.src = "10.0.0.1", .sport = 40000,
 *		.dst = "10.0.0.2", .dport = 80,
 *		.proto = IPPROTO_TCP, .flags = FRAME_SYN, .seq = 1000,
 *		.opt = {.mss = 1460, .has_scale = true, .scale = 7},
 *	};
 *	uint8_t bytes[FRAME_MAX];
 *	size_t len = frame_build(&f, bytes, sizeof(bytes));
 *
 * A field left 0 takes its usual value. All numbers are in host order.
 */
#ifndef TESTS_FRAME_FRAME_H
#define TESTS_FRAME_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define FRAME_MAX 9216
#define FRAME_MAX_TAGS 4
#define FRAME_MAX_SACKS 4

#define FRAME_FIN 0x01
#define FRAME_SYN 0x02
#define FRAME_RST 0x04
#define FRAME_PSH 0x08
#define FRAME_ACK 0x10
#define FRAME_URG 0x20
#define FRAME_ECE 0x40
#define FRAME_CWR 0x80

struct frame_tag {
	uint16_t tpid; /* TPID; 0: 0x8100 */
	uint16_t tci;
};

struct frame_bytes {
	const void *data;
	size_t len;
};

/* TCP options, written in this order and padded with NOPs to a multiple of four. */
struct frame_options {
	uint16_t mss; /* 0: no MSS option */
	bool has_scale;
	uint8_t scale;
	bool sack_ok;
	bool has_ts;
	uint32_t tsval;
	uint32_t tsecr;
	uint8_t sacks;
	uint32_t sack[FRAME_MAX_SACKS][2];
	struct frame_bytes raw; /* if not empty, written instead of all options above */
};

struct frame {
	/* Ethernet */
	uint8_t dst_mac[6]; /* all bytes 0: 02:00:00:00:00:02 */
	uint8_t src_mac[6]; /* all bytes 0: 02:00:00:00:00:01 */
	uint8_t tags;
	struct frame_tag tag[FRAME_MAX_TAGS]; /* VLAN tags, outermost first */
	/*
	 * 0: the EtherType of the IP version; with src NULL the payload follows the field
	 */
	uint16_t ether_type;

	/* IP: the family is that of src */
	/* IP address as text for inet_pton(3); NULL: the frame has no IP header */
	const char *src;
	const char *dst;
	/*
	 * IP protocol; for one that is not listed below, the payload follows the IP
	 * header
	 */
	uint8_t proto;
	uint8_t ttl; /* TTL or hop limit; 0: 64 */
	uint8_t tos;
	uint16_t id;
	bool df;
	bool mf; /* IPv4: the flag More Fragments */
	/*
	 * IPv4: fragment offset in units of 8 bytes; if not 0, there is no transport
	 * header
	 */
	uint16_t frag_off;
	size_t ip_options; /* IPv4: length of NOP options in bytes, a multiple of 4 */
	/* IPv4: options before the NOPs, length a multiple of 4 */
	struct frame_bytes ip_option;
	uint8_t ext_next; /* IPv6: protocol number of the first extension header */
	/* IPv6: extension headers; the next-header field of the last must be proto */
	struct frame_bytes ext;

	/* ports of TCP, UDP, UDP-Lite, SCTP, DCCP; the other members are for TCP */
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint16_t win;
	uint16_t urgent;
	struct frame_options opt;

	/* ICMP and ICMPv6 */
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t icmp_id;
	/* in an error "packet too big" or "fragmentation needed": the MTU */
	uint16_t icmp_seq;

	const void *payload; /* NULL: a generated pattern */
	size_t payload_len;
	size_t padding; /* number of bytes 0xee after the IP packet */

	/* Wrong values for header fields; 0: the field is right. */
	uint8_t say_version;
	uint8_t say_ihl;
	uint16_t say_ip_len;  /* total length of IPv4, payload length of IPv6 */
	uint8_t say_data_off; /* data offset of TCP, in 32-bit words */
	/* UDP: length; UDP-Lite: checksum coverage, which the checksum respects */
	uint16_t say_l4_len;
	bool say_l4_len_zero; /* write 0 to the UDP length field */
	bool bad_ip_checksum;
	bool bad_l4_checksum;
	bool no_l4_checksum; /* write 0 to the checksum field */
};

/*
 * Write the frame to buf. Returns its length; 0 when it does not fit or the description
 * is invalid (a malformed address, source and destination of different families).
 */
size_t frame_build(const struct frame *f, uint8_t *buf, size_t size);

/*
 * Return the one's complement sum of bytes, folded but not complemented, in network byte
 * order.
 */
uint16_t frame_sum(const void *data, size_t len, uint32_t start);

/*
 * Make an mbuf of one segment around len bytes at buf, of room bytes in all. Such an mbuf
 * belongs to no pool: it must not be freed. No EAL is needed.
 */
void frame_mbuf(struct rte_mbuf *m, void *buf, size_t room, size_t len);

/*
 * Make a chain of n mbufs (seg[0] is its head) of the len bytes at buf: segment i takes
 * cut[i] bytes, the last one what is left. The bytes are not copied. Returns the head.
 */
struct rte_mbuf *frame_mbuf_chain(struct rte_mbuf *seg, unsigned int n, const size_t *cut,
				  void *buf, size_t len);

#endif
