/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds generated frames. A frame is written from front to back by functions that each
 * return the end of their header. Checksums are written last, when all lengths are known.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>

#include <reply/reply.h>

#define REPLY_TTL 64
#define ICMP4_MAX_BYTES 576u  /* RFC 1812 4.3.2.3, including the IP header */
#define ICMP6_MAX_BYTES 1280u /* RFC 4443 2.4 (c) */
#define ICMP_HEADER_BYTES 8u
#define TIMESTAMPS_BYTES 12u
#define PPPOE_BYTES 8u /* PPPoE header and PPP protocol */
#define MAX_TAGS_BYTES (PACKET_MAX_VLANS * RTE_VLAN_HLEN)
#define MAX_L2_BYTES (RTE_ETHER_HDR_LEN + MAX_TAGS_BYTES + PPPOE_BYTES)

static_assert(MAX_L2_BYTES + ICMP6_MAX_BYTES <= REPLY_MAX_BYTES,
	      "the longest reply fits");

void
reply_l2_of(const struct rte_mbuf *m, const struct packet *p, struct reply_l2 *l2)
{
	uint8_t buf[2 * RTE_ETHER_ADDR_LEN + MAX_TAGS_BYTES];
	const uint8_t *head = rte_pktmbuf_read(m, 0,
					       2 * RTE_ETHER_ADDR_LEN +
						       (uint32_t)p->vlans * RTE_VLAN_HLEN,
					       buf);
	uint8_t i;

	memset(l2, 0, sizeof(*l2));
	if (head == NULL)
		return;
	memcpy(&l2->dst, head, RTE_ETHER_ADDR_LEN);
	memcpy(&l2->src, head + RTE_ETHER_ADDR_LEN, RTE_ETHER_ADDR_LEN);
	l2->vlans = p->vlans;
	l2->pppoe = p->pppoe;
	for (i = 0; i < p->vlans; i++)
		memcpy(l2->tag[i], head + 2 * RTE_ETHER_ADDR_LEN + i * RTE_VLAN_HLEN,
		       RTE_VLAN_HLEN);
}

struct reply_l2
reply_l2_back(const struct reply_l2 *l2)
{
	struct reply_l2 back = *l2;

	back.dst = l2->src;
	back.src = l2->dst;
	back.port = 0;
	return back;
}

/* Write EtherType and header of a PPPoE session; finish_l2() adds the length. */
static uint8_t *
write_pppoe(uint8_t *at, const struct reply_l2 *l2, uint8_t family)
{
	const rte_be16_t head[] = {
		RTE_BE16(RTE_ETHER_TYPE_PPPOE_SESSION),
		RTE_BE16(0x1100), /* version, type, code */
		l2->pppoe,
		0,
		family == 4 ? RTE_BE16(0x0021) : RTE_BE16(0x0057),
	};

	static_assert(sizeof(head) == sizeof(rte_be16_t) + PPPOE_BYTES, "no hole");
	memcpy(at, head, sizeof(head));
	return at + sizeof(head);
}

/* Write the length of a PPPoE header before ip; the packet ends at `end`. */
static void
finish_l2(uint8_t *ip, const uint8_t *end, const struct reply_l2 *l2)
{
	rte_be16_t length = rte_cpu_to_be_16((uint16_t)(end - ip + 2));

	if (l2->pppoe != 0)
		memcpy(ip - 2 * sizeof(length), &length, sizeof(length));
}

static uint8_t *
write_l2(uint8_t *at, const struct reply_l2 *l2, uint8_t family)
{
	rte_be16_t type = family == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4)
				      : RTE_BE16(RTE_ETHER_TYPE_IPV6);
	size_t tags = (size_t)l2->vlans * RTE_VLAN_HLEN;

	memcpy(at, &l2->dst, RTE_ETHER_ADDR_LEN);
	memcpy(at + RTE_ETHER_ADDR_LEN, &l2->src, RTE_ETHER_ADDR_LEN);
	at += 2 * RTE_ETHER_ADDR_LEN;
	memcpy(at, l2->tag, tags);
	at += tags;
	if (l2->pppoe != 0)
		return write_pppoe(at, l2, family);
	memcpy(at, &type, sizeof(type));
	return at + sizeof(type);
}

/* Write an IP header from the endpoint on the other side to the one on side `to`. */
static uint8_t *
write_ip(uint8_t *at, const struct flow_key *key, uint8_t family, uint8_t to,
	 uint8_t proto)
{
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)at;
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)at;

	if (family == 4) {
		*ip4 = (struct rte_ipv4_hdr){
			.version_ihl = RTE_IPV4_VHL_DEF,
			.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
			.time_to_live = REPLY_TTL,
			.next_proto_id = proto,
			.src_addr = key->addr.v4[to ^ 1],
			.dst_addr = key->addr.v4[to],
		};
		return at + sizeof(*ip4);
	}
	*ip6 = (struct rte_ipv6_hdr){
		.vtc_flow = RTE_BE32(6u << 28),
		.proto = proto,
		.hop_limits = REPLY_TTL,
	};
	memcpy(&ip6->src_addr, key->addr.v6[to ^ 1], sizeof(key->addr.v6[0]));
	memcpy(&ip6->dst_addr, key->addr.v6[to], sizeof(key->addr.v6[0]));
	return at + sizeof(*ip6);
}

/* Write the length of the IP header at ip; len bytes follow it. */
static void
finish_ip(uint8_t *ip, uint8_t family, size_t len)
{
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)ip;
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)ip;

	if (family == 6) {
		ip6->payload_len = rte_cpu_to_be_16((uint16_t)len);
		return;
	}
	ip4->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip4) + len));
	ip4->hdr_checksum = rte_ipv4_cksum(ip4);
}

/* Set the length of the mbuf to the bytes up to end, and clear its offload flags. */
static void
finish_mbuf(struct rte_mbuf *m, const uint8_t *end)
{
	uint16_t len = (uint16_t)(end - rte_pktmbuf_mtod(m, const uint8_t *));

	m->data_len = len;
	m->pkt_len = len;
	m->nb_segs = 1;
	m->next = NULL;
	m->ol_flags = 0;
}

static uint8_t *
write_tcp(uint8_t *at, const struct flow_key *key, uint8_t to,
	  const struct tcp_segment *seg)
{
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)at;
	/* Two NOPs, kind, length: the layout of RFC 7323 appendix A. */
	rte_be32_t option[] = {RTE_BE32(0x0101080a), rte_cpu_to_be_32(seg->tsval),
			       rte_cpu_to_be_32(seg->tsecr)};
	size_t header = sizeof(*tcp) + (seg->has_ts ? sizeof(option) : 0);

	static_assert(sizeof(option) == TIMESTAMPS_BYTES, "as long as its layout");
	*tcp = (struct rte_tcp_hdr){
		.src_port = key->id.port[to ^ 1],
		.dst_port = key->id.port[to],
		.sent_seq = rte_cpu_to_be_32(seg->seq),
		.recv_ack = rte_cpu_to_be_32(seg->ack),
		.data_off = (uint8_t)(header / 4 << 4),
		.tcp_flags = seg->flags,
		.rx_win = rte_cpu_to_be_16(seg->win),
	};
	if (seg->has_ts)
		memcpy(tcp + 1, option, sizeof(option));
	return at + header;
}

void
reply_tcp(struct rte_mbuf *m, const struct reply_l2 *l2, const struct flow_key *key,
	  uint8_t family, uint8_t to, const struct tcp_segment *seg)
{
	uint8_t *ip = write_l2(rte_pktmbuf_mtod(m, uint8_t *), l2, family);
	uint8_t *at = write_ip(ip, key, family, to, IPPROTO_TCP);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)at;
	uint8_t *end = write_tcp(at, key, to, seg);

	finish_ip(ip, family, (size_t)(end - at));
	finish_l2(ip, end, l2);
	tcp->cksum =
		family == 4 ? rte_ipv4_udptcp_cksum((const struct rte_ipv4_hdr *)ip, tcp)
			    : rte_ipv6_udptcp_cksum((const struct rte_ipv6_hdr *)ip, tcp);
	finish_mbuf(m, end);
}

/*
 * Whether an address may be that of a single host: not unspecified, loopback or
 * multicast, and in IPv4 neither broadcast nor reserved (RFC 1122).
 */
static bool
is_host(const struct flow_key *key, uint8_t family, uint8_t side)
{
	static const uint8_t v6_none[15];
	const uint8_t *v6 = key->addr.v6[side];
	uint32_t v4 = rte_be_to_cpu_32(key->addr.v4[side]);

	if (family == 4)
		return v4 >> 24 != 0 && v4 >> 24 != 127 && v4 >> 28 < 0xe;
	/* neither :: nor ::1 */
	return v6[0] != 0xff && (memcmp(v6, v6_none, sizeof(v6_none)) != 0 || v6[15] > 1);
}

static bool
is_group(const struct flow_key *key, uint8_t family, uint8_t side)
{
	uint32_t v4 = rte_be_to_cpu_32(key->addr.v4[side]);

	if (family == 6)
		return key->addr.v6[side][0] == 0xff;
	return v4 >> 28 == 0xe || v4 == UINT32_MAX;
}

bool
reply_icmp_allowed(const struct rte_mbuf *about, const struct packet *p)
{
	struct rte_ether_addr buf;
	const struct rte_ether_addr *dst = rte_pktmbuf_read(about, 0, sizeof(buf), &buf);

	if (dst == NULL || rte_is_multicast_ether_addr(dst))
		return false;
	switch (p->kind) {
	case PACKET_TCP:
	case PACKET_UDP:
	case PACKET_ICMP_QUERY:
		break;
	case PACKET_FRAGMENT:
		if (p->frag.off != 0 || p->proto == IPPROTO_ICMP ||
		    p->proto == IPPROTO_ICMPV6)
			return false;
		break;
	case PACKET_OTHER:
		/*
		 * an ICMPv6 error, also of a future type, or a redirect (RFC 4443 2.4 e)
		 */
		if (p->proto == IPPROTO_ICMPV6 &&
		    (p->icmp_type < 128 || p->icmp_type == ND_REDIRECT))
			return false;
		break;
	default:
		return false;
	}
	return is_host(&p->key, p->family, p->side) &&
	       !is_group(&p->key, p->family, p->side ^ 1);
}

/* Copy len bytes at an offset of a frame; they have to be present. */
static void
copy_bytes(uint8_t *to, const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	const void *from = rte_pktmbuf_read(m, off, len, to);

	if (from != NULL && from != to)
		memcpy(to, from, len);
}

/* The checksum of an ICMP message; ICMPv6 has a pseudo-header (RFC 4443 2.3). */
static uint16_t
icmp_cksum(const uint8_t *ip, uint8_t family, const uint8_t *icmp, size_t len)
{
	uint32_t sum = rte_raw_cksum(icmp, len);

	if (family == 6)
		sum += rte_ipv6_phdr_cksum((const struct rte_ipv6_hdr *)ip, 0);
	return (uint16_t) ~((sum & UINT16_MAX) + (sum >> 16));
}

void
reply_icmp_error(struct rte_mbuf *m, const struct rte_mbuf *about, const struct packet *p,
		 uint8_t type, uint8_t code, uint16_t mtu)
{
	bool v4 = p->family == 4;
	uint32_t ip_bytes = v4 ? sizeof(struct rte_ipv4_hdr)
			       : sizeof(struct rte_ipv6_hdr);
	uint32_t room = (v4 ? ICMP4_MAX_BYTES : ICMP6_MAX_BYTES) - ip_bytes -
			ICMP_HEADER_BYTES;
	uint32_t quoted = RTE_MIN(p->ip_len, room);
	struct reply_l2 l2, back;
	uint8_t *ip, *icmp;
	uint16_t sum;

	/* for a datagram in fragments, the frame is the first fragment */
	quoted = RTE_MIN(quoted, about->pkt_len - p->l3_off);
	reply_l2_of(about, p, &l2);
	back = reply_l2_back(&l2);
	ip = write_l2(rte_pktmbuf_mtod(m, uint8_t *), &back, p->family);
	icmp = write_ip(ip, &p->key, p->family, p->side,
			v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	memset(icmp, 0, ICMP_HEADER_BYTES);
	icmp[0] = type;
	icmp[1] = code;
	/* the MTU is in the last two bytes for both families */
	icmp[6] = (uint8_t)(mtu >> 8);
	icmp[7] = (uint8_t)mtu;
	copy_bytes(icmp + ICMP_HEADER_BYTES, about, p->l3_off, quoted);
	finish_ip(ip, p->family, ICMP_HEADER_BYTES + quoted);
	finish_l2(ip, icmp + ICMP_HEADER_BYTES + quoted, &back);
	sum = icmp_cksum(ip, p->family, icmp, ICMP_HEADER_BYTES + quoted);
	memcpy(icmp + 2, &sum, sizeof(sum));
	finish_mbuf(m, icmp + ICMP_HEADER_BYTES + quoted);
}
