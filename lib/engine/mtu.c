/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two ports of a wire may have different MTUs. A frame that is too long for the port
 * that it would leave by is dropped, and as a router does, sluice tells the sender (RFC
 * 1191, RFC 8201), before tracker and rules see the packet. engine_limit() is not part of
 * engine_burst(), so a wire whose ports have the same MTU does not pay for it.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <rte_branch_prediction.h>
#include <rte_ip.h>

#include "engine_state.h"
#include "pkt.h"

/* Whether routers may not fragment the packet: with DF, and all of IPv6. */
static bool
is_unfragmentable(const struct rte_mbuf *m, const struct packet *p)
{
	struct rte_ipv4_hdr buf;
	const struct rte_ipv4_hdr *ip;

	if (p->family != 4)
		return p->family == 6;
	ip = rte_pktmbuf_read(m, p->l3_off, sizeof(buf), &buf);
	return ip != NULL && (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0;
}

/*
 * Length of the Ethernet header and tags, which an MTU does not include. It includes
 * PPPoE.
 */
static uint32_t
link_bytes(const struct packet *p)
{
	return RTE_ETHER_HDR_LEN + (uint32_t)p->vlans * RTE_VLAN_HLEN;
}

static void
drop_too_long(struct engine *e, uint16_t port, struct rte_mbuf *m, const struct packet *p,
	      uint16_t mtu)
{
	struct pkt_ctx s = {
		.e = e,
		.m = m,
		.p = p,
		.f = &e->family[FAMILY_NONE],
		.index = FLOW_NONE,
		.port = port,
		.icmp_type = p->family == 4 ? ICMP_DEST_UNREACH : ICMP6_PACKET_TOO_BIG,
		.icmp_code = p->family == 4 ? ICMP_FRAG_NEEDED : 0,
		.icmp_mtu = (uint16_t)(mtu - (p->l3_off - link_bytes(p))),
		.r.generated_to = p->side,
	};

	e->stats.packets++;
	e->stats.bytes += rte_pktmbuf_pkt_len(m);
	pkt_drop(&s, REASON_MTU);
	if (is_unfragmentable(m, p))
		s.r.action = ACTION_ICMP;
	act(&s);
}

uint16_t
engine_limit(struct engine *e, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
	     uint16_t mtu, uint64_t now_ns)
{
	const uint32_t flags =
		engine_parse_flags(&e->config) |
		(e->config.verify_checksums ? PACKET_VERIFY_IP | PACKET_VERIFY_L4 : 0);
	struct packet p;
	uint16_t i, left = 0;

	engine_advance(e, now_ns);
	e->stage.drops = 0;
	for (i = 0; i < n; i++) {
		pkts[left] = pkts[i];
		/*
		 * short enough whether or not some of its bytes are tags: no need to
		 * parse
		 */
		if (likely(rte_pktmbuf_pkt_len(pkts[i]) <=
			   (uint32_t)RTE_ETHER_HDR_LEN + mtu)) {
			left++;
			continue;
		}
		packet_parse_any(pkts[i], port & 1, engine_network(&e->config, port / 2),
				 flags, &p);
		if (p.kind == PACKET_BAD ||
		    rte_pktmbuf_pkt_len(pkts[i]) <= link_bytes(&p) + mtu)
			left++;
		else
			drop_too_long(e, port, pkts[i], &p, mtu);
	}
	if (e->stage.drops != 0)
		rte_pktmbuf_free_bulk(e->stage.dropped, e->stage.drops);
	return left;
}
