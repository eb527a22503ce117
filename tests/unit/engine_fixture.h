/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine with one wire, port 0 "lan" and port 1 "wan", real mbufs, rules as nft text
 * (rules_store.h), and frames sent through it one by one. At the end of each test all
 * mbufs must be back in their pool.
 */
#ifndef TESTS_UNIT_ENGINE_FIXTURE_H
#define TESTS_UNIT_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <engine/engine.h>
#include <frame/frame.h>
#include <ruleset/ruleset.h>

#define LAN 0
#define WAN 1
#define POOL_SIZE 8191u
#define MS 1000000ull
#define S 1000000000ull
#define START (100 * S)

/* Rules in nft's syntax for a forward chain, and its policy, "accept" or "drop". */
#define FORWARD(policy, rules)                                                           \
	"table inet t {\n"                                                               \
	"chain forward { type filter hook forward priority 0; policy " policy            \
	";\n" rules "}\n}\n"
#define ACCEPT_ESTABLISHED "ct state established,related accept\n"
#define ACCEPT_LAN "iifname \"lan\" accept\n"

/* Rules that accept connections opened from lan, and their packets. */
#define OFFICE FORWARD("drop", ACCEPT_ESTABLISHED ACCEPT_LAN)

struct fixture {
	struct engine_config config;
	struct engine *e;
	struct policy *policy;
	struct policy_state *state;
	void *memory;
	unsigned free_mbufs; /* free mbufs before the test */
};

/* The pool of all packet buffers in the program. */
extern struct rte_mempool *pool;

/* Start the EAL without hugepages, files and devices; for cmocka_run_group_tests(). */
int fixture_eal(void **state);
int fixture_eal_end(void **state);

/*
 * Compile rules given as nft text or JSON of nft. Port names: lan, wan, lan2, wan2, lan3,
 * wan3; mirror ports: ids, ids2.
 */
struct policy *fixture_policy(const char *rules);
struct policy_state *fixture_state(const struct policy *policy);

/*
 * Start an engine with f->config, which fixture_config() has set and the test may have
 * changed.
 */
void fixture_start(struct fixture *f, const char *rules);

/* Return a default configuration: one wire, 1,000 connections of IPv4 and 100 of IPv6. */
struct engine_config fixture_config(void);

/*
 * In a test, define and start a fixture f with fixture_config() and rules. End it with
 * fixture_end(&f).
 */
#define WITH(f, rules)                                                                   \
	struct fixture f = {.config = fixture_config()};                                 \
	(void)state;                                                                     \
	fixture_start(&f, rules)

/* Stop the engine, free everything, and assert that all mbufs are back in the pool. */
void fixture_end(struct fixture *f);

/* Free the packets in the transmit buffers. */
void drain(struct fixture *f);

struct rte_mbuf *mbuf_of(const struct frame *frame);

/*
 * Make a fragment of an IPv4 frame without options: len bytes from offset off of its
 * datagram.
 */
struct rte_mbuf *piece_of(const struct frame *frame, uint16_t off, uint16_t len,
			  bool more);

/*
 * drain(), then inject a burst of one frame into a port. inject() does so at time START.
 */
struct engine_record inject_at(struct fixture *f, uint16_t port,
			       const struct frame *frame, uint64_t now_ns);
struct engine_record inject(struct fixture *f, uint16_t port, const struct frame *frame);

/* Parse the i-th packet that leaves a port. */
struct packet left(struct fixture *f, uint16_t port, uint16_t i);
uint16_t left_count(struct fixture *f, uint16_t port);

struct engine_stats stats(const struct fixture *f);

/* Return a counter of the rules with which f started, by its number in the ruleset. */
struct policy_counter counter_of(const struct fixture *f, unsigned number);

#define assert_passed(record)                                                            \
	do {                                                                             \
		struct engine_record passed_ = (record);                                 \
		assert_string_equal(reason_name(passed_.reason), "none");                \
		assert_int_equal(passed_.verdict, VERDICT_PASS);                         \
	} while (0)
#define assert_dropped(record, why)                                                      \
	do {                                                                             \
		struct engine_record dropped_ = (record);                                \
		assert_string_equal(reason_name(dropped_.reason), reason_name(why));     \
		assert_int_equal(dropped_.verdict, VERDICT_DROP);                        \
	} while (0)
#define assert_states(record, lan, wan)                                                  \
	do {                                                                             \
		struct engine_record states_ = (record);                                 \
		assert_true(states_.has_states);                                         \
		assert_string_equal(tcp_state_name(states_.state[0]), lan);              \
		assert_string_equal(tcp_state_name(states_.state[1]), wan);              \
	} while (0)

/*
 * Start an engine with the default configuration and one table, in which a forward chain
 * of policy drop has these rules; objects: the table's sets and the like, "" for none.
 */
void fixture_start_rules(struct fixture *f, const char *objects, const char *rules);

/* Whether a frame that comes in on a port passes. */
bool passes(struct fixture *f, uint16_t port, const struct frame *frame);

/* The endpoints of the test connections. */
#define HOST "10.0.0.1"
#define SERVER "192.0.2.1"
#define HOST6 "2001:db8::1"
#define SERVER6 "2001:db8:1::1"

/*
 * Make a segment of the connection HOST:sport to SERVER:80, sent from the side of port.
 */
struct frame segment(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack);

/*
 * Do a three-way handshake from a source port; the next sequence numbers are 1001 and
 * 5001.
 */
void handshake_from(struct fixture *f, uint16_t sport);
void handshake(struct fixture *f); /* uses source port 40000 */

/* Make a UDP datagram between HOST and SERVER, sent from the side of port. */
struct frame datagram(uint16_t port, uint16_t host_port, uint16_t server_port);

/* Make an ICMP echo request (type 8) or reply (0) with an identifier. */
struct frame echo(uint16_t port, uint8_t type, uint16_t id);

#endif
