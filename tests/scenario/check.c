/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compare the result of each step with what the scenario expects. Two expectations hold
 * for all scenarios without being written: a packet that passes leaves the other port
 * unchanged, and one that is dropped does not leave; and sluice generates no frames
 * except those of `sends` lines.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "read.h"
#include "run.h"

#define FRAMES_MAX 80u /* room for frames that one step sends */

void
run_wrong(struct run *r, const char *format, ...)
{
	va_list args;

	printf("# %s:%u: ", r->s->file, r->step->line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n#     %s\n", r->s->text[r->step->line - 1]);
	r->wrong++;
}

/* Write a segment as "S 0(0) ack 1 win 8", with absolute numbers, for a message. */
static void
print_segment(const struct segment_text *g, char *text, size_t size)
{
	char letters[10];

	snprintf(text, size, "%s =%" PRIu32 "(%" PRIu32 ") ack =%" PRIu32 " win %u%s",
		 segment_flags(g->flags, letters), g->seq, g->len, g->ack, g->win,
		 g->opt.has_ts ? " <ts>" : "");
}

/* Describe a generated frame, for a message. */
static void
print_frame(const struct sent *sent, char *text, size_t size)
{
	struct read_frame f;
	const char *fault = read_sent(sent->bytes, sent->len, &f);

	if (fault != NULL)
		snprintf(text, size, "a frame that is wrong: %s", fault);
	else if (f.icmp)
		snprintf(text, size, "icmp type %u code %u", f.icmp_type, f.icmp_code);
	else
		print_segment(&f.segment, text, size);
}

/* Compare a generated frame with the expected one, byte by byte. */
static void
check_generated(struct run *r, const struct sent *sent, const struct expect_send *e)
{
	uint8_t bytes[FRAME_MAX];
	struct sent should = {.bytes = bytes};
	char got[96], expected[96];
	size_t i = 0;

	should.len = send_frame(r->step, e, r->family, bytes, sizeof(bytes));
	if (sent->port != e->to)
		run_wrong(r, "sent to %c, expected to %c", "AB"[sent->port], "AB"[e->to]);
	if (sent->len == should.len && memcmp(sent->bytes, bytes, should.len) == 0)
		return;
	while (i < sent->len && i < should.len && sent->bytes[i] == bytes[i])
		i++;
	print_frame(sent, got, sizeof(got));
	print_frame(&should, expected, sizeof(expected));
	run_wrong(r, "sent %s, expected %s, the first difference at byte %zu", got,
		  expected, i);
}

/*
 * Compare the frames that sluice generated with the `sends` of the step. Without `sends`
 * there must be none.
 */
static void
check_sends(struct run *r, const struct sent *const *generated, unsigned n)
{
	const struct expect *e = &r->step->expect;
	unsigned i;

	if (n != e->sends)
		run_wrong(r, "%u frames of ours sent, expected %u", n, e->sends);
	for (i = 0; i < n && i < e->sends; i++)
		check_generated(r, generated[i], &e->send[i]);
}

static const char *
states(bool has_conn, bool has_states, const uint8_t *state, char text[48])
{
	if (!has_conn)
		return "-";
	if (!has_states)
		return "stateless";
	snprintf(text, 48, "%s %s", tcp_state_name(state[0]), tcp_state_name(state[1]));
	return text;
}

static void
check_conn(struct run *r, const struct conn_view *v)
{
	const struct expect *e = &r->step->expect;
	bool has_states = v != NULL && v->has_states;
	char got[48], expected[48];
	const char *is = states(v != NULL, has_states, v != NULL ? v->state : NULL, got);
	const char *should = states(e->conn_kind != EXPECT_NO_CONN,
				    e->conn_kind == EXPECT_STATES, e->state, expected);

	if (strcmp(is, should) != 0)
		run_wrong(r, "states %s, expected %s", is, should);
	if (e->conn != 0 && (v == NULL || v->id != e->conn))
		run_wrong(r, "connection %u, expected %u", v == NULL ? 0 : v->id,
			  e->conn);
	if (v != NULL && e->conn_kind != EXPECT_NO_CONN && v->left_ms != e->left_ms)
		run_wrong(r, "left %" PRIu64 " ms, expected %" PRIu64, v->left_ms,
			  e->left_ms);
}

bool
run_view(const struct run *r, uint32_t id, struct conn_view *view)
{
	struct conn_view views[32];
	uint64_t cursor = 0;
	bool found = false;
	unsigned n, i;

	while (cursor != ENGINE_CURSOR_END) {
		n = engine_list(r->engine, START_NS + r->now_ns, &cursor, views, 32);
		for (i = 0; i < n; i++) {
			if (id == 0 ? found && views[i].id < view->id : views[i].id != id)
				continue;
			*view = views[i];
			found = true;
		}
	}
	return found;
}

void
check_record(struct run *r, const struct engine_record *record)
{
	const struct expect *e = &r->step->expect;
	struct conn_view v = {0};

	if (record->verdict != e->verdict || record->reason != e->reason)
		run_wrong(r, "%s %s, expected %s %s", verdict_name(record->verdict),
			  reason_name(record->reason), verdict_name(e->verdict),
			  reason_name(e->reason));
	if (record->action != e->action)
		run_wrong(r, "action %s, expected %s", action_name(record->action),
			  action_name(e->action));
	if (record->has_conn && !run_view(r, record->conn, &v))
		run_wrong(r, "connection %u is in no table", record->conn);
	v.id = record->conn;
	v.has_states = record->has_states;
	v.state[0] = record->state[0];
	v.state[1] = record->state[1];
	check_conn(r, record->has_conn ? &v : NULL);
}

/*
 * Return whether frames[] has the frame of the step, unchanged, from the other port. If
 * so, remove it.
 */
static bool
has_left(const struct run *r, const struct step *step, const struct sent **frames,
	 unsigned *n)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = step_frame(step, r->family, bytes, sizeof(bytes));
	unsigned i = 0;

	while (i < *n && (frames[i]->port == step->side || frames[i]->len != len ||
			  memcmp(frames[i]->bytes, bytes, len) != 0))
		i++;
	if (i == *n)
		return false;
	memmove(frames + i, frames + i + 1, (*n - i - 1) * sizeof(*frames));
	(*n)--;
	return true;
}

/*
 * Check the held fragments that have got their verdict: it is as expected, and they have
 * left in order.
 */
static void
check_decided(struct run *r, const struct sent **frames, unsigned *frame_n)
{
	const struct step *step = r->step;
	unsigned i, n = 0;

	for (i = 0; i < r->helds; i++) {
		const struct engine_record *record = &r->out->record[r->held_record[i]];

		if (record->verdict == VERDICT_HELD) {
			r->held_record[n] = r->held_record[i];
			r->held[n++] = r->held[i];
			continue;
		}
		r->step = &r->s->step[r->held[i]];
		check_record(r, record);
		if (record->verdict == VERDICT_PASS &&
		    !has_left(r, r->step, frames, frame_n))
			run_wrong(r, "passed, but did not leave as it came");
	}
	r->helds = n;
	r->step = step;
}

void
check_held(struct run *r)
{
	unsigned none = 0;

	check_decided(r, NULL, &none);
}

void
check_hold(struct run *r, unsigned from)
{
	if (!r->step->expect.held)
		run_wrong(r, "held, expected to be decided");
	if (r->out->sents != from)
		run_wrong(r, "held, but something was sent");
	if (r->helds == HELD_MAX) {
		run_wrong(r, "more fragments held than there is room for");
		return;
	}
	r->held[r->helds] = (unsigned)(r->step - r->s->step);
	r->held_record[r->helds++] = r->out->records - 1;
}

void
check_frames(struct run *r, unsigned from, bool pass)
{
	const struct sent *frames[FRAMES_MAX];
	unsigned n = 0;

	while (from < r->out->sents && n < FRAMES_MAX)
		frames[n++] = &r->out->sent[from++];
	check_decided(r, frames, &n);
	if (pass && !has_left(r, r->step, frames, &n))
		run_wrong(r, "passed, but did not leave as it came");
	check_sends(r, frames, n);
}

void
check_time(struct run *r, unsigned from)
{
	const struct expect *e = &r->step->expect;
	const struct sent *generated[FRAMES_MAX];
	struct conn_view v;
	unsigned i, n = 0;
	bool found = run_view(r, e->conn, &v);

	for (i = from; i < r->out->sents && n < FRAMES_MAX; i++)
		generated[n++] = &r->out->sent[i];
	check_sends(r, generated, n);
	if (e->gone && found)
		run_wrong(r, "a connection is left");
	else if (!e->gone)
		check_conn(r, found ? &v : NULL);
}
