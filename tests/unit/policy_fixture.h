/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of rules: rules as nft text (rules_store.h), and packets in one line. */
#ifndef POLICY_FIXTURE_H
#define POLICY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <netinet/in.h>

#include <cmocka.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

enum port {
	LAN,
	WAN,
	LAN_GUEST,
	DMZ,
};

extern const struct ruleset_ports ports; /* port names: lan, wan, lan-guest, dmz */

/*
 * A packet. Omitted members are 0; the default addresses are 192.0.2.1 and 198.51.100.1.
 */
struct pk {
	bool is; /* set by the macro PK() */
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

/* Assert that two verdicts are equal, member by member: they contain padding. */
void assert_same_verdict(const struct policy_verdict *a, const struct policy_verdict *b);

/* Convert a packet; address: memory for its addresses. */
void packet_make(const struct pk *from, struct policy_packet *packet,
		 uint8_t address[2][16]);

/* Compiled rules and their run-time state. */
struct rules {
	struct policy *policy;
	struct policy_state *state;
};

/* Compile the text of a whole ruleset. */
struct rules rules_of(const char *nft);
/*
 * Compile a forward chain with policy drop in `table inet t`. objects: definitions for
 * the table; may be "".
 */
struct rules rules_of_chain(const char *objects, const char *chain);
/* Compile JSON of nft. */
struct rules rules_of_json(const char *json);
void rules_free(struct rules *rules);

struct policy_verdict eval(const struct rules *rules, const struct pk *pk);
/* Evaluate a packet at a time; eval() does so at time 0. */
struct policy_verdict eval_at(const struct rules *rules, const struct pk *pk,
			      uint64_t now_ns);
/* Return a counter of the state. */
struct policy_counter counter(const struct rules *rules, unsigned number);

/*
 * Assert that rules are rejected with a message that contains each text. also: may be
 * NULL.
 */
void refused_nft(const char *nft, const char *text, const char *also);
void refused(const char *json, const char *text, const char *also);

/* Return a random number below n; xorshift64, so each run draws the same numbers. */
extern uint64_t random_state; /* seed; set it to a number other than 0 first */
uint32_t pick(uint32_t n);

#endif
