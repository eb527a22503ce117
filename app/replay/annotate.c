/* SPDX-License-Identifier: BSD-3-Clause */
#include "annotate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"

int
annotate_open(struct annotate *a, const char *dir, const struct policy *policy,
	      char *text, size_t size)
{
	int status;

	a->policy = policy;
	status = writer_open(&a->all, dir, "annotated", text, size);
	if (status == 0)
		status = writer_open(&a->dropped, dir, "dropped", text, size);
	return status;
}

static void __attribute__((format(printf, 3, 4)))
append(char text[ANNOTATE_TEXT], size_t *used, const char *format, ...)
{
	va_list args;
	int n;

	if (*used >= ANNOTATE_TEXT)
		return;
	va_start(args, format);
	n = vsnprintf(text + *used, ANNOTATE_TEXT - *used, format, args);
	va_end(args);
	*used += n > 0 ? (size_t)n : 0;
}

static void
append_rule(char *text, size_t *used, const struct policy *policy,
	    const struct engine_record *r)
{
	bool by_rules = r->reason == REASON_POLICY_DROP ||
			r->reason == REASON_POLICY_REJECT;
	struct policy_rule_info info;

	/* as `sluicectl capture`: no rule has decided on what the tracker drops */
	if (r->verdict == VERDICT_DROP && !by_rules)
		return;
	if (r->rule != 0 && r->rule <= policy_rules(policy)) {
		policy_rule(policy, r->rule, &info);
		append(text, used, "\nrule %u: %.200s", r->rule, info.text);
	} else if (by_rules) {
		append(text, used, "\nrule: the chain's policy");
	}
}

static void
append_states(char *text, size_t *used, const struct item *item,
	      const struct engine_record *r)
{
	const struct analysis *a = item->c != NULL ? &item->c->a : NULL;

	if (a != NULL && item->has_before)
		append(text, used, "\nbefore: orig %s, reply %s",
		       tcp_state_name(item->before[a->orig]),
		       tcp_state_name(item->before[!a->orig]));
	if (r->has_conn && r->has_states)
		append(text, used, "\nafter: orig %s, reply %s",
		       tcp_state_name(r->state[r->orig & 1u]),
		       tcp_state_name(r->state[!r->orig]));
}

void
annotate_comment(const struct policy *policy, const struct item *item,
		 const struct engine_record *record, char text[ANNOTATE_TEXT])
{
	char expected[EXPLAIN_TEXT];
	size_t used = 0;
	unsigned i;

	if (record == NULL) {
		append(text, &used, "sluice: no verdict: its headers are cut");
	} else {
		append(text, &used, "sluice: %s", verdict_name(record->verdict));
		if (record->verdict != VERDICT_PASS)
			append(text, &used, " %s: %s", reason_name(record->reason),
			       reason_text(record->reason));
		explain_expected(item, record, expected);
		if (expected[0] != '\0')
			append(text, &used, "\n%s", expected);
		if (record->action != ACTION_NONE)
			append(text, &used, "\nanswered with %s",
			       action_name(record->action));
		append_rule(text, &used, policy, record);
		append_states(text, &used, item, record);
	}
	if (item->connection != 0)
		append(text, &used, "\nconnection %" PRIu64, item->connection);
	for (i = 0; i < MARKS; i++)
		if (item->marks & 1u << i)
			append(text, &used, "\nmark: %s", mark_names[i]);
}

void
annotate_packet(struct annotate *a, const struct item *item,
		const struct engine_record *record)
{
	char comment[ANNOTATE_TEXT];
	const struct writer_extra extra = {.comment = comment};

	annotate_comment(a->policy, item, record, comment);
	writer_packet(&a->all, item, &extra);
	if (record != NULL && record->verdict == VERDICT_DROP)
		writer_packet(&a->dropped, item, &extra);
}

int
annotate_close(struct annotate *a, char *text, size_t size)
{
	char more[PATH_MAX + 256];
	int first = writer_close(&a->all, text, size);
	int second = writer_close(&a->dropped, more, sizeof(more));
	size_t used = first != 0 ? strlen(text) : 0;

	if (second != 0)
		snprintf(text + used, size - used, "%s%s", used != 0 ? "; " : "", more);
	return first != 0 ? first : second;
}
