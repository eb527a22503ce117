/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The programs of bench-xdp. `generate` makes TCP segments out of the live frames of
 * BPF_PROG_TEST_RUN and sends them from an interface. `redirect0` and `redirect1` are a
 * wire without a firewall. `sink0` and `sink1` count what arrives at an end, and drop it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "xdp.h"

#define PROTO_TCP 6

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, XDP_BENCH_ENDS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} wire SEC(".maps");

/* What `generate` sends, and what arrived at the ends, by side. */
struct xdp_bench_segment segment;
__u64 arrived[2];

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The number of the next connection, by xorshift. */
static inline __u32
next_connection(void)
{
	__u32 x = segment.random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	segment.random = x;
	return (__u32)((__u64)x * segment.connections >> 32);
}

static inline __u32
sum_of(__u32 word)
{
	return (word >> 16) + (word & 0xffff);
}

static inline __u16
checksum(__u32 sum)
{
	sum = sum_of(sum);
	sum = sum_of(sum);
	return bpf_htons((__u16)~sum);
}

/* The frame has the bytes of an earlier turn, which a router may have changed. */
SEC("xdp")
int
generate(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	struct ethhdr *eth = (void *)data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 connection, address;
	__u16 port;
	int i;

	if ((void *)(tcp + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	for (i = 0; i < XDP_BENCH_WORDS; i++)
		((__u64 *)data)[i] = segment.head[i];
	connection = next_connection();
	address = XDP_BENCH_ADDRESS + connection / XDP_BENCH_PORTS;
	port = (__u16)(XDP_BENCH_PORT + connection % XDP_BENCH_PORTS);
	if (segment.side == 0) {
		ip->saddr = bpf_htonl(address);
		tcp->source = bpf_htons(port);
	} else {
		ip->daddr = bpf_htonl(address);
		tcp->dest = bpf_htons(port);
	}
	ip->check = checksum(segment.ip_sum + sum_of(address));
	tcp->check = checksum(segment.l4_sum + sum_of(address) + port);
	return (int)bpf_redirect_map(&ends, segment.end, XDP_DROP);
}

SEC("xdp")
int
redirect0(struct xdp_md *ctx)
{
	(void)ctx;
	return (int)bpf_redirect_map(&wire, 1, XDP_DROP);
}

SEC("xdp")
int
redirect1(struct xdp_md *ctx)
{
	(void)ctx;
	return (int)bpf_redirect_map(&wire, 0, XDP_DROP);
}

static inline int
sink(const struct xdp_md *ctx, int side)
{
	const struct ethhdr *eth = (void *)(long)ctx->data;
	const struct iphdr *ip = (void *)(eth + 1);

	if ((const void *)(ip + 1) <= (void *)(long)ctx->data_end &&
	    eth->h_proto == bpf_htons(ETH_P_IP) && ip->protocol == PROTO_TCP)
		__sync_fetch_and_add(&arrived[side], 1);
	return XDP_DROP;
}

SEC("xdp")
int
sink0(struct xdp_md *ctx)
{
	return sink(ctx, 0);
}

SEC("xdp")
int
sink1(struct xdp_md *ctx)
{
	return sink(ctx, 1);
}
