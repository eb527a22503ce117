/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_internal.h"

#include <errno.h>
#include <stdlib.h>

int
report_open(struct report *r, enum command_report form, uint64_t connection)
{
	*r = (struct report){.form = form, .connection = connection};
	r->drops = calloc(REPORT_DROPS, sizeof(*r->drops));
	r->connections = calloc(REPORT_CONNECTIONS, sizeof(*r->connections));
	return r->drops != NULL && r->connections != NULL ? 0 : -ENOMEM;
}

/* Write the states of both endpoints, the originator's first. */
static void
fill_states(struct report_row *row, const struct item *item,
	    const struct engine_record *record)
{
	const struct analysis *a = &item->c->a;

	row->from_orig = item->sender == a->orig;
	row->has_before = item->has_before;
	row->before[0] = item->before[a->orig];
	row->before[1] = item->before[!a->orig];
	if (record == NULL || !record->has_conn || !record->has_states)
		return;
	row->has_after = true;
	row->after[0] = record->state[record->orig & 1u];
	row->after[1] = record->state[!record->orig];
}

static void
fill_row(struct report_row *row, const struct item *item,
	 const struct engine_record *record)
{
	*row = (struct report_row){
		.frame = item->fr.f.number,
		.file = item->capture->number,
		.ns = item->ns,
		.connection = item->connection,
		.p = item->fr.p,
		.marks = item->marks,
		.judged = item->judged,
		.port = item->port,
		.from_orig = true,
	};
	explain_numbers(item, &row->numbers);
	if (item->c != NULL)
		fill_states(row, item, record);
	if (record == NULL)
		return;
	row->verdict = record->verdict;
	row->reason = record->reason;
	row->action = record->action;
	row->rule = record->rule;
	row->has_rule = record->reason == REASON_POLICY_DROP ||
			record->reason == REASON_POLICY_REJECT;
	explain_expected(item, record, row->expected);
}

/* Find or create the ladder of a connection; NULL: the report has none for it. */
static struct report_ladder *
find_ladder(struct report *r, uint64_t connection)
{
	uint32_t i;

	if (connection == 0 || (r->connection != 0 && connection != r->connection) ||
	    (r->connection == 0 && r->form != REPORT_HTML))
		return NULL;
	for (i = r->ladder_count; i > 0; i--)
		if (r->ladders[i - 1].connection == connection)
			return &r->ladders[i - 1];
	if (r->ladder_count == REPORT_LADDERS)
		return NULL;
	r->ladders[r->ladder_count].connection = connection;
	return &r->ladders[r->ladder_count++];
}

static void
add_row(struct report *r, struct report_ladder *ladder, const struct report_row *row)
{
	uint32_t max = r->connection != 0 ? REPORT_LADDER_MAX : REPORT_LADDER_ROWS;
	uint32_t room = ladder->room != 0 ? 2 * ladder->room : 16;
	struct report_row *more;

	if (ladder->count == max) {
		ladder->left_out++;
		return;
	}
	if (ladder->count == ladder->room) {
		more = reallocarray(ladder->rows, room, sizeof(*more));
		if (more == NULL) {
			ladder->left_out++;
			return;
		}
		ladder->rows = more;
		ladder->room = room;
	}
	ladder->rows[ladder->count++] = *row;
}

void
report_verdict(struct report *r, const struct item *item,
	       const struct engine_record *record)
{
	struct report_ladder *ladder = find_ladder(r, item->connection);
	bool drop = record != NULL && record->verdict == VERDICT_DROP;
	struct report_row row;

	r->packets++;
	r->without_verdict += record == NULL;
	r->passed += record != NULL && !drop;
	r->dropped += drop;
	if (record != NULL) {
		r->reasons[record->reason] += drop;
		r->generated[record->action] += record->action != ACTION_NONE;
		r->incomplete += drop && (item->marks & MARK_INCOMPLETE);
	}
	if (ladder == NULL && (!drop || r->drop_count == REPORT_DROPS))
		return;
	fill_row(&row, item, record);
	if (ladder != NULL)
		add_row(r, ladder, &row);
	if (drop && r->drop_count < REPORT_DROPS)
		r->drops[r->drop_count++] = row;
}

void
report_connection(struct report *r, const struct conversation *c)
{
	r->connections_total++;
	if (r->connection_count == REPORT_CONNECTIONS && c->a.number != r->connection)
		return;
	/* when the list is full, the connection with a ladder replaces the last entry */
	if (r->connection_count == REPORT_CONNECTIONS)
		r->connection_count--;
	r->connections[r->connection_count++] =
		(struct report_connection){c->key, c->family, c->lan, c->a};
}

void
report_close(struct report *r)
{
	uint32_t i;

	for (i = 0; i < r->ladder_count; i++)
		free(r->ladders[i].rows);
	free(r->drops);
	free(r->connections);
	*r = (struct report){0};
}
