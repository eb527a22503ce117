/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures what a rule with a state costs a packet: a limit, a quota, and a set that
 * packets change, beside a rule without any. Packets come from 4,096 sources in random
 * order, and each of the workers evaluates every n-th of them; one thread does so for
 * all workers, so the time includes the reading of the others' parts, but no wait for a
 * line of another core.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_byteorder.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>

#define PACKETS (1u << 15)
#define SOURCES 4096u
#define WORKERS_MAX 4u
#define BURST 32u
#define NS_A_BURST 1000u

#define NAMED(name) "\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\","
#define CHAIN                                                                            \
	"{\"chain\":{" NAMED("c") "\"type\":\"filter\",\"hook\":\"forward\","            \
				  "\"prio\":0,\"policy\":\"accept\"}}"
#define SET(members)                                                                     \
	"{\"set\":{" NAMED("s") "\"type\":\"ipv4_addr\",\"size\":65535," members "}},"
#define DYNAMIC SET("\"flags\":[\"dynamic\"]")
#define TIMEOUT SET("\"timeout\":60,\"flags\":[\"timeout\",\"dynamic\"]")
#define RULE(statements)                                                                 \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"c\","               \
	"\"expr\":[" statements ",{\"accept\":null}]}}"
#define SOURCE "{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}}"
#define CHANGE(op) "{\"set\":{\"op\":\"" op "\",\"elem\":" SOURCE ",\"set\":\"@s\"}}"
#define LIMIT "{\"limit\":{\"rate\":1000000000,\"per\":\"second\",\"burst\":5}}"

struct traffic {
	rte_be32_t source[SOURCES];
	uint16_t order[PACKETS]; /* source of each packet */
};

struct state {
	const char *objects; /* JSON of the set, with a comma; "": none */
	const char *rule;
	unsigned workers;
	struct policy *policy;
	struct policy_state *states[WORKERS_MAX];
	const struct traffic *traffic;
	uint64_t now_ns;
};

static uint64_t
run(void *arg)
{
	static const rte_be32_t destination = RTE_BE32(0xc0000201);
	struct policy_packet packet = {
		.daddr = (const uint8_t *)&destination,
		.length = 60,
		.sport = RTE_BE16(40000),
		.dport = RTE_BE16(443),
		.family = 4,
		.proto = IPPROTO_TCP,
		.tcp_flags = 0x02,
		.ct = POLICY_CT_NEW,
	};
	struct state *s = arg;
	const struct traffic *t = s->traffic;
	struct policy_verdict verdict;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		if (i % BURST == 0)
			s->now_ns += NS_A_BURST;
		packet.saddr = (const uint8_t *)&t->source[t->order[i]];
		policy_eval(s->policy, s->states[i % s->workers], &packet, s->now_ns,
			    &verdict);
		sum += verdict.rule;
	}
	bench_use(sum);
	return PACKETS;
}

/* Load the rules, and create the workers' states. */
static int
state_begin(struct state *s)
{
	struct ruleset_error error;
	char text[2048];
	unsigned i;
	int rc;

	snprintf(
		text, sizeof(text),
		"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},%s" CHAIN
		"%s]}",
		s->objects, s->rule);
	rc = ruleset_load(text, strlen(text), NULL, &s->policy, &error);
	if (rc != 0) {
		bench_note("%s", error.text);
		return rc;
	}
	rc = policy_states_create(s->policy, NULL, s->states, s->workers);
	s->now_ns = 1000000000;
	for (i = 0; rc == 0 && i < s->workers; i++)
		policy_state_start(s->states[i], s->now_ns);
	return rc;
}

static void
state_end(struct state *s)
{
	unsigned i;

	for (i = 0; i < s->workers; i++)
		policy_state_free(s->states[i]);
	policy_free(s->policy);
}

static void
traffic_make(struct traffic *t)
{
	struct bench_random random = {.state = SOURCES};
	uint32_t i;

	for (i = 0; i < SOURCES; i++)
		t->source[i] = rte_cpu_to_be_32(10u << 24 | i * 7919);
	for (i = 0; i < PACKETS; i++)
		t->order[i] = (uint16_t)bench_random_below(&random, SOURCES);
}

static int
measure(struct bench *b, unsigned workers, const struct traffic *traffic)
{
	static const struct {
		const char *name, *objects, *rule;
	} rows[] = {
		{"a rule without state", "", RULE("{\"counter\":null}")},
		{"limit", "", RULE(LIMIT)},
		{"quota", "",
		 RULE("{\"quota\":{\"val\":1000000,\"val_unit\":\"mbytes\"}}")},
		{"add @set", DYNAMIC, RULE(CHANGE("add"))},
		{"update @set", TIMEOUT, RULE(CHANGE("update"))},
		{"add @set, and match it", TIMEOUT,
		 RULE(CHANGE("add") ",{\"match\":{\"op\":\"==\",\"left\":" SOURCE
				    ",\"right\":\"@s\"}}")},
		{"update @set with a limit", TIMEOUT,
		 RULE("{\"set\":{\"op\":\"update\",\"elem\":" SOURCE
		      ",\"set\":\"@s\",\"stmt\":[" LIMIT "]}}")},
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct state states[ROWS];
	struct bench_case cases[ROWS];
	char params[32];
	unsigned i;

	for (i = 0; i < ROWS; i++) {
		states[i] = (struct state){
			.objects = rows[i].objects,
			.rule = rows[i].rule,
			.workers = workers,
			.traffic = traffic,
		};
		if (state_begin(&states[i]) != 0)
			return -1;
		cases[i] = (struct bench_case){.name = rows[i].name,
					       .run = run,
					       .arg = &states[i]};
	}
	snprintf(params, sizeof(params), "workers=%u", workers);
	bench_run(b, params, cases, ROWS);
	for (i = 0; i < ROWS; i++)
		state_end(&states[i]);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct traffic traffic;
	struct bench b;
	int rc = bench_start(&b, argc, argv, "state", SOURCES);

	if (rc != BENCH_GO_ON)
		return rc;
	traffic_make(&traffic);
	if (measure(&b, 1, &traffic) != 0 || measure(&b, WORKERS_MAX, &traffic) != 0)
		return EXIT_FAILURE;
	return bench_end(&b);
}
