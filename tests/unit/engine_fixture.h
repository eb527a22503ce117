/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine with one wire, port 0 "lan" and port 1 "wan", real mbufs, rules from nft's
 * JSON, and frames sent through it one by one. Shared by the tests of the engine. At the
 * end of each test all mbufs must be back in their pool.
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

/* nft's JSON: a forward chain with a policy, and its rules. */
#define RULESET(policy, rules)                                                           \
	"{\"nftables\":[{\"metainfo\":{\"json_schema_version\":1}},"                     \
	"{\"table\":{\"family\":\"inet\",\"name\":\"t\",\"handle\":1}},"                 \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\","          \
	"\"handle\":1,\"type\":\"filter\",\"hook\":\"forward\",\"prio\":0,"              \
	"\"policy\":\"" policy "\"}}" rules "]}"
#define RULE(expr)                                                                       \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"forward\","         \
	"\"handle\":2,\"expr\":[" expr "]}}"
#define MATCH(left, right)                                                               \
	"{\"match\":{\"op\":\"==\",\"left\":" left ",\"right\":" right "}},"
#define ESTABLISHED                                                                      \
	"{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"state\"}},"               \
	"\"right\":[\"established\",\"related\"]}},"
#define CT_STATE(state)                                                                  \
	"{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"state\"}},"               \
	"\"right\":\"" state "\"}},"
#define FROM_LAN MATCH("{\"meta\":{\"key\":\"iifname\"}}", "\"lan\"")
#define TCP_DPORT(port)                                                                  \
	MATCH("{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}", #port)
#define TCP_SPORT(port)                                                                  \
	MATCH("{\"payload\":{\"protocol\":\"tcp\",\"field\":\"sport\"}}", #port)
#define UDP_DPORT(port)                                                                  \
	MATCH("{\"payload\":{\"protocol\":\"udp\",\"field\":\"dport\"}}", #port)
#define COUNTER "{\"counter\":{\"packets\":0,\"bytes\":0}},"
#define ACCEPT "{\"accept\":null}"
#define DROP "{\"drop\":null}"
#define REJECT_RESET "{\"reject\":{\"type\":\"tcp reset\"}}"
#define REJECT_ICMP "{\"reject\":{\"type\":\"icmpx\",\"expr\":\"admin-prohibited\"}}"

/* The usual: what the lan begins, and what belongs to it. */
#define OFFICE RULESET("drop", RULE(ESTABLISHED ACCEPT) RULE(FROM_LAN ACCEPT))

struct fixture {
	struct engine_config config;
	struct engine *e;
	struct policy *policy;
	struct policy_state *state;
	void *memory;
	unsigned free_mbufs; /* before the test */
};

static struct rte_mempool *pool;

/* Each program's own EAL: no hugepages, no files, no devices. */
static inline int
fixture_eal(void **state)
{
	static char name[] = "test", huge[] = "--no-huge", shconf[] = "--no-shconf";
	static char pci[] = "--no-pci", m[] = "-m", megabytes[] = "64", l[] = "-l",
		    zero[] = "0";
	static char telemetry[] = "--no-telemetry", level[] = "--log-level=error";
	static char *argv[] = {name,      huge, shconf, pci,       m,
			       megabytes, l,    zero,   telemetry, level};

	(void)state;
	if (rte_eal_init(RTE_DIM(argv), argv) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("test", POOL_SIZE, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       0);
	return pool == NULL ? -1 : 0;
}

static inline int
fixture_eal_end(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	return rte_eal_cleanup();
}

static inline struct policy *
fixture_policy(const char *json)
{
	static const char *const names[] = {"lan", "wan", "lan2", "wan2", "lan3", "wan3"};
	static const struct ruleset_ports ports = {names, 6};
	struct ruleset_error error;
	struct policy *policy;

	if (ruleset_load(json, strlen(json), &ports, &policy, &error) != 0) {
		print_error("%s\n", error.text);
		fail();
	}
	return policy;
}

static inline struct policy_state *
fixture_state(const struct policy *policy)
{
	struct policy_state *state;

	assert_int_equal(policy_state_create(policy, &state), 0);
	return state;
}

/* Start with f->config as it is: fixture_config() first, then what the test wants. */
static inline void
fixture_start(struct fixture *f, const char *json)
{
	size_t bytes = engine_bytes(&f->config);

	f->free_mbufs = rte_mempool_avail_count(pool);
	f->policy = fixture_policy(json);
	f->state = fixture_state(f->policy);
	f->memory = aligned_alloc(64, RTE_ALIGN_CEIL(bytes, 64));
	assert_non_null(f->memory);
	memset(f->memory, 0, bytes);
	assert_int_equal(engine_init(f->memory, &f->config, f->policy, f->state, START,
				     &f->e),
			 0);
}

static inline struct engine_config
fixture_config(void)
{
	struct engine_config config = {
		.track = TRACK_CONFIG_DEFAULT,
		.max = 1000,
		.max6 = 100,
		.wires = 1,
		.bypass = ENGINE_BYPASS_DEFAULT,
		.verify_checksums = true,
		.fragments = 200,
		.mempool = pool,
	};

	memset(config.secret, 0x5a, sizeof(config.secret));
	return config;
}

/* Forget what stands in the transmit buffers. */
static inline void
drain(struct fixture *f)
{
	uint16_t port, i;

	for (port = 0; port < 2 * f->config.wires; port++) {
		struct engine_tx *tx = engine_tx(f->e, port);

		for (i = 0; i < tx->count; i++)
			rte_pktmbuf_free(tx->pkts[i]);
		engine_tx_done(f->e, tx, tx->count, 0);
	}
}

static inline void
fixture_end(struct fixture *f)
{
	engine_stop(f->e);
	drain(f);
	policy_free(f->policy);
	policy_state_free(f->state);
	free(f->memory);
	assert_int_equal(rte_mempool_avail_count(pool), f->free_mbufs);
}

static inline struct rte_mbuf *
mbuf_of(const struct frame *frame)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	size_t length;

	assert_non_null(m);
	length = frame_build(frame, rte_pktmbuf_mtod(m, uint8_t *),
			     rte_pktmbuf_tailroom(m));
	assert_int_not_equal(length, 0);
	m->data_len = (uint16_t)length;
	m->pkt_len = (uint32_t)length;
	return m;
}

/* A fragment of an IPv4 frame without options: len bytes at off of its datagram. */
static inline struct rte_mbuf *
piece_of(const struct frame *frame, uint16_t off, uint16_t len, bool more)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t bytes[FRAME_MAX], *ip = bytes + 14;
	uint16_t sum;

	assert_non_null(m);
	assert_true(frame_build(frame, bytes, sizeof(bytes)) >= 34u + off + len);
	memmove(ip + 20, ip + 20 + off, len);
	ip[2] = (uint8_t)((20 + len) >> 8);
	ip[3] = (uint8_t)(20 + len);
	ip[6] = (uint8_t)((more ? 0x20 : 0) | off / 8 >> 8);
	ip[7] = (uint8_t)(off / 8);
	ip[10] = ip[11] = 0;
	sum = (uint16_t)~frame_sum(ip, 20, 0);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	memcpy(rte_pktmbuf_append(m, 34 + len), bytes, 34u + len);
	return m;
}

/* One frame into a port; what stood in the transmit buffers before is gone. */
static inline struct engine_record
inject_at(struct fixture *f, uint16_t port, const struct frame *frame, uint64_t now_ns)
{
	struct rte_mbuf *m = mbuf_of(frame);
	struct engine_record record;

	drain(f);
	engine_burst(f->e, port, &m, 1, now_ns, &record);
	return record;
}

static inline struct engine_record
inject(struct fixture *f, uint16_t port, const struct frame *frame)
{
	return inject_at(f, port, frame, START);
}

/* The i-th packet that leaves a port, parsed. */
static inline struct packet
left(struct fixture *f, uint16_t port, uint16_t i)
{
	struct engine_tx *tx = engine_tx(f->e, port);
	struct packet p;

	assert_true(i < tx->count);
	packet_parse(tx->pkts[i], !(port & 1), flow_network(port / 2, 0, 0),
		     PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
	return p;
}

static inline uint16_t
left_count(struct fixture *f, uint16_t port)
{
	return engine_tx(f->e, port)->count;
}

static inline struct engine_stats
stats(const struct fixture *f)
{
	struct engine_stats s;

	engine_stats(f->e, &s);
	return s;
}

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

/* The two ends of the test's connections. */
#define HOST "10.0.0.1"
#define SERVER "192.0.2.1"
#define HOST6 "2001:db8::1"
#define SERVER6 "2001:db8:1::1"

/* A segment of the connection HOST:sport -> SERVER:80, from the side of port. */
static inline struct frame
segment(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct frame frame = {
		.src = port == LAN ? HOST : SERVER,
		.dst = port == LAN ? SERVER : HOST,
		.sport = port == LAN ? 40000 : 80,
		.dport = port == LAN ? 80 : 40000,
		.proto = IPPROTO_TCP,
		.flags = flags,
		.seq = seq,
		.ack = ack,
		.win = 65000,
	};

	return frame;
}

/* The three-way handshake from a port; numbers are 1001 and 5001 after it. */
static inline void
handshake_from(struct fixture *f, uint16_t sport)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	frame.sport = sport;
	assert_passed(inject(f, LAN, &frame));
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	frame.dport = sport;
	assert_passed(inject(f, WAN, &frame));
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	frame.sport = sport;
	assert_passed(inject(f, LAN, &frame));
}

static inline void
handshake(struct fixture *f)
{
	handshake_from(f, 40000);
}

static inline struct frame
datagram(uint16_t port, uint16_t host_port, uint16_t server_port)
{
	struct frame frame = {
		.src = port == LAN ? HOST : SERVER,
		.dst = port == LAN ? SERVER : HOST,
		.sport = port == LAN ? host_port : server_port,
		.dport = port == LAN ? server_port : host_port,
		.proto = IPPROTO_UDP,
		.payload_len = 20,
	};

	return frame;
}

static inline struct frame
echo(uint16_t port, uint8_t type, uint16_t id)
{
	struct frame frame = {
		.src = port == LAN ? HOST : SERVER,
		.dst = port == LAN ? SERVER : HOST,
		.proto = IPPROTO_ICMP,
		.icmp_type = type,
		.icmp_id = id,
		.payload_len = 32,
	};

	return frame;
}

#endif
