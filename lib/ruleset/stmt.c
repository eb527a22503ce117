/* SPDX-License-Identifier: BSD-3-Clause */
/* The statements of a rule. A statement that is not listed here is refused. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "loader.h"

/* A match that compares family and protocol only. */
static void
guard_make(struct ir_stmt *stmt, uint8_t family, uint8_t proto)
{
	stmt->kind = STMT_MATCH;
	stmt->match.key.family = family;
	stmt->match.key.proto = proto;
}

/*
 * With a match on the family or protocol that the reject implies: up to two statements.
 */
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
		return loader_fail(
			l,
			"'reject with %s' is not supported; expected tcp reset, icmp, "
			"icmpv6 or icmpx",
			type);
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

/*
 * Each anonymous counter is one of its own; a named one is shared by the rules that name
 * it.
 */
static int
counter_parse(struct loader *l, const json_t *json, struct ir_stmt *stmt)
{
	int64_t number;

	stmt->kind = STMT_COUNTER;
	if (!json_is_string(json)) {
		stmt->counter = l->ir.ncounters++;
		return 0;
	}
	number = name_find(l, "counter", json_string_value(json));
	if (number < 0)
		return loader_fail(
			l,
			"table %s %s has no counter '%s'; define it, or correct the name",
			l->family, l->table, json_string_value(json));
	stmt->counter = (uint32_t)number;
	return 0;
}

/*
 * One of nft's statements becomes up to STMTS_MAX; *count is increased by their number.
 */
int
stmt_parse(struct loader *l, const json_t *json, struct ir_stmt *stmts, uint32_t *count)
{
	const char *name = json_first_key(json);
	const json_t *value;

	if (name == NULL || json_object_size(json) != 1)
		return loader_fail(
			l, "a statement must be an object with one member; the ruleset "
			   "must be what 'nft -j list ruleset' prints");
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
	return loader_fail(
		l,
		"'%s' is not supported; docs/rules.md lists what is: remove or "
		"replace the rule",
		name);
}
