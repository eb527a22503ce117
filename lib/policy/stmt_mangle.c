/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `TARGET set SOURCE`: sets marks and bits of headers. Later rules see the new value, as
 * in the kernel.
 */
#include "match.h"
#include "sequence.h"
#include "store.h"

#define TCP_OPTION_MAXSEG 2
#define MSS_DEFAULT 536u /* RFC 9293 3.7.1 */
#define HEADERS4 40u     /* bytes of the IPv4 and TCP headers without options */
#define HEADERS6 60u

static int
mangle_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	struct ir_mangle *mangle = arena_take(&r->ir->arena, 1, sizeof(*mangle));

	if (mangle == NULL)
		return r->ops->no_memory(r);
	*count += 1;
	stmts->kind = STMT_MANGLE;
	stmts->data = mangle;
	return r->ops->mangle(r, mangle);
}

static void
mangle_print(const struct stmt_reader *r, FILE *out)
{
	r->ops->print(r, "key", out);
	fputs(" set ", out);
	r->ops->print(r, "value", out);
}

static bool
mangle_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	const struct ir_mangle *mangle = stmt->data;

	if (mangle->target == MANGLE_NOTHING)
		return true;
	sequence_emit(e, &mangle->match.key);
	emit(e, STMT_MANGLE)->data = mangle;
	/* the rest of the rule is not evaluated for packets without these bytes */
	e->conditional = true;
	return true;
}

/* Largest TCP segment size for the path, as the kernel's get_tcpmss(). */
static u128
segment_max(const struct policy_packet *packet)
{
	const uint32_t headers = packet->family == 4 ? HEADERS4 : HEADERS6;

	return packet->extra->mtu > headers ? packet->extra->mtu - headers : MSS_DEFAULT;
}

/*
 * Get the value of the source. Returns false when the packet has none; the rest of the
 * rule is then skipped.
 */
static bool
source_value(struct walk *w, const struct ir_mangle *mangle, u128 *value)
{
	const struct ir_match *match = &mangle->match;
	const struct ir_set *set = match->set;
	int64_t found;

	*value = 0;
	if (mangle->source == SOURCE_CONST)
		return true;
	if (mangle->source == SOURCE_MTU) {
		*value = segment_max(w->packet);
		return true;
	}
	if (!key_applies(&match->key, w->packet))
		return false;
	if (match->key.per_packet)
		w->verdict->cacheable = false;
	if (mangle->source == SOURCE_FIELD)
		return load_key(&match->key, w->packet, value);
	found = match_find(match, w->packet);
	if (found < 0 && !(found == MATCH_NONE && set->all))
		return false;
	*value = found >= 0 ? set->verdicts[found].value : set->otherwise.value;
	return true;
}

/*
 * Whether the value is a TCP segment size larger than the packet's. A segment size is
 * never increased: that would stall the connection.
 */
static bool
is_larger_mss(const struct ir_load *load, const struct policy_packet *packet, u128 value)
{
	u128 old;

	return load->base == LOAD_TCP_OPTION && load->header == TCP_OPTION_MAXSEG &&
	       load->offset == 16 && load_value(load, packet, &old) && old <= value;
}

/*
 * Write the value. Returns false when the packet does not have the bytes; the rest of the
 * rule is then skipped.
 */
static bool
bytes_set(struct walk *w, const struct ir_mangle *mangle, u128 value)
{
	w->verdict->cacheable = false;
	if (is_larger_mss(&mangle->load, w->packet, value))
		return true;
	if (!store_value(&mangle->load, w->packet, value))
		return mangle->load.base == LOAD_TCP_OPTION;
	w->verdict->effects.rewritten = true;
	return true;
}

int64_t
mangle_eval(struct walk *w, const struct instr *instr)
{
	const struct ir_mangle *mangle = instr->data;
	struct policy_extra *extra = w->packet->extra;
	u128 value;

	if (extra == NULL || !walk_applies(w, mangle->family, mangle->proto) ||
	    !source_value(w, mangle, &value))
		return instr->next;
	value = (value & mangle->mask) ^ mangle->flip;
	switch (mangle->target) {
	case MANGLE_MARK:
		extra->mark = (uint32_t)value;
		break;
	case MANGLE_PRIORITY:
		extra->priority = (uint32_t)value;
		break;
	case MANGLE_CT_ZONE:
		if (w->raw)
			extra->ct_zone = (uint16_t)value;
		break;
	case MANGLE_TRACE: /* not cached: each packet is traced */
		w->verdict->cacheable = false;
		w->verdict->effects.traced = value != 0;
		break;
	case MANGLE_CT_MARK:
		w->verdict->cacheable = false;
		if (extra->conn == NULL || !extra->conn->exists)
			break;
		extra->ct_mark = (uint32_t)value;
		w->verdict->effects.ct_mark_set = true;
		break;
	default:
		if (!bytes_set(w, mangle, value))
			return instr->next;
		break;
	}
	return walk_next(w, instr);
}

const struct stmt_type mangle_stmt = {
	.names = "mangle",
	.effects = STMT_PACKET,
	.parse = mangle_parse,
	.print = mangle_print,
	.compile = mangle_compile,
	.eval = mangle_eval,
};
