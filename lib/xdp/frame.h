/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Parses the frames that the XDP fast path handles, as packet_peek() and packet_parse()
 * of lib/packet do: up to two VLAN tags, IPv4 without options and not fragmented or IPv6
 * without extension headers, TCP or UDP. Any other frame, and any with a fault, is left
 * to the engine.
 */
#ifndef XDP_FRAME_H
#define XDP_FRAME_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <base/segment.h>
#include <conn/key.h>

#define FRAME_MAX_TAGS 2
#define FRAME_QINQ1 0x9100    /* RTE_ETHER_TYPE_QINQ1 */
#define FRAME_MULTICAST4 224u /* first byte of multicast and reserved addresses */
#define FRAME_MULTICAST6 0xffu
#define FRAME_TIMESTAMPS 0x0101080a /* FAST_TIMESTAMPS of packet/fast.h */

/* the key in words: id, then both addresses by side */
#define FRAME_KEY_WORDS 5

struct frame {
	__u64 word[FRAME_KEY_WORDS]; /* IPv4: two of them */
	struct tcp_segment seg;      /* of TCP */
	__u32 pseudo;                /* sum of the addresses, for the checksum */
	__u32 ip_len;
	__u32 l4_len;
	__u32 l4_off; /* from the start of the frame */
	__u8 tags;
	bool is_v6;
	bool is_tcp;
};

static inline bool
frame_is_tag(__u16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD) ||
	       type == bpf_htons(FRAME_QINQ1);
}

/* Set the words of a key of IPv4. */
static inline void
frame_key4(struct frame *f, const struct iphdr *ip, __u8 side)
{
	__u32 source = ip->saddr, destination = ip->daddr;

	if (side)
		f->word[1] = destination | (__u64)source << 32;
	else
		f->word[1] = source | (__u64)destination << 32;
}

static inline void
frame_key6(struct frame *f, const struct ipv6hdr *ip, __u8 side)
{
	const __u64 *source = (const void *)&ip->saddr;
	const __u64 *destination = (const void *)&ip->daddr;

	if (side) {
		f->word[1] = destination[0];
		f->word[2] = destination[1];
		f->word[3] = source[0];
		f->word[4] = source[1];
	} else {
		f->word[1] = source[0];
		f->word[2] = source[1];
		f->word[3] = destination[0];
		f->word[4] = destination[1];
	}
}

/* The id of the key, from both ports as they are in the frame. */
static inline void
frame_id(struct frame *f, __u16 source, __u16 destination, __u32 network, __u8 side)
{
	__u32 ports = side ? destination | (__u32)source << 16
			   : source | (__u32)destination << 16;

	f->word[0] = flow_id_pack(ports, network, f->is_tcp ? FLOW_TCP : FLOW_UDP);
}

static inline bool
frame_tcp(struct frame *f, const struct tcphdr *tcp, const void *end, __u32 network,
	  __u8 side)
{
	__u32 header;

	if ((const void *)(tcp + 1) > end)
		return false;
	header = (__u32)tcp->doff * 4;
	if (header < sizeof(*tcp) || header > f->l4_len)
		return false;
	f->seg = (struct tcp_segment){
		.seq = bpf_ntohl(tcp->seq),
		.ack = bpf_ntohl(tcp->ack_seq),
		.len = f->l4_len - header,
		.win = bpf_ntohs(tcp->window),
		.flags = ((const __u8 *)tcp)[13],
		.scale = TCP_NO_SCALE,
	};
	frame_id(f, tcp->source, tcp->dest, network, side);
	return true;
}

/* A datagram that parse_udp() of lib/packet accepts, except for its checksum. */
static inline bool
frame_udp(struct frame *f, const struct udphdr *udp, const void *end, __u32 network,
	  __u8 side)
{
	__u32 len;

	if ((const void *)(udp + 1) > end)
		return false;
	len = bpf_ntohs(udp->len);
	if (len < sizeof(*udp) || len > f->l4_len)
		return false;
	frame_id(f, udp->source, udp->dest, network, side);
	return true;
}

static inline bool
frame_transport(struct frame *f, const void *l4, const void *end, __u8 proto,
		__u32 network, __u8 side)
{
	f->is_tcp = proto == PROTO_TCP;
	if (f->is_tcp)
		return frame_tcp(f, l4, end, network, side);
	return proto == PROTO_UDP && frame_udp(f, l4, end, network, side);
}

static inline bool
frame_ipv4(struct frame *f, const struct iphdr *ip, const void *end, __u32 network,
	   __u8 side)
{
	__u32 total;

	if ((const void *)(ip + 1) > end || *(const __u8 *)ip != 0x45 ||
	    (ip->frag_off & bpf_htons(0xbfff)) != 0 ||
	    *(const __u8 *)&ip->saddr >= FRAME_MULTICAST4)
		return false;
	total = bpf_ntohs(ip->tot_len);
	if (total < sizeof(*ip) || (const void *)ip + total > end)
		return false;
	f->ip_len = total;
	f->l4_len = total - sizeof(*ip);
	f->l4_off += sizeof(*ip);
	frame_key4(f, ip, side);
	return frame_transport(f, ip + 1, end, ip->protocol, network, side);
}

static inline bool
frame_ipv6(struct frame *f, const struct ipv6hdr *ip, const void *end, __u32 network,
	   __u8 side)
{
	__u32 length;

	if ((const void *)(ip + 1) > end || (*(const __u8 *)ip & 0xf0) != 0x60 ||
	    *(const __u8 *)&ip->saddr == FRAME_MULTICAST6)
		return false;
	length = bpf_ntohs(ip->payload_len);
	if ((const void *)(ip + 1) + length > end)
		return false;
	f->is_v6 = true;
	f->ip_len = length + sizeof(*ip);
	f->l4_len = length;
	f->l4_off += sizeof(*ip);
	frame_key6(f, ip, side);
	return frame_transport(f, ip + 1, end, ip->nexthdr, network, side);
}

/*
 * Parse a frame from a side; network: that of the untagged frames of its wire. Returns
 * false when the engine has to do that.
 */
static inline bool
frame_parse(struct frame *f, const struct xdp_md *ctx, __u32 network, __u8 side)
{
	const void *data = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end, *at;
	const struct ethhdr *eth = data;
	const __u16 *tag;
	__u16 type;
	int i;

	if ((const void *)(eth + 1) > end)
		return false;
	type = eth->h_proto;
	at = eth + 1;
	for (i = 0; i < FRAME_MAX_TAGS; i++) {
		tag = at;
		if (!frame_is_tag(type))
			break;
		if ((const void *)(tag + 2) > end)
			return false;
		network = flow_network_add_tag(network, bpf_ntohs(tag[0]));
		type = tag[1];
		at = tag + 2;
		f->tags++;
	}
	f->l4_off = ETH_HLEN + f->tags * 4u;
	if (type == bpf_htons(ETH_P_IP))
		return frame_ipv4(f, at, end, network, side);
	if (type == bpf_htons(ETH_P_IPV6))
		return frame_ipv6(f, at, end, network, side);
	return false;
}

#endif
