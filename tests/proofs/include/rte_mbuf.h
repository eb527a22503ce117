/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In place of DPDK's rte_mbuf.h, since Frama-C cannot read the vector instructions and
 * atomics that it includes: the members and functions of an mbuf that the proved code
 * uses, with DPDK's meaning, and those that the functions of rte_ether.h and rte_ip.h
 * name, which the proved code does not call.
 */
#ifndef _RTE_MBUF_H_
#define _RTE_MBUF_H_

#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

struct rte_mbuf {
	void *buf_addr;
	uint16_t data_off;
	uint16_t nb_segs;
	uint16_t data_len;
	uint16_t vlan_tci;
	uint32_t pkt_len;
	uint64_t l2_len, outer_l2_len;
	uint64_t ol_flags;
	struct rte_mbuf *next;
};

#define RTE_MBUF_F_RX_VLAN (1ULL << 0)
#define RTE_MBUF_F_RX_VLAN_STRIPPED (1ULL << 6)
#define RTE_MBUF_F_TX_VLAN (1ULL << 57)
#define RTE_MBUF_F_TX_TCP_SEG (1ULL << 50)
#define RTE_MBUF_F_TX_TUNNEL_MASK (0xFULL << 45)
#define RTE_MBUF_DIRECT(m) ((m)->ol_flags == 0)

#define rte_pktmbuf_mtod_offset(m, type, off)                                            \
	((type)((char *)(m)->buf_addr + (m)->data_off + (off)))
#define rte_pktmbuf_mtod(m, type) rte_pktmbuf_mtod_offset(m, type, 0)
#define rte_pktmbuf_data_len(m) ((m)->data_len)
#define rte_pktmbuf_pkt_len(m) ((m)->pkt_len)

#define RTE_ASSERT(condition) ((void)(condition))

const void *rte_pktmbuf_read(const struct rte_mbuf *m, uint32_t off, uint32_t len,
			     void *buf);

/*
 * rte_ip.h, which includes this header, defines it. Eva cannot follow its loop to a
 * pointer when the length is a range.
 */
/*@ requires \valid_read((const uint8_t *)buf + (0 .. len - 1));
    requires \initialized((const uint8_t *)buf + (0 .. len - 1));
    assigns \result \from ((const uint8_t *)buf)[0 .. len - 1], len, sum; */
static inline uint32_t __rte_raw_cksum(const void *buf, size_t len, uint32_t sum);

uint16_t rte_mbuf_refcnt_read(const struct rte_mbuf *m);
char *rte_pktmbuf_prepend(struct rte_mbuf *m, uint16_t len);
char *rte_pktmbuf_adj(struct rte_mbuf *m, uint16_t len);

#endif
