/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the verdict of a rule or of a map's element. OP_CONTINUE has no effect. */
#include <string.h>

#include "loader.h"

static int
target_parse(struct loader *l, const json_t *json, struct ir_verdict *verdict)
{
	const char *name = json_is_string(json) ? json_string_value(json)
						: json_text(json, "target");
	int64_t chain = name != NULL ? name_find(l, "chain", name) : -1;

	if (chain < 0)
		return loader_fail(
			l,
			"table %s %s has no chain '%s' to jump to; define it, or "
			"correct the name",
			l->family, l->table, name != NULL ? name : "");
	if (l->ir.chains[chain].base)
		return loader_fail(
			l,
			"chain '%s' has a hook, so no rule can jump to it; move its "
			"rules to a chain without a hook",
			name);
	verdict->chain = (uint32_t)chain;
	return 0;
}

int
verdict_read(struct loader *l, const char *name, const json_t *value,
	     struct ir_verdict *verdict)
{
	static const struct {
		const char *name;
		enum verdict_op op;
	} verdicts[] = {
		{"accept", OP_ACCEPT}, {"drop", OP_DROP}, {"continue", OP_CONTINUE},
		{"jump", OP_JUMP},     {"goto", OP_GOTO}, {"return", OP_RETURN},
	};
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		if (name == NULL || strcmp(verdicts[i].name, name) != 0)
			continue;
		verdict->op = verdicts[i].op;
		if (verdict->op == OP_JUMP || verdict->op == OP_GOTO)
			return target_parse(l, value, verdict);
		return 0;
	}
	return loader_fail(l,
			   "an element of a verdict map has no known verdict; expected "
			   "accept, drop, continue, jump, goto or return");
}
