/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz the whole engine, with tables so small that connections are evicted, extensions
 * are taken away and timers are always due. Two engines get the same frames, the first
 * one by one and the second in bursts. Verdicts, states, sent frames and all counters
 * must be equal. The counters have to add up, all mbufs must return, and after enough
 * time no connection and no held fragment may be left.
 *
 * Each frame is in a heap block of exactly its length, so that a sanitizer finds reads
 * past its end.
 *
 * The input: a byte of switches, then groups of frames that arrive at one time on one
 * port. A few bytes describe a frame: a segment, a datagram or a fragment of one,
 * possibly with wrong fields, or an ICMP error about another frame.
 */
#include "engine_fuzz.h"

#include <ruleset/ruleset.h>

#include "../../app/replay/eal.h"

#define BEGIN_NS (100 * 1000000000ull)
/* number of time steps after which all connections must have ended */
#define END_STEPS 5000u

int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct policy *policies[3];
/* policy state of each engine, for each policy */
static struct policy_state *states[2][3];
static void *memory[2];
static size_t memory_bytes;
static struct world world;

#define CHAIN                                                                            \
	"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},{\"chain\":{"   \
	"\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\",\"type\":\"filter\","  \
	"\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\"}}"
#define RULE(text)                                                                       \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"forward\","         \
	"\"expr\":[" text "]}}"
#define MATCH(op, left, right)                                                           \
	"{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}},"
#define CT_STATE "{\"ct\":{\"key\":\"state\"}}"
#define LAN MATCH("==", "{\"meta\":{\"key\":\"iifname\"}}", "\"lan\"")
#define TCP_DPORT "{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}"
#define ACCEPT "{\"accept\":null}"

/*
 * Two rulesets: one accepts established connections without evaluating packets, the other
 * evaluates each packet.
 */
static const char *const texts[] = {
	CHAIN RULE(MATCH("in", CT_STATE, "[\"established\",\"related\"]") ACCEPT)
		RULE(LAN ACCEPT) RULE("{\"reject\":{\"type\":\"tcp reset\"}}") "]}",
	CHAIN RULE(MATCH("==", TCP_DPORT, "83") "{\"drop\":null}")
		RULE("{\"counter\":{\"packets\":0,\"bytes\":0}}," LAN ACCEPT)
			RULE(MATCH("in", CT_STATE, "\"established\"") ACCEPT)
				RULE("{\"reject\":{\"type\":\"icmpx\",\"expr\":"
				     "\"admin-prohibited\"}}") "]}",
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[] = {"lan", "wan"};
	static const struct ruleset_ports ports = {.names = names, .count = 2};
	struct ruleset_error error;
	unsigned i;

	(void)argc;
	(void)argv;
	require(eal_start("engine_fuzz", POOL_SIZE) == 0);
	pool = eal_mempool(POOL_SIZE);
	require(pool != NULL);
	for (i = 0; i < RTE_DIM(texts); i++) {
		if (ruleset_load(texts[i], strlen(texts[i]), &ports, &policies[i],
				 &error) == 0)
			continue;
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	require(policy_accept_all(&policies[i]) == 0);
	for (i = 0; i < 2 * RTE_DIM(policies); i++)
		require(policy_state_create(policies[i / 2], &states[i % 2][i / 2]) == 0);
	return 0;
}

static void
build_engines(struct world *w, uint8_t switches)
{
	struct engine_config config = {
		.track = TRACK_CONFIG_DEFAULT,
		.max = CONNECTIONS,
		.max6 = CONNECTIONS6,
		.wires = 1,
		.bypass = ENGINE_BYPASS_DEFAULT,
		.verify_checksums = !(switches & 0x01),
		.enforce_ruleset = (switches & 0x02) != 0,
		.acct = (switches & 0x04) != 0,
		.fragments = (switches & 0x60) == 0x20 ? 0 : FRAGMENTS,
		.mempool = pool,
	};
	unsigned k;

	config.track.tcp_loose = (switches & 0x08) != 0;
	config.track.tcp_unknown_reset = (switches & 0x10) != 0;
	config.track.tcp_be_liberal = (switches & 0xe0) == 0xe0;
	memset(w, 0, sizeof(*w));
	w->switches = switches;
	w->now_ns = BEGIN_NS;
	if (memory_bytes == 0) {
		struct engine_config max = config;

		max.acct = true;
		max.fragments = FRAGMENTS;
		memory_bytes = RTE_ALIGN_CEIL(engine_bytes(&max), 64);
	}
	for (k = 0; k < 2; k++) {
		if (memory[k] == NULL)
			memory[k] = aligned_alloc(64, memory_bytes);
		require(memory[k] != NULL && engine_bytes(&config) <= memory_bytes);
		memset(memory[k], 0, memory_bytes);
		require(engine_init(memory[k], &config, policies[0], states[k][0],
				    w->now_ns, &w->e[k]) == 0);
	}
}

static void
block_free(void *bytes, void *block)
{
	(void)bytes;
	free(block);
}

/*
 * Copy the bytes to memory that ends with them, so that a sanitizer sees reads past the
 * end.
 */
static struct rte_mbuf *
mbuf_of(const uint8_t *bytes, size_t length)
{
	struct rte_mbuf_ext_shared_info *info = malloc(sizeof(*info) + length);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	require(info != NULL && m != NULL);
	info->free_cb = block_free;
	info->fcb_opaque = info;
	rte_mbuf_ext_refcnt_set(info, 1);
	rte_pktmbuf_attach_extbuf(m, info + 1, 0, (uint16_t)length, info);
	m->data_len = (uint16_t)length;
	m->pkt_len = (uint32_t)length;
	if (length > 0)
		memcpy(info + 1, bytes, length);
	return m;
}

static struct rte_mbuf *
frame_mbufs(const struct wire_frame *frame)
{
	size_t first = frame->cut < frame->length ? frame->cut : 0;
	struct rte_mbuf *m;

	if (first == 0)
		return mbuf_of(frame->bytes, frame->length);
	m = mbuf_of(frame->bytes, first);
	require(rte_pktmbuf_chain(m, mbuf_of(frame->bytes + first,
					     frame->length - first)) == 0);
	return m;
}

/* Check that both engines send the same frames; then free these. */
static void
drain(struct world *w)
{
	uint16_t port, i, k;

	for (port = 0; port < 2; port++) {
		struct engine_tx *tx[] = {engine_tx(w->e[0], port),
					  engine_tx(w->e[1], port)};

		require(tx[0]->count == tx[1]->count);
		w->left += tx[0]->count;
		for (i = 0; i < tx[0]->count; i++)
			check_same(tx[0]->pkts[i], tx[1]->pkts[i]);
		for (k = 0; k < 2; k++) {
			rte_pktmbuf_free_bulk(tx[k]->pkts, tx[k]->count);
			engine_tx_done(w->e[k], tx[k], tx[k]->count, 0);
		}
	}
}

static void
deliver(struct world *w, uint16_t port, uint16_t count)
{
	struct engine_record *one = &record[0][w->records],
			     *more = &record[1][w->records];
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint16_t i;

	for (i = 0; i < count; i++) {
		pkts[0] = frame_mbufs(&w->burst[i]);
		engine_burst(w->e[0], port, pkts, 1, w->now_ns, &one[i]);
	}
	for (i = 0; i < count; i++)
		pkts[i] = frame_mbufs(&w->burst[i]);
	engine_burst(w->e[1], port, pkts, count, w->now_ns, more);
	w->records += count;
	drain(w);
}

static void
pass_time(struct world *w, uint8_t how, unsigned max)
{
	static const uint32_t ms[] = {0,       1,       100,     1001,    5001,   10001,
				      31000,   61000,   121000,  241000,  301000, 601000,
				      3601000, 7441000, 7444000, 86400000};
	unsigned done[2], k;

	w->now_ns += ms[how & 15] * 1000000ull;
	for (k = 0; k < 2; k++)
		done[k] = engine_expire(w->e[k], w->now_ns, max);
	require(done[0] == done[1] && done[0] <= max);
	drain(w);
}

/* Run what the control thread does between two bursts. */
static void
intervene(struct world *w, uint8_t what)
{
	struct conn_view view;
	uint64_t cursor;
	unsigned k, n[2];

	for (k = 0; k < 2; k++) {
		cursor = 0;
		n[k] = 0;
		if (what & 0x10)
			engine_set_policy(w->e[k], policies[what % RTE_DIM(policies)],
					  states[k][what % RTE_DIM(policies)]);
		else if (what & 0x20)
			n[k] = engine_flush(w->e[k], &cursor, 1u + (what & 3));
		else if (engine_list(w->e[k], w->now_ns, &cursor, &view, 1) == 1)
			n[k] = engine_delete(w->e[k], &view.key, view.family,
					     view.id % 2 == 1, CONN_END_DELETED);
	}
	require(n[0] == n[1]);
	drain(w); /* the RSTs of a connection that is deleted */
}

/*
 * Check that time alone ends all connections and returns each mbuf, except for held
 * fragments, which engine_stop() frees.
 */
static void
end(struct world *w)
{
	struct engine_stats s;
	unsigned step, k;
	uint64_t at_ns;

	for (k = 0; (w->switches & 0x80) && k < 2; k++)
		engine_stop(w->e[k]);
	for (step = 0; engine_next_ns(w->e[0], &at_ns); step++) {
		require(step < END_STEPS);
		if (at_ns > w->now_ns)
			w->now_ns = at_ns;
		pass_time(w, 0, ENGINE_EXPIRE_MAX);
	}
	check_stats(w);
	engine_stats(w->e[0], &s);
	require(s.connections == 0 && s.connections6 == 0 && s.fragments == 0);
	require(rte_mempool_avail_count(pool) == POOL_SIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct world *w = &world;
	uint16_t count, i;
	uint8_t what;

	build_engines(w, bytes_u8(&b));
	while (b.left > 0 && w->records + ENGINE_BURST_MAX <= RECORDS) {
		what = bytes_u8(&b);
		if ((what & 0xc0) == 0xc0) {
			intervene(w, what);
			continue;
		}
		if (what & 0x80) {
			pass_time(w, what, 1 + (what >> 4 & 3) * 16);
			continue;
		}
		count = what >> 1 & 31;
		for (i = 0; i <= count && b.left > 0; i++) {
			if (what & 0x40)
				read_raw(&w->burst[i], &b);
			else
				read_frame(w, &w->burst[i], what & 1, &b);
		}
		deliver(w, what & 1, i);
		check_stats(w);
	}
	end(w);
	return 0;
}
