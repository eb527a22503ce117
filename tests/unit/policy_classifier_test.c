/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classifiers of long chains: verdicts and counters are the same with and without them,
 * and rules that cannot match are skipped.
 */
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>

#include "policy_fixture.h"

#include "eval.h"
#include "rule_classifier.h"
#include "stmt_table.h"

#define RULESETS 60
#define PACKETS 400
#define TEXT (1u << 20)

/*
 * Thousands of random rules. They are generated as JSON, which is as easy as nft's text
 * and needs no conversion.
 */
#define BASE                                                                             \
	"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},{\"chain\":{"   \
	"\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\",\"type\":\"filter\","  \
	"\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\"}}"
#define CHAIN(name)                                                                      \
	",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\"}}"
#define END "]}"

struct text {
	char *at;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->used += (size_t)vsnprintf(t->at + t->used, TEXT - t->used, format, args);
	va_end(args);
	assert_true(t->used < TEXT);
}

static void
put_match(struct text *t, const char *protocol, const char *field)
{
	put(t,
	    "{\"match\":{\"op\":\"%s\",\"left\":{\"payload\":{\"protocol\":\"%s\","
	    "\"field\":\"%s\"}},\"right\":",
	    pick(4) == 0 ? "!=" : "==", protocol, field);
}

static void
put_address(struct text *t, unsigned family)
{
	const char *field = pick(2) ? "saddr" : "daddr";
	const char *net = family == 4 ? "10.0.%u.%u" : "2001:db8::%x:%x";
	char a[64], b[64];
	uint32_t x = pick(4), y = pick(8);

	put_match(t, family == 4 ? "ip" : "ip6", field);
	snprintf(a, sizeof(a), net, x, y * 16); /* NOLINT: one of two literals */
	snprintf(b, sizeof(b), net, x, y * 16 + pick(64));
	switch (pick(4)) {
	case 0:
		put(t, "\"%s\"}}", a);
		break;
	case 1:
		put(t, "{\"prefix\":{\"addr\":\"%s\",\"len\":%u}}}}", a,
		    (family == 4 ? 20 : 116) + pick(12));
		break;
	case 2:
		put(t, "{\"range\":[\"%s\",\"%s\"]}}}", a, b);
		break;
	default:
		put(t, "{\"set\":[\"%s\",\"10.0.9.%u\"]}}}", a, pick(4));
		if (family == 6) { /* the second element must belong to the same family */
			t->used -= strlen("]}}}");
			while (t->at[t->used] != ',')
				t->used--;
			put(t, "]}}}");
		}
		break;
	}
}

static void
put_port(struct text *t)
{
	static const char *const protocols[] = {"tcp", "udp", "th"};
	uint32_t port = 1 + pick(30);

	put_match(t, protocols[pick(3)], pick(2) ? "dport" : "sport");
	switch (pick(3)) {
	case 0:
		put(t, "%u}}", port);
		break;
	case 1:
		put(t, "{\"range\":[%u,%u]}}}", port, port + pick(9));
		break;
	default:
		put(t, "{\"set\":[%u,%u,%u]}}}", port, port + 40, port + 80);
		break;
	}
}

static void
put_meta(struct text *t)
{
	static const char *const names[] = {"\"lan\"", "\"wan\"", "\"dmz\"", "\"lan*\""};
	static const char *const protos[] = {"\"tcp\"", "\"udp\"",
					     "{\"set\":[\"tcp\",\"icmp\"]}"};
	const char *op = pick(4) == 0 ? "!=" : "==";

	if (pick(2))
		put(t,
		    "{\"match\":{\"op\":\"%s\",\"left\":{\"meta\":{\"key\":\"%s\"}},"
		    "\"right\":%s}}",
		    op, pick(2) ? "iifname" : "oifname", names[pick(4)]);
	else
		put(t,
		    "{\"match\":{\"op\":\"%s\",\"left\":{\"meta\":{\"key\":\"l4proto\"}},"
		    "\"right\":%s}}",
		    op, protos[pick(3)]);
}

/* a set of ip saddr . tcp dport, with single values or ranges */
static void
put_concat(struct text *t)
{
	put(t,
	    "{\"match\":{\"op\":\"%s\",\"left\":{\"concat\":[{\"payload\":{\"protocol\":"
	    "\"ip\",\"field\":\"saddr\"}},{\"payload\":{\"protocol\":\"tcp\",\"field\":"
	    "\"dport\"}}]},\"right\":{\"set\":[{\"concat\":[\"10.0.0.%u\",%u]},"
	    "{\"concat\":[\"10.0.1.%u\",%s]}]}}}",
	    pick(4) == 0 ? "!=" : "==", 16 * pick(4), 1 + pick(30), 16 * pick(4),
	    pick(2) ? "7" : "{\"range\":[3,20]}");
}

static void
put_flags(struct text *t)
{
	put(t,
	    "{\"match\":{\"op\":\"==\",\"left\":{\"&\":[{\"payload\":{\"protocol\":"
	    "\"tcp\",\"field\":\"flags\"}},%u]},\"right\":%u}}",
	    2u, pick(2) * 2u);
}

static void
put_verdict(struct text *t, bool top)
{
	switch (pick(top ? 8 : 6)) {
	case 0:
		put(t, "{\"accept\":null}");
		break;
	case 1:
		put(t, "{\"drop\":null}");
		break;
	case 2:
		put(t, "{\"return\":null}");
		break;
	case 3:
		put(t,
		    "{\"vmap\":{\"key\":{\"payload\":{\"protocol\":\"tcp\",\"field\":"
		    "\"dport\"}},\"data\":{\"set\":[[%u,{\"accept\":null}],"
		    "[%u,{\"drop\":null}]]}}}",
		    1 + pick(15), 16 + pick(15));
		break;
	case 4:
	case 5:
		put(t, "{\"counter\":{\"packets\":0,\"bytes\":0}}");
		break;
	case 6:
		put(t, "{\"jump\":{\"target\":\"below\"}}");
		break;
	default:
		put(t, "{\"goto\":{\"target\":\"below\"}}");
		break;
	}
}

static void
put_rule(struct text *t, const char *chain)
{
	unsigned matches = pick(4), i;

	put(t,
	    ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"%s\",\"expr\":[",
	    chain);
	for (i = 0; i < matches; i++) {
		switch (pick(8)) {
		case 0:
			put_address(t, 6);
			break;
		case 1:
		case 2:
			put_address(t, 4);
			break;
		case 3:
			put_meta(t);
			break;
		case 4:
			put_concat(t);
			break;
		case 5:
			put_flags(t);
			break;
		default:
			put_port(t);
			break;
		}
		put(t, ",");
		if (pick(6) == 0)
			put(t, "{\"counter\":{\"packets\":0,\"bytes\":0}},");
	}
	put_verdict(t, chain[0] == 'f');
	put(t, "]}}");
}

static struct rules
random_rules(struct text *t)
{
	unsigned rules = 8 + pick(200), i;

	t->used = 0;
	put(t, "%s%s", BASE, CHAIN("below"));
	for (i = 0; i < rules; i++)
		put_rule(t, pick(3) ? "forward" : "below");
	put(t, END);
	return rules_of_json(t->at);
}

static void
random_packet(struct policy_packet *p, uint8_t address[2][16])
{
	static const uint8_t protos[] = {6, 6, 6, 17, 17, 1, 132};
	char text[64];
	struct pk pk = {0};
	unsigned i;

	packet_make(&pk, p, address);
	p->family = pick(3) == 0 ? 6 : 4;
	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
			 p->family == 4 ? "10.0.%u.%u" : "2001:db8::%x:%x", pick(5),
			 16 * pick(12) + pick(2));
		assert_int_equal(inet_pton(p->family == 4 ? AF_INET : AF_INET6, text,
					   address[i]),
				 1);
	}
	p->proto = protos[pick(sizeof(protos))];
	p->sport = htons((uint16_t)pick(120));
	p->dport = htons((uint16_t)pick(120));
	p->iif = (uint16_t)pick(4);
	p->oif = (uint16_t)pick(4);
	p->tcp_flags = pick(2) ? 0x02 : 0x10;
	p->ct = (uint8_t)pick(POLICY_CT_COUNT);
}

/*
 * Evaluate a packet in three ways, each with a state of its own: rule by rule, with the
 * classifier, and classified in a batch. Assert that verdicts and counters are equal.
 */
static void
ways_compare(const struct policy *policy, struct policy_state *const states[3],
	     const struct policy_packet *packet, struct policy_verdict *verdict,
	     unsigned *classified)
{
	struct policy_counter counters[3];
	struct policy_verdict walked, batch;
	struct policy_class class;
	unsigned i;

	policy_eval(policy, states[0], packet, 0, verdict);
	policy_eval_walk(policy, states[1], packet, 0, &walked);
	policy_classify_begin(policy, packet, &class);
	policy_classify_end(policy, (enum policy_ct)packet->ct, &class);
	*classified += class.classifier != NULL;
	policy_eval_classified(policy, states[2], packet, 0, &class, &batch);
	assert_int_equal(verdict->kind, walked.kind);
	assert_int_equal(verdict->rule, walked.rule);
	assert_same_verdict(verdict, &batch);
	for (i = 0; i < policy_counters(policy); i++) {
		policy_counters_read(states[0], i, 1, &counters[0]);
		policy_counters_read(states[1], i, 1, &counters[1]);
		policy_counters_read(states[2], i, 1, &counters[2]);
		assert_memory_equal(&counters[0], &counters[1], sizeof(*counters));
		assert_memory_equal(&counters[0], &counters[2], sizeof(*counters));
	}
	/* skipping a rule must not make a cacheable verdict uncacheable */
	assert_true(verdict->cacheable || !walked.cacheable);
}

static void
classifiers_change_no_verdict_and_no_count(void **state)
{
	struct text t = {.at = malloc(TEXT)};
	unsigned i, k, decided = 0, classified = 0;
	struct policy_state *states[3];
	struct policy_verdict verdict;
	struct policy_packet packet;
	uint8_t address[2][16];
	struct rules rules;

	(void)state;
	assert_non_null(t.at);
	for (i = 0; i < RULESETS; i++) {
		random_state = 88172645463325252ull + i;
		rules = random_rules(&t);
		states[0] = rules.state;
		assert_int_equal(policy_state_create(rules.policy, &states[1]), 0);
		assert_int_equal(policy_state_create(rules.policy, &states[2]), 0);
		for (k = 0; k < PACKETS; k++) {
			random_packet(&packet, address);
			ways_compare(rules.policy, states, &packet, &verdict,
				     &classified);
			decided += verdict.rule != 0;
		}
		policy_state_free(states[1]);
		policy_state_free(states[2]);
		rules_free(&rules);
	}
	free(t.at);
	assert_true(decided > RULESETS * PACKETS / 4);
	assert_true(classified > RULESETS * PACKETS / 4);
}

/* 5,000 rules, one for each port: only the rule of the packet's port is evaluated. */
static void
of_many_rules_the_few_that_can_match_are_looked_at(void **state)
{
	const uint32_t rules = 5000;
	struct text t = {.at = malloc(TEXT)};
	struct pk pk = TCP(.dport = 4321), none = TCP(.dport = 5001),
		  v6 = TCP(V6, .dport = 77);
	struct policy_class class = {.classifier = NULL};
	const struct program *program;
	struct policy_packet packet;
	struct rules loaded;
	uint8_t address[2][16];
	uint32_t pc, i;

	(void)state;
	assert_non_null(t.at);
	put(&t, "%s", BASE);
	for (i = 1; i <= rules; i++)
		put(&t,
		    ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\","
		    "\"chain\":\"forward\",\"expr\":[{\"match\":{\"op\":\"==\","
		    "\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":"
		    "\"dport\"}},\"right\":%u}},{\"accept\":null}]}}",
		    i);
	put(&t, END);
	loaded = rules_of_json(t.at);
	program = &loaded.policy->program[POLICY_CT_NEW];
	assert_int_equal(program->code[0].op, INSTR_CLASSIFY);
	assert_non_null(program->code[0].classifier);

	packet_make(&pk, &packet, address);
	pc = rule_classifier_next(program->code[0].classifier, &class, &packet, 0);
	assert_int_equal(program->code[pc].rule, 4321);
	pc = rule_classifier_next(program->code[0].classifier, &class, &packet, 4321);
	assert_int_equal(program->code[pc].op, INSTR_END);
	assert_int_equal(eval(&loaded, &pk).rule, 4321);

	class.classifier = NULL;
	packet_make(&none, &packet, address);
	pc = rule_classifier_next(program->code[0].classifier, &class, &packet, 0);
	assert_int_equal(program->code[pc].op, INSTR_END);
	assert_int_equal(eval(&loaded, &none).kind, POLICY_DROP);
	assert_int_equal(eval(&loaded, &v6).rule, 77);
	rules_free(&loaded);
	free(t.at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classifiers_change_no_verdict_and_no_count),
		cmocka_unit_test(of_many_rules_the_few_that_can_match_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
