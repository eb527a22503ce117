/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes of steps with equal verdicts after which the states differ. */
#include "classes.h"

/*
 * Pairs of sluice's states, in either order, that correspond to one state of the kernel.
 */
static const struct {
	enum tcp_state a, b;
	enum tcp_conntrack kernel;
} pairs[] = {
	{TCP_STATE_SYN_SENT, TCP_STATE_LISTEN, TCP_CONNTRACK_SYN_SENT},
	{TCP_STATE_SYN_SENT, TCP_STATE_SYN_SENT, TCP_CONNTRACK_SYN_SENT2},
	{TCP_STATE_ESTABLISHED, TCP_STATE_SYN_RECEIVED, TCP_CONNTRACK_SYN_RECV},
	{TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED, TCP_CONNTRACK_ESTABLISHED},
	{TCP_STATE_FIN_WAIT_1, TCP_STATE_CLOSE_WAIT, TCP_CONNTRACK_FIN_WAIT},
	{TCP_STATE_FIN_WAIT_2, TCP_STATE_CLOSE_WAIT, TCP_CONNTRACK_CLOSE_WAIT},
	{TCP_STATE_CLOSING, TCP_STATE_CLOSING, TCP_CONNTRACK_LAST_ACK},
	{TCP_STATE_TIME_WAIT, TCP_STATE_CLOSING, TCP_CONNTRACK_LAST_ACK},
	{TCP_STATE_TIME_WAIT, TCP_STATE_LAST_ACK, TCP_CONNTRACK_LAST_ACK},
	{TCP_STATE_CLOSING, TCP_STATE_LAST_ACK, TCP_CONNTRACK_LAST_ACK},
	{TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED, TCP_CONNTRACK_TIME_WAIT},
	{TCP_STATE_TIME_WAIT, TCP_STATE_TIME_WAIT, TCP_CONNTRACK_TIME_WAIT},
	{TCP_STATE_CLOSED, TCP_STATE_CLOSED, TCP_CONNTRACK_CLOSE},
};

static bool
pair_is(const struct step *s, enum tcp_state a, enum tcp_state b)
{
	return (s->next[0] == a && s->next[1] == b) ||
	       (s->next[0] == b && s->next[1] == a);
}

static bool
kernel_is(const struct step *s, enum tcp_conntrack state)
{
	return s->kernel_after.there && s->kernel_after.state == state;
}

bool
states_agree(const struct step *s)
{
	unsigned i;

	if (s->after.live != s->kernel_after.there)
		return false;
	if (!s->after.live)
		return true;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (kernel_is(s, pairs[i].kernel) && pair_is(s, pairs[i].a, pairs[i].b))
			return true;
	return false;
}

static bool
one_fin(const struct step *s)
{
	return pair_is(s, TCP_STATE_FIN_WAIT_1, TCP_STATE_CLOSE_WAIT) ||
	       pair_is(s, TCP_STATE_FIN_WAIT_2, TCP_STATE_CLOSE_WAIT);
}

static bool
fin_any_ack(const struct step *s)
{
	return pair_is(s, TCP_STATE_FIN_WAIT_1, TCP_STATE_CLOSE_WAIT) &&
	       kernel_is(s, TCP_CONNTRACK_CLOSE_WAIT);
}

static bool
fin_twice(const struct step *s)
{
	return one_fin(s) && (kernel_is(s, TCP_CONNTRACK_LAST_ACK) ||
			      kernel_is(s, TCP_CONNTRACK_TIME_WAIT));
}

static bool
last_any_ack(const struct step *s)
{
	return (s->after.hot.ep[0] & s->after.hot.ep[1] & EP_FS) &&
	       kernel_is(s, TCP_CONNTRACK_TIME_WAIT);
}

/* The kernel began a new connection in place of this one, now or in an earlier step. */
static bool
kernel_began_anew(const struct step *s)
{
	const struct kernel_entry *before = &s->kernel_before;

	return s->past.moved_on ||
	       (before->there && before->state >= TCP_CONNTRACK_ESTABLISHED &&
		before->state <= TCP_CONNTRACK_CLOSE &&
		(kernel_is(s, TCP_CONNTRACK_SYN_SENT) ||
		 kernel_is(s, TCP_CONNTRACK_SYN_RECV)));
}

static bool
handshake_late(const struct step *s)
{
	bool fin = (s->after.hot.ep[0] | s->after.hot.ep[1]) & EP_FS;
	bool established = pair_is(s, TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);

	if (established && kernel_is(s, TCP_CONNTRACK_SYN_RECV))
		return true;
	return kernel_began_anew(s) && (established || fin) && s->kernel_after.there &&
	       s->kernel_after.state <= TCP_CONNTRACK_ESTABLISHED;
}

/*
 * The kernel accepted a RST and is in CLOSE. For sluice the RST is in doubt (RST-5), or a
 * later segment has shown that its receiver did not accept it (RST-7).
 */
static bool
rst_in_doubt(const struct step *s)
{
	return kernel_is(s, TCP_CONNTRACK_CLOSE) && !world_lingers(&s->after) &&
	       (s->past.reset || (s->seg.flags & TCP_RST));
}

static bool
attempt_beside(const struct step *s)
{
	return (kernel_is(s, TCP_CONNTRACK_SYN_SENT) ||
		kernel_is(s, TCP_CONNTRACK_SYN_RECV)) &&
	       world_has_shadow(&s->after);
}

static bool
attempt_ignored(const struct step *s)
{
	return world_lingers(&s->after) && world_has_shadow(&s->after) &&
	       kernel_is(s, TCP_CONNTRACK_CLOSE);
}

static bool
refused(const struct step *s)
{
	return s->after.live && !s->kernel_after.there &&
	       (s->past.reset || (s->seg.flags & TCP_RST));
}

/*
 * The kernel passed a FIN or its ACK as "more than expected" without updating its state.
 */
static bool
fin_uncounted(const struct step *s)
{
	return ((s->after.hot.ep[0] | s->after.hot.ep[1]) & EP_FS) &&
	       (s->word == KERNEL_BYTES_MORE || s->past.uncounted[0] ||
		s->past.uncounted[1]) &&
	       s->kernel_after.there && s->kernel_after.state >= TCP_CONNTRACK_SYN_RECV &&
	       s->kernel_after.state <= TCP_CONNTRACK_LAST_ACK;
}

/*
 * The kernel knows only the last of the client's two SYNs, and the server answered the
 * first.
 */
static bool
answer_ignored(const struct step *s)
{
	return s->past.second_syn && kernel_is(s, TCP_CONNTRACK_SYN_SENT) &&
	       ((s->after.hot.ep[0] | s->after.hot.ep[1]) & EP_PA);
}

struct difference_class state_differs[] = {
	{"fin-any-ack", fin_any_ack, 0},
	{"fin-twice", fin_twice, 0},
	{"last-any-ack", last_any_ack, 0},
	{"handshake-late", handshake_late, 0},
	{"rst-in-doubt", rst_in_doubt, 0},
	{"answer-ignored", answer_ignored, 0},
	{"attempt-beside", attempt_beside, 0},
	{"attempt-ignored", attempt_ignored, 0},
	{"refused", refused, 0},
	{"fin-uncounted", fin_uncounted, 0},
	{NULL, NULL, 0},
};
