/* SPDX-License-Identifier: BSD-3-Clause */
#include "analysis.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_cycles.h>

#include <base/seq.h>

/* a segment that fills a gap later than this is a retransmission */
#define REORDER_NS UINT64_C(3000000)
/* an ACK further ahead than this of what the capture holds counts as wrong */
#define MISSED_MAX (1u << 24)
#define TCP_IDLE_NS (UINT64_C(300) * NS_PER_S)
#define OTHER_IDLE_NS (UINT64_C(60) * NS_PER_S)

/* indices of analysis_endpoint.last_seq */
enum { SEQ_SYN, SEQ_SYN_ACK, SEQ_FIN, SEQ_RST };

void
analysis_clear(struct analysis *a)
{
	*a = (struct analysis){0};
}

/*
 * Append a letter to the history: upper case for packets of the originator, lower case
 * for the responder.
 */
static void
add_history(struct analysis *a, unsigned sender, char letter)
{
	if (a->history_length == ANALYSIS_HISTORY)
		return;
	if (sender == a->orig)
		letter = (char)(letter - 'a' + 'A');
	a->history[a->history_length++] = letter;
}

static void
add_once(struct analysis *a, unsigned sender, char letter)
{
	uint32_t bit = UINT32_C(1) << (letter - 'a');

	if (a->e[sender].seen & bit)
		return;
	a->e[sender].seen |= bit;
	add_history(a, sender, letter);
}

/*
 * Append a letter of the history for a SYN, SYN+ACK, FIN or RST. A retransmission, with
 * the same sequence number, appends nothing.
 */
static void
add_numbered(struct analysis *a, unsigned sender, char letter, unsigned which,
	     uint32_t seq)
{
	struct analysis_endpoint *e = &a->e[sender];
	uint32_t bit = UINT32_C(1) << (letter - 'a');

	if ((e->seen & bit) && e->last_seq[which] == seq)
		return;
	e->seen |= bit;
	e->last_seq[which] = seq;
	add_history(a, sender, letter);
}

/*
 * Append a letter of the history if this is the 1st, 10th, 100th, .. occurrence, as Zeek
 * does.
 */
static void
add_scaled(struct analysis *a, unsigned sender, char letter, uint64_t times)
{
	while (times % 10 == 0 && times != 0)
		times /= 10;
	if (times == 1)
		add_history(a, sender, letter);
}

static void
reset_by(struct analysis *a, unsigned sender, const struct tcp_segment *seg)
{
	a->e[sender].state = ANALYSIS_RESET;
	add_numbered(a, sender, 'r', SEQ_RST, seg->seq);
}

static void
syn_by(struct analysis *a, unsigned sender, const struct tcp_segment *seg, uint64_t ns)
{
	struct analysis_endpoint *e = &a->e[sender], *peer = &a->e[!sender];

	e->iss = seg->seq;
	e->has_iss = true;
	if (!(seg->flags & TCP_ACK)) {
		add_numbered(a, sender, 's', SEQ_SYN, seg->seq);
		if (e->state == ANALYSIS_INACTIVE)
			e->state = ANALYSIS_SYN_SENT;
		a->syn_ns = ns;
		return;
	}
	add_numbered(a, sender, 'h', SEQ_SYN_ACK, seg->seq);
	if (peer->state == ANALYSIS_SYN_SENT || peer->state == ANALYSIS_ESTABLISHED) {
		peer->state = ANALYSIS_ESTABLISHED;
		if (e->state < ANALYSIS_ESTABLISHED)
			e->state = ANALYSIS_ESTABLISHED;
		if (a->synack_ns == 0)
			a->synack_ns = ns;
	} else if (e->state == ANALYSIS_INACTIVE) {
		e->state = ANALYSIS_SYN_ACK_SENT;
	}
}

/*
 * Count a segment below the highest sequence number. One that fills a gap within
 * REORDER_NS of its appearance was out of order. One that fills it later, or fills none,
 * is a retransmission.
 */
static void
count_old(struct analysis_endpoint *e, uint32_t seq, uint32_t end, uint64_t ns)
{
	unsigned i;

	for (i = 0; i < e->gap_count; i++) {
		struct analysis_gap *gap = &e->gap[i];

		if (!seq_before(seq, gap->to) || !seq_before(gap->from, end))
			continue;
		if (ns - gap->ns <= REORDER_NS)
			e->out_of_order++;
		else
			e->retransmissions++;
		gap->from = seq_before(gap->from, end) && !seq_after(seq, gap->from)
				    ? end
				    : gap->from;
		if (!seq_before(gap->from, gap->to))
			*gap = e->gap[--e->gap_count];
		return;
	}
	e->retransmissions++;
}

static void
add_gap(struct analysis_endpoint *e, uint32_t seq, uint64_t ns)
{
	if (e->gap_count == ANALYSIS_GAPS) {
		memmove(&e->gap[0], &e->gap[1], sizeof(e->gap) - sizeof(e->gap[0]));
		e->gap_count--;
	}
	e->gap[e->gap_count++] =
		(struct analysis_gap){e->nxt, seq, ns,
				      e->has_acked && seq_before(e->nxt, e->acked)};
}

static bool
is_keepalive(const struct analysis_endpoint *e, const struct tcp_segment *seg)
{
	return seg->len <= 1 && seg->seq == e->nxt - 1 &&
	       !(seg->flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/* Update sequence numbers, gaps and retransmissions with a segment. */
static void
sequence(struct analysis *a, unsigned sender, const struct tcp_segment *seg, uint64_t ns)
{
	struct analysis_endpoint *e = &a->e[sender];
	uint32_t end = segment_end(seg);
	uint64_t before = e->retransmissions;

	if (!e->has_nxt) {
		e->has_nxt = true;
		e->nxt = end;
		if (!e->has_iss)
			e->iss = seg->seq - 1;
		return;
	}
	if (seg->flags & TCP_RST)
		return;
	if (seq_before(e->nxt, seg->seq)) {
		add_gap(e, seg->seq, ns);
	} else if (segment_len(seg) != 0 && seq_before(seg->seq, e->nxt) &&
		   !is_keepalive(e, seg)) {
		count_old(e, seg->seq, end, ns);
		if (e->retransmissions != before && seg->len != 0)
			add_scaled(a, sender, 't', e->retransmissions);
	}
	if (seq_before(e->nxt, end))
		e->nxt = end;
	/* forget it, since 2 GiB later it would seem to be ahead again */
	if (e->has_acked && !seq_before(e->nxt, e->acked))
		e->has_acked = false;
}

static void
gap_acked(struct analysis *a, unsigned endpoint)
{
	add_scaled(a, endpoint, 'g', ++a->e[endpoint].gaps_acked);
}

/*
 * An ACK covers bytes that the capture does not hold: the peer of the sender has sent
 * them, and the receiver has them. Append a letter of the history for each such gap.
 */
static void
acknowledge(struct analysis *a, unsigned sender, uint32_t ack)
{
	struct analysis_endpoint *peer = &a->e[!sender];
	unsigned i;

	if (!peer->has_nxt)
		return;
	for (i = 0; i < peer->gap_count; i++) {
		if (peer->gap[i].acked || !seq_before(peer->gap[i].from, ack))
			continue;
		peer->gap[i].acked = true;
		gap_acked(a, !sender);
	}
	if (!seq_before(peer->nxt, ack) || ack - peer->nxt > MISSED_MAX)
		return;
	if (!peer->has_acked || !seq_before(peer->nxt, peer->acked))
		gap_acked(a, !sender);
	if (!peer->has_acked || seq_before(peer->acked, ack))
		peer->acked = ack;
	peer->has_acked = true;
}

static void
tcp_packet(struct analysis *a, unsigned sender, const struct tcp_segment *seg,
	   uint64_t ns)
{
	struct analysis_endpoint *e = &a->e[sender];
	unsigned control = seg->flags & (TCP_SYN | TCP_FIN | TCP_RST);

	if (control & (control - 1))
		add_once(a, sender, control == (TCP_FIN | TCP_RST) ? 'i' : 'q');
	if (seg->flags & TCP_SYN)
		syn_by(a, sender, seg, ns);
	else if (e->state == ANALYSIS_INACTIVE && control == 0)
		e->state = ANALYSIS_PARTIAL;
	if (a->synack_ns != 0 && a->ack_ns == 0 && sender == a->orig &&
	    (seg->flags & TCP_ACK) && !control)
		a->ack_ns = ns;
	if (seg->win == 0 && !(seg->flags & (TCP_RST | TCP_SYN))) {
		e->zero_windows++;
		add_scaled(a, sender, 'w', e->zero_windows);
	}
	if (seg->len != 0)
		add_once(a, sender, 'd');
	else if (control == 0)
		add_once(a, sender, 'a');
	sequence(a, sender, seg, ns);
	if ((seg->flags & TCP_ACK) && !(seg->flags & (TCP_SYN | TCP_RST)))
		acknowledge(a, sender, seg->ack);
	if (seg->flags & TCP_FIN) {
		if (e->state != ANALYSIS_RESET)
			e->state = ANALYSIS_CLOSED;
		add_numbered(a, sender, 'f', SEQ_FIN, seg->seq);
	}
	if (seg->flags & TCP_RST)
		reset_by(a, sender, seg);
}

/* Return the bytes after the transport header. */
static uint64_t
payload_bytes(const struct packet *p)
{
	uint32_t header = p->payload_off > p->l4_off ? p->payload_off - p->l4_off : 0;

	if (p->kind == PACKET_TCP)
		return p->seg.len;
	return p->l4_len > header ? p->l4_len - header : 0;
}

/*
 * Return the endpoint that began a connection, given its first packet: the sender, or the
 * receiver when the packet is a SYN+ACK.
 */
static uint8_t
originator(const struct packet *p, unsigned sender)
{
	bool answer = p->kind == PACKET_TCP && (p->seg.flags & TCP_SYN) &&
		      (p->seg.flags & TCP_ACK);

	return (uint8_t)(answer || (p->kind == PACKET_ICMP_QUERY && p->icmp_reply)
				 ? !sender
				 : sender);
}

void
analysis_packet(struct analysis *a, const struct packet *p, unsigned sender, uint64_t ns,
		bool bad_checksum, uint64_t number)
{
	struct analysis_endpoint *e = &a->e[sender];

	if (a->number == 0) {
		a->number = number;
		a->first_ns = ns;
		/* the engine has not reported who is the originator */
		if (a->conn == 0)
			a->orig = originator(p, sender);
	}
	a->last_ns = ns;
	e->packets++;
	e->ip_bytes += p->ip_len;
	if (bad_checksum) {
		e->bad_checksums++;
		add_scaled(a, sender, 'c', e->bad_checksums);
		return;
	}
	e->bytes += payload_bytes(p);
	if (p->kind == PACKET_TCP)
		tcp_packet(a, sender, &p->seg, ns);
	else if (p->kind == PACKET_UDP)
		add_once(a, sender, 'd');
}

bool
analysis_is_next(const struct analysis *a, const struct packet *p, unsigned sender,
		 uint64_t ns)
{
	const struct analysis_endpoint *e = a->e;
	bool over = e[0].state >= ANALYSIS_CLOSED || e[1].state >= ANALYSIS_CLOSED;

	if (a->number == 0)
		return false;
	if (p->kind != PACKET_TCP)
		return ns - a->last_ns > OTHER_IDLE_NS;
	if (ns - a->last_ns > TCP_IDLE_NS)
		return true;
	return over && (p->seg.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	       (!e[sender].has_iss || e[sender].iss != p->seg.seq);
}

uint64_t
analysis_data_bytes(const struct analysis *a, unsigned endpoint)
{
	const struct analysis_endpoint *e = &a->e[endpoint];
	uint32_t fin = e->seen & UINT32_C(1) << ('f' - 'a') ? 1 : 0;

	if (!e->has_iss || !e->has_nxt || e->bytes > UINT32_MAX / 2)
		return e->bytes;
	return (uint32_t)(e->nxt - e->iss - 1 - fin);
}

uint64_t
analysis_missed_bytes(const struct analysis *a, unsigned endpoint)
{
	const struct analysis_endpoint *e = &a->e[endpoint];
	uint64_t bytes = 0;
	unsigned i;

	for (i = 0; i < e->gap_count; i++)
		bytes += e->gap[i].to - e->gap[i].from;
	if (e->has_acked && seq_before(e->nxt, e->acked))
		bytes += e->acked - e->nxt;
	return bytes;
}

static const char *
tcp_conn_state(uint8_t orig, uint8_t resp, bool no_data)
{
	bool orig_silent = orig == ANALYSIS_INACTIVE || orig == ANALYSIS_PARTIAL;
	bool resp_silent = resp == ANALYSIS_INACTIVE || resp == ANALYSIS_PARTIAL;

	if (resp == ANALYSIS_RESET) {
		if (orig == ANALYSIS_SYN_SENT || orig == ANALYSIS_SYN_ACK_SENT ||
		    (orig == ANALYSIS_RESET && no_data))
			return "REJ";
		return orig_silent ? "RSTRH" : "RSTR";
	}
	if (orig == ANALYSIS_RESET)
		return resp_silent ? "RSTOS0" : "RSTO";
	if (orig == ANALYSIS_CLOSED && resp == ANALYSIS_CLOSED)
		return "SF";
	if (orig == ANALYSIS_CLOSED)
		return resp_silent ? "SH" : "S2";
	if (resp == ANALYSIS_CLOSED)
		return orig_silent ? "SHR" : "S3";
	if (orig == ANALYSIS_SYN_SENT && resp == ANALYSIS_INACTIVE)
		return "S0";
	if (orig == ANALYSIS_ESTABLISHED && resp == ANALYSIS_ESTABLISHED)
		return "S1";
	return "OTH";
}

const char *
analysis_conn_state(const struct analysis *a, uint8_t proto)
{
	const struct analysis_endpoint *orig = &a->e[a->orig], *resp = &a->e[!a->orig];

	if (proto == IPPROTO_TCP)
		return tcp_conn_state(orig->state, resp->state,
				      orig->bytes == 0 && resp->bytes == 0);
	if (proto != IPPROTO_UDP)
		return "OTH";
	if (orig->packets == 0)
		return resp->packets != 0 ? "SHR" : "OTH";
	return resp->packets != 0 ? "SF" : "S0";
}
