/* SPDX-License-Identifier: BSD-3-Clause */
#include "sequence.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include <base/seq.h>
#include <frame/frame.h>
#include <packet/packet.h>

#include "../model/exchange.h"
#include "../model/segment_text.h"

#define EVENTS 400
#define LAST_EVENT_MS 7000u
#define END_MS 9000u
#define ETHER_BYTES 14
#define PORT_B 80

/*
 * The sequence in progress. It is static because the exchange's callback gets no pointer
 * to it.
 */
static struct run {
	struct sequence *s;
	struct exchange x;
	struct kernel_tuple tuple;
	char address[2][INET6_ADDRSTRLEN];
	uint32_t sack[2];  /* edges of the next segment's SACK block; 0: no block */
	bool bad_checksum; /* build the next segment with a wrong checksum */
	void (*judge)(struct sequence *s, const struct step *step);
	bool over;
	bool restarted;
} run;

static void
set_tuple(unsigned number)
{
	struct kernel_tuple *t = &run.tuple;
	int i;

	t->family = number % 2 ? AF_INET6 : AF_INET;
	t->port[0] = (uint16_t)(1024 + number / 2 % 60000);
	t->port[1] = PORT_B;
	for (i = 0; i < 2; i++) {
		snprintf(run.address[i], sizeof(run.address[i]),
			 t->family == AF_INET ? "10.%d.0.%u" : "fd0%d::%x", i + 1,
			 1 + number / 120000);
		inet_pton(t->family, run.address[i], t->address[i]);
	}
}

static size_t
build(const struct tcp_segment *seg, uint8_t from, uint8_t *bytes, size_t room)
{
	const struct kernel_tuple *t = &run.tuple;
	struct frame f = {
		.src = run.address[from],
		.dst = run.address[!from],
		.sport = t->port[from],
		.dport = t->port[!from],
		.proto = IPPROTO_TCP,
		.flags = seg->flags,
		.seq = seg->seq,
		.ack = seg->ack,
		.win = seg->win,
		.payload_len = seg->len,
		.bad_l4_checksum = run.bad_checksum,
		.opt = {.sack_ok = (seg->flags & TCP_SYN) != 0,
			.has_scale = (seg->flags & TCP_SYN) && seg->scale != TCP_NO_SCALE,
			.scale = seg->scale,
			.has_ts = seg->has_ts,
			.tsval = seg->tsval,
			.tsecr = seg->tsecr,
			.sacks = run.sack[1] != 0,
			.sack = {{run.sack[0], run.sack[1]}}},
	};

	return frame_build(&f, bytes, room);
}

static bool
same_segment(const struct tcp_segment *a, const struct tcp_segment *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->win == b->win && a->flags == b->flags && a->scale == b->scale &&
	       a->has_ts == b->has_ts && a->tsval == b->tsval && a->tsecr == b->tsecr;
}

/*
 * Build the packet, and check that the parser reads from it the segment that the tracker
 * got.
 */
static size_t
packet_of(const struct flight *f, uint8_t *bytes, size_t room)
{
	struct rte_mbuf m;
	struct packet p;
	size_t len = build(&f->seg, f->from, bytes, room);

	frame_mbuf(&m, bytes, room, len);
	packet_parse(&m, f->from, 0, PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
	if (len == 0 || p.kind != PACKET_TCP || !same_segment(&p.seg, &f->seg))
		run.s->broken = "the parser does not see the segment that was sent";
	return len;
}

static void
states(struct world *w, enum tcp_state state[2])
{
	struct track_conn conn = world_conn(w);
	uint8_t i;

	for (i = 0; i < 2; i++)
		state[i] = w->live ? tcp_state(&conn, i) : TCP_STATE_CLOSED;
}

static bool
same_numbers(const struct track_hot *a, const struct track_hot *b)
{
	uint8_t x;

	for (x = 0; x < 2; x++)
		if (a->nxt[x] != b->nxt[x] || a->una[x] != b->una[x] ||
		    a->edge[x] != b->edge[x] || a->maxwnd[x] != b->maxwnd[x])
			return false;
	return true;
}

/*
 * Return whether the tracker has updated nxt, una, edge or maxwnd for this segment, in
 * the connection or in one of its shadows.
 */
static bool
has_learnt(const struct step *step)
{
	const struct tcp_shadow *before = step->before.ext.shadow;
	const struct tcp_shadow *after = step->after.ext.shadow;

	return !same_numbers(&step->before.hot, &step->after.hot) ||
	       !same_numbers(&before[0].hot, &after[0].hot) ||
	       !same_numbers(&before[1].hot, &after[1].hot);
}

static void
keep_highest(bool *has, uint32_t *highest, uint32_t number)
{
	if (!*has || seq_after(number, *highest))
		*highest = number;
	*has = true;
}

/*
 * Record whether this step was part of a handshake that replaced the kernel's numbers or
 * gave its entry to another connection.
 */
static void
remember_handshakes(struct past *past, const struct step *step)
{
	const struct kernel_entry *before = &step->kernel_before;
	const struct kernel_entry *after = &step->kernel_after;
	bool syn = step->seg.flags & TCP_SYN, taken = step->word == KERNEL_NOTHING;
	uint8_t x = step->from;

	if (after->there &&
	    (after->state == TCP_CONNTRACK_SYN_SENT ||
	     after->state == TCP_CONNTRACK_SYN_RECV) &&
	    (before->there ? before->state >= TCP_CONNTRACK_ESTABLISHED &&
				     before->state <= TCP_CONNTRACK_CLOSE
			   : step->before.live))
		past->moved_on = true;
	if (after->there && after->state == TCP_CONNTRACK_SYN_SENT2)
		past->simultaneous = true;
	if (!before->there || !syn || !taken)
		return;
	if ((before->state == TCP_CONNTRACK_SYN_SENT ||
	     before->state == TCP_CONNTRACK_SYN_SENT2) &&
	    !(step->seg.flags & TCP_ACK) && (step->before.hot.ep[x] & EP_SS) &&
	    step->seg.seq != step->before.cold.iss[x])
		past->second_syn = true;
}

/*
 * Return whether the kernel has taken numbers and window scale from a further SYN or
 * SYN+ACK of an open handshake. It takes them before it checks the ACK.
 */
static bool
handshake_again(const struct step *step)
{
	const struct kernel_entry *before = &step->kernel_before;

	return before->there && (step->seg.flags & TCP_SYN) &&
	       (before->state == TCP_CONNTRACK_SYN_RECV ||
		before->state == TCP_CONNTRACK_SYN_SENT2) &&
	       (step->word == KERNEL_NOTHING || step->word == KERNEL_ACK_UNDER);
}

/* Add this step to the summary of the past. */
static void
remember(struct past *past, const struct step *step)
{
	uint8_t x = step->from;

	remember_handshakes(past, step);
	past->handshake_again |= handshake_again(step);
	if (step->word ==
		    /* passed, but with the end of sent data moved back */
		    KERNEL_BYTES_MORE ||
	    ((step->word == KERNEL_IGNORED || step->word == KERNEL_SEQ_UNDER ||
	      step->word == KERNEL_ACK_UNDER) &&
	     has_learnt(step)))
		past->uncounted[x] = true;
	if (!step->pass)
		return;
	if (step->seg.flags & TCP_RST)
		past->reset = true;
	keep_highest(&past->has_passed[x], &past->passed[x], segment_end(&step->seg));
	if (step->seg.flags & TCP_ACK)
		keep_highest(&past->has_ack[x], &past->ack[x], step->seg.ack);
}

static void
judged(struct exchange *x, const struct flight *f, const struct world *before)
{
	struct sequence *s = run.s;
	struct step *step = &s->step[s->steps];
	uint8_t bytes[FRAME_MAX];
	size_t len;
	int passed;

	if (run.over || s->broken || s->steps == SEQUENCE_STEPS)
		return;
	*step = (struct step){
		.seg = f->seg,
		.sack = run.sack[1],
		.from = f->from,
		.pass = x->w.r.verdict == VERDICT_PASS,
		.reason = x->w.r.reason,
		.action = x->w.r.action,
		.now = x->w.now,
		.before = *before,
		.after = x->w,
		.kernel_before = s->steps ? s->step[s->steps - 1].kernel_after
					  : (struct kernel_entry){.there = false},
	};
	if (run.restarted && s->steps == s->restart_at) {
		step->kernel_before.there = false;
	} else if (s->steps) {
		step->past = step[-1].past;
		remember(&step->past, &step[-1]);
	}
	states(&step->before, step->state);
	states(&step->after, step->next);
	len = packet_of(f, bytes, sizeof(bytes));
	if (s->broken)
		return;
	passed = kernel_judge(f->from, bytes + ETHER_BYTES, len - ETHER_BYTES);
	if (passed < 0)
		s->broken = "a packet could not be sent to the kernel";
	step->kernel_pass = passed > 0;
	step->word = kernel_said();
	step->kernel_after = kernel_look(&run.tuple);
	if ((int)s->steps++ == s->lie_at) {
		step->pass = !step->pass;
		step->reason = REASON_NONE;
	}
	run.judge(s, step);
	if (step->pass != step->kernel_pass)
		run.over = true;
}

/*
 * Return a sequence number for a forged segment of side x: mostly next to a limit that
 * one of the trackers checks.
 */
static uint32_t
forged_seq(uint8_t x)
{
	const struct track_hot *h = &run.x.w.hot;
	uint32_t edge = h->edge[x], una = h->una[x], nxt = h->nxt[x];
	uint32_t maxwnd = 65535u << (x ? h->scale & 15 : h->scale >> 4);
	uint32_t near = exchange_pick(&run.x, 3) - 1;

	switch (exchange_pick(&run.x, 14)) {
	case 0:
	case 1:
	case 2:
		return nxt;
	case 3:
		return una + near;
	case 4:
		return nxt + near;
	case 5:
		return edge + near;
	case 6:
		return una - 1 - h->maxwnd[x] + near;
	case 7:
		return nxt + exchange_pick(&run.x, (edge - nxt) | 1);
	case 8:
		return una + exchange_pick(&run.x, (nxt - una) | 1);
	case 9:
		return una - exchange_pick(&run.x, 200000);
	case 10:
		return run.x.w.cold.iss[x] + near;
	case 11:
		return nxt + maxwnd + exchange_pick(&run.x, 100000);
	case 12:
		return 0;
	default:
		return exchange_pick(&run.x, UINT32_MAX);
	}
}

static uint8_t
forged_flags(void)
{
	static const uint8_t usual[] = {
		TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK,           TCP_ACK,           TCP_ACK,
		TCP_RST, TCP_RST | TCP_ACK, TCP_ACK | TCP_FIN, TCP_ACK | TCP_PSH,
	};
	uint8_t flags = usual[exchange_pick(&run.x, sizeof(usual))];

	switch (exchange_pick(&run.x, 24)) {
	case 0:
		return (uint8_t)exchange_pick(&run.x, 64);
	case 1:
		return flags | TCP_URG;
	default:
		return flags;
	}
}

static void
forged_options(struct tcp_segment *seg, uint8_t x)
{
	const struct track_hot *h = &run.x.w.hot;

	if (seg->flags & TCP_SYN) {
		if (exchange_pick(&run.x, 2))
			seg->scale = (uint8_t)exchange_pick(&run.x, 15);
		seg->has_ts = exchange_pick(&run.x, 2);
	} else {
		seg->has_ts = (h->flags & TRACK_TS) && exchange_pick(&run.x, 8) != 0;
	}
	if (seg->has_ts) {
		seg->tsval = h->tsmax[x];
		if (exchange_pick(&run.x, 3) == 0)
			seg->tsval += exchange_pick(&run.x, 4000) - 3000;
		seg->tsecr = seg->flags & TCP_ACK ? h->tsmax[!x] : 0;
	}
	if ((seg->flags & TCP_ACK) && !(seg->flags & TCP_SYN) && !seg->has_ts &&
	    exchange_pick(&run.x, 12) == 0) {
		run.sack[1] = forged_seq(!x);
		run.sack[0] = run.sack[1] - 100;
	}
}

/*
 * FLAG-2: send a segment with a wrong checksum to the parser and to the kernel. Both must
 * drop it, and the kernel must not update its entry.
 */
static void
send_damaged(uint8_t x, const struct tcp_segment *seg)
{
	struct sequence *s = run.s;
	struct kernel_entry before = kernel_look(&run.tuple), after;
	uint8_t bytes[FRAME_MAX];
	struct rte_mbuf m;
	struct packet p;
	size_t len;

	run.bad_checksum = true;
	len = build(seg, x, bytes, sizeof(bytes));
	run.bad_checksum = false;
	frame_mbuf(&m, bytes, sizeof(bytes), len);
	packet_parse(&m, x, 0, PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
	if (p.kind != PACKET_BAD || p.reason != REASON_L4_CHECKSUM)
		s->broken = "the parser passes a wrong checksum";
	if (kernel_judge(x, bytes + ETHER_BYTES, len - ETHER_BYTES) != 0)
		s->broken = "the kernel passes a wrong checksum";
	after = kernel_look(&run.tuple);
	if (before.there != after.there || before.state != after.state)
		s->broken = "the kernel learns from a wrong checksum";
	s->bad_checksums++;
}

/* Send a forged segment in the name of an endpoint. */
static void
forge(void)
{
	static const uint16_t lengths[] = {0, 0, 0, 1, 100, 500, 1400};
	static const uint16_t windows[] = {0, 1, 8000, 65535};
	uint8_t x = (uint8_t)exchange_pick(&run.x, 2);
	struct tcp_segment seg = {
		.flags = forged_flags(),
		.seq = forged_seq(x),
		.win = windows[exchange_pick(&run.x, 4)],
		.scale = TCP_NO_SCALE,
	};

	if (seg.flags & TCP_ACK)
		seg.ack = exchange_pick(&run.x, 4) ? run.x.w.hot.nxt[!x] : forged_seq(!x);
	if (!(seg.flags & (TCP_SYN | TCP_RST)))
		seg.len = lengths[exchange_pick(&run.x, 7)];
	forged_options(&seg, x);
	if (run.s->steps % 16 == 1)
		send_damaged(x, &seg);
	else
		exchange_send(&run.x, x, &seg);
	run.sack[0] = run.sack[1] = 0;
}

/* Delete the connection in the tracker and in the kernel. */
static void
restart(void)
{
	/*
	 * the actual step: one event can add several, so it may be past the one asked for
	 */
	run.s->restart_at = run.s->steps;
	run.restarted = true;
	run.x.w.live = run.x.w.has_ext = false;
	kernel_forget(&run.tuple);
	/* the kernel kept its entry, so nothing can be compared */
	run.over = kernel_look(&run.tuple).there;
}

void
sequence_run(struct sequence *s, unsigned tuple,
	     void (*judge)(struct sequence *s, const struct step *step))
{
	unsigned events;

	run.s = s;
	run.judge = judge;
	run.over = false;
	s->steps = 0;
	s->broken = NULL;
	s->bad_checksums = 0;
	set_tuple(tuple);
	exchange_init(&run.x, s->number);
	run.x.judged = judged;
	run.x.last_event = LAST_EVENT_MS;
	run.x.w.config.tcp_be_liberal = s->liberal;
	run.x.w.only_a_opens = run.tuple.port[0] %
			       2; /* the kernel's rules do the same: oracle.sh */
	run.x.w.config.tcp_loose = s->restart_at != 0;
	run.restarted = false;
	for (events = 0; events < EVENTS && !run.over && !s->broken; events++) {
		if (s->restart_at && s->steps >= s->restart_at && !run.restarted)
			restart();
		exchange_event(&run.x);
		if (run.x.w.now - run.x.begin > END_MS)
			break;
		if (s->forged && !run.over && exchange_pick(&run.x, 12) == 0)
			forge();
	}
	kernel_forget(&run.tuple);
}

static void
print_outcome(FILE *out, const struct step *step)
{
	if (step->pass)
		fprintf(out, " : pass");
	else
		fprintf(out, " : drop %s", reason_name(step->reason));
	if (step->action != ACTION_NONE)
		fprintf(out, " %s", action_name(step->action));
	if (step->after.live)
		fprintf(out, " %s %s", tcp_state_name(step->next[0]),
			tcp_state_name(step->next[1]));
	else
		fprintf(out, " -");
	fprintf(out, "\n#	kernel: %s, %s %s\n", step->kernel_pass ? "pass" : "drop",
		kernel_state_name(step->kernel_after), kernel_word_text(step->word));
}

void
sequence_print(FILE *out, const struct sequence *s)
{
	const struct step *step;
	uint32_t last = s->steps ? s->step[0].now : 0;
	unsigned i;

	for (i = 0; i < s->steps; i++) {
		step = &s->step[i];
		fprintf(out, "+%ums %c ", step->now - last, step->from ? '<' : '>');
		segment_print(out, &step->seg);
		if (step->sack)
			fprintf(out, " <sack =%" PRIu32 " =%" PRIu32 ">",
				step->sack - 100, step->sack);
		print_outcome(out, step);
		last = step->now;
	}
}
