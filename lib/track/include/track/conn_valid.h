/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The representation invariant of a connection: what is true of struct track_hot and
 * struct track_cold before and after each call of a tracker, for any packets.
 * tests/fuzz/track_fuzz.c and tests/model assert it after each packet; in debug builds
 * and in all fuzzers the functions of track/tcp.h assert it too.
 */
#ifndef TRACK_CONN_VALID_H
#define TRACK_CONN_VALID_H

#include <base/seq.h>
#include <track/conn.h>
#include <track/tcp_state.h>

/* Whether the bits of the endpoint on side x are consistent with those of its peer. */
static inline bool
conn_endpoint_valid(const struct track_hot *h, uint8_t x)
{
	uint8_t ep = h->ep[x], peer = h->ep[!x];

	if ((ep & (EP_ACT | EP_FA)) && !(ep & EP_FS))
		return false; /* a bit about a FIN is set, and no FIN was sent */
	if (!(ep & EP_FS) != !(peer & EP_PF))
		return false; /* a FIN that was sent must have been forwarded */
	if ((ep & EP_PA) && !(peer & EP_SS))
		return false; /* it acknowledges a SYN that was not sent */
	return !(ep & EP_SA) || (ep & EP_SS);
}

/* MODEL-1: una <= nxt and una <= edge, for the numbers of side x. */
static inline bool
conn_numbers_valid(const struct track_hot *h, uint8_t x)
{
	return !seq_after(h->una[x], h->nxt[x]) && !seq_before(h->edge[x], h->una[x]);
}

/*
 * Whether the order of sequence numbers may be lost. Where segments take another path, or
 * passed before a pickup, a number may advance by a whole window at once. Two such
 * advances with windows of 2^30, the largest that scale 14 allows, are half the sequence
 * space.
 */
static inline bool
conn_has_no_order(const struct track_hot *h, const struct track_cold *c)
{
	uint32_t window[2] = {(uint32_t)h->maxwnd[0] << (h->scale >> 4),
			      (uint32_t)h->maxwnd[1] << (h->scale & 0x0f)};

	return (c->flags & (COLD_LOOSE | COLD_ASYMMETRIC)) &&
	       (window[0] >= 1u << 29 || window[1] >= 1u << 29);
}

/*
 * Whether a TCP connection, or a shadow of one, is well formed. liberal: tcp_be_liberal
 * is set; then sequence numbers need not be in order (LIB-1).
 */
static inline bool
conn_valid(const struct track_hot *h, const struct track_cold *c, bool liberal)
{
	bool answered = ((h->ep[0] | h->ep[1]) & EP_PA) != 0;
	bool ordered = !liberal && !conn_has_no_order(h, c);
	uint8_t x;

	for (x = 0; x < 2; x++) {
		if (!conn_endpoint_valid(h, x))
			return false;
		if (!answered)
			continue; /* the numbers are still those of the SYNs */
		if ((h->scale >> 4 * x & 0x0f) > TCP_MAX_SCALE)
			return false;
		if (ordered && !conn_numbers_valid(h, x))
			return false;
	}
	if ((h->flags & TRACK_ASSURED) && !(h->flags & TRACK_REPLIED))
		return false;
	if ((c->flags & COLD_TIME_WAIT) && !(h->ep[0] & h->ep[1] & EP_FS))
		return false; /* 2MSL begins only when both FINs are acknowledged */
	return !(c->flags & COLD_CLOSED) || (c->flags & COLD_RST_PEND);
}

#endif
