/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The burst size does not matter: random traffic in bursts of 1, 32 and 64 gets the same
 * verdicts and leaves the same connections, frames and counters.
 */
#include "engine_fixture.h"

#include <rte_random.h>

/*
 * Random traffic between few hosts, legal and hostile: all flags, sequence numbers near
 * and far, both families, UDP, pings and replies. With few hosts a burst contains several
 * packets of a connection.
 */
#define MIX 6400
#define GROUP 64 /* packets of one port and time; a multiple of all burst sizes */

struct mix {
	struct frame frame;
	uint16_t port;
	uint64_t at;
};

static uint32_t
upto(uint32_t n)
{
	return (uint32_t)rte_rand_max(n);
}

static void
mix_tcp(struct frame *frame, uint16_t port)
{
	static const uint8_t flags[] = {
		FRAME_SYN, FRAME_SYN | FRAME_ACK, FRAME_ACK,
		FRAME_ACK, FRAME_ACK | FRAME_PSH, FRAME_ACK | FRAME_FIN,
		FRAME_RST, FRAME_RST | FRAME_ACK, FRAME_SYN,
		FRAME_ACK,
	};
	uint32_t seq = port == LAN ? 1000 : 5000, ack = port == LAN ? 5000 : 1000;

	*frame = segment(port, flags[upto(RTE_DIM(flags))], seq + upto(4), ack + upto(4));
	if (upto(50) == 0)
		frame->flags = (uint8_t)upto(64);
	if (upto(20) == 0)
		frame->seq = upto(UINT32_MAX);
	if (upto(20) == 0)
		frame->ack = upto(UINT32_MAX);
	if (upto(4) == 0)
		frame->payload_len = upto(100);
	if (upto(10) == 0)
		frame->win = 0;
	*(port == LAN ? &frame->sport : &frame->dport) = (uint16_t)(40000 + upto(40));
	if (upto(10) == 0)
		*(port == LAN ? &frame->dport : &frame->sport) = 22;
}

static void
mix_one(struct mix *mix, uint16_t port, uint64_t at)
{
	struct frame *frame = &mix->frame;
	uint32_t kind = upto(20);

	mix->port = port;
	mix->at = at;
	if (kind < 14)
		mix_tcp(frame, port);
	else if (kind < 17)
		*frame = datagram(port, (uint16_t)(1000 + upto(100)), 53);
	else if (kind < 19)
		*frame = echo(port, upto(2) ? 8 : 0, (uint16_t)upto(20));
	else
		*frame = (struct frame){.ether_type = 0x0806, .payload_len = 28};
	if (kind < 17 && upto(3) == 0) {
		frame->src = port == LAN ? HOST6 : SERVER6;
		frame->dst = port == LAN ? SERVER6 : HOST6;
	}
	if (upto(100) == 0)
		frame->bad_l4_checksum = frame->src != NULL;
}

static struct mix *
mix_make(void)
{
	struct mix *mix = calloc(MIX, sizeof(*mix));
	uint64_t at = START;
	uint16_t port = LAN;
	unsigned i;

	assert_non_null(mix);
	rte_srand(42);
	for (i = 0; i < MIX; i++) {
		if (i % GROUP == 0) {
			port = (uint16_t)upto(2);
			at += upto(3) == 0 ? upto(5000) * MS : upto(3) * MS;
		}
		mix_one(&mix[i], port, at);
	}
	return mix;
}

struct outcome {
	struct engine_record records[MIX];
	struct conn_view views[200];
	unsigned connections;
	uint16_t sent[MIX / GROUP][2]; /* frames sent by each port after each group */
	struct engine_stats stats;
};

static struct outcome *
mix_run(const struct mix *mix, const char *rules, uint16_t burst)
{
	struct outcome *out = calloc(1, sizeof(*out));
	struct fixture f = {.config = fixture_config()};
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t cursor = 0;
	unsigned i, j;

	assert_non_null(out);
	f.config.max = 100; /* small, so that the table is full at times */
	f.config.max6 = 30;
	f.config.acct = true;
	fixture_start(&f, rules);
	for (i = 0; i < MIX; i += burst) {
		for (j = 0; j < burst; j++)
			pkts[j] = mbuf_of(&mix[i + j].frame);
		engine_burst(f.e, mix[i].port, pkts, burst, mix[i].at, &out->records[i]);
		if ((i + burst) % GROUP != 0)
			continue;
		out->sent[i / GROUP][LAN] = left_count(&f, LAN);
		out->sent[i / GROUP][WAN] = left_count(&f, WAN);
		drain(&f);
		while (engine_expire(f.e, mix[i].at, ENGINE_EXPIRE_MAX) ==
		       ENGINE_EXPIRE_MAX)
			;
		drain(&f);
	}
	out->connections = engine_list(f.e, mix[MIX - 1].at, &cursor, out->views, 200);
	out->stats = stats(&f);
	fixture_end(&f);
	return out;
}

static bool
same_record(const struct engine_record *a, const struct engine_record *b)
{
	return a->verdict == b->verdict && a->reason == b->reason &&
	       a->action == b->action && a->has_conn == b->has_conn &&
	       a->has_states == b->has_states && a->held == b->held &&
	       a->orig == b->orig && a->state[0] == b->state[0] &&
	       a->state[1] == b->state[1] && a->conn == b->conn;
}

static void
same_outcome(const struct outcome *a, const struct outcome *b)
{
	unsigned i;

	for (i = 0; i < MIX; i++)
		if (!same_record(&a->records[i], &b->records[i])) {
			print_error("packet %u: %s and %s\n", i,
				    reason_name(a->records[i].reason),
				    reason_name(b->records[i].reason));
			fail();
		}
	assert_int_equal(a->connections, b->connections);
	assert_memory_equal(a->views, b->views, sizeof(a->views));
	assert_memory_equal(a->sent, b->sent, sizeof(a->sent));
	assert_memory_equal(&a->stats, &b->stats, sizeof(a->stats));
}

static void
bursts_of_1_32_and_64_are_equal(const char *rules)
{
	struct mix *mix = mix_make();
	struct outcome *one = mix_run(mix, rules, 1);
	struct outcome *half = mix_run(mix, rules, 32);
	struct outcome *full = mix_run(mix, rules, 64);

	/*
	 * the traffic is mixed: many packets pass, many do not, and the table is full at
	 * times
	 */
	assert_true(one->stats.passed > MIX / 5);
	assert_true(one->stats.evicted > 0);
	assert_true(one->stats.drops[REASON_TCP_SEQ_RIGHT] > 0);
	assert_true(one->stats.removed > 0);
	assert_true(one->connections > 10);
	same_outcome(one, half);
	same_outcome(one, full);
	free(one);
	free(half);
	free(full);
	free(mix);
}

static void
burst_size_makes_no_difference(void **state)
{
	(void)state;
	bursts_of_1_32_and_64_are_equal(OFFICE);
}

static void
burst_size_makes_no_difference_to_rules_of_each_packet(void **state)
{
	(void)state;
	bursts_of_1_32_and_64_are_equal(
		FORWARD("accept", "meta length > 100 drop\n"
				  "tcp dport 22 counter reject with tcp reset\n"
				  "udp dport 53 counter accept\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_size_makes_no_difference),
		cmocka_unit_test(burst_size_makes_no_difference_to_rules_of_each_packet),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
