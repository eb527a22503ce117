/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The tracker in the kernel: an XDP program that runs lib/track, unchanged, on TCP over
 * IPv4, with the one connection that a map holds. It shows that the headers compile with
 * -target bpf and that the verifier accepts them.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <track/tcp_entry.h>
#include <track/tcp_fast.h>

#define PROTO_TCP 6

struct connection {
	struct track_hot hot;
	struct track_cold cold;
	__u32 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/* The configuration, and the result of the last segment, which the test reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct track_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct track_result);
} result SEC(".maps");

/* Static, because the BPF stack has only 512 bytes for all nested calls. */
static const struct connection fresh;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * The endpoint with the lower port counts as side 0: the program sees one interface only,
 * so the port has to tell the sides apart.
 */
static __attribute__((noinline)) int
track(struct connection *conn, const struct tcp_segment *seg, __u8 side, __u32 now)
{
	__u32 zero = 0;
	struct track_config *c = bpf_map_lookup_elem(&config, &zero);
	struct track_result *r = bpf_map_lookup_elem(&result, &zero);
	struct track_conn tc;
	struct tcp_input in = {.seg = seg,
			       .config = c,
			       .now = now,
			       .side = side,
			       .rules = TCP_RULES_ALLOW,
			       .no_ext = true};

	if (!c || !r || !conn)
		return XDP_ABORTED;
	tc = (struct track_conn){.hot = &conn->hot, .cold = &conn->cold};
	if (!conn->used) {
		entry_unknown(&in, r);
		if (r->verdict != VERDICT_PASS)
			return XDP_DROP;
		entry_open(&tc, &in);
		conn->used = 1;
		return XDP_PASS;
	}
	if (tcp_fast(&conn->hot, side, seg, now)) {
		*r = (struct track_result){.verdict = VERDICT_PASS};
		return XDP_PASS;
	}
	entry_segment(&tc, &in, r);
	return r->verdict == VERDICT_PASS ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int
tracker(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct tcp_segment seg = {0};
	struct connection *conn;
	__u16 sport, dport;
	__u64 key;

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->ihl != 5 || ip->protocol != PROTO_TCP || tcp->doff < 5 ||
	    bpf_ntohs(ip->tot_len) < 20 + tcp->doff * 4)
		return XDP_ABORTED;
	sport = bpf_ntohs(tcp->source);
	dport = bpf_ntohs(tcp->dest);
	seg.seq = bpf_ntohl(tcp->seq);
	seg.flags = ((__u8 *)tcp)[13] & 0x3f;
	seg.ack = seg.flags & TCP_ACK ? bpf_ntohl(tcp->ack_seq) : 0;
	seg.win = bpf_ntohs(tcp->window);
	seg.len = bpf_ntohs(ip->tot_len) - 20 - tcp->doff * 4;
	seg.scale = TCP_NO_SCALE;
	key = sport < dport ? ((__u64)sport << 16 | dport) : ((__u64)dport << 16 | sport);
	conn = bpf_map_lookup_elem(&connections, &key);
	if (!conn) {
		bpf_map_update_elem(&connections, &key, &fresh, BPF_NOEXIST);
		conn = bpf_map_lookup_elem(&connections, &key);
	}
	if (!conn)
		return XDP_ABORTED;
	return track(conn, &seg, sport > dport, (__u32)(bpf_ktime_get_ns() / TICKS_NS));
}
