/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy_fixture.h"

#include "rules_store.h"

#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>

static const char *const port_names[] = {"lan", "wan", "lan-guest", "dmz"};
const struct ruleset_ports ports = {.names = port_names, .count = 4};
uint64_t random_state;

uint32_t
pick(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

void
assert_same_verdict(const struct policy_verdict *a, const struct policy_verdict *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->rule, b->rule);
	assert_int_equal(a->cacheable, b->cacheable);
	assert_int_equal(a->effects.icmp_type, b->effects.icmp_type);
	assert_int_equal(a->effects.icmp_code, b->effects.icmp_code);
	assert_int_equal(a->effects.counts, b->effects.counts);
	assert_int_equal(a->effects.logs, b->effects.logs);
	assert_int_equal(a->effects.ct_mark_set, b->effects.ct_mark_set);
	assert_int_equal(a->effects.rewritten, b->effects.rewritten);
}

void
packet_make(const struct pk *from, struct policy_packet *packet, uint8_t address[2][16])
{
	const char *src = from->src != NULL ? from->src : "192.0.2.1";
	const char *dst = from->dst != NULL          ? from->dst
			  : strchr(src, ':') != NULL ? "2001:db8:ffff::1"
						     : "198.51.100.1";
	int family = strchr(src, ':') != NULL ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, src, address[0]), 1);
	assert_int_equal(inet_pton(family, dst, address[1]), 1);
	*packet = (struct policy_packet){
		.saddr = address[0],
		.daddr = address[1],
		.length = from->length != 0 ? from->length : 60,
		.sport = htons(from->sport),
		.dport = htons(from->dport),
		.iif = from->iif,
		.oif = from->oif,
		.family = family == AF_INET ? 4 : 6,
		.proto = from->proto,
		.icmp_type = from->type,
		.icmp_code = from->code,
		.tcp_flags = from->flags,
		.ct = from->ct,
	};
}

static char *
chain_text(const char *objects, const char *chain)
{
	char *nft;

	assert_true(asprintf(&nft,
			     "table inet t {%s\n"
			     "chain forward { type filter hook forward priority 0; "
			     "policy drop;\n"
			     "%s\n}\n}\n",
			     objects, chain) > 0);
	return nft;
}

struct rules
rules_of_json(const char *json)
{
	struct ruleset_error error;
	struct rules rules;

	if (ruleset_load(json, strlen(json), &ports, &rules.policy, &error) != 0)
		fail_msg("%s\n%s", error.text, json);
	assert_non_null(rules.policy);
	assert_int_equal(policy_state_create(rules.policy, &rules.state), 0);
	policy_state_start(rules.state, 0);
	return rules;
}

struct rules
rules_of(const char *nft)
{
	char *json = rules_store_json(nft);
	struct rules rules = rules_of_json(json);

	free(json);
	return rules;
}

struct rules
rules_of_chain(const char *objects, const char *chain)
{
	char *nft = chain_text(objects, chain);
	struct rules rules = rules_of(nft);

	free(nft);
	return rules;
}

void
rules_free(struct rules *rules)
{
	policy_state_free(rules->state);
	policy_free(rules->policy);
}

struct policy_verdict
eval(const struct rules *rules, const struct pk *pk)
{
	return eval_at(rules, pk, 0);
}

struct policy_verdict
eval_at(const struct rules *rules, const struct pk *pk, uint64_t now_ns)
{
	uint8_t address[2][16];
	struct policy_verdict verdict;
	struct policy_packet packet;

	packet_make(pk, &packet, address);
	policy_eval(rules->policy, rules->state, &packet, now_ns, &verdict);
	return verdict;
}

struct policy_counter
counter(const struct rules *rules, unsigned number)
{
	struct policy_counter value;

	policy_counters_read(rules->state, number, 1, &value);
	return value;
}

void
refused(const char *json, const char *text, const char *also)
{
	struct policy *policy = (struct policy *)-1;
	struct ruleset_error error;

	if (ruleset_load(json, strlen(json), &ports, &policy, &error) != -22)
		fail_msg("is not refused with '%s': %s", text, json);
	assert_null(policy);
	if (strstr(error.text, text) == NULL ||
	    (also != NULL && strstr(error.text, also) == NULL))
		fail_msg("'%s' lacks '%s' or '%s'", error.text, text,
			 also != NULL ? also : "");
}

void
refused_nft(const char *nft, const char *text, const char *also)
{
	char *whole = strncmp(nft, "table", 5) == 0 ? strdup(nft) : chain_text("", nft);
	char *json;

	assert_non_null(whole);
	json = rules_store_json(whole);
	refused(json, text, also);
	free(json);
	free(whole);
}
