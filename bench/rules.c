/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the time to evaluate the rules for a new connection, with rulesets of 10 to
 * 10,000 rules. Each rule has a client network, a server network, and a port or a range
 * of ports. Each packet matches a rule, and all rules are matched equally often. Packets
 * are evaluated in bursts, as the engine does with large rulesets; one at a time; and, up
 * to 1,000 rules, rule by rule without a classifier.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_byteorder.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>

#include "../lib/policy/eval.h"

#define PACKETS (1u << 14)
#define BURST 32u
#define WALK_MAX 1000u /* largest ruleset that is also evaluated rule by rule */
#define RULE_ROOM 640u /* bytes of JSON */

struct rule {
	uint32_t client, server; /* /24 networks */
	uint16_t port, ports;
};

struct state {
	struct policy *policy;
	struct rule *rules;
	uint32_t count;
	struct policy_packet packet[PACKETS];
	rte_be32_t address[PACKETS][2];
	struct policy_class class[BURST];
	struct policy_state *policy_state;
};

static uint64_t
run_single(void *arg)
{
	const struct state *s = arg;
	struct policy_verdict verdict;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		policy_eval(s->policy, s->policy_state, &s->packet[i], 0, &verdict);
		sum += verdict.rule;
	}
	bench_use(sum);
	return PACKETS;
}

static uint64_t
run_walk(void *arg)
{
	const struct state *s = arg;
	struct policy_verdict verdict;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		policy_eval_walk(s->policy, s->policy_state, &s->packet[i], 0, &verdict);
		sum += verdict.rule;
	}
	bench_use(sum);
	return PACKETS;
}

/* Evaluate in bursts, as the engine does for new connections. */
static uint64_t
run_bursts(void *arg)
{
	struct state *s = arg;
	struct policy_verdict verdict;
	uint64_t sum = 0;
	uint32_t i, j;

	for (i = 0; i < PACKETS; i += BURST) {
		for (j = 0; j < BURST; j++)
			policy_classify_begin(s->policy, &s->packet[i + j], &s->class[j]);
		for (j = 0; j < BURST; j++)
			policy_classify_end(s->policy, POLICY_CT_NEW, &s->class[j]);
		for (j = 0; j < BURST; j++) {
			policy_eval_classified(s->policy, s->policy_state,
					       &s->packet[i + j], 0, &s->class[j],
					       &verdict);
			sum += verdict.rule;
		}
	}
	bench_use(sum);
	return PACKETS;
}

#define MATCH(protocol, field)                                                           \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"" protocol      \
	"\",\"field\":\"" field "\"}},\"right\":"
#define NETWORK "{\"prefix\":{\"addr\":\"%u.%u.%u.0\",\"len\":24}}}"

static size_t
rule_print(char *text, size_t room, const struct rule *r)
{
	return (size_t)snprintf(
		text, room,
		",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"forward\","
		"\"expr\":[" MATCH("ip", "saddr") NETWORK "}," MATCH("ip", "daddr")
			NETWORK "}," MATCH("tcp", "dport") "{\"range\":[%u,%u]}}},"
							   "{\"accept\":null}]}}",
		r->client >> 24, r->client >> 16 & 255, r->client >> 8 & 255,
		r->server >> 24, r->server >> 16 & 255, r->server >> 8 & 255, r->port,
		r->port + r->ports);
}

static int
rules_make(struct state *s, struct bench_random *random)
{
	static const char head[] =
		"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},"
		"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\","
		"\"type\":\"filter\",\"hook\":\"forward\",\"prio\":0,"
		"\"policy\":\"drop\"}}";
	size_t room = sizeof(head) + (size_t)s->count * RULE_ROOM + 8, used;
	struct ruleset_error error;
	char *text = malloc(room);
	uint32_t i;
	int rc;

	if (text == NULL)
		return -1;
	used = (size_t)snprintf(text, room, "%s", head);
	for (i = 0; i < s->count; i++) {
		s->rules[i] = (struct rule){
			.client = 10u << 24 | bench_random_below(random, 1 << 12) << 8,
			.server = 172u << 24 | 16u << 16 |
				  bench_random_below(random, 1 << 10) << 8,
			.port = (uint16_t)(1 + bench_random_below(random, 9000)),
			.ports = (uint16_t)(bench_random_below(random, 4) == 0
						    ? bench_random_below(random, 500)
						    : 0),
		};
		used += rule_print(text + used, room - used, &s->rules[i]);
	}
	snprintf(text + used, room - used, "]}");
	rc = ruleset_load(text, strlen(text), NULL, &s->policy, &error);
	if (rc != 0)
		bench_note("%s", error.text);
	else
		rc = policy_state_create(s->policy, &s->policy_state);
	free(text);
	return rc;
}

static void
packets_make(struct state *s, struct bench_random *random)
{
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		const struct rule *r = &s->rules[bench_random_below(random, s->count)];
		uint16_t port =
			(uint16_t)(r->port + bench_random_below(random, r->ports + 1u));

		s->address[i][0] = rte_cpu_to_be_32(r->client |
						    bench_random_below(random, 256));
		s->address[i][1] = rte_cpu_to_be_32(r->server |
						    bench_random_below(random, 256));
		s->packet[i] = (struct policy_packet){
			.saddr = (const uint8_t *)&s->address[i][0],
			.daddr = (const uint8_t *)&s->address[i][1],
			.length = 60,
			.sport = rte_cpu_to_be_16(40000),
			.dport = rte_cpu_to_be_16(port),
			.family = 4,
			.proto = IPPROTO_TCP,
			.tcp_flags = 0x02,
			.ct = POLICY_CT_NEW,
		};
	}
}

/* Return whether a rule accepts each packet, the same one with and without classifier. */
static bool
agree(const struct state *s)
{
	struct policy_verdict a, b;
	uint32_t i;

	for (i = 0; i < PACKETS; i += PACKETS / 256) {
		policy_eval(s->policy, s->policy_state, &s->packet[i], 0, &a);
		policy_eval_walk(s->policy, s->policy_state, &s->packet[i], 0, &b);
		if (a.rule == 0 || a.rule != b.rule)
			return false;
	}
	return true;
}

static int
measure(struct bench *b, struct state *s)
{
	struct bench_case cases[] = {
		{.name = "rules, in bursts", .run = run_bursts, .arg = s},
		{.name = "rules, one at a time", .run = run_single, .arg = s},
		{.name = "rules, walked", .run = run_walk, .arg = s},
	};
	struct bench_random random = {.state = s->count};
	uint64_t begin = bench_cpu_ns();
	char params[32];

	s->rules = calloc(s->count, sizeof(*s->rules));
	if (s->rules == NULL || rules_make(s, &random) != 0)
		return -1;
	snprintf(params, sizeof(params), "rules=%u", s->count);
	bench_value(b, params, "load", (double)(bench_cpu_ns() - begin) / 1e6, "ms");
	packets_make(s, &random);
	if (!agree(s)) {
		bench_note("%s: classified and walked differ", params);
		return -1;
	}
	bench_run(b, params, cases, s->count <= WALK_MAX ? 3 : 2);
	policy_state_free(s->policy_state);
	policy_free(s->policy);
	free(s->rules);
	return 0;
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = {10, 100, 1000, 10000};
	static struct state s;
	struct bench b;
	unsigned i;
	int rc = bench_start(&b, argc, argv, "rules", 10000);

	if (rc != BENCH_GO_ON)
		return rc;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes) && sizes[i] <= b.connections;
	     i++) {
		s.count = sizes[i];
		if (measure(&b, &s) != 0)
			return EXIT_FAILURE;
	}
	return bench_end(&b);
}
