/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* Shared by bench-xdp and its BPF programs. */
#ifndef BENCH_XDP_H
#define BENCH_XDP_H

#include <linux/types.h>

#define XDP_BENCH_ENDS 16 /* interfaces to which segments can be sent */
#define XDP_BENCH_WORDS 6 /* of eight bytes: Ethernet, IPv4, TCP as far as its flags */

/* Addresses and ports of the clients: those of traffic.c. */
#define XDP_BENCH_ADDRESS 0x0a000000u
#define XDP_BENCH_PORT 20000u
#define XDP_BENCH_PORTS 16u

/* A segment of any of some connections. */
struct xdp_bench_segment {
	__u64 head[XDP_BENCH_WORDS]; /* without the client's address and port */
	__u32 ip_sum;                /* of the rest of the header, not complemented */
	__u32 l4_sum;
	__u32 side; /* which sends: 0 lan, 1 wan */
	__u32 end;  /* the interface, in the map `ends` */
	__u32 connections;
	__u32 random; /* state of the random numbers, not 0 */
};

#endif
