/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * TIM: when a connection is gone, and TIM-1: the three probes before it goes.
 *
 * Timers are lazy: segments write track_hot.last and nothing else, and what the timer means
 * is worked out when it fires.
 */
#ifndef TRACK_TCP_TIMER_H
#define TRACK_TCP_TIMER_H

#include <track/tcp_machine.h>

#define TCP_PROBES 3u
#define TCP_PROBE_GAP TICKS_PER_S
/* For this long after its time-out a connection is kept whose probes cannot be sent. */
#define TCP_PROBE_PATIENCE (300u * TICKS_PER_S)

/* The end of an ESTABLISHED pair, from its last segment on. */
static inline uint32_t
established_timeout(const struct tcp_pair *p, const struct track_config *config)
{
	const struct track_hot *h = p->h;
	uint32_t timeout = p->c->flags & COLD_LOOSE ? config->tcp_timeout_pickup
			   : pair_is_signed(p)      ? config->tcp_timeout_signed
						    : config->tcp_timeout_established;
	bool unacknowledged = h->nxt[0] != h->una[0] || h->nxt[1] != h->una[1] ||
			      ((h->ep[0] | h->ep[1]) & EP_ZERO_WINDOW);

	if (unacknowledged && config->tcp_timeout_unacknowledged < timeout)
		timeout = config->tcp_timeout_unacknowledged;
	return timeout;
}

/* When the pair ends if nothing is seen, RST in doubt and probes left aside. */
static inline uint32_t
pair_end(const struct tcp_pair *p, const struct track_config *config)
{
	const struct track_hot *h = p->h;
	const struct track_cold *c = p->c;
	uint8_t x;

	switch (pair_column(p)) {
	case TCP_COLUMN_CLOSED:
		return c->rst_tick + config->tcp_timeout_close;
	case TCP_COLUMN_SYN_SENT:
		return c->t0 + config->tcp_timeout_syn_sent;
	case TCP_COLUMN_SYN_RECEIVED:
		return h->last + config->tcp_timeout_syn_recv;
	case TCP_COLUMN_TIME_WAIT:
		return c->flags & COLD_TIME_WAIT
			       ? c->tw_tick + config->tcp_timeout_time_wait
			       : h->last + config->tcp_timeout_last_ack;
	default:
		break;
	}
	if ((h->ep[0] | h->ep[1]) & EP_FS) {
		/* by number, since a late copy of the FIN withdraws EP_FA (TW-1) */
		x = h->ep[0] & EP_FS ? 0 : 1;
		return h->last + (seq_after(h->una[x], c->fin[x])
					  ? config->tcp_timeout_close_wait
					  : config->tcp_timeout_fin_wait);
	}
	return h->last + established_timeout(p, config);
}

/*
 * Whether the pair is probed before it goes. Who signs does not answer us (SIG-1); a
 * side whose SYN nobody has acknowledged (it may have sent its FIN, too) would answer
 * with a RST.
 */
static inline bool
pair_is_probed(const struct tcp_pair *p)
{
	if ((p->c->flags & COLD_CLOSED) || pair_is_signed(p))
		return false;
	if (p->c->flags & COLD_RST_PEND)
		return ep_has(p, 0, EP_PA) && ep_has(p, 1, EP_PA);
	return pair_column(p) == TCP_COLUMN_SYNCHRONISED &&
	       (p->h->ep[0] & p->h->ep[1] & EP_SA);
}

static inline uint32_t
pair_deadline(const struct tcp_pair *p, const struct track_config *config)
{
	uint32_t end = pair_end(p, config), pend;

	if (pair_probes(p))
		return p->c->rst_tick + TCP_PROBE_GAP;
	if ((p->c->flags & (COLD_RST_PEND | COLD_CLOSED)) == COLD_RST_PEND &&
	    !pair_is_signed(p)) {
		pend = p->c->rst_tick + config->tcp_timeout_close;
		if (seq_before(pend, end))
			return pend;
	}
	return end;
}

static inline uint32_t
pair_wakeup(const struct tcp_pair *p, const struct track_config *config, uint32_t now)
{
	uint32_t at = pair_deadline(p, config);
	uint32_t latest = now + config->tcp_timeout_unacknowledged;

	if (config->tcp_timeout_unacknowledged > PAWS_CHECK_TICKS)
		latest = now + PAWS_CHECK_TICKS;
	if (pair_column(p) == TCP_COLUMN_SYNCHRONISED && seq_after(at, latest))
		return latest;
	return at;
}

/* SYN-4: the connection is over; a shadow takes its place. False: there is none. */
static inline bool
shadow_inherits(const struct tcp_pair *p, struct tcp_side *side)
{
	struct tcp_pair n;

	if (!side || !side->shadow[0].live)
		return false;
	n = shadow_pair(side_heir(side));
	pair_replace(p, &n);
	side_forget_shadows(side);
	pair_set_slow(p, side);
	return true;
}

#endif
