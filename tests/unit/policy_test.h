/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the rules share: packets in one line, rules in one line of JSON. */
#ifndef POLICY_TEST_H
#define POLICY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>

/* xorshift64: to be set, not to 0, before a number below n is drawn. */
static uint64_t random_state;

static inline uint32_t
pick(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

/* JSON as it is, without escaped quotation marks. */
#define J(...) #__VA_ARGS__

enum port {
	LAN,
	WAN,
	LAN_GUEST,
	DMZ,
};

static const char *const port_names[] = {"lan", "wan", "lan-guest", "dmz"};
static const struct ruleset_ports ports = {port_names, 4};

/* A packet; what is left out is 0, addresses 192.0.2.1 to 198.51.100.1. */
struct pk {
	bool is; /* set by PK() */
	const char *src;
	const char *dst;
	uint8_t proto;
	uint16_t sport;
	uint16_t dport;
	uint16_t iif;
	uint16_t oif;
	uint8_t type;
	uint8_t code;
	uint8_t flags;
	uint8_t ct;
	uint32_t length;
};

#define PK(...)                                                                          \
	{                                                                                \
		.is = true, __VA_ARGS__                                                  \
	}
#define TCP(...) PK(.proto = IPPROTO_TCP, __VA_ARGS__)
#define UDP(...) PK(.proto = IPPROTO_UDP, __VA_ARGS__)
#define ICMP(...) PK(.proto = IPPROTO_ICMP, __VA_ARGS__)
#define V6 .src = "2001:db8::1", .dst = "2001:db8:ffff::1"
#define ICMP6(...) PK(V6, .proto = IPPROTO_ICMPV6, __VA_ARGS__)

static inline void
packet_make(const struct pk *from, struct policy_packet *p, uint8_t address[2][16])
{
	const char *src = from->src != NULL ? from->src : "192.0.2.1";
	const char *dst = from->dst != NULL          ? from->dst
			  : strchr(src, ':') != NULL ? "2001:db8:ffff::1"
						     : "198.51.100.1";
	int family = strchr(src, ':') != NULL ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, src, address[0]), 1);
	assert_int_equal(inet_pton(family, dst, address[1]), 1);
	*p = (struct policy_packet){
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

/* Adds what a state has counted; NULL: to nothing. */
static inline void
counters_add(const struct policy *policy, const struct policy_state *state,
	     struct policy_counter *counters)
{
	struct policy_counter counter;
	unsigned i;

	for (i = 0; counters != NULL && i < policy_counters(policy); i++) {
		policy_counters_read(state, i, 1, &counter);
		counters[i].packets += counter.packets;
		counters[i].bytes += counter.bytes;
	}
}

static inline struct policy_verdict
eval(const struct policy *policy, const struct pk *pk, struct policy_counter *counters)
{
	uint8_t address[2][16];
	struct policy_verdict verdict;
	struct policy_packet packet;
	struct policy_state *state;

	packet_make(pk, &packet, address);
	assert_int_equal(policy_state_create(policy, &state), 0);
	policy_eval(policy, state, &packet, 0, &verdict);
	counters_add(policy, state, counters);
	policy_state_free(state);
	return verdict;
}

static inline void
count_constant(const struct policy *policy, enum policy_ct ct, uint64_t packets,
	       uint64_t bytes, struct policy_counter *counters)
{
	struct policy_state *state;

	assert_int_equal(policy_state_create(policy, &state), 0);
	policy_count_constant(policy, state, ct, packets, bytes);
	counters_add(policy, state, counters);
	policy_state_free(state);
}

static inline struct policy *
load(const char *json)
{
	struct ruleset_error error;
	struct policy *policy;

	if (ruleset_load(json, strlen(json), &ports, &policy, &error) != 0)
		fail_msg("%s\n%s", error.text, json);
	assert_non_null(policy);
	return policy;
}

/* Asserts that the JSON is refused, with every one of the texts in the message. */
static inline void
refused(const char *json, const char *text, const char *also)
{
	struct policy *policy = (struct policy *)-1;
	struct ruleset_error error;

	assert_int_equal(ruleset_load(json, strlen(json), &ports, &policy, &error), -22);
	assert_null(policy);
	if (strstr(error.text, text) == NULL ||
	    (also != NULL && strstr(error.text, also) == NULL))
		fail_msg("'%s' lacks '%s' or '%s'", error.text, text, also);
}

#define BASE                                                                                        \
	"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},"                          \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\",\"type\":\"filter\"," \
	"\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\"}}"
#define RULE(chain, ...)                                                                 \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain             \
	"\",\"expr\":[" #__VA_ARGS__ "]}}"
#define FWD(...) RULE("forward", __VA_ARGS__)
#define CHAIN(name)                                                                      \
	",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\"}}"
#define OBJECT(...) "," #__VA_ARGS__
#define END "]}"

/* A policy of drop with one rule: a match, and accept. */
static inline struct policy *
load_match(const char *match, const char *more)
{
	struct policy *policy;
	char *json;

	assert_true(
		asprintf(&json,
			 BASE
			 "%s,{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":"
			 "\"forward\",\"expr\":[%s,{\"accept\":null}]}}" END,
			 more, match) > 0);
	policy = load(json);
	free(json);
	return policy;
}

#endif
