/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classes of steps that the kernel drops and sluice passes. The first ones follow from
 * the segment alone. The later ones follow from an earlier step, after which the kernel's
 * entry is wrong; they accept only segments whose numbers are right by sluice's state
 * (is_good()).
 */
#include "classes.h"

static bool
kernel_says(const struct step *s, enum kernel_word word)
{
	return s->pass && !s->kernel_pass && s->word == word;
}

/* The kernel refused the segment because of the state or the numbers. */
static bool
kernel_refuses(const struct step *s)
{
	return kernel_says(s, KERNEL_STATE) || kernel_says(s, KERNEL_SEQ_OVER) ||
	       kernel_says(s, KERNEL_ACK_OVER) || kernel_says(s, KERNEL_RST);
}

/* The kernel refused the segment because of its numbers. */
static bool
kernel_refuses_numbers(const struct step *s)
{
	return kernel_refuses(s) && s->word != KERNEL_STATE;
}

/*
 * Return whether the segment may belong to this shadow, an attempt to connect beside the
 * connection (SYN-4).
 */
static bool
is_for(const struct tcp_shadow *shadow, const struct step *s)
{
	uint8_t x = s->from, orig = shadow->hot.flags & TRACK_ORIG;
	bool answered = (shadow->hot.ep[!orig] & EP_PA) != 0;
	const struct tcp_handshake_ext *handshake = &shadow->handshake;

	if (!shadow->live)
		return false;
	if (answered)
		return true;
	if (x == orig) /* a host that has sent only a SYN can only withdraw it, RST-2 */
		return (s->seg.flags & TCP_RST) &&
		       (seq_within(s->seg.seq, shadow->cold.iss[x], shadow->hot.nxt[x]) ||
			(handshake->has_second[x] &&
			 seq_within(s->seg.seq, handshake->second[x].iss,
				    handshake->second[x].end)) ||
			(handshake->bad_ack_side == x + 1 &&
			 handshake->bad_ack == s->seg.seq));
	return !(s->seg.flags & TCP_RST) || (s->seg.flags & TCP_ACK); /* RST-1 */
}

static bool
is_for_shadow(const struct step *s)
{
	return s->before.has_ext && (is_for(&s->before.ext.shadow[0], s) ||
				     is_for(&s->before.ext.shadow[1], s));
}

/*
 * RST-9: the SYN+ACK may not have reached the receiver of this RST+ACK. Its state is then
 * SYN-SENT, in which it checks only the ACK of a RST.
 */
static bool
is_rst_to_syn_sent(const struct step *s)
{
	uint8_t y = !s->from;

	return step_kind(s) == (TCP_RST | TCP_ACK) && !(step_hot(s)->ep[y] & EP_PA) &&
	       step_acks(s, y);
}

/*
 * RST-2: a RST that answers a wrong ACK, which sluice passed so that its receiver would
 * answer with this RST.
 */
static bool
is_rst_answer(const struct step *s)
{
	const struct tcp_handshake_ext *handshake = &s->before.ext.handshake;

	return (s->seg.flags & TCP_RST) && s->before.has_ext &&
	       handshake->bad_ack_side == s->from + 1 && handshake->bad_ack == s->seg.seq;
}

/* RST-10: a RST with the sequence number of an acknowledged FIN. */
static bool
is_rst_at_fin(const struct step *s)
{
	const struct track_hot *h = step_hot(s);
	uint8_t x = s->from;

	return (s->seg.flags & TCP_RST) && (h->ep[x] & EP_FS) &&
	       s->before.cold.fin[x] == s->seg.seq && h->una[x] == s->seg.seq + 1;
}

/*
 * Return whether SEQ and ACK are right by sluice's numbers. Without a connection, after a
 * reset and during the handshake there is nothing to check them against: then any are
 * right.
 */
static bool
is_good(const struct step *s)
{
	const struct track_hot *h = step_hot(s);
	uint8_t x = s->from, y = !x;

	if (!s->before.live || world_lingers(&s->before) || is_for_shadow(s) ||
	    !((h->ep[0] | h->ep[1]) & EP_PA) || (s->seg.flags & TCP_SYN))
		return true;
	if (s->seg.flags & TCP_RST)
		return seq_within(s->seg.seq, h->una[x], h->nxt[x]) ||
		       is_rst_to_syn_sent(s) || is_rst_answer(s) || is_rst_at_fin(s);
	return !seq_after(s->seg.seq, step_right_edge(s, x) + 1) &&
	       !seq_after(s->seg.ack, h->nxt[y]);
}

static bool
is_data(const struct step *s) /* any segment without SYN and RST */
{
	return !(s->seg.flags & (TCP_SYN | TCP_RST));
}

static bool
urgent_flag(const struct step *s)
{
	uint8_t k = step_kind(s);

	return kernel_says(s, KERNEL_FLAGS) && (s->seg.flags & TCP_URG) && is_good(s) &&
	       (k == TCP_RST || k == (TCP_RST | TCP_ACK) || k == (TCP_SYN | TCP_ACK));
}

static bool
sack_beyond(const struct step *s)
{
	return kernel_says(s, KERNEL_ACK_OVER) && s->sack != 0 && is_good(s) &&
	       seq_after(s->sack, step_hot(s)->nxt[!s->from]);
}

static bool
syn_from_server(const struct step *s)
{
	return kernel_says(s, KERNEL_STATE) && step_kind(s) == TCP_SYN &&
	       !step_kernel_orig(s) && !step_kernel_was(s, TCP_CONNTRACK_SYN_SENT) &&
	       !step_kernel_was(s, TCP_CONNTRACK_SYN_SENT2) &&
	       (!s->before.only_a_opens || s->before.cold.iss[s->from] == s->seg.seq ||
		s->before.ext.shadow[0].live);
}

static bool
synack_from_client(const struct step *s)
{
	return kernel_says(s, KERNEL_STATE) && step_kind(s) == (TCP_SYN | TCP_ACK) &&
	       step_kernel_orig(s);
}

static bool
fin_to_syn_sent(const struct step *s)
{
	return kernel_says(s, KERNEL_STATE) && step_kind(s) == (TCP_FIN | TCP_ACK) &&
	       !step_kernel_orig(s) && s->state[!s->from] == TCP_STATE_SYN_SENT;
}

/* RST-2: the sender of a SYN withdraws it with a RST, or answers a wrong ACK with one. */
static bool
rst_of_syn(const struct step *s)
{
	const struct tcp_handshake_ext *handshake = &s->before.ext.handshake;
	uint8_t x = s->from;

	return kernel_refuses_numbers(s) && (s->seg.flags & TCP_RST) &&
	       s->state[x] == TCP_STATE_SYN_SENT &&
	       (seq_within(s->seg.seq, s->before.cold.iss[x], step_hot(s)->nxt[x]) ||
		(s->before.has_ext && handshake->bad_ack_side == x + 1 &&
		 handshake->bad_ack == s->seg.seq));
}

static bool
rst_to_syn_sent(const struct step *s)
{
	return (kernel_says(s, KERNEL_SEQ_OVER) || kernel_says(s, KERNEL_RST)) &&
	       is_rst_to_syn_sent(s);
}

/* GEN-2: a wrong ACK toward an endpoint in SYN_RECEIVED, which answers it with a RST. */
static bool
handshake_ack(const struct step *s)
{
	uint8_t ep = step_hot(s)->ep[!s->from] & (EP_SS | EP_PA | EP_SA);

	/* its SYN is not acknowledged; it may have sent a FIN */
	return kernel_refuses(s) && is_data(s) && ep == (EP_SS | EP_PA) &&
	       !step_acks(s, !s->from);
}

static bool
synack_wrong_ack(const struct step *s)
{
	return kernel_says(s, KERNEL_ACK_OVER) && step_kind(s) == (TCP_SYN | TCP_ACK) &&
	       !step_acks(s, !s->from);
}

/*
 * MODEL-5: the endpoint in SYN_RECEIVED sends more than one segment, within the window
 * that the peer's SYN offered.
 */
static bool
server_first(const struct step *s)
{
	return kernel_says(s, KERNEL_SEQ_OVER) && is_data(s) && is_good(s) &&
	       s->state[s->from] == TCP_STATE_SYN_RECEIVED;
}

/*
 * ACC-1: SEQ is at or beyond the edge of the last offered window, but within the largest
 * window offered so far, or within the window that the SYN offered.
 */
static bool
window(const struct step *s)
{
	uint8_t x = s->from;

	return kernel_says(s, KERNEL_SEQ_OVER) && is_data(s) && is_good(s) &&
	       (!seq_before(s->seg.seq, step_hot(s)->edge[x]) ||
		s->seg.seq - s->before.cold.iss[x] - 1 <= s->before.cold.syn_win[x]);
}

/* ACC-10: sluice has found that the data of one direction takes another path. */
static bool
asymmetric(const struct step *s)
{
	return kernel_says(s, KERNEL_ACK_OVER) && (s->after.cold.flags & COLD_ASYMMETRIC);
}

static bool
entry_gone(const struct step *s)
{
	return s->pass && !s->kernel_pass && !s->kernel_before.there && s->before.live;
}

static bool
lingering(const struct step *s)
{
	return kernel_refuses(s) && world_lingers(&s->before);
}

/* SYN-4: the segment may answer a SYN that was sent beside the connection. */
static bool
to_shadow(const struct step *s)
{
	return kernel_refuses_numbers(s) && is_for_shadow(s);
}

static bool
agrees(const struct tcp_handshake_ext *handshake, const struct step *s)
{
	return handshake->synack_side == !s->from + 1 &&
	       s->seg.ack == segment_end(&handshake->synack) &&
	       s->seg.seq - handshake->synack.ack <= handshake->synack.win;
}

/*
 * SYN-5: the segment acknowledges a SYN+ACK that answered a SYN which sluice has not
 * seen.
 */
static bool
match_unsolicited_synack(const struct step *s)
{
	const struct tcp_ext *ext = &s->before.ext;

	return kernel_refuses_numbers(s) && is_data(s) && s->before.has_ext &&
	       (agrees(&ext->handshake, s) ||
		(ext->shadow[0].live && agrees(&ext->shadow[0].handshake, s)) ||
		(ext->shadow[1].live && agrees(&ext->shadow[1].handshake, s)));
}

static bool
moved_on(const struct step *s)
{
	return kernel_refuses(s) && s->past.moved_on && is_good(s);
}

static bool
simultaneous_open(const struct step *s)
{
	return kernel_refuses(s) && s->past.simultaneous && is_good(s);
}

static bool
second_syn(const struct step *s)
{
	return kernel_refuses(s) && s->past.second_syn && is_good(s);
}

static bool
handshake_again(const struct step *s)
{
	return kernel_refuses_numbers(s) && s->past.handshake_again && is_good(s);
}

/*
 * The kernel accepted a SYN+ACK with a wrong ACK, and now finds the segment outside the
 * window of that SYN+ACK.
 */
static bool
wrong_answer(const struct step *s)
{
	return kernel_says(s, KERNEL_SEQ_OVER) && is_data(s) && step_acks(s, !s->from) &&
	       s->state[!s->from] == TCP_STATE_SYN_SENT &&
	       step_kernel_was(s, TCP_CONNTRACK_SYN_RECV);
}

/* The kernel passed the SYN+ACK without updating its entry, and is still in SYN_SENT. */
static bool
synack_uncounted(const struct step *s)
{
	return kernel_says(s, KERNEL_STATE) && is_data(s) && is_good(s) &&
	       step_kernel_was(s, TCP_CONNTRACK_SYN_SENT) && s->past.uncounted[!s->from];
}

static bool
uncounted(const struct step *s)
{
	uint8_t x = s->from;
	bool follows = s->past.has_passed[x] && !seq_after(s->seg.seq, s->past.passed[x]);

	return ((kernel_says(s, KERNEL_SEQ_OVER) &&
		 (s->past.uncounted[!x] || (s->past.uncounted[x] && follows))) ||
		(kernel_says(s, KERNEL_ACK_OVER) && s->past.uncounted[!x])) &&
	       is_good(s);
}

static bool
ack_believed(const struct step *s)
{
	uint8_t y = !s->from;

	return kernel_says(s, KERNEL_RST) && s->past.has_ack[y] && is_good(s) &&
	       seq_before(s->seg.seq, s->past.ack[y]);
}

static bool
kernel_closed(const struct step *s)
{
	return kernel_refuses_numbers(s) && is_good(s) && s->past.reset &&
	       step_kernel_was(s, TCP_CONNTRACK_CLOSE);
}

static bool
rst_answer(const struct step *s)
{
	return kernel_refuses(s) && is_rst_answer(s);
}

static bool
rst_at_fin(const struct step *s)
{
	return kernel_refuses(s) && is_rst_at_fin(s);
}

/*
 * SYN-6: the kernel's rules refuse a SYN from the server, for which the kernel in
 * TIME_WAIT creates a new entry. For sluice it repeats a SYN that has passed, or crosses
 * the client's.
 */
static bool
syn_refused(const struct step *s)
{
	return !s->kernel_pass && s->word == KERNEL_NOTHING && step_kind(s) == TCP_SYN &&
	       s->before.only_a_opens && s->from == 1 && s->before.live &&
	       (s->before.cold.iss[1] == s->seg.seq || s->before.ext.shadow[0].live);
}

static bool
picked_up_first(const struct step *s)
{
	return kernel_says(s, KERNEL_NEW) && !s->before.live &&
	       (s->after.cold.flags & COLD_LOOSE) &&
	       (step_kind(s) == (TCP_FIN | TCP_ACK) ||
		step_kind(s) == (TCP_SYN | TCP_ACK));
}

static bool
picked_up_anew(const struct step *s)
{
	return kernel_refuses(s) && s->before.live && step_kind(s) != TCP_RST &&
	       (s->after.cold.flags & COLD_LOOSE) &&
	       !(s->after.hot.flags & TRACK_REPLIED);
}

struct difference_class kernel_drops[] = {
	{"urgent-flag", urgent_flag, 0},
	{"sack-beyond", sack_beyond, 0},
	{"syn-from-server", syn_from_server, 0},
	{"synack-from-client", synack_from_client, 0},
	{"fin-to-syn-sent", fin_to_syn_sent, 0},
	{"rst-of-syn", rst_of_syn, 0},
	{"rst-to-syn-sent", rst_to_syn_sent, 0},
	{"rst-answer", rst_answer, 0},
	{"rst-at-fin", rst_at_fin, 0},
	{"syn-refused", syn_refused, 0},
	{"handshake-ack", handshake_ack, 0},
	{"synack-wrong-ack", synack_wrong_ack, 0},
	{"server-first", server_first, 0},
	{"window", window, 0},
	{"asymmetric", asymmetric, 0},
	{"entry-gone", entry_gone, 0},
	{"lingering", lingering, 0},
	{"to-shadow", to_shadow, 0},
	{"both-agree", match_unsolicited_synack, 0},
	{"moved-on", moved_on, 0},
	{"simultaneous-open", simultaneous_open, 0},
	{"second-syn", second_syn, 0},
	{"handshake-again", handshake_again, 0},
	{"wrong-answer", wrong_answer, 0},
	{"synack-uncounted", synack_uncounted, 0},
	{"uncounted", uncounted, 0},
	{"ack-believed", ack_believed, 0},
	{"kernel-closed", kernel_closed, 0},
	{"picked-up-first", picked_up_first, 0},
	{"picked-up-anew", picked_up_anew, 0},
	{NULL, NULL, 0},
};
