/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * states-table: print the table "States by segment" of docs/tcp-tracking.md, which has
 * the verdict on each kind of segment in each pair of states. check.sh compares it with
 * the document.
 */
#include <stdio.h>
#include <string.h>

#include <track/tcp.h>

#include "../unit/tcp_situations.h"

/* A connection with an extension, which rare rules need. */
struct machine {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext side;
	struct track_result r;
	bool live;
};

/* A kind of segment. seq and ack are offsets from the expected numbers. */
struct kind {
	const char *name;
	uint8_t flags;
	int32_t seq;
	uint32_t len;
};

static const struct kind kinds[] = {
	{"other SYN", TCP_SYN, 700000, 0},
	{"SYN+ACK", TCP_SYN | TCP_ACK, -1, 0},
	{"ACK", TCP_ACK, 0, 0},
	{"data", TCP_ACK, 0, 10},
	{"new FIN", TCP_FIN | TCP_ACK, 0, 0},
	{"RST", TCP_RST, 0, 0},
	{"RST in window", TCP_RST, 1000, 0},
	{"RST outside", TCP_RST, 1000000, 0},
};

static void
put(struct machine *m, uint8_t side, const struct tcp_segment *seg)
{
	static const struct track_config config = TRACK_CONFIG_DEFAULT;
	struct track_conn conn = {&m->hot, &m->cold, &m->side};
	struct tcp_input in = {.seg = seg,
			       .config = &config,
			       .now = 1000,
			       .side = side,
			       .rules = TCP_RULES_ALLOW};

	if (m->live) {
		tcp_segment(&conn, &in, &m->r);
		return;
	}
	tcp_unknown(&in, &m->r);
	tcp_open(&conn, &in);
	m->live = true;
}

static struct machine
machine_in(const struct situation *at)
{
	struct machine m = {0};
	const struct situation_step *step;

	for (step = at->step; step < at->step + SITUATION_STEPS && step->flags; step++)
		put(&m, step->side,
		    &(struct tcp_segment){.flags = step->flags,
					  .seq = step->seq,
					  .ack = step->ack,
					  .win = 8000,
					  .scale = TCP_NO_SCALE});
	return m;
}

static void
print_cell(struct machine m, const struct situation *at, uint8_t side,
	   const struct kind *kind)
{
	struct track_conn conn = {&m.hot, &m.cold, &m.side};
	char states[48];

	put(&m, side,
	    &(struct tcp_segment){.flags = kind->flags,
				  .seq = m.hot.nxt[side] + (uint32_t)kind->seq,
				  .ack = kind->flags & TCP_ACK ? m.hot.nxt[!side] : 0,
				  .len = kind->len,
				  .win = 8000,
				  .scale = TCP_NO_SCALE});
	printf(" %s", m.r.verdict == VERDICT_PASS ? "P" : "D");
	if (m.r.verdict != VERDICT_PASS)
		printf(" `%s`", reason_name(m.r.reason));
	if (m.r.action != ACTION_NONE)
		printf(" +%s", action_name(m.r.action));
	snprintf(states, sizeof(states), "%s %s", tcp_state_name(tcp_state(&conn, 0)),
		 tcp_state_name(tcp_state(&conn, 1)));
	if (strcmp(states, at->name) != 0)
		printf(" %s", states);
	printf(" |");
}

int
main(void)
{
	const struct situation *at;
	const struct kind *kind;
	uint8_t side;

	printf("| A, B | from |");
	for (kind = kinds; kind < kinds + sizeof(kinds) / sizeof(*kinds); kind++)
		printf(" %s |", kind->name);
	printf("\n|--|--|");
	for (kind = kinds; kind < kinds + sizeof(kinds) / sizeof(*kinds); kind++)
		printf("--|");
	printf("\n");
	for (at = situations; at < situations + SITUATIONS; at++) {
		for (side = 0; side < 2; side++) {
			printf("| %s | %c |", side == 0 ? at->name : "", "AB"[side]);
			for (kind = kinds; kind < kinds + sizeof(kinds) / sizeof(*kinds);
			     kind++)
				print_cell(machine_in(at), at, side, kind);
			printf("\n");
		}
	}
	return 0;
}
