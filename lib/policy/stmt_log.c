/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `log` statement. It does not change the verdict. The caller learns of it through
 * the verdict's effects, and decides whether it records the packet.
 */
#include <string.h>

#include "stmt_table.h"

/* Level names, in the order of syslog's numbers; `audit` is nft's own. */
static const char *const levels[] = {"emerg",  "alert", "crit",  "err",  "warn",
				     "notice", "info",  "debug", "audit"};
#define LEVEL_WARN 4
#define LEVEL_AUDIT 8

static const struct {
	const char *name;
	uint32_t flag;
} flags[] = {
	{"tcp sequence", POLICY_LOG_TCP_SEQUENCE},
	{"tcp options", POLICY_LOG_TCP_OPTIONS},
	{"ip options", POLICY_LOG_IP_OPTIONS},
	{"skuid", POLICY_LOG_SKUID},
	{"ether", POLICY_LOG_ETHER},
	{"all", POLICY_LOG_ALL},
};

static int
level_read(struct stmt_reader *r, uint8_t *level)
{
	const char *name = r->ops->text(r, "level");
	unsigned i;

	*level = LEVEL_WARN;
	if (name == NULL)
		return 0;
	for (i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		if (strcmp(levels[i], name) == 0) {
			*level = (uint8_t)i;
			return 0;
		}
	}
	return r->ops->fail(r,
			    "'%s' is not a level of a log; expected emerg, alert, crit, "
			    "err, warn, notice, info, debug or audit",
			    name);
}

static int
flags_read(struct stmt_reader *r, uint32_t *out)
{
	const char *name;
	size_t i;
	unsigned n;

	for (n = 0; (name = r->ops->item(r, "flags", n)) != NULL; n++) {
		for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			if (strcmp(flags[i].name, name) == 0)
				break;
		if (i == sizeof(flags) / sizeof(*flags))
			return r->ops->fail(r,
					    "'%s' is not a flag of a log; expected tcp "
					    "sequence, tcp options, ip options, skuid, "
					    "ether or all",
					    name);
		*out |= flags[i].flag;
	}
	return 0;
}

static int
log_read(struct stmt_reader *r, struct policy_log *log)
{
	const char *prefix = r->ops->text(r, "prefix");
	int ret = level_read(r, &log->level);

	if (ret == 0)
		ret = flags_read(r, &log->flags);
	if (ret != 0)
		return ret;
	if (prefix != NULL && strlen(prefix) >= sizeof(log->prefix))
		return r->ops->fail(r,
				    "the prefix of a log has more than %zu characters; "
				    "use a shorter one",
				    sizeof(log->prefix) - 1);
	if (prefix != NULL)
		memcpy(log->prefix, prefix, strlen(prefix) + 1);
	log->has_group = r->ops->has(r, "group");
	log->group = (uint16_t)r->ops->number(r, "group");
	log->snaplen = (uint32_t)r->ops->number(r, "snaplen");
	log->queue_threshold = (uint16_t)r->ops->number(r, "queue-threshold");
	return 0;
}

static int
log_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	*count += 1;
	stmts->kind = STMT_LOG;
	stmts->data = arena_take(&r->ir->arena, 1, sizeof(struct policy_log));
	return stmts->data != NULL ? log_read(r, stmts->data) : r->ops->no_memory(r);
}

static void
number_print(const struct stmt_reader *r, const char *member, FILE *out)
{
	if (r->ops->has(r, member))
		fprintf(out, " %s %llu", member,
			(unsigned long long)r->ops->number(r, member));
}

static void
log_print(const struct stmt_reader *r, FILE *out)
{
	const char *prefix = r->ops->text(r, "prefix");
	const char *level = r->ops->text(r, "level"), *name;
	unsigned n;

	fputs("log", out);
	if (prefix != NULL)
		fprintf(out, " prefix \"%s\"", prefix);
	number_print(r, "group", out);
	number_print(r, "snaplen", out);
	number_print(r, "queue-threshold", out);
	if (level != NULL)
		fprintf(out, " level %s", level);
	for (n = 0; (name = r->ops->item(r, "flags", n)) != NULL; n++)
		fprintf(out, " flags %s", name);
}

static bool
log_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	emit(e, STMT_LOG)->data = stmt->data;
	return true;
}

int64_t
log_eval(struct walk *w, const struct instr *instr)
{
	struct policy_state *state = w->state;

	w->verdict->cacheable = false;
	if (!w->packet->dry_run && w->verdict->effects.logs < POLICY_LOGS_MAX)
		state->log[w->verdict->effects.logs++] =
			(struct policy_logged){.log = instr->data, .rule = instr->rule};
	return walk_next(w, instr);
}

const struct stmt_type log_stmt = {
	.names = "log",
	.effects = STMT_EACH,
	.parse = log_parse,
	.print = log_print,
	.compile = log_compile,
	.eval = log_eval,
};
