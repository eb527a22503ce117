/* SPDX-License-Identifier: BSD-3-Clause */
#include "exchange.h"

#include <inttypes.h>
#include <stdio.h>

#include <base/seq.h>

#define LAST_EVENT_MS 60000u

uint32_t
exchange_pick(struct exchange *x, uint32_t n)
{
	x->random ^= x->random << 13;
	x->random ^= x->random >> 7;
	x->random ^= x->random << 17;
	return (uint32_t)(x->random >> 32) % n;
}

void
exchange_show(struct exchange *x, const char *what, uint8_t from,
	      const struct tcp_segment *s)
{
	struct track_conn conn = world_conn(&x->w);
	uint8_t i;

	if (!x->loud)
		return;
	printf("%8u %-16s %c %s%s%s%s %" PRIu32 ":%" PRIu32 " ack %" PRIu32
	       " win %u ts %" PRIu32 " %" PRIu32 " ",
	       x->w.now - x->begin, what, "AB"[from], s -> flags &TCP_SYN ? "S" : "",
	       s->flags &TCP_FIN ? "F" : "", s->flags &TCP_RST ? "R" : "",
	       s->flags &TCP_ACK ? "." : "", s->seq, segment_end(s), s->ack, s->win,
	       s->tsval, s->tsecr);
	for (i = 0; i < 2; i++)
		printf(" %s(%s)", tcp_state_name(x->e[i].state),
		       x->w.live ? tcp_state_name(tcp_state(&conn, i)) : "-");
	printf("\n");
}

static void
put(struct exchange *x, uint8_t from, bool behind, bool ours,
    const struct tcp_segment *seg)
{
	unsigned copies = 1 + (exchange_pick(x, 100) < x->duplicate);

	if (exchange_pick(x, 100) < x->lose) {
		exchange_show(x, "lost", from, seg);
		return;
	}
	while (copies-- && x->flights < EXCHANGE_FLIGHTS)
		x->flight[x->flights++] = (struct flight){
			.at = x->w.now + 1 + exchange_pick(x, x->delay),
			.from = from,
			.behind = behind,
			.ours = ours,
			.iss = x->e[from].iss,
			.seg = *seg,
		};
}

static void
put_all(struct exchange *x, uint8_t from, const struct endpoint_out *out)
{
	unsigned i;

	for (i = 0; i < out->n; i++)
		put(x, from, false, false, &out->seg[i]);
}

static void
through_tracker(struct exchange *x, const struct flight *f)
{
	struct world before = x->w;
	uint8_t from = f->from;
	bool pass;

	world_send(&x->w, from, f->seg);
	pass = x->w.r.verdict == VERDICT_PASS;
	exchange_show(x, pass ? "pass" : reason_name(x->w.r.reason), from, &f->seg);
	if (x->judged)
		x->judged(x, f, &before);
	if (x->w.r.action != ACTION_NONE)
		put(x, !x->w.r.generated_to, true, true, &x->w.r.generated);
	if (pass)
		put(x, from, true, false, &f->seg);
}

void
exchange_timers(struct exchange *x)
{
	struct tcp_segment probe[2];
	uint8_t i;

	while (x->w.live) {
		switch (world_timer(&x->w, probe)) {
		case TRACK_TIMER_PROBE:
			for (i = 0; i < 2; i++) {
				exchange_show(x, "probe", !i, &probe[i]);
				put(x, !i, true, true, &probe[i]);
			}
			break;
		case TRACK_TIMER_EXPIRE:
			break;
		default:
			return;
		}
	}
}

/* Deliver the segment in flight that is due first. Return false if none is in flight. */
static bool
step_flight(struct exchange *x)
{
	struct endpoint_out out = {.n = 0};
	unsigned i, first = 0;
	struct flight f;

	if (x->flights == 0)
		return false;
	for (i = 1; i < x->flights; i++)
		if (seq_before(x->flight[i].at, x->flight[first].at))
			first = i;
	f = x->flight[first];
	x->flight[first] = x->flight[--x->flights];
	if (seq_after(f.at, x->w.now))
		x->w.now = f.at;
	exchange_timers(x);
	if (!f.behind) {
		through_tracker(x, &f);
		return true;
	}
	endpoint_receive(&x->e[!f.from], &f.seg, exchange_pick(x, UINT32_MAX), x->w.now,
			 &out);
	exchange_show(x, f.ours ? "arrive*" : "arrive", f.from, &f.seg);
	put_all(x, !f.from, &out);
	return true;
}

static void
connect(struct exchange *x, uint8_t who)
{
	struct endpoint_out out = {.n = 0};
	struct endpoint *e = &x->e[who];

	if (e->state != TCP_STATE_CLOSED && e->state != TCP_STATE_LISTEN)
		return;
	endpoint_connect(e, exchange_pick(x, UINT32_MAX), x->w.now, &out);
	put_all(x, who, &out);
}

static void
application(struct exchange *x)
{
	struct endpoint_out out = {.n = 0};
	uint8_t who = (uint8_t)exchange_pick(x, 2);
	struct endpoint *e = &x->e[who];
	uint32_t what = exchange_pick(x, 100);

	if (e->state == TCP_STATE_CLOSED) {
		connect(x, who);
	} else if (what < 50) {
		endpoint_write(e, 1 + exchange_pick(x, 3000), x->w.now, &out);
	} else if (what < 65) {
		endpoint_set_window(e,
				    exchange_pick(x, 4) ? 2000 + exchange_pick(x, 60000)
							: 0,
				    &out);
	} else if (what < 80) {
		endpoint_close(e, x->w.now, &out);
	} else if (what < 84 && !(x->simultaneous && e->state < TCP_STATE_ESTABLISHED)) {
		endpoint_abort(e, &out);
	} else if (what < 88 && !x->simultaneous) { /* a crash sends no segment */
		endpoint_init(e, e->listens);
	}
	put_all(x, who, &out);
}

static void
endpoints_tick(struct exchange *x)
{
	struct endpoint_out out;
	uint8_t i;

	for (i = 0; i < 2; i++) {
		out.n = 0;
		endpoint_tick(&x->e[i], x->w.now, &out);
		put_all(x, i, &out);
	}
}

void
exchange_init(struct exchange *x, unsigned number)
{
	static const uint8_t scales[] = {TCP_NO_SCALE, 0, 2, 7};
	uint8_t i;

	memset(x, 0, sizeof(*x));
	world_init(&x->w);
	x->last_event = LAST_EVENT_MS;
	x->random = (number + 1) * 0x9e3779b97f4a7c15u;
	for (i = 0; i < 8; i++)
		exchange_pick(x, 2);
	x->begin = x->w.now;
	x->lose = exchange_pick(x, 2) ? exchange_pick(x, 15) : 0;
	x->duplicate = exchange_pick(x, 2) ? exchange_pick(x, 15) : 0;
	x->delay = exchange_pick(x, 2) ? 1 : 1 + exchange_pick(x, 200);
	for (i = 0; i < 2; i++) {
		x->e[i].scale = scales[exchange_pick(x, 4)];
		x->e[i].timestamps = exchange_pick(x, 2);
		x->e[i].rcv_wnd = 1000 + exchange_pick(x, 60000);
		endpoint_init(&x->e[i], i == 1);
	}
	connect(x, 0);
	x->simultaneous = exchange_pick(x, 8) == 0;
	if (x->simultaneous)
		connect(x, 1);
}

void
exchange_send(struct exchange *x, uint8_t from, const struct tcp_segment *seg)
{
	struct flight f = {.at = x->w.now,
			   .from = from,
			   .iss = x->e[from].iss,
			   .seg = *seg};

	through_tracker(x, &f);
}

void
exchange_event(struct exchange *x)
{
	if (!step_flight(x) || exchange_pick(x, 10) == 0) {
		x->w.now += 1 + exchange_pick(x, ENDPOINT_RTO);
		exchange_timers(x);
		endpoints_tick(x);
	}
	if (x->w.now - x->begin < x->last_event && exchange_pick(x, 25) == 0)
		application(x);
}
