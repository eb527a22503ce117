/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `ct timeout` objects. One is read when the first rule names it, so an object that no
 * rule uses is no error, whatever it contains.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

static const struct {
	const char *name;
	uint8_t proto;
} states[POLICY_TIMEOUT_STATES] = {
#define STATE(NAME, name, proto) {name, IPPROTO_##proto},
	POLICY_TIMEOUTS(STATE)
#undef STATE
};

/* Why a state of nft's has no time-out here. */
static const char *
state_reason(const char *name)
{
	if (strcmp(name, "retrans") == 0)
		return "retransmitted data has the time-out 'unack'; remove 'retrans'";
	if (strcmp(name, "syn_sent2") == 0)
		return "a simultaneous open has the time-out 'syn_sent'; remove "
		       "'syn_sent2'";
	return "expected those of nft(8) for tcp and udp";
}

static int
seconds_read(struct loader *l, struct policy_timeout *timeout, const char *state,
	     const json_t *value)
{
	const json_int_t seconds = json_integer_value(value);
	unsigned i;

	for (i = 0; i < POLICY_TIMEOUT_STATES; i++)
		if (states[i].proto == timeout->proto &&
		    strcmp(states[i].name, state) == 0)
			break;
	if (i == POLICY_TIMEOUT_STATES)
		return loader_fail(l, "%s: state '%s' is not supported; %s",
				   timeout->name, state, state_reason(state));
	if (seconds < 1 || seconds > POLICY_TIMEOUT_SECONDS)
		return loader_fail(l, "%s: %s is %lld seconds, 1 to %u are expected",
				   timeout->name, state, (long long)seconds,
				   POLICY_TIMEOUT_SECONDS);
	timeout->seconds[i] = (uint32_t)seconds;
	return 0;
}

static int
object_read(struct loader *l, const char *name, const json_t *json,
	    struct policy_timeout *timeout)
{
	const char *proto = json_text(json, "protocol"), *state;
	const json_t *value;
	char *known;
	int ret = state_name(l, "ct timeout", name, &known);

	if (ret != 0)
		return ret;
	timeout->name = arena_copy(&l->ir.arena, known);
	free(known);
	if (timeout->name == NULL)
		return loader_no_memory(l);
	timeout->proto = proto != NULL && strcmp(proto, "udp") == 0 ? IPPROTO_UDP
								    : IPPROTO_TCP;
	json_object_foreach((json_t *)(uintptr_t)json_object_get(json, "policy"), state,
			    value) {
		ret = ret == 0 ? seconds_read(l, timeout, state, value) : ret;
	}
	return ret;
}

int
timeout_read(struct loader *l, const char *name, uint32_t *number)
{
	const int64_t found = name_find(l, "ct timeout", name);
	struct named_timeout *named;
	int ret;

	if (found < 0)
		return loader_fail(l,
				   "table %s %s has no ct timeout '%s'; define it, or "
				   "correct the name",
				   l->family, l->table, name);
	named = &l->timeouts[found];
	if (named->number == 0) {
		if (l->ir.ntimeouts == POLICY_TIMEOUTS_MAX)
			return loader_fail(l, "the rules use more than %u ct timeouts",
					   POLICY_TIMEOUTS_MAX);
		ret = object_read(l, name, named->json, &l->ir.timeouts[l->ir.ntimeouts]);
		if (ret != 0)
			return ret;
		named->number = ++l->ir.ntimeouts;
	}
	*number = named->number;
	return 0;
}
