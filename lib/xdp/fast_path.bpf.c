/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The engine's fast path as an XDP program, over the engine's own memory. A packet of an
 * established connection that the rules accept is counted and sent from the other port,
 * when it is one that the engine's fast path would pass, or a datagram of UDP that
 * changes nothing of its connection but the time. Each other frame goes to the engine by
 * an AF_XDP socket, and then the program has changed nothing.
 *
 * frame.h parses, table.h finds the connection, sum.h verifies checksums. What is decided
 * here, under the lock of the connection, is decided by the functions of lib/track.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <flow/shared.h>
#include <track/datagram.h>
#include <track/tcp_fast.h>

#include "frame.h"
#include "sum.h"
#include "table.h"

#define QUEUES 64u /* XDP_QUEUES of xdp/xdp.h */
#define ACCT_WORDS 4u

/* Offsets in a connection's last line, struct flow_cold of flow/table.h. */
#define COLD_TRACK 8u
#define COLD_LINK 62u

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the process sets the number of processors */
	__type(key, __u32);
	__type(value, struct flow_taken);
} taken SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, FLOW_SHARED_PORTS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, FLOW_SHARED_PORTS *QUEUES);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} sockets SEC(".maps");

/* The port whose frames this program gets; the process sets it before loading. */
const volatile __u32 port;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Why a frame is not passed here. */
enum fate { FATE_PASS, FATE_UP, FATE_BUSY };

static inline __u32
now_of(const struct flow_shared *s)
{
	if (s->tick_fixed)
		return s->tick_base;
	return flow_shared_ms(bpf_ktime_get_coarse_ns()) + s->tick_base;
}

/* Whether the rules accept the packets of this established connection. */
static inline bool
rules_accept(const struct flow_shared *s, const struct frame *f, const struct entry *e,
	     __u32 rules)
{
	const __u8 *generation;

	if (rules & FLOW_RULES_ACCEPT)
		return true;
	generation = (const void *)line_at(table_of(s, f)->generation_line +
					   e->index / FLOW_LINE_BYTES);
	return generation != NULL &&
	       generation[e->index % FLOW_LINE_BYTES] == (rules & FLOW_RULES_GENERATION);
}

/* Whether the frame has the link layer that a probe would get: ADR 15. */
static inline bool
link_is_known(const struct flow_shared *s, const struct frame *f, const struct entry *e,
	      const struct xdp_md *ctx)
{
	const __u16 *data = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	const __u8 *cold = (const void *)e->cold;
	const __u16 *link;
	__u16 number;
	int i;

	if (cold == NULL || (const void *)(data + 7) > end)
		return false;
	number = *(const __u16 *)(cold + COLD_LINK);
	link = (const void *)line_at(s->link_line + number);
	if (number == 0 || link == NULL)
		return false;
	if (!(port & 1))
		link += FLOW_LINK_BYTES / 2;
	for (i = 0; i < (int)FLOW_LINK_MACS / 2; i++)
		if (link[i] != data[i])
			return false;
	if (link[FLOW_LINK_PORT / 2] != (port ^ 1) ||
	    *(const __u8 *)&link[FLOW_LINK_VLANS / 2] != f->tags ||
	    link[FLOW_LINK_PPPOE / 2] != 0)
		return false;
#pragma unroll
	for (i = 0; i < FRAME_MAX_TAGS; i++) {
		const __u16 *tag = data + ETH_ALEN + 2 * i;

		if (i >= f->tags)
			break;
		if ((const void *)(tag + 2) > end ||
		    link[FLOW_LINK_TAGS / 2 + 2 * i] != tag[0] ||
		    ((link[FLOW_LINK_TAGS / 2 + 2 * i + 1] ^ tag[1]) &
		     bpf_htons(FLOW_VID_MASK)) != 0)
			return false;
	}
	return true;
}

/* Like packet_fast_timestamps(): read the timestamps at their usual offset only. */
static inline void
parse_timestamps(const struct xdp_md *ctx, struct frame *f)
{
	const void *data = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	const struct tcphdr *tcp = data + (f->l4_off & SUM_OFF_MAX);
	const __u32 *option = (const void *)(tcp + 1);

	if ((const void *)(option + 3) > end || tcp->doff < 8 ||
	    option[0] != bpf_htonl(FRAME_TIMESTAMPS))
		return;
	f->seg.has_ts = true;
	f->seg.tsval = bpf_ntohl(option[1]);
	f->seg.tsecr = bpf_ntohl(option[2]);
}

/* Call the tracker's fast functions. x is a constant. */
static inline bool
tcp_take(struct track_hot *hot, __u8 x, const struct tcp_segment *seg, __u32 now)
{
	if (tcp_next_fits(hot, x, seg)) {
		if (!tcp_fast_timestamps(hot, x, seg))
			return false;
		tcp_next_take(hot, x, seg, now);
		return true;
	}
	return tcp_fast(hot, x, seg, now);
}

/* Decide about a segment of a connection that is to learn no link layer. */
static inline bool
take_known(struct frame *f, const struct entry *e, const struct xdp_md *ctx, __u32 now)
{
	struct track_hot *hot = (void *)e->line;

	if (!tcp_fast_conn(hot))
		return false;
	if (hot->flags & TRACK_TS)
		parse_timestamps(ctx, f);
	return port & 1 ? tcp_take(hot, 1, &f->seg, now) : tcp_take(hot, 0, &f->seg, now);
}

/*
 * When a side is to learn its link layer again, the engine passes its next segment on the
 * slow path, and the bit of that side is cleared (link_learn()). A segment whose link
 * layer is the known one teaches nothing, so it does the same here.
 */
static inline bool
take_segment(const struct flow_shared *s, struct frame *f, const struct entry *e,
	     const struct xdp_md *ctx, __u32 now)
{
	const __u8 relearn = TRACK_RELEARN(0) | TRACK_RELEARN(1);
	struct track_hot *hot = (void *)e->line;
	__u8 flags = hot->flags;
	bool passes;

	if ((hot->last != now || s->link_each || (flags & relearn)) &&
	    !link_is_known(s, f, e, ctx))
		return false;
	if (!(flags & relearn))
		return take_known(f, e, ctx, now);
	hot->flags = flags & (__u8)~relearn;
	passes = take_known(f, e, ctx, now);
	if (passes)
		flags &= (__u8)~TRACK_RELEARN(port & 1);
	hot->flags = flags;
	return passes;
}

/* datagram_packet() for a datagram that changes nothing but the time. */
static inline bool
take_datagram(const struct entry *e, __u32 now)
{
	struct track_hot *hot = (void *)e->line;
	const struct track_cold *cold;

	if (!(hot->flags & TRACK_REPLIED))
		return false;
	if (!(hot->flags & TRACK_ASSURED)) {
		cold = (const void *)((const __u8 *)e->cold + COLD_TRACK);
		if (ticks_since(cold->t0, now) > DATAGRAM_STREAM_TICKS)
			return false;
	}
	if (hot->last != now)
		hot->last = now;
	return true;
}

/* With conntrack.acct, count the packet for the side that has sent it. */
static inline void
account(const struct flow_shared *s, const struct frame *f, const struct entry *e)
{
	__u32 first = table_of(s, f)->acct_line;
	struct line *line;
	__u32 at;

	if (first == 0)
		return;
	line = line_at(first + e->index / 2);
	if (line == NULL)
		return;
	at = (e->index & 1) * ACCT_WORDS + (port & 1);
	line->word[at & 7]++;
	line->word[(at + 2) & 7] += f->ip_len;
}

/* Decide about a packet of a connection that is locked. */
static inline bool
take(const struct flow_shared *s, struct frame *f, const struct entry *e,
     const struct xdp_md *ctx, __u32 rules)
{
	struct track_hot *hot = (void *)e->line;
	__u32 now = now_of(s);
	bool passes;

	if (!entry_is_of(e, f) || !rules_accept(s, f, e, rules))
		return false;
	/* the engine's time may be ahead of the kernel's coarse clock */
	if (!ticks_reached(hot->last, now))
		now = hot->last;
	passes = f->is_tcp ? take_segment(s, f, e, ctx, now) : take_datagram(e, now);
	if (passes)
		account(s, f, e);
	return passes;
}

static inline void
count(const struct frame *f, const struct xdp_md *ctx, enum fate fate, __u32 rules)
{
	__u32 processor = bpf_get_smp_processor_id();
	struct flow_taken *t = bpf_map_lookup_elem(&taken, &processor);

	if (t == NULL)
		return;
	if (fate != FATE_PASS) {
		t->up++;
		t->busy += fate == FATE_BUSY;
		return;
	}
	t->packets++;
	t->bytes += ctx->data_end - ctx->data;
	if (rules & FLOW_RULES_ACCEPT) {
		t->constant_packets++;
		t->constant_bytes += f->ip_len;
	}
}

/* Whether the frame may be one that passes here, before its connection is known. */
static inline bool
frame_is_candidate(const struct flow_shared *s, const struct frame *f, struct xdp_md *ctx)
{
	__u32 mtu = s->mtu[(port ^ 1) & (FLOW_SHARED_PORTS - 1)];

	if (f->is_tcp && (f->seg.flags & TCP_FAST_FLAGS) != TCP_ACK)
		return false;
	/* as in engine_limit(): of the frame, without Ethernet header and tags */
	if (mtu != 0 && ctx->data_end - ctx->data - ETH_HLEN - f->tags * 4u > mtu)
		return false;
	return !s->verify || frame_sums_right(f, ctx);
}

static inline enum fate
decide(struct xdp_md *ctx, struct frame *f, __u32 *rules)
{
	struct entry e = {0};
	const struct flow_shared *s;
	__u32 zero = 0;
	bool passes;

	s = bpf_map_lookup_elem(&shared, &zero);
	if (s == NULL)
		return FATE_UP;
	*rules = *(const volatile __u32 *)&s->rules;
	if (*rules == 0 ||
	    !frame_parse(f, ctx, s->network[port / 2 & (FLOW_WIRES - 1)], port & 1) ||
	    !frame_is_candidate(s, f, ctx) || !entry_find(s, f, &e))
		return FATE_UP;
	if (!lock_take(e.lock))
		return FATE_BUSY;
	passes = take(s, f, &e, ctx, *rules);
	lock_release(e.lock);
	return passes ? FATE_PASS : FATE_UP;
}

static inline int
send_up(const struct xdp_md *ctx)
{
	__u32 queue = ctx->rx_queue_index, processor = bpf_get_smp_processor_id();
	struct flow_taken *t;
	int action = XDP_DROP;

	if (queue < QUEUES)
		action = (int)bpf_redirect_map(&sockets, port * QUEUES + queue, XDP_DROP);
	if (action != XDP_REDIRECT) {
		t = bpf_map_lookup_elem(&taken, &processor);
		if (t != NULL)
			t->lost++;
	}
	return action;
}

SEC("xdp")
int
fast_path(struct xdp_md *ctx)
{
	struct frame f = {0};
	__u32 rules = 0;
	enum fate fate = decide(ctx, &f, &rules);

	count(&f, ctx, fate, rules);
	if (fate == FATE_PASS)
		return (int)bpf_redirect_map(&ports, port ^ 1, XDP_DROP);
	return send_up(ctx);
}
