/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine_fixture.h"

#include "rules_store.h"

struct rte_mempool *pool;

int
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

int
fixture_eal_end(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	return rte_eal_cleanup();
}

struct policy *
fixture_policy(const char *rules)
{
	static const char *const names[] = {"lan", "wan", "lan2", "wan2", "lan3", "wan3"};
	static const char *const mirrors[] = {"ids", "ids2"};
	static const struct ruleset_ports ports = {names, 6, mirrors, 2};
	struct ruleset_error error;
	struct policy *policy;
	char *json = *rules == '{' ? strdup(rules) : rules_store_json(rules);

	assert_non_null(json);
	if (ruleset_load(json, strlen(json), &ports, &policy, &error) != 0)
		fail_msg("%s", error.text);
	free(json);
	return policy;
}

struct policy_state *
fixture_state(const struct policy *policy)
{
	struct policy_state *state;

	assert_int_equal(policy_state_create(policy, &state), 0);
	return state;
}

void
fixture_start(struct fixture *f, const char *rules)
{
	size_t bytes;

	f->free_mbufs = rte_mempool_avail_count(pool);
	f->policy = fixture_policy(rules);
	engine_config_rules(&f->config, f->policy);
	bytes = engine_bytes(&f->config);
	f->state = fixture_state(f->policy);
	f->memory = aligned_alloc(64, RTE_ALIGN_CEIL(bytes, 64));
	assert_non_null(f->memory);
	memset(f->memory, 0, bytes);
	assert_int_equal(engine_init(f->memory, &f->config, f->policy, f->state, START,
				     &f->e),
			 0);
}

struct engine_config
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

void
drain(struct fixture *f)
{
	uint16_t port, i;

	for (port = 0; port < 2 * f->config.wires + f->config.mirrors; port++) {
		struct engine_tx *tx = engine_tx(f->e, port);

		for (i = 0; i < tx->count; i++)
			rte_pktmbuf_free(tx->pkts[i]);
		engine_tx_done(f->e, tx, tx->count, 0);
	}
}

void
fixture_end(struct fixture *f)
{
	engine_stop(f->e);
	drain(f);
	policy_free(f->policy);
	policy_state_free(f->state);
	free(f->memory);
	assert_int_equal(rte_mempool_avail_count(pool), f->free_mbufs);
}

struct rte_mbuf *
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

struct rte_mbuf *
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

struct engine_record
inject_at(struct fixture *f, uint16_t port, const struct frame *frame, uint64_t now_ns)
{
	struct rte_mbuf *m = mbuf_of(frame);
	struct engine_record record;

	drain(f);
	engine_burst(f->e, port, &m, 1, now_ns, &record);
	return record;
}

struct engine_record
inject(struct fixture *f, uint16_t port, const struct frame *frame)
{
	return inject_at(f, port, frame, START);
}

struct packet
left(struct fixture *f, uint16_t port, uint16_t i)
{
	struct engine_tx *tx = engine_tx(f->e, port);
	struct packet p;

	assert_true(i < tx->count);
	packet_parse(tx->pkts[i], !(port & 1), flow_network(port / 2, 0, 0),
		     PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
	return p;
}

uint16_t
left_count(struct fixture *f, uint16_t port)
{
	return engine_tx(f->e, port)->count;
}

struct engine_stats
stats(const struct fixture *f)
{
	struct engine_stats s;

	engine_stats(f->e, &s);
	return s;
}

struct frame
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

void
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

void
handshake(struct fixture *f)
{
	handshake_from(f, 40000);
}

struct frame
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

struct frame
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

struct policy_counter
counter_of(const struct fixture *f, unsigned number)
{
	struct policy_counter counter;

	policy_counters_read(f->state, number, 1, &counter);
	return counter;
}

void
fixture_start_rules(struct fixture *f, const char *objects, const char *rules)
{
	char table[1024];

	snprintf(table, sizeof(table),
		 "table inet t {%s\nchain forward { type filter hook forward priority 0; "
		 "policy drop;\n%s\n}\n}\n",
		 objects, rules);
	*f = (struct fixture){.config = fixture_config()};
	fixture_start(f, table);
}

bool
passes(struct fixture *f, uint16_t port, const struct frame *frame)
{
	return inject(f, port, frame).verdict == VERDICT_PASS;
}
