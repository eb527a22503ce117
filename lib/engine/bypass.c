/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that pass without rules and tracking (engine_config.bypass). A flag stands for a
 * protocol of the link layer; ENGINE_BYPASS_NON_IP stands for all others except
 * encapsulations of IP, which have to be configured by name or number.
 */
#include "pkt.h"

static uint32_t
flag_of_type(uint16_t ether_type)
{
	switch (ether_type) {
	case 0x0806:
		return ENGINE_BYPASS_ARP;
	case 0x8035:
		return ENGINE_BYPASS_RARP;
	case 0x88cc:
		return ENGINE_BYPASS_LLDP;
	case 0x8809:
		return ENGINE_BYPASS_LACP;
	case PACKET_ETHER_BPDU:
		return ENGINE_BYPASS_STP;
	case PACKET_ETHER_CISCO:
		return ENGINE_BYPASS_CDP;
	case PACKET_ETHER_ISO:
		return ENGINE_BYPASS_ISIS;
	case 0x888e:
	case 0x88c7: /* preauthentication of 802.11 */
		return ENGINE_BYPASS_EAPOL;
	case 0x88f7:
		return ENGINE_BYPASS_PTP;
	case 0x88e5:
		return ENGINE_BYPASS_MACSEC;
	case 0x8847:
	case 0x8848:
		return ENGINE_BYPASS_MPLS;
	case 0x8863:
	case 0x8864:
	case PACKET_ETHER_PPP:
		return ENGINE_BYPASS_PPPOE;
	default:
		return 0;
	}
}

/* Whether the configuration lists the EtherType by number. */
static bool
type_is_listed(const struct engine_config *config, uint16_t ether_type)
{
	unsigned i;

	for (i = 0; i < config->bypass_types; i++)
		if (config->bypass_type[i] == ether_type)
			return true;
	return false;
}

static bool
bypass_allows(const struct engine_config *config, const struct packet *p)
{
	uint32_t flags = flag_of_type(p->ether_type);

	if (p->kind == PACKET_ND)
		return (config->bypass & ENGINE_BYPASS_ND) != 0;
	/* PPPoE discovery: without it no session can carry the IP that is tracked */
	if (config->pppoe && (flags & ENGINE_BYPASS_PPPOE))
		return true;
	if (!packet_type_carries(p->ether_type))
		flags |= ENGINE_BYPASS_NON_IP;
	return (config->bypass & flags) != 0 || type_is_listed(config, p->ether_type);
}

bool
pkt_bypass(struct pkt_ctx *s)
{
	if (!bypass_allows(&s->e->config, s->p))
		return false;
	s->e->stats.bypassed++;
	pkt_pass(s);
	return true;
}
