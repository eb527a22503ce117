/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * TIM: when a connection expires. TIM-1: the three probes before that.
 *
 * Timers are lazy: a segment only writes track_hot.last. What a due timer means is
 * computed when it fires.
 */
#ifndef TRACK_TCP_TIMER_H
#define TRACK_TCP_TIMER_H

#include <conn/end.h>
#include <track/tcp_machine.h>

#define TCP_PROBES 3u
#define TCP_PROBE_GAP TICKS_PER_S
/* After its timeout, a connection whose probes cannot be sent is kept for this long. */
#define TCP_PROBE_PATIENCE (300u * TICKS_PER_S)

/* Whether data is not acknowledged, or a window is zero. */
static inline bool
attempt_is_unacknowledged(const struct tcp_attempt *p)
{
	const struct track_hot *h = p->h;

	return h->nxt[0] != h->una[0] || h->nxt[1] != h->una[1] ||
	       ((h->ep[0] | h->ep[1]) & EP_ZERO_WINDOW);
}

/* When an ESTABLISHED pair expires without outstanding data. */
static inline uint32_t
established_idle_timeout(const struct tcp_attempt *p, const struct track_config *config)
{
	return p->c->flags & COLD_LOOSE ? config->tcp_timeout_pickup
	       : attempt_is_signed(p)   ? config->tcp_timeout_signed
					: config->tcp_timeout_established;
}

/* When an ESTABLISHED pair expires, counted from its last segment. */
static inline uint32_t
established_timeout(const struct tcp_attempt *p, const struct track_config *config)
{
	uint32_t timeout = established_idle_timeout(p, config);

	if (attempt_is_unacknowledged(p) && config->tcp_timeout_unacknowledged < timeout)
		timeout = config->tcp_timeout_unacknowledged;
	return timeout;
}

/*
 * When the pair expires if no segment comes, without regard to a RST in doubt and to
 * probes.
 */
static inline uint32_t
attempt_end(const struct tcp_attempt *p, const struct track_config *config)
{
	const struct track_hot *h = p->h;
	const struct track_cold *c = p->c;
	uint8_t x;

	switch (attempt_phase(p)) {
	case TCP_PHASE_CLOSED:
		return c->rst_tick + config->tcp_timeout_close;
	case TCP_PHASE_SYN_SENT:
		return c->t0 + config->tcp_timeout_syn_sent;
	case TCP_PHASE_SYN_RECEIVED:
		return h->last + config->tcp_timeout_syn_recv;
	case TCP_PHASE_TIME_WAIT:
		return c->flags & COLD_TIME_WAIT
			       ? c->tw_tick + config->tcp_timeout_time_wait
			       : h->last + config->tcp_timeout_last_ack;
	default:
		break;
	}
	if ((h->ep[0] | h->ep[1]) & EP_FS) {
		/* compare numbers, since a late copy of the FIN clears EP_FA (TW-1) */
		x = h->ep[0] & EP_FS ? 0 : 1;
		return h->last + (seq_after(h->una[x], c->fin[x])
					  ? config->tcp_timeout_close_wait
					  : config->tcp_timeout_fin_wait);
	}
	return h->last + established_timeout(p, config);
}

/*
 * Whether to probe both endpoints before the connection is removed. Do not when an
 * endpoint signs its segments, since it does not answer us (SIG-1). Do not when the SYN
 * of a side is not acknowledged, since it would answer with a RST, even after it has sent
 * its FIN.
 */
static inline bool
attempt_is_probed(const struct tcp_attempt *p)
{
	if ((p->c->flags & COLD_CLOSED) || attempt_is_signed(p))
		return false;
	if (p->c->flags & COLD_RST_PEND)
		return ep_has(p, 0, EP_PA) && ep_has(p, 1, EP_PA);
	return attempt_phase(p) == TCP_PHASE_SYNCHRONISED &&
	       (p->h->ep[0] & p->h->ep[1] & EP_SA);
}

static inline uint32_t
attempt_deadline(const struct tcp_attempt *p, const struct track_config *config)
{
	uint32_t end = attempt_end(p, config), pend;

	if (attempt_probes(p))
		return p->c->rst_tick + TCP_PROBE_GAP;
	if ((p->c->flags & (COLD_RST_PEND | COLD_CLOSED)) == COLD_RST_PEND &&
	    !attempt_is_signed(p)) {
		pend = p->c->rst_tick + config->tcp_timeout_close;
		if (seq_before(pend, end))
			return pend;
	}
	return end;
}

static inline uint32_t
attempt_wakeup(const struct tcp_attempt *p, const struct track_config *config,
	       uint32_t now)
{
	uint32_t at = attempt_deadline(p, config);
	uint32_t latest = now + config->tcp_timeout_unacknowledged;

	if (config->tcp_timeout_unacknowledged > PAWS_CHECK_TICKS)
		latest = now + PAWS_CHECK_TICKS;
	if (attempt_phase(p) == TCP_PHASE_SYNCHRONISED && seq_after(at, latest))
		return latest;
	return at;
}

/* The time-out that established_timeout() has returned. */
static inline enum conn_end
established_end_reason(const struct tcp_attempt *p, const struct track_config *config)
{
	if (established_timeout(p, config) < established_idle_timeout(p, config))
		return CONN_END_TIMEOUT_UNACKNOWLEDGED;
	if (p->c->flags & COLD_LOOSE)
		return CONN_END_TIMEOUT_PICKUP;
	return attempt_is_signed(p) ? CONN_END_TIMEOUT_SIGNED
				    : CONN_END_TIMEOUT_ESTABLISHED;
}

/* Why the pair has ended that attempt_deadline() lets expire. */
static inline enum conn_end
attempt_end_reason(const struct tcp_attempt *p, const struct track_config *config)
{
	uint8_t x;

	if ((p->c->flags & (COLD_RST_PEND | COLD_CLOSED)) == COLD_RST_PEND &&
	    !attempt_is_signed(p))
		return CONN_END_RST_DOUBTED;
	switch (attempt_phase(p)) {
	case TCP_PHASE_CLOSED:
		return CONN_END_RST;
	case TCP_PHASE_SYN_SENT:
		return CONN_END_TIMEOUT_SYN_SENT;
	case TCP_PHASE_SYN_RECEIVED:
		return CONN_END_TIMEOUT_SYN_RECV;
	case TCP_PHASE_TIME_WAIT:
		return p->c->flags & COLD_TIME_WAIT ? CONN_END_FIN
						    : CONN_END_TIMEOUT_LAST_ACK;
	default:
		break;
	}
	if ((p->h->ep[0] | p->h->ep[1]) & EP_FS) {
		x = p->h->ep[0] & EP_FS ? 0 : 1;
		return seq_after(p->h->una[x], p->c->fin[x]) ? CONN_END_TIMEOUT_CLOSE_WAIT
							     : CONN_END_TIMEOUT_FIN_WAIT;
	}
	return established_end_reason(p, config);
}

/*
 * SYN-4: the connection has ended; replace it by a shadow. Returns false when there is
 * none.
 */
static inline bool
shadow_promote_on_expiry(const struct tcp_attempt *p, struct tcp_ext *ext)
{
	struct tcp_attempt n;

	if (!ext || !ext->shadow[0].live)
		return false;
	n = shadow_attempt(shadow_successor(ext));
	attempt_replace(p, &n);
	ext_forget_shadows(ext);
	attempt_set_slow(p, ext);
	return true;
}

#endif
