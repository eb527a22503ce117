/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for lib/track: with any connection, segment, time and configuration the tracker
 * neither accesses memory out of bounds, nor reads uninitialised memory, nor has
 * undefined behaviour. Every byte of its input is arbitrary here; all that the callers
 * promise is assumed below, and nothing else: a side is 0 or 1, a switch of the
 * configuration is 0 or 1, pointers are valid, the extension may be missing. Each entry
 * point does one step from an arbitrary state, so the proof covers each order of steps.
 */
#include <track/datagram.h>
#include <track/tcp.h>
#include <track/tcp_fast.h>

#include "proof.h"

#define SET_SWITCH(name, ...) config.name = any_bool();

static struct track_hot hot;
static struct track_cold cold;
static struct tcp_ext entry;
static struct track_config config;
static struct tcp_segment seg, probe[2];
static struct track_conn conn = {&hot, &cold, NULL};
static struct tcp_input in = {.seg = &seg, .config = &config};
static struct track_result result;
static struct tcp_numbers numbers;

/* Results are stored here so that they count as used. */
volatile unsigned answer;

static void
make_input(void)
{
	ANY(hot);
	ANY(cold);
	ANY(entry);
	ANY(seg);
	ANY(config);
	TRACK_SWITCHES(SET_SWITCH)
	in.now = Frama_C_unsigned_int_interval(0, UINT32_MAX);
	in.side = any_bool();
	in.rules = Frama_C_unsigned_char_interval(0, UINT8_MAX);
	in.no_ext = any_bool();
}

/* Call the functions for the in-order next segment as the engine does. */
static void
step_next(void)
{
	if (!tcp_next_fits(&hot, in.side, &seg) ||
	    !tcp_fast_timestamps(&hot, in.side, &seg))
		return;
	tcp_next_take(&hot, in.side, &seg, in.now);
}

static void
step_tcp(void)
{
	switch (Frama_C_interval(0, 15)) {
	case 0:
		answer = tcp_fast(&hot, in.side, &seg, in.now);
		break;
	case 1:
		tcp_segment(&conn, &in, &result);
		break;
	case 2:
		tcp_unknown(&in, &result);
		break;
	case 3:
		tcp_open(&conn, &in);
		break;
	case 4:
		answer = tcp_timer(&conn, in.now, &config, probe);
		break;
	case 5:
		tcp_icmp_error(&conn, in.side, in.now, &result);
		break;
	case 6:
		tcp_seclabel_mismatch(&conn, &in, &result);
		break;
	case 7:
		answer = tcp_eviction(&conn, in.now);
		break;
	case 8:
		answer = (unsigned char)*tcp_state_name(tcp_state(&conn, in.side));
		break;
	case 9:
		answer = tcp_probe_unsent(&conn, in.now, &config);
		break;
	case 10:
		answer = tcp_deadline(&conn, &config);
		break;
	case 11:
		step_next();
		break;
	case 12:
		answer = tcp_resets(&conn, in.side, probe);
		break;
	case 13:
		tcp_numbers(&conn, &numbers);
		answer = numbers.left[0] ^ numbers.right[1];
		break;
	case 14:
		answer = tcp_end(&conn, &config);
		break;
	default:
		answer = tcp_wakeup(&conn, &config, in.now);
		break;
	}
}

static void
step_datagram(void)
{
	switch (Frama_C_interval(0, 7)) {
	case 0:
		datagram_open(&conn, in.side, in.now);
		break;
	case 1:
		datagram_packet(&conn, in.side, in.now, &result);
		break;
	case 2:
		datagram_note_query(&conn, in.side);
		break;
	case 3:
		answer = datagram_has_query(&conn, in.side);
		break;
	case 4:
		datagram_is_dns(&conn);
		break;
	case 5:
		answer = datagram_eviction(&conn, in.now);
		break;
	case 6:
		answer = datagram_end(&conn);
		break;
	default:
		answer = datagram_deadline(&conn,
					   Frama_C_unsigned_char_interval(0, UINT8_MAX),
					   &config);
		break;
	}
}

int
main(void)
{
	make_input();
	switch (Frama_C_interval(0, 2)) {
	case 0:
		step_datagram();
		break;
	case 1:
		step_tcp();
		break;
	default:
		conn.ext = &entry;
		step_tcp();
		break;
	}
	return 0;
}
