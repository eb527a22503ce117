/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link layer: Ethernet, VLAN tags, and as much of 802.3 with LLC as is needed to
 * distinguish the protocols that `bypass` has a word for. It also detects frames that
 * could carry IP past the rules: some receivers accept IP in LLC/SNAP or after any number
 * of tags of VLAN 0 (VU#855201).
 */
#include <string.h>

#include "parse.h"

#define MIN_ETHER_TYPE 0x0600 /* a lower value is the length of an 802.3 frame */

#define SAP_IP 0x06
#define SAP_BPDU 0x42
#define SAP_SNAP 0xaa
#define SAP_ISO 0xfe
#define SAPS_IPX 0xffff /* IPX without LLC: these bytes are its checksum field */

#define LLC_UI 0x03

#define OUI_CISCO 0x00000c
#define OUI_BRIDGE 0x0080c2 /* IEEE 802.1: bridged frames */
#define CISCO_PVST 0x010b
#define CISCO_UPLINK_FAST 0x200a

#define NLPID_CLNP 0x81
#define NLPID_ES_IS 0x82
#define NLPID_IS_IS 0x83

#define PPPOE_BYTES 6u
#define PPPOE_VERSION 0x11    /* version and type */
#define PPPOE_SESSION 0x00    /* code of session frames */
#define PPPOE_RESERVED 0xffff /* session number that RFC 2516 4 reserves */
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057
/* numbers from here on are control protocols, of networks and then of the link */
#define PPP_CONTROL 0x8000

bool
packet_type_carries(uint16_t type)
{
	switch (type) {
	case 0x22f3: /* TRILL */
	case 0x4305: /* B.A.T.M.A.N. */
	case 0x6558: /* transparent Ethernet bridging */
	case 0x876b: /* compressed TCP/IP */
	case 0x880b: /* PPP */
	case 0x8847: /* MPLS */
	case 0x8848:
	case RTE_ETHER_TYPE_PPPOE_SESSION:
	case 0x8870: /* LLC in jumbo frames */
	case 0x88e5: /* MACsec */
	case 0x88e7: /* 802.1ah */
	case 0x8903: /* FabricPath */
	case 0x8909: /* Cisco metadata */
	case 0x8926: /* VN-Tag */
	case 0x892f: /* HSR */
	case 0x893f: /* 802.1BR */
	case 0x894f: /* NSH */
	case 0x9200: /* tags of no standard */
	case 0x9300:
	case 0xf1c1: /* 802.1CB */
		return true;
	default:
		return false;
	}
}

/* Whether frames of an EtherType are IP, or may carry it. */
static bool
type_leads_to_ip(uint16_t type)
{
	return type == RTE_ETHER_TYPE_IPV4 || type == RTE_ETHER_TYPE_IPV6 ||
	       parser_is_vlan(type) || packet_type_carries(type);
}

/*
 * Check the rest of an LLC header with the SAPs of SNAP; at: offset of the control field.
 */
static enum reason
parse_snap(struct parser *c, uint32_t at)
{
	uint8_t buf[6];
	const uint8_t *snap = parser_read(c, at, sizeof(buf), buf);
	uint32_t oui;
	uint16_t type;

	c->p->ether_type = PACKET_ETHER_LLC;
	if (snap == NULL) /* too short to carry a packet */
		return REASON_NONE;
	oui = (uint32_t)snap[1] << 16 | (uint32_t)snap[2] << 8 | snap[3];
	type = (uint16_t)(snap[4] << 8 | snap[5]);
	if (snap[0] != LLC_UI || oui == OUI_BRIDGE || type_leads_to_ip(type))
		return REASON_ENCAPSULATED;
	if (oui == OUI_CISCO)
		c->p->ether_type = type == CISCO_PVST || type == CISCO_UPLINK_FAST
					   ? PACKET_ETHER_BPDU
					   : PACKET_ETHER_CISCO;
	return REASON_NONE;
}

/*
 * Check the rest of an LLC header with the SAPs of ISO: a protocol number, which may be
 * IP's.
 */
static enum reason
parse_iso(struct parser *c, uint32_t at)
{
	uint16_t control_nlpid;

	c->p->ether_type = PACKET_ETHER_ISO;
	if (!parser_u16(c, at, &control_nlpid))
		return REASON_NONE;
	if (control_nlpid != (LLC_UI << 8 | NLPID_CLNP) &&
	    control_nlpid != (LLC_UI << 8 | NLPID_ES_IS) &&
	    control_nlpid != (LLC_UI << 8 | NLPID_IS_IS))
		return REASON_ENCAPSULATED;
	return REASON_NONE;
}

/* A SAP without the bit for group addresses or responses. */
static uint8_t
sap_of(unsigned byte)
{
	return byte & 0xfe;
}

static enum reason
parse_llc(struct parser *c, uint32_t at)
{
	uint16_t saps;
	uint8_t to, from;

	c->p->kind = PACKET_NON_IP;
	c->p->ether_type = PACKET_ETHER_LLC;
	if (!parser_u16(c, at, &saps) || saps == SAPS_IPX)
		return REASON_NONE;
	to = sap_of(saps >> 8);
	from = sap_of(saps);
	if (to == SAP_IP || from == SAP_IP)
		return REASON_ENCAPSULATED;
	if (to == SAP_SNAP || from == SAP_SNAP)
		return parse_snap(c, at + sizeof(saps));
	if (to == SAP_ISO || from == SAP_ISO)
		return parse_iso(c, at + sizeof(saps));
	if (saps == (SAP_BPDU << 8 | SAP_BPDU))
		c->p->ether_type = PACKET_ETHER_BPDU;
	return REASON_NONE;
}

/*
 * Parse a session frame of PPPoE (RFC 2516), whose header is at an offset. The PPP
 * protocol has two bytes, or one when the peers have agreed on that: then it is odd (RFC
 * 1661 6.5).
 */
static enum reason
parse_pppoe(struct parser *c, uint32_t at)
{
	struct packet *p = c->p;
	uint8_t buf[PPPOE_BYTES + 2];
	const uint8_t *head = parser_read(c, at, sizeof(buf), buf);
	uint32_t length;
	uint16_t proto;

	if (head == NULL)
		return REASON_PPPOE;
	memcpy(&p->pppoe, head + 2, sizeof(p->pppoe));
	length = (uint32_t)head[4] << 8 | head[5];
	if (head[0] != PPPOE_VERSION || head[1] != PPPOE_SESSION || p->pppoe == 0 ||
	    p->pppoe == PPPOE_RESERVED || length < 2 ||
	    length > c->end - at - PPPOE_BYTES)
		return REASON_PPPOE;
	c->end = at + PPPOE_BYTES + length;
	p->l3_off = (uint16_t)(at + PPPOE_BYTES + 2);
	proto = (uint16_t)(head[6] << 8 | head[7]);
	if (head[6] & 1) {
		proto = head[6];
		p->l3_off--;
	}
	p->ether_type = proto == PPP_IPV4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6;
	if (proto == PPP_IPV4)
		return parse_ipv4(c);
	if (proto == PPP_IPV6)
		return parse_ipv6(c);
	p->kind = PACKET_NON_IP;
	p->ether_type = PACKET_ETHER_PPP;
	/* lower numbers are data, such as compressed and bundled IP */
	return proto < PPP_CONTROL ? REASON_ENCAPSULATED : REASON_NONE;
}

enum reason
parse_ethernet(struct parser *c)
{
	struct packet *p = c->p;
	uint32_t l3 = RTE_ETHER_HDR_LEN;
	uint16_t type, tci;

	if (!parser_u16(c, l3 - RTE_ETHER_TYPE_LEN, &type))
		return REASON_FRAME_SHORT;
	while (parser_is_vlan(type)) {
		if (p->vlans == PACKET_MAX_VLANS)
			return REASON_VLAN_DEPTH;
		if (!parser_u16(c, l3, &tci) ||
		    !parser_u16(c, l3 + RTE_ETHER_TYPE_LEN, &type))
			return REASON_FRAME_SHORT;
		p->key.id.network = flow_network_add_tag(p->key.id.network, tci);
		l3 += RTE_VLAN_HLEN;
		p->vlans++;
	}
	p->l3_off = (uint16_t)l3;
	if (type < MIN_ETHER_TYPE)
		return parse_llc(c, l3);
	p->ether_type = type;
	if (type == RTE_ETHER_TYPE_IPV4)
		return parse_ipv4(c);
	if (type == RTE_ETHER_TYPE_IPV6)
		return parse_ipv6(c);
	if (type == RTE_ETHER_TYPE_PPPOE_SESSION && (c->flags & PACKET_PPPOE))
		return parse_pppoe(c, l3);
	p->kind = PACKET_NON_IP;
	return REASON_NONE;
}
