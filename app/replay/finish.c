/* SPDX-License-Identifier: BSD-3-Clause */
#include "finish.h"

#include <string.h>

#include <base/seq.h>

/*
 * Frames longer than this exceed every usual MTU, so they hold merged segments (GRO,
 * TSO).
 */
#define JUMBO_BYTES 9018u
#define MISSED_MAX (1u << 24)

static bool
is_syn(const struct packet *p)
{
	return p->kind == PACKET_TCP &&
	       (p->seg.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

/* Find the conversation of a frame; for an ICMP error, that of the quoted packet. */
static struct conversation *
find_conversation(struct replay *r, const struct frame *fr, unsigned *sender)
{
	struct conversation *c;
	struct packet inner;
	bool is_new;

	*sender = 0;
	if (fr->marks & MARK_CUT_HEADERS)
		return NULL;
	c = conversation_of(&r->conversations, &fr->p, sender, &is_new);
	if (c == NULL && fr->p.kind == PACKET_ICMP_ERROR && frame_quoted(fr, &inner))
		return conversation_quoted(&r->conversations, &inner, sender);
	if (c != NULL && fr->p.kind == PACKET_TCP && (fr->p.seg.flags & TCP_SYN))
		c->mss[*sender] = frame_mss(fr);
	/*
	 * the sender of a SYN+ACK is the responder, even in the first packet of a capture
	 */
	if (c != NULL && is_new && fr->p.kind == PACKET_TCP &&
	    (fr->p.seg.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		c->lan = !*sender;
	return c;
}

static enum replay_loose
loose_of(const struct replay *r, struct conversation *c, const struct packet *p)
{
	if (r->loose != FAULTS_AUTO || c == NULL || p->kind != PACKET_TCP)
		return REPLAY_EITHER;
	if (is_syn(p)) {
		c->syn_seen = true;
		return REPLAY_EITHER;
	}
	return c->syn_seen ? REPLAY_STRICT : REPLAY_LOOSE;
}

static bool
is_merged(const struct conversation *c, const struct packet *p, unsigned sender)
{
	uint16_t mss;

	if (c == NULL || p->kind != PACKET_TCP)
		return false;
	mss = c->mss[!sender];
	return p->seg.len > JUMBO_BYTES || (mss != 0 && p->seg.len > mss);
}

void
prepare_item(struct replay *r, struct replay_next *next, struct capture *capture,
	     const struct frame *fr, uint64_t ns)
{
	struct item *item = &next->item;
	unsigned sender, side;

	*next = (struct replay_next){.ready = true};
	item->fr = *fr;
	item->capture = capture;
	item->ns = ns;
	item->c = find_conversation(r, fr, &sender);
	item->sender = (uint8_t)sender;
	item->marks = fr->marks;
	item->judged = !(fr->marks & MARK_CUT_HEADERS);
	if (capture->name != NULL) {
		item->port = capture->port;
	} else {
		side = sides_of(&r->sides, capture, fr, item->c, sender);
		item->port = (uint16_t)(capture->port + side);
	}
	/* an ICMP error does not belong to the conversation that it quotes */
	if (fr->p.kind == PACKET_ICMP_ERROR)
		item->c = NULL;
	next->loose = loose_of(r, item->c, &fr->p);
	if (is_merged(item->c, &fr->p, sender))
		item->marks |= MARK_MERGED;
	if (duplicates_check(&r->duplicates, fr, ns))
		item->marks |= MARK_DUPLICATE;
	if (item->c != NULL) {
		item->c->pins++;
		item->c->port[sender] = (uint16_t)(item->port + 1);
	}
}

/*
 * End the conversation's current connection if the engine has created another one for
 * this packet, or has replaced the old one.
 */
static void
split_connection(struct replay *r, const struct item *item,
		 const struct engine_record *record)
{
	struct conversation *c = item->c;
	bool other;

	if (record != NULL && record->has_conn)
		other = c->a.conn != 0 ? c->a.conn != record->conn
				       : analysis_is_next(&c->a, &item->fr.p,
							  item->sender, item->ns);
	else
		other = analysis_is_next(&c->a, &item->fr.p, item->sender, item->ns);
	if (other)
		conversation_end(&r->conversations, c);
}

/*
 * Return whether an ACK acknowledges data that the capture does not contain, at most
 * MISSED_MAX bytes beyond the data that it does contain. Such data was sent, and the
 * capture has missed it.
 */
static bool
is_incomplete(const struct item *item, const struct engine_record *record)
{
	const struct tcp_segment *seg = &item->fr.p.seg;
	const struct analysis_endpoint *peer = &item->c->a.e[!item->sender];

	if (item->fr.p.kind != PACKET_TCP || !(seg->flags & TCP_ACK))
		return false;
	/* once segments are missing, the engine drops later ones for the same cause */
	if (item->c->a.incomplete)
		return record->reason == REASON_TCP_ACK_UNSENT ||
		       record->reason == REASON_TCP_SEQ_RIGHT ||
		       record->reason == REASON_TCP_RST_SEQ;
	if (record->reason == REASON_TCP_NO_HANDSHAKE)
		return item->sender == item->c->a.orig && !peer->has_iss;
	return record->reason == REASON_TCP_ACK_UNSENT && peer->has_nxt &&
	       seq_after(seg->ack, peer->nxt) && seg->ack - peer->nxt <= MISSED_MAX;
}

/* Store the states of both endpoints before and after the packet. */
static void
note_states(struct item *item, const struct engine_record *record)
{
	struct analysis *a = &item->c->a;
	unsigned side = item->port & 1u, lan = side == 0 ? item->sender : !item->sender;

	item->has_before = a->has_states;
	memcpy(item->before, a->state, sizeof(item->before));
	if (!record->has_conn)
		return;
	if (a->conn == 0) {
		a->conn = record->conn;
		a->rule = record->rule;
		a->orig = record->orig == 0 ? (uint8_t)lan : (uint8_t)!lan;
	}
	a->has_states = record->has_states;
	a->state[lan] = record->state[0];
	a->state[!lan] = record->state[1];
}

static void
note_verdict(struct item *item, const struct engine_record *record)
{
	struct conversation *c = item->c;
	bool first = item->is_first;

	if (first && record->has_conn && item->fr.p.kind == PACKET_TCP &&
	    !(item->fr.p.seg.flags & TCP_SYN)) {
		c->a.picked_up = true;
		item->marks |= MARK_PICKED_UP;
	}
	if (record->verdict == VERDICT_PASS)
		return;
	c->a.drops++;
	if (is_incomplete(item, record)) {
		c->a.incomplete = true;
		item->marks |= MARK_INCOMPLETE;
	}
}

void
finish_item(struct replay *r, struct item *item, const struct engine_record *record)
{
	struct conversation *c = item->c;
	bool bad_sum = record != NULL && (record->reason == REASON_L4_CHECKSUM ||
					  record->reason == REASON_IP_CHECKSUM);

	if (c != NULL) {
		split_connection(r, item, record);
		item->is_first = c->a.number == 0;
		if (record != NULL) {
			note_states(item, record);
			note_verdict(item, record);
		}
		analysis_packet(&c->a, &item->fr.p, item->sender, item->ns, bad_sum,
				r->sinks->connections + 1);
		r->sinks->connections += item->is_first;
		item->connection = c->a.number;
	}
	sinks_verdict(r->sinks, item, record);
	if (c != NULL)
		c->pins--;
}
