/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <string.h>

#include <base/seq.h>

#define RTO_FIRST 1000u
#define RTO_MAX 60000u
#define CWND_FIRST 10u
#define CWND_MAX 64u

static uint32_t
fin_seq(const struct host *h)
{
	return h->iss + 1 + h->written;
}

static bool
fin_acked(const struct host *h)
{
	return h->closing && seq_after(h->una, fin_seq(h));
}

bool
host_is_done(const struct host *h)
{
	return fin_acked(h) && h->peer_closed;
}

static void
emit(struct host *h, uint8_t flags, uint32_t seq, uint32_t len, uint32_t now,
     struct host_out *out)
{
	struct tcp_segment seg = {.flags = flags, .seq = seq, .len = len};
	bool syn = flags & TCP_SYN;

	if (out->n == HOST_OUT)
		return;
	seg.scale = TCP_NO_SCALE;
	if (syn && (!(flags & TCP_ACK) || h->scaled))
		seg.scale = h->kind.scale;
	if (flags & TCP_ACK)
		seg.ack = h->rcv_nxt;
	if (syn || !h->scaled)
		seg.win = h->kind.window > 65535 ? 65535 : (uint16_t)h->kind.window;
	else
		seg.win = (uint16_t)(h->kind.window >> h->kind.scale);
	if (syn && !(flags & TCP_ACK) ? h->kind.timestamps : h->ts_on) {
		seg.has_ts = true;
		seg.tsval = h->ts_offset + now * h->kind.ts_ticks;
		seg.tsecr = flags & TCP_ACK ? h->ts_recent : 0;
	}
	out->seg[out->n++] = seg;
	if (flags & TCP_ACK)
		h->ack_at = HOST_NEVER;
}

static void
emit_ack(struct host *h, uint32_t now, struct host_out *out)
{
	emit(h, TCP_ACK, h->max, 0, now, out);
}

/*
 * Answer an unacceptable segment with an ACK. Segments without data are answered at most
 * twice a second, as Linux does (tcp_invalid_ratelimit); otherwise two hosts could answer
 * each other's ACKs endlessly.
 */
static void
emit_challenge(struct host *h, const struct tcp_segment *seg, uint32_t now,
	       struct host_out *out)
{
	if (seg->len == 0 && h->challenged && now - h->challenged < 500)
		return;
	if (seg->len == 0)
		h->challenged = now;
	emit_ack(h, now, out);
}

static void
emit_rst(const struct tcp_segment *to, struct host_out *out)
{
	if ((to->flags & TCP_RST) || out->n == HOST_OUT)
		return;
	out->seg[out->n++] = (struct tcp_segment){
		.flags = to->flags & TCP_ACK ? TCP_RST : TCP_RST | TCP_ACK,
		.seq = to->flags & TCP_ACK ? to->ack : 0,
		.ack = to->flags & TCP_ACK ? 0 : segment_end(to),
		.scale = TCP_NO_SCALE,
	};
}

void
host_init(struct host *h, const struct host_kind *kind, bool listens, uint32_t iss,
	  uint32_t now)
{
	memset(h, 0, sizeof(*h));
	h->kind = *kind;
	h->state = listens ? HOST_LISTEN : HOST_CLOSED;
	h->iss = h->una = iss;
	h->nxt = h->max = iss;
	h->ts_offset = iss * 7 - now * kind->ts_ticks;
	h->cwnd = CWND_FIRST;
	h->rto = RTO_FIRST;
	h->rto_at = h->ack_at = h->keepalive_at = HOST_NEVER;
}

static void
arm(struct host *h, uint32_t now)
{
	if (h->rto_at == HOST_NEVER)
		h->rto_at = now + h->rto;
}

void
host_connect(struct host *h, uint32_t now, struct host_out *out)
{
	h->state = HOST_SYN_SENT;
	h->nxt = h->max = h->iss + 1;
	emit(h, TCP_SYN, h->iss, 0, now, out);
	arm(h, now);
}

/* Send what receive window and congestion window allow. */
static void
send_data(struct host *h, uint32_t now, struct host_out *out)
{
	uint32_t end = fin_seq(h), room = h->cwnd * HOST_MSS, limit, len;

	if (h->state != HOST_OPEN)
		return;
	limit = h->una + (room < h->wnd ? room : h->wnd);
	while (seq_before(h->nxt, end) && seq_before(h->nxt, limit)) {
		len = end - h->nxt;
		if (len > HOST_MSS)
			len = HOST_MSS;
		if (len > limit - h->nxt)
			len = limit - h->nxt;
		emit(h, TCP_ACK, h->nxt, len, now, out);
		h->nxt += len;
		arm(h, now);
	}
	if (h->closing && h->nxt == end && seq_before(end, limit)) {
		emit(h, TCP_FIN | TCP_ACK, end, 0, now, out);
		h->nxt = end + 1;
		arm(h, now);
	}
	h->max = seq_max(h->nxt, h->max);
}

void
host_write(struct host *h, uint32_t bytes, uint32_t now, struct host_out *out)
{
	h->written += bytes;
	send_data(h, now, out);
}

void
host_close(struct host *h, uint32_t now, struct host_out *out)
{
	h->closing = true;
	send_data(h, now, out);
}

static void
take_syn(struct host *h, const struct tcp_segment *seg)
{
	h->irs = seg->seq;
	h->rcv_nxt = seg->seq + 1;
	h->scaled = seg->scale != TCP_NO_SCALE && h->kind.scale != TCP_NO_SCALE;
	h->peer_scale = h->scaled ? seg->scale : 0;
	if (h->kind.window > 65535u << (h->scaled ? h->kind.scale : 0))
		h->kind.window = 65535u << (h->scaled ? h->kind.scale : 0);
	h->ts_on = seg->has_ts && h->kind.timestamps;
	h->ts_recent = seg->tsval;
	h->wnd = h->wnd_max = seg->win;
	h->wl1 = seg->seq;
	h->wl2 = seg->flags & TCP_ACK ? seg->ack : h->iss;
}

static void
opened(struct host *h, const struct tcp_segment *seg, uint32_t now)
{
	h->state = HOST_OPEN;
	h->una = seg->ack;
	h->rto = h->kind.rto_min;
	h->rto_at = HOST_NEVER;
	if (h->kind.keepalive)
		h->keepalive_at = now + h->kind.keepalive;
}

static void
receive_syn_sent(struct host *h, const struct tcp_segment *seg, uint32_t now,
		 struct host_out *out)
{
	if ((seg->flags & TCP_ACK) && seg->ack != h->iss + 1) {
		emit_rst(seg, out);
		return;
	}
	if (seg->flags & TCP_RST) {
		if (seg->flags & TCP_ACK)
			h->reset = true;
		return;
	}
	if ((seg->flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK))
		return;
	take_syn(h, seg);
	opened(h, seg, now);
	emit_ack(h, now, out);
	send_data(h, now, out);
}

/* First check of RFC 9293 3.10.7.4. The window never shrinks here. */
static bool
acceptable(const struct host *h, const struct tcp_segment *seg)
{
	uint32_t len = segment_len(seg), last = seg->seq + (len ? len - 1 : 0);

	return seg->seq - h->rcv_nxt < h->kind.window ||
	       last - h->rcv_nxt < h->kind.window;
}

static void
acked_new(struct host *h, const struct tcp_segment *seg, uint32_t now)
{
	h->una = seg->ack;
	h->nxt = seq_max(h->nxt, h->una);
	h->duplicates = 0;
	if (h->cwnd < CWND_MAX)
		h->cwnd++;
	h->rto = h->kind.rto_min;
	h->rto_at = HOST_NEVER;
	if (h->una != h->max)
		arm(h, now);
}

static void
send_first(struct host *h, uint32_t now, struct host_out *out)
{
	uint32_t end = fin_seq(h), len = end - h->una;

	if (!seq_before(h->una, end)) {
		if (h->closing && h->una == end)
			emit(h, TCP_FIN | TCP_ACK, end, 0, now, out);
		return;
	}
	emit(h, TCP_ACK, h->una, len > HOST_MSS ? HOST_MSS : len, now, out);
}

/* Process the ACK. Returns false if the segment needs no further processing. */
static bool
receive_ack(struct host *h, const struct tcp_segment *seg, uint32_t now,
	    struct host_out *out)
{
	uint32_t before = h->wnd;

	if (seq_after(seg->ack, h->max) ||
	    seq_before(seg->ack, h->una - h->wnd_max)) { /* RFC 5961 5.2 */
		emit_challenge(h, seg, now, out);
		return false;
	}
	if (seq_before(h->wl1, seg->seq) ||
	    (h->wl1 == seg->seq && !seq_before(seg->ack, h->wl2))) {
		h->wnd = (uint32_t)seg->win << h->peer_scale;
		h->wl1 = seg->seq;
		h->wl2 = seg->ack;
		if (h->wnd > h->wnd_max)
			h->wnd_max = h->wnd;
	}
	if (seq_after(seg->ack, h->una)) {
		acked_new(h, seg, now);
		if (seq_before(h->una, h->recover)) /* partial ACK, RFC 6582 */
			send_first(h, now, out);
	} else if (seg->ack == h->una && h->una != h->max && seg->len == 0 &&
		   h->wnd == before && ++h->duplicates == 3 &&
		   !seq_before(h->una, h->recover)) {
		h->recover = h->max;
		h->cwnd = h->cwnd > 3 ? h->cwnd / 2 : 2;
		send_first(h, now, out);
	}
	return true;
}

static void
take_held(struct host *h)
{
	unsigned i;

	for (i = 0; i < h->helds; i++) {
		if (seq_after(h->held[i].from, h->rcv_nxt))
			continue;
		if (seq_after(h->held[i].to, h->rcv_nxt)) {
			h->delivered += h->held[i].to - h->rcv_nxt;
			h->rcv_nxt = h->held[i].to;
		}
		h->held[i] = h->held[--h->helds];
		i = UINT32_MAX; /* restart with the first held segment */
	}
}

static void
hold(struct host *h, uint32_t from, uint32_t to)
{
	unsigned i;

	for (i = 0; i < h->helds; i++)
		if (seq_within(from, h->held[i].from, h->held[i].to)) {
			h->held[i].to = seq_max(to, h->held[i].to);
			return;
		}
	if (h->helds == HOST_HELD)
		return;
	h->held[h->helds].from = from;
	h->held[h->helds++].to = to;
}

static void
receive_text(struct host *h, const struct tcp_segment *seg, uint32_t now,
	     struct host_out *out)
{
	uint32_t end = seg->seq + seg->len;
	bool in_order = !seq_after(seg->seq, h->rcv_nxt);

	if (segment_len(seg) == 0 || h->peer_closed) {
		if (segment_len(seg) != 0)
			emit_ack(h, now, out);
		return;
	}
	if (seg->flags & TCP_FIN) {
		h->held_fin = true;
		h->held_fin_seq = end;
	}
	if (in_order && seq_after(end, h->rcv_nxt)) {
		h->delivered += end - h->rcv_nxt;
		h->rcv_nxt = end;
		take_held(h);
	} else if (!in_order && seg->len) {
		hold(h, seg->seq, end);
	}
	if (h->held_fin && h->rcv_nxt == h->held_fin_seq) {
		h->rcv_nxt++;
		h->peer_closed = true;
	}
	if (!in_order || h->helds || h->peer_closed || h->kind.delay_ack == 0 ||
	    h->ack_at != HOST_NEVER)
		/*
		 * at once: a second segment, one out of order, a FIN, or no delayed ACKs
		 */
		emit_ack(h, now, out);
	else
		h->ack_at = now + h->kind.delay_ack;
}

static void
receive_open(struct host *h, const struct tcp_segment *seg, uint32_t now,
	     struct host_out *out)
{
	if (!(seg->flags & TCP_RST) && h->ts_on && seg->has_ts &&
	    seq_before(seg->tsval, h->ts_recent)) {
		emit_challenge(h, seg, now, out);
		return;
	}
	if (!acceptable(h, seg)) {
		if (!(seg->flags & TCP_RST))
			emit_challenge(h, seg, now, out);
		return;
	}
	if (seg->flags & TCP_RST) {
		if (seg->seq == h->rcv_nxt)
			h->reset = true;
		else
			emit_challenge(h, seg, now, out);
		return;
	}
	if (seg->flags & TCP_SYN) {
		emit_challenge(h, seg, now, out);
		return;
	}
	if (!(seg->flags & TCP_ACK))
		return;
	if (h->state == HOST_SYN_RECEIVED) {
		if (seg->ack - h->iss - 1 > h->max - h->iss - 1) {
			emit_rst(seg, out);
			return;
		}
		opened(h, seg, now);
	}
	if (h->ts_on && seg->has_ts && !seq_after(seg->seq, h->rcv_nxt))
		h->ts_recent = seq_max(seg->tsval, h->ts_recent);
	if (!receive_ack(h, seg, now, out))
		return;
	if (h->kind.keepalive)
		h->keepalive_at = now + h->kind.keepalive;
	receive_text(h, seg, now, out);
	send_data(h, now, out);
}

void
host_receive(struct host *h, const struct tcp_segment *seg, uint32_t now,
	     struct host_out *out)
{
	if (h->reset || h->state == HOST_CLOSED) {
		emit_rst(seg, out);
		return;
	}
	switch (h->state) {
	case HOST_LISTEN:
		if (seg->flags & TCP_ACK) {
			emit_rst(seg, out);
		} else if ((seg->flags & (TCP_SYN | TCP_RST)) == TCP_SYN) {
			take_syn(h, seg);
			h->state = HOST_SYN_RECEIVED;
			h->nxt = h->max = h->iss + 1;
			emit(h, TCP_SYN | TCP_ACK, h->iss, 0, now, out);
			arm(h, now);
		}
		return;
	case HOST_SYN_SENT:
		receive_syn_sent(h, seg, now, out);
		return;
	default:
		if (h->state == HOST_SYN_RECEIVED && (seg->flags & TCP_SYN) &&
		    seg->seq == h->irs && !(seg->flags & TCP_ACK)) {
			emit(h, TCP_SYN | TCP_ACK, h->iss, 0, now, out);
			return;
		}
		receive_open(h, seg, now, out);
	}
}

uint32_t
host_next(const struct host *h)
{
	uint32_t at = h->rto_at < h->ack_at ? h->rto_at : h->ack_at;

	if (h->reset)
		return HOST_NEVER;
	return at < h->keepalive_at ? at : h->keepalive_at;
}

static void
timed_out(struct host *h, uint32_t now, struct host_out *out)
{
	h->rto = h->rto * 2 > RTO_MAX ? RTO_MAX : h->rto * 2;
	h->rto_at = now + h->rto;
	h->cwnd = 1;
	h->duplicates = 0;
	h->recover = h->una;
	if (h->state == HOST_SYN_SENT)
		emit(h, TCP_SYN, h->iss, 0, now, out);
	else if (h->state == HOST_SYN_RECEIVED)
		emit(h, TCP_SYN | TCP_ACK, h->iss, 0, now, out);
	else if (h->una != h->max) {
		/* retransmit everything from una on, as the congestion window allows */
		h->nxt = h->una;
		send_data(h, now, out);
	}
}

void
host_tick(struct host *h, uint32_t now, struct host_out *out)
{
	if (h->reset)
		return;
	if (h->ack_at <= now)
		emit_ack(h, now, out);
	if (h->rto_at <= now)
		timed_out(h, now, out);
	if (h->keepalive_at <= now) {
		h->keepalive_at = now + h->kind.keepalive;
		if (h->una == h->max && !host_is_done(h))
			emit(h, TCP_ACK, h->nxt - 1, 0, now, out);
	}
}
