/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of an mbuf, for the parser: all that lib/packet knows of mbufs. */
#include <assert.h>

#include <packet/packet.h>

static_assert(PACKET_SUM_IP_BAD == RTE_MBUF_F_RX_IP_CKSUM_BAD &&
		      PACKET_SUM_IP_GOOD == RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
		      PACKET_SUM_IP_MASK == RTE_MBUF_F_RX_IP_CKSUM_MASK &&
		      PACKET_SUM_L4_BAD == RTE_MBUF_F_RX_L4_CKSUM_BAD &&
		      PACKET_SUM_L4_GOOD == RTE_MBUF_F_RX_L4_CKSUM_GOOD &&
		      PACKET_SUM_L4_MASK == RTE_MBUF_F_RX_L4_CKSUM_MASK,
	      "packet_bytes_of() copies the flags");

struct packet_bytes
bytes_of_mbuf(const struct rte_mbuf *m)
{
	return packet_bytes_of(m);
}

bool
bytes_next(struct packet_bytes *b)
{
	const struct rte_mbuf *next = b->mbuf->next;

	if (next == NULL)
		return false;
	b->mbuf = next;
	b->at = rte_pktmbuf_mtod(next, const uint8_t *);
	b->part = next->data_len;
	return true;
}
