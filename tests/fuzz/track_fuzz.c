/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz the TCP tracker with segments of all kinds, signed or not, from either side, at
 * any time. Their numbers are near those of the connection, so that each test passes and
 * fails. The rules may refuse, extensions may be refused or taken away, timers may be
 * late. After each step everything must hold that docs/tcp-tracking.md states for all
 * steps.
 *
 * The input: a byte of switches, then steps. The low three bits of a step's first byte
 * are its kind.
 */
#include "track_fuzz.h"

#define BEGIN (UINT32_MAX - 5000) /* start time shortly before the clock wraps */
/*
 * largest number of calls of the tracker for one segment: one for each missing input, and
 * one with all inputs
 */
#define ROUNDS_MAX 3
/*
 * most timers that can expire in one tick: three probes, a shadow that takes over, the
 * end
 */
#define TIMERS_MAX 8
#define LATE_TICKS 2000u /* ticks by which a timer may be late */
/*
 * Longest time step: half of the tick space less the possible delay, so that a time in
 * the past is never mistaken for one in the future.
 */
#define LONGEST_STEP ((1u << 31) - (1u << 24))

static void
configure(struct world *w, uint8_t switches)
{
#define MIN_OF(name, value, min, max, text) .name = (min)*TICKS_PER_S,
#define MAX_OF(name, value, min, max, text) .name = (max)*TICKS_PER_S,
	static const struct track_config min = {TRACK_TIMEOUTS(MIN_OF)};
	static const struct track_config max = {TRACK_TIMEOUTS(MAX_OF)};

	w->config = TRACK_CONFIG_DEFAULT;
	if ((switches & 0xc0) == 0x80)
		w->config = min;
	else if ((switches & 0xc0) == 0xc0)
		w->config = max;
	w->config.tcp_challenge_ack = !(switches & 0x01);
	w->config.tcp_asymmetric = !(switches & 0x02);
	w->config.tcp_loose = (switches & 0x04) != 0;
	w->config.tcp_be_liberal = (switches & 0x08) != 0;
	w->config.tcp_unknown_reset = (switches & 0x10) != 0;
	w->config.tcp_unsynchronized_reset = (switches & 0x20) != 0;
}

/* The tracker has requested an input; check that it has changed nothing. */
static void
answer(struct world *w, const struct step *s, const struct track_result *r,
       struct tcp_input *in, struct track_conn *conn)
{
	require((r->need & ~(TRACK_NEED_RULES | TRACK_NEED_EXT)) == 0 && r->need != 0);
	if (r->need & TRACK_NEED_RULES) {
		require(in->rules == TCP_RULES_UNKNOWN);
		in->rules = s->deny ? TCP_RULES_DENY : TCP_RULES_ALLOW;
	}
	if (!(r->need & TRACK_NEED_EXT))
		return;
	require(w->live && !w->has_ext && !in->no_ext);
	in->no_ext = s->no_ext;
	if (s->no_ext)
		return;
	memset(&w->ext, 0, sizeof(w->ext));
	w->has_ext = true;
	*conn = conn_of(w);
}

static void
open_connection(struct world *w, const struct tcp_input *in)
{
	struct track_conn conn;

	memset(&w->hot, 0, sizeof(w->hot));
	memset(&w->cold, 0, sizeof(w->cold));
	w->has_ext = false;
	conn = conn_of(w);
	tcp_open(&conn, in);
	w->live = true;
	w->armed = tcp_wakeup(&conn, &w->config, w->now);
}

/* With FUZZ_TRACE in the environment, print each segment and its result. */
static void
trace(struct world *w, const struct step *s, const struct track_result *r)
{
	const struct tcp_segment *seg = &s->seg;
	struct track_conn conn = conn_of(w);

	if (getenv("FUZZ_TRACE") == NULL)
		return;
	printf("%10u %c fl=%02x seq=%u ack=%u len=%u win=%u ts=%d/%u/%u scale=%u%s%s%s: "
	       "%s %s %s events=%02x",
	       w->now - BEGIN, "AB"[s->x], seg -> flags, seg -> seq, seg -> ack,
	       seg -> len, seg -> win, seg -> has_ts, seg -> tsval, seg -> tsecr,
	       seg -> scale, s -> deny ? " denied" : "", s->no_ext ? " no side" : "",
	       s->seg.is_signed ? " signed" : "", verdict_name(r->verdict),
	       reason_name(r->reason), action_name(r->action), r->events);
	if (w->live)
		printf(" %s/%s una=%u/%u nxt=%u/%u edge=%u/%u maxwnd=%u/%u cold=%02x",
		       tcp_state_name(tcp_state(&conn, 0)),
		       tcp_state_name(tcp_state(&conn, 1)), w->hot.una[0], w->hot.una[1],
		       w->hot.nxt[0], w->hot.nxt[1], w->hot.edge[0], w->hot.edge[1],
		       w->hot.maxwnd[0], w->hot.maxwnd[1], w->cold.flags);
	printf("\n");
	fflush(stdout);
}

static void
send_segment(struct world *w, const struct step *s)
{
	struct tcp_input in = {.seg = &s->seg,
			       .config = &w->config,
			       .now = w->now,
			       .side = s->x};
	struct world before = *w, asked;
	struct track_conn conn = conn_of(w);
	struct track_result r;
	int round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		asked = *w;
		if (w->live)
			tcp_segment(&conn, &in, &r);
		else
			tcp_unknown(&in, &r);
		if (r.verdict != VERDICT_NEED_INPUT)
			break;
		check_unchanged(w, &asked, true);
		answer(w, s, &r, &in, &conn);
	}
	if (w->has_ext && !before.has_ext)
		memset(&before.ext, 0, sizeof(before.ext));
	before.has_ext = w->has_ext;
	trace(w, s, &r);
	check_result(w, &before, s, &r);
	check_fast(w, &before, s, &r);
	if (!w->live && r.verdict == VERDICT_PASS)
		open_connection(w, &in);
	else if (w->live && (r.events & (TRACK_EVENT_SHORTER | TRACK_EVENT_RESYNC)))
		w->armed = tcp_wakeup(&conn, &w->config, w->now);
}

/* Return a number that matters to a segment of x, plus a small or large offset. */
static uint32_t
number(const struct world *w, uint8_t x, uint8_t which)
{
	static const uint32_t off[] = {
		0,
		1,
		-1u,
		2,
		-2u,
		10,
		-10u,
		100,
		-100u,
		1460,
		-1460u,
		8000,
		-8000u,
		8001,
		65535,
		-65535u,
		65536,
		-65537u,
		70000,
		1u << 20,
		-(1u << 20),
		1u << 29,
		1u << 30,
		-(1u << 30),
		0x3fffc000u,
		0x3fffc001u,
		INT32_MAX,
		1u << 31,
		(1u << 31) + 1,
		-3u,
		3,
		50000,
	};
	const struct tcp_shadow *newest = &w->ext.shadow[w->ext.shadow[1].live];
	const struct track_hot *h = &w->hot;
	uint32_t base[] = {
		h->nxt[x],
		h->una[x],
		h->edge[x],
		w->cold.iss[x],
		newest->hot.nxt[x],
		w->ext.handshake.has_second[x]
			? w->ext.handshake.second[x].end
			: w->ext.handshake.pre_data[TCP_EARLIES - 1].end,
		w->ext.handshake.synack_side == x + 1
			? segment_end(&w->ext.handshake.synack)
			: w->ext.handshake.synack.ack,
		x ? UINT32_MAX - 300 : 1000,
	};

	return base[w->live ? which >> 5 : 7] + off[which & 31];
}

static void
read_timestamps(const struct world *w, struct step *s, uint8_t mode, struct bytes *b)
{
	static const uint32_t off[] = {0,       1,        10,        -1u,
				       -10u,    1000,     -1000u,    65533,
				       65534,   65535,    -65534u,   -65535u,
				       1 << 20, 1u << 30, INT32_MAX, 1u << 31};
	uint8_t which;

	if (mode == 0)
		return;
	which = bytes_u8(b);
	s->seg.has_ts = true;
	s->seg.tsval = w->hot.tsmax[s->x] + off[which & 15];
	s->seg.tsecr = w->hot.tsmax[!s->x] + off[which >> 4];
	if (mode == 1) /* usual timestamps: increasing, echoing an earlier value */
		s->seg.tsecr = w->hot.tsmax[!s->x] - (which >> 4);
}

static void
read_segment(const struct world *w, struct step *s, uint8_t first, struct bytes *b)
{
	static const uint8_t kinds[] = {TCP_ACK,           TCP_SYN,
					TCP_SYN | TCP_ACK, TCP_ACK | TCP_PSH,
					TCP_FIN | TCP_ACK, TCP_RST,
					TCP_RST | TCP_ACK, TCP_ACK};
	static const uint32_t lengths[] = {0, 0, 1, 100, 1460, 8000, 9000, 65495};
	static const uint16_t windows[] = {8000, 1, 0, 500, 65535, 64240, 100, 32768};
	uint8_t second = bytes_u8(b), sizes;

	memset(s, 0, sizeof(*s));
	s->x = first >> 3 & 1;
	s->deny = first >> 4 & 1;
	s->no_ext = first >> 5 & 1;
	s->seg.is_signed = first >> 6 & 1;
	s->seg.flags = first & 4 ? second & 0x3f : kinds[second & 7];
	s->seg.seq = number(w, s->x, bytes_u8(b));
	if (s->seg.flags & TCP_ACK)
		s->seg.ack = number(w, !s->x, bytes_u8(b));
	sizes = bytes_u8(b);
	s->seg.len = lengths[sizes & 7];
	s->seg.win = windows[sizes >> 3 & 7];
	s->seg.scale = TCP_NO_SCALE;
	if ((s->seg.flags & TCP_SYN) && (second & 0x80))
		s->seg.scale = (second >> 3 & 15) % (TCP_MAX_SCALE + 1);
	read_timestamps(w, s, sizes >> 6, b);
}

/* Handle an expired timer. */
static void
run_timer(struct world *w)
{
	struct track_conn conn = conn_of(w);
	struct tcp_attempt p = conn_attempt(&conn);
	struct tcp_segment probe[2];
	struct track_hot before = w->hot;
	bool synchronised = attempt_phase(&p) == TCP_PHASE_SYNCHRONISED;
	uint8_t to;

	switch (tcp_timer(&conn, w->now, &w->config, probe)) {
	case TRACK_TIMER_EXPIRE:
		w->live = false;
		w->has_ext = false;
		memset(&w->ext, 0, sizeof(w->ext));
		return;
	case TRACK_TIMER_PROBE:
		require(synchronised || (w->cold.flags & COLD_RST_PEND));
		require(!attempt_is_signed(&p)); /* SIG-1 */
		for (to = 0; to < 2; to++)
			require(probe[to].flags == TCP_ACK && probe[to].len == 0 &&
				probe[to].seq == before.una[!to] - 1 &&
				probe[to].ack == before.una[to]);
		require(before.last == w->hot.last); /* MODEL-3 */
		break;
	default:
		break;
	}
	w->armed = tcp_wakeup(&conn, &w->config, w->now);
}

/* Advance the time. Timers expire when they are due, or a little later. */
static void
pass_time(struct world *w, uint8_t first, struct bytes *b)
{
	static const uint32_t ticks[] = {0,        1,        10,       100,
					 500,      999,      1000,     1001,
					 2000,     5000,     9999,     10000,
					 10001,    60001,    120001,   240001,
					 300001,   600000,   3600001,  7440001,
					 1u << 27, 1u << 28, 1u << 30, LONGEST_STEP};
	uint32_t until = w->now + ticks[bytes_u8(b) % (sizeof(ticks) / sizeof(*ticks))];
	uint32_t gone_off = w->now;
	unsigned count = 0;

	if ((first & 8) && w->live && !seq_after(until, w->armed + LATE_TICKS)) {
		w->now = until;
		return;
	}
	while (w->live &&
	       (ticks_reached(w->armed, w->now) || w->armed - w->now <= until - w->now)) {
		if (seq_after(w->armed, w->now))
			w->now = w->armed;
		count = gone_off == w->now ? count + 1 : 0;
		gone_off = w->now;
		require(count < TIMERS_MAX);
		run_timer(w);
	}
	w->now = until;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct world w;
	struct step s;
	uint8_t first;

	memset(&w, 0, sizeof(w));
	w.now = BEGIN;
	configure(&w, bytes_u8(&b));
	while (b.left > 0) {
		first = bytes_u8(&b);
		switch (first & 7) {
		case 5:
			pass_time(&w, first, &b);
			break;
		case 6: /* another connection takes the entry in the extension table */
			w.has_ext = false;
			memset(&w.ext, 0, sizeof(w.ext));
			break;
		default:
			read_segment(&w, &s, first, &b);
			send_segment(&w, &s);
			break;
		}
		if (w.live)
			check_connection(&w);
	}
	return 0;
}
