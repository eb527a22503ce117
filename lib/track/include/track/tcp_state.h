/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Derives states from the bits of endpoints, and exact values from the short forms in the
 * hot line.
 *
 * A table of eleven states for each of two endpoints has 121 cells, most of them
 * unreachable. Instead, an endpoint has seven bits, each of which is a fact (it has sent
 * its SYN, its FIN is acknowledged, ..), and its state is computed from them:
 * docs/tcp-tracking.md, MODEL.
 */
#ifndef TRACK_TCP_STATE_H
#define TRACK_TCP_STATE_H

#include <stddef.h>

#include <base/seq.h>
#include <base/ticks.h>
#include <track/tcp.h>

#ifdef __bpf__
/* A function that is not inlined: the BPF verifier limits stack and complexity. */
#define TRACK_CALL static __attribute__((noinline, unused))
/* BPF programs have no extension table: user space handles segments that need it. */
#define TRACK_EXTS 0
#define TRACK_RARE TRACK_CALL
/*
 * A function of this kind is always inlined in BPF. Otherwise clang may leave a pointer
 * to the stack in register 0 of a void function, and the verifier rejects that.
 */
#define TRACK_RARE_VOID static inline __attribute__((always_inline)) void
#else
#define TRACK_CALL static inline
#define TRACK_EXTS 1
/* Code that few segments reach, placed apart from the other code. */
#define TRACK_RARE static __attribute__((noinline, cold, unused))
#define TRACK_RARE_VOID TRACK_RARE void
#endif

/*
 * An attempt to connect: the connection itself or one of its shadows. handshake is NULL
 * when the connection has no extension.
 */
struct tcp_attempt {
	struct track_hot *h;
	struct track_cold *c;
	struct tcp_handshake_ext *handshake;
};

/*
 * Phases of a pair of endpoints: the columns of the table of verdicts in
 * docs/tcp-tracking.md.
 */
enum tcp_phase {
	TCP_PHASE_SYN_SENT,
	TCP_PHASE_SYN_RECEIVED,
	TCP_PHASE_SYNCHRONISED,
	TCP_PHASE_TIME_WAIT, /* both endpoints have sent a FIN */
	TCP_PHASE_CLOSED,
};

/* The outcome of a rule for a segment. */
enum tcp_outcome {
	TCP_DROP, /* the reason is in the result */
	TCP_PASS,
	/* passed although unacceptable, so that the endpoint itself answers it */
	TCP_PASS_NO_UPDATE,
	TCP_NEED_INPUT, /* the result says which input */
};

/* A token bucket: a burst, then one token every gap_ticks. */
struct tcp_bucket {
	uint32_t gap_ticks;
	uint32_t burst;
};

static inline bool
ep_has(const struct tcp_attempt *p, uint8_t x, uint8_t bits)
{
	return (p->h->ep[x] & bits) == bits;
}

/* The state of one endpoint, without regard to lingering and shadows. */
static inline enum tcp_state
attempt_state(const struct tcp_attempt *p, uint8_t x)
{
	uint8_t ep = p->h->ep[x];

	if (p->c->flags & COLD_CLOSED)
		return TCP_STATE_CLOSED;
	if ((ep & (EP_FS | EP_ACT | EP_PF)) == (EP_FS | EP_ACT | EP_PF))
		return (ep & EP_FA) ? TCP_STATE_TIME_WAIT : TCP_STATE_CLOSING;
	if ((ep & (EP_FS | EP_ACT)) == (EP_FS | EP_ACT))
		return (ep & EP_FA) ? TCP_STATE_FIN_WAIT_2 : TCP_STATE_FIN_WAIT_1;
	if (ep & EP_FS)
		return (ep & EP_FA) ? TCP_STATE_CLOSED : TCP_STATE_LAST_ACK;
	if (ep & EP_SA)
		return (ep & EP_PF) ? TCP_STATE_CLOSE_WAIT : TCP_STATE_ESTABLISHED;
	if (!(ep & EP_SS))
		return ep_has(p, !x, EP_SS) ? TCP_STATE_LISTEN : TCP_STATE_CLOSED;
	return (ep & EP_PA) ? TCP_STATE_SYN_RECEIVED : TCP_STATE_SYN_SENT;
}

/*
 * The phase of the attempt. It is needed several times for a segment, so it is computed
 * from the bits directly, which is cheaper than from attempt_state() of both sides.
 */
static inline enum tcp_phase
attempt_phase(const struct tcp_attempt *p)
{
	uint8_t a = p->h->ep[0] & (EP_FS | EP_SS | EP_SA | EP_PA);
	uint8_t b = p->h->ep[1] & (EP_FS | EP_SS | EP_SA | EP_PA);

	if (p->c->flags & COLD_CLOSED)
		return TCP_PHASE_CLOSED;
	if (a & b & EP_FS)
		return TCP_PHASE_TIME_WAIT;
	if (a == EP_SS || b == EP_SS)
		return TCP_PHASE_SYN_SENT;
	if (a == (EP_SS | EP_PA) || b == (EP_SS | EP_PA))
		return TCP_PHASE_SYN_RECEIVED;
	return TCP_PHASE_SYNCHRONISED;
}

/* The side of the initiator. */
static inline uint8_t
attempt_orig(const struct tcp_attempt *p)
{
	return p->h->flags & TRACK_ORIG;
}

/* Whether una, edge and maxwnd are valid: a SYN has been answered. */
static inline bool
attempt_answered(const struct tcp_attempt *p)
{
	return ((p->h->ep[0] | p->h->ep[1]) & EP_PA) != 0;
}

/* Whether ack is in (iss, nxt] of side x. */
static inline bool
attempt_acked(const struct tcp_attempt *p, uint8_t x, uint32_t ack)
{
	return ack - p->c->iss[x] - 1 < p->h->nxt[x] - p->c->iss[x];
}

/*
 * The window shift of side x. Before a SYN is answered, SCALE_NONE means that the SYN of
 * x had no such option; afterwards it is the shift that both agreed on.
 */
#define SCALE_NONE 15u

static inline uint8_t
attempt_scale(const struct tcp_attempt *p, uint8_t x)
{
	return p->h->scale >> 4 * x & 0x0f;
}

static inline void
attempt_set_scale(const struct tcp_attempt *p, uint8_t x, uint8_t scale)
{
	p->h->scale = x ? (uint8_t)((p->h->scale & 0x0f) | (scale << 4))
			: (uint8_t)((p->h->scale & 0xf0) | scale);
}

/* SIG-1: whether both endpoints sign; then an unsigned segment comes from neither. */
static inline bool
attempt_is_signed(const struct tcp_attempt *p)
{
	return (p->h->flags & TRACK_SIGNED) && attempt_answered(p);
}

/* The largest window that the receiver ever offered to side x, in bytes. */
static inline uint32_t
attempt_maxwnd(const struct tcp_attempt *p, uint8_t x)
{
	uint32_t scaled = (uint32_t)p->h->maxwnd[x] << attempt_scale(p, !x);

	return scaled > p->c->syn_win[x] ? scaled : p->c->syn_win[x];
}

/* ACC-10: whether acknowledgments of the data of x take another path. */
static inline bool
attempt_acks_unseen(const struct tcp_attempt *p, uint8_t x)
{
	return (p->c->flags & COLD_ASYMMETRIC) && (p->c->flags & COLD_UNSEEN(!x));
}

/*
 * ACC-6: when ts_recent is this far behind tsmax and does not advance, it cannot tell old
 * from new.
 */
#define TS_LAG_MAX (1u << 30)

/*
 * Get ts_recent of side x. Returns false when no timestamp was echoed yet, or the last is
 * too old.
 */
static inline bool
attempt_ts_recent(const struct tcp_attempt *p, uint8_t x, uint32_t *ts)
{
	uint16_t lag = p->h->ts_lag[x];

	if (lag > TS_LAG_SPILLED)
		return false;
	*ts = lag == TS_LAG_SPILLED ? p->c->ts_recent[x] : p->h->tsmax[x] - lag;
	return p->h->tsmax[x] - *ts < TS_LAG_MAX;
}

/* Set tsmax and ts_recent (the echoed value) of side x. */
static inline void
attempt_set_ts(const struct tcp_attempt *p, uint8_t x, uint32_t tsmax, uint32_t ts_recent)
{
	uint32_t lag = tsmax - ts_recent;

	p->h->tsmax[x] = tsmax;
	if (lag < TS_LAG_SPILLED) {
		p->h->ts_lag[x] = (uint16_t)lag;
	} else {
		p->h->ts_lag[x] = TS_LAG_SPILLED;
		p->c->ts_recent[x] = ts_recent;
	}
}

/* Set a new highest TSval of side x; ts_recent does not change. */
static inline void
attempt_advance_tsmax(const struct tcp_attempt *p, uint8_t x, uint32_t tsmax)
{
	uint32_t ts_recent;

	if (attempt_ts_recent(p, x, &ts_recent))
		attempt_set_ts(p, x, tsmax, ts_recent);
	else
		p->h->tsmax[x] = tsmax;
}

/* TIM-1: number of probes that were sent without an answer. */
static inline uint8_t
attempt_probes(const struct tcp_attempt *p)
{
	return p->c->count & 3;
}

static inline void
attempt_set_probes(const struct tcp_attempt *p, uint8_t probes)
{
	p->c->count = (uint8_t)((p->c->count & ~3u) | probes);
}

/* Bits of track_cold.count. */
#define COUNT_SIMULTANEOUS 0x40u /* the responder has sent a SYN too */
#define COUNT_SIGNED 0x20u       /* SIG-1: the responder's SYN is signed */

/* Whether a SYN without ACK of x was seen, which a SYN+ACK may answer. */
static inline bool
attempt_began(const struct tcp_attempt *p, uint8_t x)
{
	return ep_has(p, x, EP_SS) && !(p->c->flags & COLD_LOOSE) &&
	       (x == attempt_orig(p) || (p->c->count & COUNT_SIMULTANEOUS));
}

static inline uint8_t
attempt_rst_side(const struct tcp_attempt *p)
{
	return (p->c->flags & COLD_RST_SIDE) != 0;
}

static inline void
attempt_set_rst_pend(const struct tcp_attempt *p, uint8_t x, uint32_t seq, uint32_t now)
{
	p->c->rst_seq = seq;
	p->c->rst_tick = now;
	p->c->flags = (uint8_t)((p->c->flags & ~COLD_RST_SIDE) | COLD_RST_PEND |
				(x ? COLD_RST_SIDE : 0));
	attempt_set_probes(p, 0);
}

/* Close both endpoints and begin to linger. The numbers are kept for RST-7. */
static inline void
pair_close(const struct tcp_attempt *p, uint8_t x, uint32_t seq, uint32_t now)
{
	attempt_set_rst_pend(p, x, seq, now);
	p->c->flags |= COLD_CLOSED;
	if (p->handshake)
		p->handshake->has_lingered = false;
}

#endif
