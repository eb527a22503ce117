/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoint.h"

#include <string.h>

#include <base/seq.h>

#define MSS 500u

static bool
synchronised(const struct endpoint *e)
{
	return e->state >= TCP_STATE_ESTABLISHED;
}

static uint16_t
window_field(const struct endpoint *e, bool syn)
{
	uint32_t window = seq_diff(e->rcv_edge, e->rcv_nxt) > 0 ? e->rcv_edge - e->rcv_nxt
								: 0;

	if (syn || !e->scaled)
		return window > 65535 ? 65535 : (uint16_t)window;
	return (uint16_t)(window >> e->scale);
}

static void
emit(struct endpoint *e, uint8_t flags, uint32_t seq, uint32_t len,
     struct endpoint_out *out)
{
	struct tcp_segment seg = {.flags = flags,
				  .seq = seq,
				  .len = len,
				  .scale = TCP_NO_SCALE,
				  .is_signed = e->is_signed};
	bool syn = flags & TCP_SYN;

	if (out->n == ENDPOINT_OUT)
		return;
	if (flags & TCP_ACK)
		seg.ack = e->rcv_nxt;
	seg.win = window_field(e, syn);
	if (syn && (!(flags & TCP_ACK) || e->scaled))
		seg.scale = e->scale;
	if (!(flags & TCP_RST) &&
	    (syn && !(flags & TCP_ACK) ? e->timestamps : e->ts_on)) {
		seg.has_ts = true;
		seg.tsval = e->ts_clock;
		seg.tsecr = flags & TCP_ACK ? e->ts_recent : 0;
	}
	out->seg[out->n++] = seg;
}

static void
emit_ack(struct endpoint *e, struct endpoint_out *out)
{
	emit(e, TCP_ACK, e->snd_nxt, 0, out);
}

static void
answer_unknown(struct endpoint *e, const struct tcp_segment *seg,
	       struct endpoint_out *out)
{
	struct tcp_segment rst = {.flags = TCP_RST,
				  .scale = TCP_NO_SCALE,
				  .is_signed = e->is_signed};

	if ((seg->flags & TCP_RST) || out->n == ENDPOINT_OUT)
		return;
	if (seg->flags & TCP_ACK) {
		rst.seq = seg->ack;
	} else {
		rst.flags |= TCP_ACK;
		rst.ack = segment_end(seg);
	}
	out->seg[out->n++] = rst;
}

void
endpoint_init(struct endpoint *e, bool listens)
{
	uint8_t scale = e->scale;
	bool timestamps = e->timestamps, is_signed = e->is_signed;
	bool fin_reset = e->fin_reset;
	uint32_t clock = e->ts_clock, window = e->rcv_wnd;

	memset(e, 0, sizeof(*e));
	e->scale = scale;
	e->timestamps = timestamps;
	e->is_signed = is_signed;
	e->fin_reset = fin_reset;
	e->ts_clock = clock;
	e->rcv_wnd = window;
	e->listens = listens;
	e->state = listens ? TCP_STATE_LISTEN : TCP_STATE_CLOSED;
}

static void
closed(struct endpoint *e, bool reset)
{
	endpoint_init(e, e->listens);
	e->was_reset = reset;
}

static void
arm(struct endpoint *e, uint32_t now)
{
	if (e->rto_at == 0) {
		e->rto_at = now + ENDPOINT_RTO;
		e->rto_first = now;
	}
}

void
endpoint_connect(struct endpoint *e, uint32_t iss, uint32_t now, struct endpoint_out *out)
{
	e->ts_clock = now;
	e->state = TCP_STATE_SYN_SENT;
	e->iss = e->snd_una = iss;
	e->snd_nxt = e->snd_max = iss + 1;
	e->rcv_edge = e->rcv_nxt + e->rcv_wnd;
	emit(e, TCP_SYN, iss, 0, out);
	arm(e, now);
}

/* Return the sequence number of the FIN after the application has closed. */
static uint32_t
fin_seq(const struct endpoint *e)
{
	return e->iss + 1 + e->queued;
}

static bool
fin_acked(const struct endpoint *e)
{
	return e->fin_queued && seq_after(e->snd_una, fin_seq(e));
}

/* Send what the window allows, then the FIN. */
static void
send_data(struct endpoint *e, uint32_t now, struct endpoint_out *out)
{
	uint32_t end = fin_seq(e), limit = e->snd_una + e->snd_wnd, len;

	if (e->state != TCP_STATE_ESTABLISHED && e->state != TCP_STATE_CLOSE_WAIT &&
	    e->state != TCP_STATE_FIN_WAIT_1 && e->state != TCP_STATE_CLOSING &&
	    e->state != TCP_STATE_LAST_ACK)
		return;
	while (seq_before(e->snd_nxt, end) && seq_before(e->snd_nxt, limit)) {
		len = end - e->snd_nxt;
		if (len > limit - e->snd_nxt)
			len = limit - e->snd_nxt;
		if (len > MSS)
			len = MSS;
		emit(e, TCP_ACK, e->snd_nxt, len, out);
		e->snd_nxt += len;
		arm(e, now);
	}
	if (e->closing && e->snd_nxt == end &&
	    (seq_before(end, limit) || e->snd_una == end)) {
		emit(e, TCP_FIN | TCP_ACK, end, 0, out);
		e->snd_nxt++;
		arm(e, now);
		if (!e->fin_queued) {
			e->fin_queued = true;
			e->state = e->state == TCP_STATE_CLOSE_WAIT
					   ? TCP_STATE_LAST_ACK
					   : TCP_STATE_FIN_WAIT_1;
		}
	}
	e->snd_max = seq_max(e->snd_max, e->snd_nxt);
	if (seq_before(e->snd_una, end) || (e->closing && !fin_acked(e)))
		arm(e, now); /* for a retransmission, or to probe a closed window */
}

void
endpoint_write(struct endpoint *e, uint32_t bytes, uint32_t now, struct endpoint_out *out)
{
	if (e->closing)
		return;
	e->queued += bytes;
	send_data(e, now, out);
}

void
endpoint_close(struct endpoint *e, uint32_t now, struct endpoint_out *out)
{
	if (e->state == TCP_STATE_SYN_SENT || e->state == TCP_STATE_LISTEN ||
	    e->state == TCP_STATE_CLOSED)
		return;
	e->closing = true;
	send_data(e, now, out);
}

void
endpoint_abort(struct endpoint *e, struct endpoint_out *out)
{
	if (synchronised(e) && e->state != TCP_STATE_TIME_WAIT)
		emit(e, TCP_RST | TCP_ACK,
		     e->fin_reset && fin_acked(e) ? e->snd_nxt - 1 : e->snd_nxt, 0, out);
	closed(e, true);
}

void
endpoint_set_window(struct endpoint *e, uint32_t bytes, struct endpoint_out *out)
{
	e->rcv_wnd = bytes;
	if (!synchronised(e))
		return;
	if (seq_after(e->rcv_nxt + bytes,
		      /* never move the right edge back: RFC 9293 3.8.6 */
		      e->rcv_edge)) {
		e->rcv_edge = e->rcv_nxt + bytes;
		/* the header counts the window in units of 1 << scale */
		if (e->scaled && e->scale < 15)
			e->rcv_edge = e->rcv_nxt + (bytes >> e->scale << e->scale);
		emit_ack(e, out);
	}
}

/* Take the initial number, the window and the options of the peer's SYN. */
static void
take_syn(struct endpoint *e, const struct tcp_segment *seg)
{
	e->irs = seg->seq;
	e->rcv_nxt = seg->seq + 1;
	e->rcv_edge = e->rcv_nxt + e->rcv_wnd;
	e->peer_scale = seg->scale == TCP_NO_SCALE ? 0 : seg->scale;
	e->scaled = seg->scale != TCP_NO_SCALE && e->scale != TCP_NO_SCALE;
	e->ts_on = seg->has_ts && e->timestamps;
	if (e->ts_on)
		e->ts_recent = seg->tsval;
}

static void
take_window(struct endpoint *e, const struct tcp_segment *seg, bool syn)
{
	e->snd_wnd = syn || !e->scaled ? seg->win : (uint32_t)seg->win << e->peer_scale;
	e->snd_wl1 = seg->seq;
	e->snd_wl2 = seg->ack;
}

static void
receive_listen(struct endpoint *e, const struct tcp_segment *seg, uint32_t new_iss,
	       uint32_t now, struct endpoint_out *out)
{
	if (seg->flags & TCP_RST)
		return;
	if (seg->flags & TCP_ACK) {
		answer_unknown(e, seg, out);
		return;
	}
	if (!(seg->flags & TCP_SYN))
		return;
	take_syn(e, seg);
	e->iss = e->snd_una = new_iss;
	e->snd_nxt = e->snd_max = new_iss + 1;
	e->state = TCP_STATE_SYN_RECEIVED;
	emit(e, TCP_SYN | TCP_ACK, new_iss, 0, out);
	arm(e, now);
}

static void
receive_syn_sent(struct endpoint *e, const struct tcp_segment *seg, uint32_t now,
		 struct endpoint_out *out)
{
	bool acked = seg->flags & TCP_ACK;

	if (acked && !seq_within(seg->ack, e->iss + 1, e->snd_max)) {
		answer_unknown(e, seg, out);
		return;
	}
	if (seg->flags & TCP_RST) {
		if (acked)
			closed(e, true);
		return;
	}
	if (!(seg->flags & TCP_SYN))
		return;
	take_syn(e, seg);
	if (!acked) { /* simultaneous open */
		e->state = TCP_STATE_SYN_RECEIVED;
		e->snd_nxt = e->iss + 1;
		emit(e, TCP_SYN | TCP_ACK, e->iss, 0, out);
		return;
	}
	e->snd_una = seg->ack;
	e->rto_at = 0;
	take_window(e, seg, true);
	e->state = TCP_STATE_ESTABLISHED;
	emit_ack(e, out);
	send_data(e, now, out);
}

/* First check of RFC 9293 3.10.7.4: the sequence number. */
static bool
acceptable(const struct endpoint *e, const struct tcp_segment *seg)
{
	uint32_t len = segment_len(seg), window = e->rcv_edge - e->rcv_nxt;

	if (len == 0)
		return window == 0 ? seg->seq == e->rcv_nxt
				   : seg->seq - e->rcv_nxt < window;
	if (window == 0)
		return false;
	return seg->seq - e->rcv_nxt < window || seg->seq + len - 1 - e->rcv_nxt < window;
}

static void
acked_fin(struct endpoint *e, uint32_t now)
{
	if (!fin_acked(e))
		return;
	if (e->state == TCP_STATE_FIN_WAIT_1) {
		e->state = TCP_STATE_FIN_WAIT_2;
	} else if (e->state == TCP_STATE_CLOSING) {
		e->state = TCP_STATE_TIME_WAIT;
		e->wait_until = now + ENDPOINT_2MSL;
	} else if (e->state == TCP_STATE_LAST_ACK) {
		closed(e, false);
	}
}

/* Process the ACK; return false if the segment needs no further processing. */
static bool
receive_ack(struct endpoint *e, const struct tcp_segment *seg, uint32_t now,
	    struct endpoint_out *out)
{
	if (e->state == TCP_STATE_SYN_RECEIVED) {
		if (!seq_within(seg->ack, e->iss + 1, e->snd_max)) {
			answer_unknown(e, seg, out);
			return false;
		}
		e->state = TCP_STATE_ESTABLISHED;
		e->snd_una = seg->ack;
		e->rto_at = 0;
		take_window(e, seg, seg->flags & TCP_SYN);
		return true;
	}
	if (seq_after(seg->ack, e->snd_max)) {
		emit_ack(e, out);
		return false;
	}
	if (seq_after(seg->ack, e->snd_una)) {
		e->snd_una = seg->ack;
		if (seq_before(e->snd_nxt, e->snd_una))
			e->snd_nxt = e->snd_una;
		e->rto_at = 0;
		if (e->snd_una != e->snd_max)
			arm(e, now);
	}
	if (seg->ack == e->snd_una || !seq_before(seg->ack, e->snd_wl2))
		if (seq_before(e->snd_wl1, seg->seq) ||
		    (e->snd_wl1 == seg->seq && !seq_before(seg->ack, e->snd_wl2))) {
			take_window(e, seg, seg->flags & TCP_SYN);
			if (e->rto_at != 0)
				e->rto_first = now;
		}
	acked_fin(e, now);
	return e->state >= TCP_STATE_ESTABLISHED;
}

/* Process data and FIN, in order only. */
static void
receive_text(struct endpoint *e, const struct tcp_segment *seg, uint32_t now,
	     struct endpoint_out *out)
{
	uint32_t skip = e->rcv_nxt - seg->seq, len, room;
	bool fin = seg->flags & TCP_FIN;

	if (segment_len(seg) == 0)
		return;
	if (seq_after(seg->seq, e->rcv_nxt) || skip > seg->len) {
		emit_ack(e, out);
		return;
	}
	if (e->state == TCP_STATE_ESTABLISHED || e->state == TCP_STATE_FIN_WAIT_1 ||
	    e->state == TCP_STATE_FIN_WAIT_2) {
		len = seg->len - skip;
		room = e->rcv_edge - e->rcv_nxt;
		if (len > room) {
			len = room;
			fin = false;
		}
		e->rcv_nxt += len;
		e->received += len;
		if (e->rcv_wnd != 0 && seq_after(e->rcv_nxt + e->rcv_wnd, e->rcv_edge))
			e->rcv_edge = e->rcv_nxt + e->rcv_wnd;
		if (fin) {
			e->rcv_nxt++;
			e->rcv_edge = seq_max(e->rcv_edge, e->rcv_nxt);
			if (e->state == TCP_STATE_ESTABLISHED) {
				e->state = TCP_STATE_CLOSE_WAIT;
			} else if (e->state == TCP_STATE_FIN_WAIT_1 && !fin_acked(e)) {
				e->state = TCP_STATE_CLOSING;
			} else {
				e->state = TCP_STATE_TIME_WAIT;
				e->wait_until = now + ENDPOINT_2MSL;
			}
		}
	}
	emit_ack(e, out);
}

static bool
paws_old(const struct endpoint *e, const struct tcp_segment *seg)
{
	return e->ts_on && seg->has_ts && seq_before(seg->tsval, e->ts_recent);
}

/* Process a new SYN in TIME-WAIT: RFC 1122 4.2.2.13, RFC 6191. */
static bool
reopens(const struct endpoint *e, const struct tcp_segment *seg)
{
	if (e->state != TCP_STATE_TIME_WAIT || !e->listens)
		return false;
	if (e->ts_on && seg->has_ts)
		return seq_after(seg->tsval, e->ts_recent);
	return seq_after(seg->seq, e->rcv_nxt);
}

void
endpoint_receive(struct endpoint *e, const struct tcp_segment *seg, uint32_t new_iss,
		 uint32_t now, struct endpoint_out *out)
{
	bool plain_syn = (seg->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	e->ts_clock = now;
	if (e->is_signed && !seg->is_signed)
		return;
	switch (e->state) {
	case TCP_STATE_CLOSED:
		answer_unknown(e, seg, out);
		return;
	case TCP_STATE_LISTEN:
		receive_listen(e, seg, new_iss, now, out);
		return;
	case TCP_STATE_SYN_SENT:
		receive_syn_sent(e, seg, now, out);
		return;
	default:
		break;
	}
	if (plain_syn && reopens(e, seg)) {
		endpoint_init(e, true);
		receive_listen(e, seg, new_iss, now, out);
		return;
	}
	if (!(seg->flags & TCP_RST) && paws_old(e, seg)) {
		emit_ack(e, out);
		return;
	}
	if (e->state == TCP_STATE_SYN_RECEIVED && (seg->flags & TCP_SYN) &&
	    seg->seq == e->irs) {
		if (seg->flags & TCP_ACK) /* the SYN+ACK of a simultaneous open */
			receive_ack(e, seg, now, out);
		else
			emit(e, TCP_SYN | TCP_ACK, e->iss, 0, out);
		return;
	}
	/* Linux accepts this RST too: tcp_reset_check() */
	if ((seg->flags & TCP_RST) && e->fin_reset && seg->seq == e->rcv_nxt - 1 &&
	    (e->state == TCP_STATE_CLOSE_WAIT || e->state == TCP_STATE_LAST_ACK ||
	     e->state == TCP_STATE_CLOSING)) {
		closed(e, true);
		return;
	}
	if (!acceptable(e, seg)) {
		/* the ACK of a segment that a closed window refuses is valid: 3.10.7.4 */
		if (!(seg->flags & (TCP_RST | TCP_SYN)) && (seg->flags & TCP_ACK) &&
		    seg->seq == e->rcv_nxt)
			receive_ack(e, seg, now, out);
		if (!(seg->flags & TCP_RST) && e->state >= TCP_STATE_SYN_RECEIVED)
			emit_ack(e, out);
		return;
	}
	if (seg->flags & TCP_RST) {
		if (seg->seq == e->rcv_nxt)
			closed(e, true);
		else
			emit_ack(e, out);
		return;
	}
	if (seg->flags & TCP_SYN) {
		emit_ack(e, out);
		return;
	}
	if (!(seg->flags & TCP_ACK))
		return;
	if (e->ts_on && seg->has_ts && !seq_after(seg->seq, e->rcv_nxt))
		e->ts_recent = seq_max(seg->tsval, e->ts_recent);
	if (!receive_ack(e, seg, now, out))
		return;
	receive_text(e, seg, now, out);
	send_data(e, now, out);
}

static void
retransmit(struct endpoint *e, uint32_t now, struct endpoint_out *out)
{
	uint32_t end = fin_seq(e), len;

	e->rto_at = now + ENDPOINT_RTO;
	if (e->state == TCP_STATE_SYN_SENT) {
		emit(e, TCP_SYN, e->iss, 0, out);
	} else if (e->state == TCP_STATE_SYN_RECEIVED) {
		emit(e, TCP_SYN | TCP_ACK, e->iss, 0, out);
	} else if (seq_before(e->snd_una, end)) {
		len = end - e->snd_una;
		if (len > MSS)
			len = MSS;
		if (len > e->snd_wnd)
			len = e->snd_wnd ? e->snd_wnd : 1; /* window probe */
		emit(e, TCP_ACK, e->snd_una, len, out);
		if (seq_after(e->snd_una + len, e->snd_nxt))
			e->snd_nxt = e->snd_una + len;
		e->snd_max = seq_max(e->snd_max, e->snd_nxt);
	} else if (e->fin_queued && !fin_acked(e)) {
		emit(e, TCP_FIN | TCP_ACK, end, 0, out);
	} else {
		e->rto_at = 0;
		send_data(e, now, out);
	}
}

void
endpoint_tick(struct endpoint *e, uint32_t now, struct endpoint_out *out)
{
	e->ts_clock = now;
	if (e->state == TCP_STATE_TIME_WAIT && (int32_t)(now - e->wait_until) >= 0) {
		closed(e, false);
		e->waited = true;
		return;
	}
	if (e->rto_at == 0 || (int32_t)(now - e->rto_at) < 0)
		return;
	if (now - e->rto_first > ENDPOINT_GIVE_UP) {
		endpoint_abort(e, out);
		return;
	}
	retransmit(e, now, out);
}
