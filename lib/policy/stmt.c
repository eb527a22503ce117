/* SPDX-License-Identifier: BSD-3-Clause */
/* The statements of a rule. What is not listed here is refused, never passed over. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "ir.h"

static int
chain_parse(struct loader *l, const json_t *json, struct ir_verdict *verdict)
{
	const char *name = json_is_string(json) ? json_string_value(json)
						: json_text(json, "target");
	int64_t chain = name != NULL ? loader_find(l, "chain", name) : -1;

	if (chain < 0)
		return loader_fail(l, "there is no chain '%s' in its table",
				   name != NULL ? name : "");
	if (l->policy->chains[chain].base)
		return loader_fail(l, "chain '%s' has a hook: it cannot be jumped to",
				   name);
	verdict->chain = (uint32_t)chain;
	return 0;
}

/* A verdict of a rule or of a map's element; op OP_CONTINUE does nothing. */
int
verdict_parse(struct loader *l, const json_t *json, struct ir_verdict *verdict)
{
	static const struct {
		const char *name;
		enum verdict_op op;
	} verdicts[] = {
		{"accept", OP_ACCEPT}, {"drop", OP_DROP}, {"continue", OP_CONTINUE},
		{"jump", OP_JUMP},     {"goto", OP_GOTO}, {"return", OP_RETURN},
	};
	const json_t *value;
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		value = json_object_get(json, verdicts[i].name);
		if (value == NULL)
			continue;
		verdict->op = verdicts[i].op;
		if (verdict->op == OP_JUMP || verdict->op == OP_GOTO)
			return chain_parse(l, value, verdict);
		return 0;
	}
	return loader_fail(l, "a verdict is expected: accept, drop, continue, jump, goto "
			      "or return");
}

/* A match of nothing but family and protocol. */
static void
guard_make(struct ir_stmt *stmt, uint8_t family, uint8_t proto)
{
	stmt->kind = STMT_MATCH;
	stmt->match.key.family = family;
	stmt->match.key.proto = proto;
}

/* With the guards that nft leaves unsaid: up to two statements. */
static int
reject_parse(struct loader *l, const json_t *json, struct ir_stmt *stmts, uint32_t *count)
{
	const char *type = json_text(json, "type");
	const json_t *code = json_object_get(json, "expr");
	json_t *port_unreachable = NULL;
	uint8_t family = 0, proto = PROTO_ANY;
	struct ir_stmt *stmt = stmts;
	int ret = 0;

	if (type == NULL || strcmp(type, "tcp reset") == 0) {
		proto = type != NULL ? IPPROTO_TCP : PROTO_ANY;
		code = NULL;
	} else if (strcmp(type, "icmp") == 0 || strcmp(type, "icmpv6") == 0) {
		family = strcmp(type, "icmp") == 0 ? 4 : 6;
	} else if (strcmp(type, "icmpx") != 0) {
		return loader_fail(l, "'reject with %s' is not supported", type);
	}
	if (family != 0 || proto != PROTO_ANY)
		guard_make(stmt++, family, proto);
	stmt->kind = STMT_VERDICT;
	stmt->verdict.op = OP_REJECT;
	stmt->verdict.reset = proto == IPPROTO_TCP;
	if (code == NULL)
		code = port_unreachable = json_string("port-unreachable");
	ret = code == NULL ? loader_no_memory(l)
			   : reject_code(l, family != 0 ? type : "icmpx", code,
					 &stmt->verdict);
	json_decref(port_unreachable);
	*count += (uint32_t)(stmt + 1 - stmts);
	return ret;
}

/* Anonymous counters are one each, a named one is shared by all that name it. */
static int
counter_parse(struct loader *l, const json_t *json, struct ir_stmt *stmt)
{
	int64_t number;

	stmt->kind = STMT_COUNTER;
	if (!json_is_string(json)) {
		stmt->counter = l->policy->ncounters++;
		return 0;
	}
	number = loader_find(l, "counter", json_string_value(json));
	if (number < 0)
		return loader_fail(l, "there is no counter '%s' in its table",
				   json_string_value(json));
	stmt->counter = (uint32_t)number;
	return 0;
}

/* One statement: makes up to two of ours, and adds to *count how many. */
int
stmt_parse(struct loader *l, const json_t *json, struct ir_stmt *stmts, uint32_t *count)
{
	const char *name =
		json_object_iter_key(json_object_iter((json_t *)(uintptr_t)json));
	const json_t *value;

	if (name == NULL || json_object_size(json) != 1)
		return loader_fail(l, "a statement is an object with one member");
	value = json_object_get(json, name);
	if (strcmp(name, "reject") == 0)
		return reject_parse(l, value, stmts, count);
	*count += 1;
	if (strcmp(name, "match") == 0) {
		stmts->kind = STMT_MATCH;
		return match_parse(l, value, &stmts->match);
	}
	if (strcmp(name, "vmap") == 0) {
		stmts->kind = STMT_VMAP;
		return vmap_parse(l, value, &stmts->match);
	}
	if (strcmp(name, "counter") == 0)
		return counter_parse(l, value, stmts);
	if (strcmp(name, "accept") == 0 || strcmp(name, "drop") == 0 ||
	    strcmp(name, "jump") == 0 || strcmp(name, "goto") == 0 ||
	    strcmp(name, "return") == 0 || strcmp(name, "continue") == 0) {
		stmts->kind = STMT_VERDICT;
		return verdict_parse(l, json, &stmts->verdict);
	}
	return loader_fail(l, "'%s' is not supported (docs/rules.md lists what is)",
			   name);
}
