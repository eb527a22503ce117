/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for tests: a description in, the bytes out, with lengths and checksums right
 * unless the description says otherwise. Nothing of lib/ is used, so that what builds the
 * frames and what reads them cannot be wrong together.
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
	uint16_t tpid; /* 0: 0x8100 */
	uint16_t tci;
};

struct frame_bytes {
	const void *data;
	size_t len;
};

/* TCP options, written in this order and padded with NOPs to a multiple of four. */
struct frame_options {
	uint16_t mss; /* 0: none */
	bool has_scale;
	uint8_t scale;
	bool sack_ok;
	bool has_ts;
	uint32_t tsval;
	uint32_t tsecr;
	uint8_t sacks;
	uint32_t sack[FRAME_MAX_SACKS][2];
	struct frame_bytes raw; /* if there is data: these bytes and none of the above */
};

struct frame {
	/* Ethernet */
	uint8_t dst_mac[6]; /* all 0: 02:00:00:00:00:02 */
	uint8_t src_mac[6]; /* all 0: 02:00:00:00:00:01 */
	uint8_t tags;
	struct frame_tag tag[FRAME_MAX_TAGS]; /* outermost first */
	uint16_t ether_type; /* 0: by the family; with src NULL the payload follows it */

	/* IP: the family is that of src */
	const char *src; /* as inet_pton(3) reads it; NULL: no IP */
	const char *dst;
	uint8_t proto; /* any: if not one of those below, the payload follows IP */
	uint8_t ttl;   /* 0: 64 */
	uint8_t tos;
	uint16_t id;
	bool df;
	bool mf;           /* IPv4 */
	uint16_t frag_off; /* IPv4, in units of eight bytes: no transport header then */
	size_t ip_options; /* IPv4: bytes of NOPs, a multiple of four */
	struct frame_bytes ip_option; /* IPv4: options before those, a multiple of four */
	uint8_t ext_next;             /* IPv6: protocol of the first header in ext */
	struct frame_bytes ext; /* IPv6: extension headers, their last one naming proto */

	/* TCP, UDP, UDP-Lite, SCTP, DCCP: ports of all, the rest is TCP's */
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
	uint16_t icmp_seq; /* of an error about a large packet: the MTU */

	const void *payload; /* NULL: a pattern */
	size_t payload_len;
	size_t padding; /* bytes of 0xee after the IP packet */

	/* Lies: what the header says instead of the truth, where not 0. */
	uint8_t say_version;
	uint8_t say_ihl;
	uint16_t say_ip_len;  /* IPv4 total length, IPv6 payload length */
	uint8_t say_data_off; /* TCP, in words */
	uint16_t say_l4_len;  /* UDP length; UDP-Lite: coverage, summed accordingly */
	bool say_l4_len_zero; /* the same, with a 0 */
	bool bad_ip_checksum;
	bool bad_l4_checksum;
	bool no_l4_checksum; /* 0 in the field */
};

/*
 * Write the frame into buf. Returns its length; 0 when it does not fit or the description
 * makes no sense (an address that is none, source and destination of two families).
 */
size_t frame_build(const struct frame *f, uint8_t *buf, size_t size);

/* One's complement sum of bytes, folded, not complemented; in network order as bytes. */
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
