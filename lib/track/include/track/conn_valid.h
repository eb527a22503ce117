/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The representation invariant of a connection: what holds of struct track_hot and struct
 * track_cold before and after each call of a tracker, whatever the packets were. Asserted
 * by tests/fuzz/track_fuzz.c and tests/model after each step.
 */
#ifndef TRACK_CONN_VALID_H
#define TRACK_CONN_VALID_H

#include <base/seq.h>
#include <track/conn.h>
#include <track/tcp_state.h>

/* The bits of the endpoint on side x, which say the same as those of its peer. */
static inline bool
conn_endpoint_valid(const struct track_hot *h, uint8_t x)
{
	uint8_t ep = h->ep[x], peer = h->ep[!x];

	if ((ep & (EP_ACT | EP_FA)) && !(ep & EP_FS))
		return false; /* a fact about a FIN that was not sent */
	if (!(ep & EP_FS) != !(peer & EP_PF))
		return false; /* a FIN that was sent has been forwarded */
	if ((ep & EP_PA) && !(peer & EP_SS))
		return false; /* acknowledges a SYN that was not sent */
	return !(ep & EP_SA) || (ep & EP_SS);
}

/* MODEL-1: una <= nxt and una <= edge, of what side x sends. */
static inline bool
conn_numbers_valid(const struct track_hot *h, uint8_t x)
{
	return !seq_after(h->una[x], h->nxt[x]) && !seq_before(h->edge[x], h->una[x]);
}

/*
 * Whether a TCP connection, or a shadow of one, is well formed. liberal: tcp_be_liberal
 * is set, with which sequence numbers need not be in order (LIB-1).
 */
static inline bool
conn_valid(const struct track_hot *h, const struct track_cold *c, bool liberal)
{
	bool answered = ((h->ep[0] | h->ep[1]) & EP_PA) != 0;
	uint8_t x;

	for (x = 0; x < 2; x++) {
		if (!conn_endpoint_valid(h, x))
			return false;
		if (!answered)
			continue; /* the numbers are those of the SYNs alone */
		if ((h->scale >> 4 * x & 0x0f) > TCP_MAX_SCALE)
			return false;
		if (!liberal && !conn_numbers_valid(h, x))
			return false;
	}
	if ((h->flags & TRACK_ASSURED) && !(h->flags & TRACK_REPLIED))
		return false;
	if ((c->flags & COLD_TIME_WAIT) && !(h->ep[0] & h->ep[1] & EP_FS))
		return false; /* 2MSL begins when both FINs are acknowledged */
	return !(c->flags & COLD_CLOSED) || (c->flags & COLD_RST_PEND);
}

#endif
