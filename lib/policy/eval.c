/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk through a program, one packet: chain after chain in the order of their
 * priorities. An accept ends a base chain and the next one is asked; a drop or reject is
 * final. The last accepting rule is the one that is reported.
 */
#include <netinet/in.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_prefetch.h>

#include "ir.h"

#define UDPLITE 136
#define DCCP 33
#define ICMP_UNREACHABLE 3
#define ICMPV6_UNREACHABLE 1
#define PORT_UNREACHABLE 3
#define PORT_UNREACHABLE_V6 4

struct walk {
	const struct policy *policy;
	const struct program *program;
	const struct policy_packet *packet;
	struct policy_counter *counters;
	struct policy_verdict *verdict;
	uint32_t stack[CHAIN_DEPTH_MAX];
	unsigned depth;
	bool plain; /* without filters */
	struct policy_look *look;
};

static wide
address(const uint8_t *bytes, uint8_t family)
{
	uint64_t half[2];
	uint32_t v4;

	if (family == 4) {
		memcpy(&v4, bytes, sizeof(v4));
		return rte_be_to_cpu_32(v4);
	}
	memcpy(half, bytes, sizeof(half));
	return (wide)rte_be_to_cpu_64(half[0]) << 64 | rte_be_to_cpu_64(half[1]);
}

wide
field_load(enum field_id field, const struct policy_packet *p)
{
	switch (field) {
	case FIELD_IIF:
		return p->iif;
	case FIELD_OIF:
		return p->oif;
	case FIELD_IP_SADDR:
	case FIELD_IP6_SADDR:
		return address(p->saddr, p->family);
	case FIELD_IP_DADDR:
	case FIELD_IP6_DADDR:
		return address(p->daddr, p->family);
	case FIELD_IP_PROTOCOL:
	case FIELD_IP6_NEXTHDR:
	case FIELD_L4PROTO:
		return p->proto;
	case FIELD_NFPROTO:
		return p->family == 4 ? 2 : 10; /* NFPROTO_IPV4, NFPROTO_IPV6 */
	case FIELD_ETHER:
		return p->family == 4 ? 0x0800 : 0x86dd;
	case FIELD_LENGTH:
		return p->length;
	case FIELD_SPORT:
		return rte_be_to_cpu_16(p->sport);
	case FIELD_DPORT:
		return rte_be_to_cpu_16(p->dport);
	case FIELD_ICMP_TYPE:
	case FIELD_ICMPV6_TYPE:
		return p->icmp_type;
	case FIELD_ICMP_CODE:
	case FIELD_ICMPV6_CODE:
		return p->icmp_code;
	case FIELD_TCP_FLAGS:
		return p->tcp_flags;
	case FIELD_CT_STATE:
		return ct_state_bit((enum policy_ct)p->ct);
	case FIELD_COUNT:
		break;
	}
	return 0;
}

bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == UDPLITE || proto == DCCP;
}

static bool
key_concerns(const struct ir_key *key, const struct policy_packet *packet)
{
	if (key->family != 0 && key->family != packet->family)
		return false;
	if (key->proto == PROTO_ANY || key->proto == packet->proto)
		return true;
	return key->proto == PROTO_WITH_PORTS && has_ports(packet->proto);
}

/* Index in the key's set, -1: not in it. */
static int64_t
key_find(const struct ir_match *match, const struct policy_packet *packet)
{
	const struct ir_key *key = &match->key;
	wide values[KEY_FIELDS_MAX];
	unsigned f;

	if (key->nfields == 1) {
		values[0] = field_load((enum field_id)key->field[0], packet) & key->mask;
	} else {
		for (f = 0; f < key->nfields; f++)
			values[f] = field_load((enum field_id)key->field[f], packet);
	}
	return set_find(match->set, values);
}

static bool
match_test(struct walk *w, const struct ir_match *match)
{
	if (!key_concerns(&match->key, w->packet))
		return false;
	if (match->key.nfields == 0)
		return true;
	if (match->key.per_packet)
		w->verdict->cacheable = false;
	return (match->set->all || key_find(match, w->packet) >= 0) != match->negate;
}

/* A match on `ct state` alone, at load. */
bool
match_test_ct(const struct ir_match *match, enum policy_ct ct)
{
	wide value = ct_state_bit(ct) & match->key.mask;

	return (match->set->all || set_find(match->set, &value) >= 0) != match->negate;
}

/* NULL: nothing is said, the rule ends. */
static const struct ir_verdict *
map_find(struct walk *w, const struct ir_match *map)
{
	int64_t at;

	if (!key_concerns(&map->key, w->packet))
		return NULL;
	if (map->key.per_packet)
		w->verdict->cacheable = false;
	at = key_find(map, w->packet);
	if (at >= 0)
		return &map->set->verdicts[at];
	return map->set->all ? &map->set->otherwise : NULL;
}

static void
count(struct policy_counter *counters, uint32_t counter, uint64_t packets, uint64_t bytes)
{
	if (counters == NULL)
		return;
	counters[counter].packets += packets;
	counters[counter].bytes += bytes;
}

/* A final verdict in the terms of the packet's family. */
void
verdict_of(const struct ir_verdict *from, uint8_t family, struct policy_verdict *to)
{
	if (from->op != OP_REJECT) {
		to->kind = from->op == OP_DROP ? POLICY_DROP : POLICY_ACCEPT;
		return;
	}
	to->kind = from->reset ? POLICY_REJECT_RESET : POLICY_REJECT_ICMP;
	to->icmp_type = family == 4 ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE;
	to->icmp_code = family == 4 ? from->icmp_code : from->icmpv6_code;
}

/* Where to go on after a verdict, or -1: the base chain is done. */
static int64_t
verdict_take(struct walk *w, const struct ir_verdict *verdict, const struct instr *at)
{
	uint32_t after = (uint32_t)(at - w->program->code) + 1;

	switch (verdict->op) {
	case OP_CONTINUE:
		return after;
	case OP_JUMP:
		w->stack[w->depth++] = after;
		return w->program->start[verdict->chain];
	case OP_GOTO:
		return w->program->start[verdict->chain];
	case OP_RETURN:
		if (w->depth > 0)
			return w->stack[--w->depth];
		return -2;
	default:
		verdict_of(verdict, w->packet->family, w->verdict);
		w->verdict->rule = at->rule;
		return -1;
	}
}

/* One base chain. */
static void
chain_walk(struct walk *w, uint32_t number)
{
	const struct ir_verdict *verdict;
	const struct instr *instr;
	int64_t pc = w->program->start[number];

	w->depth = 0;
	while (pc >= 0) {
		instr = &w->program->code[pc];
		switch (instr->op) {
		case INSTR_MATCH:
			pc = match_test(w, instr->match) ? pc + 1 : instr->next;
			break;
		case INSTR_VMAP:
			verdict = map_find(w, instr->match);
			pc = verdict != NULL ? verdict_take(w, verdict, instr)
					     : instr->next;
			break;
		case INSTR_COUNT:
			count(w->counters, instr->counter, 1, w->packet->length);
			w->verdict->cacheable = false;
			pc++;
			break;
		case INSTR_VERDICT:
			pc = verdict_take(w, &instr->verdict, instr);
			break;
		case INSTR_FILTER:
			if (instr->filter == NULL || w->plain)
				pc++;
			else
				pc = filter_next(instr->filter, w->look, w->packet,
						 instr->index);
			break;
		default:
			pc = w->depth > 0 ? (int64_t)w->stack[--w->depth] : -2;
			break;
		}
	}
	if (pc == -2) { /* nothing was said: the chain's policy */
		w->verdict->kind = w->policy->chains[number].drop ? POLICY_DROP
								  : POLICY_ACCEPT;
		w->verdict->rule = 0;
	}
}

static void
eval(struct walk *w)
{
	const struct policy *policy = w->policy;
	uint8_t family;
	uint32_t i;

	w->program = &policy->program[w->packet->ct];
	*w->verdict = (struct policy_verdict){.kind = POLICY_ACCEPT, .cacheable = true};
	for (i = 0; i < policy->nbase && w->verdict->kind == POLICY_ACCEPT; i++) {
		family = policy->chains[policy->base[i]].family;
		if (family == 0 || family == w->packet->family)
			chain_walk(w, policy->base[i]);
	}
}

/* The filter with which the first base chain of a family begins, or NULL. */
static const struct filter *
first_filter(const struct policy *policy, uint8_t family, uint8_t ct)
{
	const struct program *program = &policy->program[ct];
	const struct ir_chain *chain;
	const struct instr *instr;
	uint32_t i;

	for (i = 0; i < policy->nbase; i++) {
		chain = &policy->chains[policy->base[i]];
		if (chain->family != 0 && chain->family != family)
			continue;
		instr = &program->code[program->start[policy->base[i]]];
		return instr->op == INSTR_FILTER ? instr->filter : NULL;
	}
	return NULL;
}

bool
policy_has_looks(const struct policy *policy, enum policy_ct ct)
{
	const struct filter *v4 = first_filter(policy, 4, (uint8_t)ct);
	const struct filter *v6 = first_filter(policy, 6, (uint8_t)ct);

	return (v4 != NULL && filter_is_long(v4)) || (v6 != NULL && filter_is_long(v6));
}

void
policy_look_begin(const struct policy *policy, const struct policy_packet *packet,
		  struct policy_look *look)
{
	const struct filter *filter = first_filter(policy, packet->family, packet->ct);

	look->filter = NULL;
	if (filter != NULL)
		filter_look(filter, look, packet);
}

void
policy_look_end(const struct policy *policy, enum policy_ct ct, struct policy_look *look)
{
	if (look->filter == NULL)
		return;
	filter_look_first(look);
	rte_prefetch0(&policy->program[ct].code[look->first]);
}

void
policy_eval_looked(const struct policy *policy, const struct policy_packet *packet,
		   struct policy_look *look, struct policy_counter *counters,
		   struct policy_verdict *verdict)
{
	struct walk w;

	w.policy = policy;
	w.packet = packet;
	w.counters = counters;
	w.verdict = verdict;
	w.plain = false;
	w.look = look;
	eval(&w);
}

void
policy_eval(const struct policy *policy, const struct policy_packet *packet,
	    struct policy_counter *counters, struct policy_verdict *verdict)
{
	struct policy_look look;

	look.filter = NULL;
	policy_eval_looked(policy, packet, &look, counters, verdict);
}

void
policy_eval_plain(const struct policy *policy, const struct policy_packet *packet,
		  struct policy_counter *counters, struct policy_verdict *verdict)
{
	struct walk w = {
		.policy = policy,
		.packet = packet,
		.counters = counters,
		.verdict = verdict,
		.plain = true,
	};

	eval(&w);
}

void
policy_count_constant(const struct policy *policy, enum policy_ct ct, uint64_t packets,
		      uint64_t bytes, struct policy_counter *counters)
{
	const struct program *program = &policy->program[ct];
	uint32_t i;

	for (i = 0; program->constant && i < program->ncounters; i++)
		count(counters, program->counters[i], packets, bytes);
}
