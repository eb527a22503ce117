/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the tests of rules: rules as nft text, packets in one line.
 *
 * The rules' JSON, which nft makes of the text, is stored in tests/data/rules/unit.json
 * by the text. A test whose text is not there fails and says to run
 * tests/unit/rules-update, which has sluice-rules translate all of them.
 */
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

extern const struct ruleset_ports ports; /* their names: lan, wan, lan-guest, dmz */

/* A packet; what is left out is 0, the addresses are 192.0.2.1 and 198.51.100.1. */
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

/* address: where those of the packet are kept */
void packet_make(const struct pk *from, struct policy_packet *packet,
		 uint8_t address[2][16]);

/* Rules and a state for them. */
struct rules {
	struct policy *policy;
	struct policy_state *state;
};

/* Of the text of a whole ruleset. */
struct rules rules_of(const char *nft);
/*
 * Of a forward chain with policy drop in `table inet t`; objects: of the table, may be
 * "".
 */
struct rules rules_of_chain(const char *objects, const char *chain);
/* Of nft's JSON. */
struct rules rules_of_json(const char *json);
void rules_free(struct rules *rules);

struct policy_verdict eval(const struct rules *rules, const struct pk *pk);
/* A counter of the state. */
struct policy_counter counter(const struct rules *rules, unsigned number);

/*
 * Asserts that rules are refused, with each of the texts in the message; also: may be
 * NULL.
 */
void refused_nft(const char *nft, const char *text, const char *also);
void refused(const char *json, const char *text, const char *also);

/* Draw a number below n; xorshift64, so the same at each run. */
extern uint64_t random_state; /* set it, not to 0, first */
uint32_t pick(uint32_t n);

#endif
