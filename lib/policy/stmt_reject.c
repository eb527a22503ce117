/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `reject` statement: drops the packet and answers it. `with icmp`, `icmpv6` and `tcp
 * reset` imply a match on the family or the protocol, which nft's JSON omits. The answer
 * depends on the packet's family.
 */
#include <netinet/in.h>
#include <string.h>

#include "stmt_table.h"

enum reject_type {
	REJECT_RESET,
	REJECT_ICMP,
	REJECT_ICMPV6,
	REJECT_ICMPX,
	REJECT_TYPES,
};

static const struct reject_info {
	const char *name;
	/* family and protocol that the reject type implies; 0: any */
	uint8_t family, proto;
	enum value_type code;
	/* code for "port unreachable", the default when the rule names no code */
	uint8_t port_unreachable;
} reject_info[REJECT_TYPES] = {
	[REJECT_RESET] = {"tcp reset", 0, IPPROTO_TCP, TYPE_ICMPX_CODE, 1},
	[REJECT_ICMP] = {"icmp", 4, PROTO_ANY, TYPE_ICMP_CODE, 3},
	[REJECT_ICMPV6] = {"icmpv6", 6, PROTO_ANY, TYPE_ICMPV6_CODE, 4},
	[REJECT_ICMPX] = {"icmpx", 0, PROTO_ANY, TYPE_ICMPX_CODE, 1},
};

/* Codes of ICMP and of ICMPv6 for each of the kernel's NFT_REJECT_ICMPX_*. */
static const uint8_t icmpx_codes[][2] = {{0, 0}, {3, 4}, {1, 3}, {13, 1}};

static int
code_parse(struct stmt_reader *r, const struct reject_info *info,
	   struct ir_verdict *verdict)
{
	u128 code = info->port_unreachable;
	int ret = 0;

	if (!verdict->reset && r->ops->text(r, "type") != NULL)
		ret = r->ops->value(r, "expr", info->code, &code);
	if (ret != 0)
		return ret;
	if (info->code == TYPE_ICMPX_CODE) {
		verdict->icmp_code = icmpx_codes[code][0];
		verdict->icmpv6_code = icmpx_codes[code][1];
	} else {
		verdict->icmp_code = verdict->icmpv6_code = (uint8_t)code;
	}
	return 0;
}

static int
reject_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	const char *name = r->ops->text(r, "type");
	enum reject_type type = name != NULL ? REJECT_RESET : REJECT_ICMPX;
	const struct reject_info *info;

	while (name != NULL && type < REJECT_TYPES &&
	       strcmp(name, reject_info[type].name) != 0)
		type++;
	if (type == REJECT_TYPES)
		return r->ops
			->fail(r,
			       "'reject with %s' is not supported; expected tcp reset, "
			       "icmp, icmpv6 or icmpx",
			       name);
	info = &reject_info[type];
	if (info->family != 0 || info->proto != PROTO_ANY) {
		*count += 1;
		stmts->kind = STMT_MATCH;
		stmts->match.key.family = info->family;
		stmts->match.key.proto = info->proto;
		stmts++;
	}
	*count += 1;
	stmts->kind = STMT_REJECT;
	stmts->verdict.op = OP_REJECT;
	stmts->verdict.reset = type == REJECT_RESET;
	return code_parse(r, info, &stmts->verdict);
}

static void
reject_print(const struct stmt_reader *r, FILE *out)
{
	const char *type = r->ops->text(r, "type"), *code = r->ops->text(r, "expr");

	fputs("reject", out);
	if (type == NULL || (strcmp(type, "icmpx") == 0 && code != NULL &&
			     strcmp(code, "port-unreachable") == 0))
		return;
	fprintf(out, " with %s", type);
	if (strcmp(type, reject_info[REJECT_RESET].name) != 0) {
		fputc(' ', out);
		r->ops->print(r, "expr", out);
	}
}

static int
reject_verdicts(const struct ir_stmt *stmt, stmt_visit_fn *visit, void *arg)
{
	return visit(arg, &stmt->verdict);
}

static bool
reject_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	return emit_verdict(e, STMT_REJECT, &stmt->verdict);
}

int64_t
reject_eval(struct walk *w, const struct instr *instr)
{
	return walk_verdict(w, &instr->verdict, instr);
}

const struct stmt_type reject_stmt = {
	.names = "reject",
	.effects = STMT_PACKET | STMT_DECIDES,
	.parse = reject_parse,
	.print = reject_print,
	.verdicts = reject_verdicts,
	.compile = reject_compile,
	.eval = reject_eval,
};
