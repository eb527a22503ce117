/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Print the path to a violation as a scenario. Segments that reach the tracker are its
 * steps, other moves its comments.
 */
#include "trace.h"
#include "segment_text.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const kinds[] = {
	[MOVE_DELIVER] = "arrives",
	[MOVE_LOSE] = "is lost",
	[MOVE_DUPLICATE] = "doubled",
	[MOVE_TICK] = "time passes",
	[MOVE_WRITE] = "writes",
	[MOVE_CLOSE] = "closes",
	[MOVE_ABORT] = "aborts",
	[MOVE_CRASH] = "crashes",
	[MOVE_CONNECT] = "connects",
	[MOVE_WINDOW] = "moves its window",
	[MOVE_REROUTE] = "sends another way, or no more",
	[MOVE_ATTACK] = "is forged",
};

static void
print_pair(FILE *out, const struct model *m)
{
	struct track_conn conn = model_conn((struct model *)(uintptr_t)m);

	if (!m->live)
		fprintf(out, "-");
	else
		fprintf(out, "%s %s", tcp_state_name(tcp_state(&conn, 0)),
			tcp_state_name(tcp_state(&conn, 1)));
}

/*
 * Print a step of the scenario: a segment that reached the tracker, and the time since
 * the previous one.
 */
static void
print_tracked(FILE *out, const struct model *m, uint32_t since)
{
	fprintf(out, "+%u.%03u %c ", since / 1000, since % 1000, "><"[m->last.from]);
	segment_print(out, &m->last.seg);
	fprintf(out, " : %s", m->r.verdict == VERDICT_PASS ? "pass" : "drop");
	if (m->r.verdict != VERDICT_PASS)
		fprintf(out, " %s", reason_name(m->r.reason));
	if (m->r.action != ACTION_NONE)
		fprintf(out, " %s", action_name(m->r.action));
	fputc(' ', out);
	print_pair(out, m);
	fputc('\n', out);
}

static void
print_begin(const struct model *m, void *out)
{
	print_tracked(out, m, 0);
}

static void
print_step(FILE *out, const struct model *m, struct move move, uint32_t since)
{
	if (m->asked) {
		print_tracked(out, m, since);
		return;
	}
	fprintf(out, "# %u.%03u ", m->now / 1000, m->now % 1000);
	if (move.kind <= MOVE_DUPLICATE) {
		fprintf(out, "%c's ", "AB"[m->last.from]);
		segment_print(out, &m->last.seg);
		fprintf(out, " %s%s", kinds[move.kind],
			m->last.behind ? " behind the tracker" : " before the tracker");
	} else if (move.kind == MOVE_TICK) {
		fprintf(out, "%s", kinds[move.kind]);
	} else {
		fprintf(out, "%c %s", "AB"[move.arg & 1], kinds[move.kind]);
	}
	fprintf(out, ": A %s, B %s, here ", tcp_state_name(m->e[0].state),
		tcp_state_name(m->e[1].state));
	print_pair(out, m);
	fputc('\n', out);
}

void
trace_print(FILE *out, const struct universe *u, const struct violation *v)
{
	struct model m;
	uint32_t last;
	unsigned i;

	fprintf(out, "# %s\n# universe %s: %s\n", v->property, u->name, u->text);
	if (u->loose)
		fprintf(out, "set tcp_loose true\n");
	model_begin(&m, u, print_begin, out);
	last = m.now;
	for (i = 0; i < v->length; i++) {
		model_step(&m, v->move[i]);
		print_step(out, &m, v->move[i], m.now - last);
		if (m.asked)
			last = m.now;
	}
}
