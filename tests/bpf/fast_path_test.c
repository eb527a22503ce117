/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compare the programs of lib/xdp with the engine. Two engines with the same
 * configuration get the same packets. The second engine shares its memory with the
 * programs: a frame goes to a program first, and to that engine if the program does not
 * take it. After each packet both engines must have the same connections, byte for byte,
 * and at the end the same counters.
 */
#include "dialogue.h"

#include <time.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>

#include <base/reason.h>

#include <engine_state.h>

#define STEPS 20000u
#define MINUTE_STEPS 4000u
#define DATAGRAM_MAX 1472u /* bytes of data in 1,500 */

/* Established packets are not all accepted, so the verdict cache decides. */
#define JUDGED FORWARD("drop", "tcp dport 9 drop\n" ACCEPT_ESTABLISHED ACCEPT_LAN)

struct variant {
	const char *rules;
	struct dialogue_odds odds;
	bool ts;
	bool acct;
	bool verify;
};

static void
open_all(struct dialogue *d, struct fixture *f, bool ts)
{
	uint16_t i;

	for (i = 0; i < DIALOGUES; i++) {
		d[i] = (struct dialogue){.number = i, .ts = ts};
		dialogue_open(&d[i], f);
	}
}

static void
assert_same_stats(struct shared *s, const struct fixture *f)
{
	struct engine_stats a, b;
	struct policy_counter x, y;
	unsigned i;

	xdp_collect(s->x, s->f.e);
	a = stats(&s->f);
	b = stats(f);
	assert_int_equal(a.xdp_passed, s->in_kernel);
	assert_int_equal(a.xdp_up, STEPS - s->in_kernel);
	/* no sockets are set */
	assert_int_equal(a.xdp_lost, a.xdp_up);
	a.xdp_passed = a.xdp_up = a.xdp_lost = 0;
	assert_memory_equal(&a, &b, sizeof(a));
	for (i = 0; i < policy_counters(f->policy); i++) {
		x = counter_of(&s->f, i);
		y = counter_of(f, i);
		assert_int_equal(x.packets, y.packets);
		assert_int_equal(x.bytes, y.bytes);
	}
}

/*
 * Long after, the timers of all connections are due: those that have not expired learn
 * their link layers again.
 */
static void
pass_a_minute(struct shared *s, struct fixture *f, uint64_t now_ns)
{
	while (engine_expire(f->e, now_ns, ENGINE_EXPIRE_MAX) == ENGINE_EXPIRE_MAX)
		;
	while (engine_expire(s->f.e, now_ns, ENGINE_EXPIRE_MAX) == ENGINE_EXPIRE_MAX)
		;
	drain(f);
	drain(&s->f);
	assert_same_tables(f->e, s->f.e);
}

static void
same_verdicts_and_bytes(const struct variant *v)
{
	struct fixture f = {.config = fixture_config()};
	struct dialogue d[DIALOGUES];
	struct shared s = {0};
	uint64_t random = 0x9e3779b97f4a7c15u + v->ts, now_ns = START;
	unsigned i;

	need_bpf();
	f.config.acct = v->acct;
	f.config.verify_checksums = v->verify;
	fixture_start(&f, v->rules);
	s.f.config = f.config;
	shared_start(&s, v->rules);
	open_all(d, &f, v->ts);
	open_all(d, &s.f, v->ts);
	assert_same_tables(f.e, s.f.e);
	for (i = 0; i < STEPS; i++) {
		uint16_t port = (uint16_t)pick(&random, 2);
		struct dialogue *one = &d[pick(&random, DIALOGUES)];
		struct frame frame = dialogue_any(one, port, &v->odds, &random);
		enum verdict verdict;

		now_ns += pick(&random, 5) * MS;
		if (i % MINUTE_STEPS == MINUTE_STEPS - 1) {
			now_ns += 61 * S;
			pass_a_minute(&s, &f, now_ns);
		}
		verdict = (enum verdict)inject_at(&f, port, &frame, now_ns).verdict;
		assert_int_equal(shared_inject(&s, port, &frame, now_ns), verdict);
		assert_same_tables(f.e, s.f.e);
		if (verdict == VERDICT_PASS && frame.seq == one->next[port])
			one->next[port] += (uint32_t)frame.payload_len;
	}
	print_message("%u of %u packets decided by the programs\n", s.in_kernel, STEPS);
	assert_true(s.in_kernel > STEPS / 4 && s.in_kernel < STEPS);
	assert_same_stats(&s, &f);
	drain(&f);
	shared_end(&s);
	fixture_end(&f);
}

static void
program_and_engine_agree_without_timestamps(void **state)
{
	const struct variant v = {.rules = OFFICE, .odds = {.close = 400}};

	(void)state;
	same_verdicts_and_bytes(&v);
}

static void
program_and_engine_agree_with_timestamps(void **state)
{
	const struct variant v = {.rules = OFFICE, .odds = {.close = 400}, .ts = true};

	(void)state;
	same_verdicts_and_bytes(&v);
}

static void
program_and_engine_agree_on_checksums(void **state)
{
	const struct variant v = {
		.rules = OFFICE,
		.odds = {.close = 2000, .bad_sum = 30},
		.verify = true,
	};

	(void)state;
	same_verdicts_and_bytes(&v);
}

static void
program_and_engine_agree_with_cached_verdicts_and_counters(void **state)
{
	const struct variant v = {
		.rules = JUDGED,
		.odds = {.close = 1000, .new_link = 100},
		.acct = true,
	};

	(void)state;
	same_verdicts_and_bytes(&v);
}

/* A datagram of any length, and the same with another last byte. */
static void
program_verifies_checksums_of_every_length(void **state)
{
	struct dialogue d = {.number = 3};
	struct shared s = {.f.config = fixture_config()};
	struct frame frame;
	uint8_t bytes[FRAME_ROOM];
	size_t len;

	(void)state;
	s.f.config.verify_checksums = true;
	shared_start(&s, OFFICE);
	dialogue_open(&d, &s.f);
	frame = dialogue_next(&d, WAN, FRAME_ACK);
	for (frame.payload_len = 0; frame.payload_len <= DATAGRAM_MAX;
	     frame.payload_len++) {
		len = frame_build(&frame, bytes, sizeof(bytes));
		assert_true(shared_takes(&s, WAN, bytes, len));
		bytes[len - 1] ^= 1;
		assert_false(shared_takes(&s, WAN, bytes, len));
	}
	shared_end(&s);
}

/* What the program may not decide: each row is a change of a packet that it passes. */
static void
program_leaves_what_it_may_not_decide(void **state)
{
	struct dialogue d = {.number = 0};
	struct shared s = {.f.config = fixture_config()};
	struct frame next, frame;
	uint8_t bytes[FRAME_ROOM];
	unsigned row;

	(void)state;
	shared_start(&s, OFFICE);
	dialogue_open(&d, &s.f);
	next = dialogue_next(&d, WAN, FRAME_ACK);
	for (row = 0; row < 8; row++) {
		frame = next;
		if (row == 0)
			frame.flags = FRAME_FIN | FRAME_ACK;
		else if (row == 1)
			frame.flags = FRAME_RST;
		else if (row == 2)
			frame.ip_options = 4;
		else if (row == 3)
			frame.mf = true;
		else if (row == 4)
			frame.seq += 1000000;
		else if (row == 5)
			frame.src_mac[0] = 6;
		else if (row == 6)
			frame.tags = 1;
		else
			frame.dport++;
		assert_false(shared_takes(&s, WAN, bytes,
					  frame_build(&frame, bytes, sizeof(bytes))));
		/* the other port is the other direction */
		assert_false(shared_takes(&s, LAN, bytes,
					  frame_build(&next, bytes, sizeof(bytes))));
		assert_true(shared_takes(&s, WAN, bytes,
					 frame_build(&next, bytes, sizeof(bytes))));
	}
	shared_end(&s);
}

static uint8_t
relearns(const struct shared *s)
{
	const struct flow_table *table = &s->f.e->family[0].table;
	uint32_t index = flow_next(table, 0, UINT32_MAX);

	return flow_conn(table, index)->hot.flags &
	       (TRACK_RELEARN(LAN) | TRACK_RELEARN(WAN));
}

/* After its timer, a connection goes on in the program if its link layer is the same. */
static void
program_compares_the_link_layer_after_a_timer(void **state)
{
	struct dialogue d = {.number = 0};
	struct shared s = {.f.config = fixture_config()};
	struct frame next, other;
	uint8_t bytes[FRAME_ROOM];

	(void)state;
	shared_start(&s, OFFICE);
	dialogue_open(&d, &s.f);
	engine_expire(s.f.e, START + 61 * S, ENGINE_EXPIRE_MAX);
	shared_time(&s, START + 61 * S);
	assert_int_equal(relearns(&s), TRACK_RELEARN(LAN) | TRACK_RELEARN(WAN));
	next = dialogue_next(&d, WAN, FRAME_ACK);
	other = next;
	other.src_mac[0] = 6;
	assert_false(shared_takes(&s, WAN, bytes,
				  frame_build(&other, bytes, sizeof(bytes))));
	assert_int_equal(relearns(&s), TRACK_RELEARN(LAN) | TRACK_RELEARN(WAN));
	assert_true(shared_takes(&s, WAN, bytes,
				 frame_build(&next, bytes, sizeof(bytes))));
	assert_int_equal(relearns(&s), TRACK_RELEARN(LAN));
	next = dialogue_next(&d, LAN, FRAME_ACK);
	assert_true(shared_takes(&s, LAN, bytes,
				 frame_build(&next, bytes, sizeof(bytes))));
	assert_int_equal(relearns(&s), 0);
	shared_end(&s);
}

/* A change in the engine takes effect in the program from the next packet on. */
static void
program_stops_with_the_connection_the_rules_and_the_mtu(void **state)
{
	struct dialogue d = {.number = 0};
	struct shared s = {.f.config = fixture_config()};
	struct policy *closed;
	struct frame next;
	uint8_t bytes[FRAME_ROOM];
	uint64_t cursor = 0;
	size_t len;

	(void)state;
	shared_start(&s, OFFICE);
	dialogue_open(&d, &s.f);
	next = dialogue_next(&d, WAN, FRAME_ACK);
	next.payload_len = 100;
	len = frame_build(&next, bytes, sizeof(bytes));
	assert_true(shared_takes(&s, WAN, bytes, len));
	assert_int_equal(xdp_set_port(s.x, LAN, 1, 139), 0);
	assert_false(shared_takes(&s, WAN, bytes, len));
	assert_int_equal(xdp_set_port(s.x, LAN, 1, 140), 0);
	assert_true(shared_takes(&s, WAN, bytes, len));

	closed = fixture_policy(FORWARD("drop", ""));
	engine_set_policy(s.f.e, closed, NULL);
	assert_false(shared_takes(&s, WAN, bytes, len));
	engine_set_policy(s.f.e, s.f.policy, s.f.state);
	assert_true(shared_takes(&s, WAN, bytes, len));

	xdp_stop(s.x);
	assert_false(shared_takes(&s, WAN, bytes, len));
	engine_set_policy(s.f.e, s.f.policy, s.f.state);
	assert_true(shared_takes(&s, WAN, bytes, len));

	assert_int_equal(engine_flush(s.f.e, &cursor, 10), 1);
	assert_false(shared_takes(&s, WAN, bytes, len));
	policy_free(closed);
	shared_end(&s);
}

#define MEASURED_ROUNDS 5u
#define MEASURED_RUNS 200000

/* Print the time of the fastest round for a packet of one connection, in ns. */
static void
measure(const char *name, uint16_t number, bool verify, size_t payload)
{
	struct dialogue d = {.number = number, .ts = true};
	struct shared s = {.f.config = fixture_config()};
	uint8_t bytes[FRAME_ROOM];
	struct timespec clock;
	struct frame frame;
	uint32_t best = UINT32_MAX;
	unsigned i;

	s.f.config.verify_checksums = verify;
	shared_start(&s, OFFICE);
	dialogue_open(&d, &s.f);
	s.f.config.shared->link_each = false;
	s.f.config.shared->tick_fixed = false;
	clock_gettime(CLOCK_MONOTONIC, &clock);
	xdp_set_time(s.x, START, (uint64_t)clock.tv_sec * S + (uint64_t)clock.tv_nsec);
	frame = dialogue_next(&d, WAN, FRAME_ACK);
	frame.payload_len = payload;
	for (i = 0; i < MEASURED_ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes,
			    .data_size_in = (uint32_t)frame_build(&frame, bytes,
								  sizeof(bytes)),
			    .repeat = MEASURED_RUNS);

		assert_int_equal(bpf_prog_test_run_opts(xdp_program_fd(s.x, WAN), &opts),
				 0);
		assert_int_equal(opts.retval, XDP_REDIRECT);
		best = RTE_MIN(best, opts.duration);
	}
	print_message("%-44s %4u ns\n", name, best);
	shared_end(&s);
}

static void
figures(void **state)
{
	(void)state;
	measure("TCP, IPv4", 0, false, 0);
	measure("TCP, IPv6", 4, false, 0);
	measure("TCP, IPv4, two tags", 16, false, 0);
	measure("UDP, IPv4", 3, false, 0);
	measure("TCP, IPv4, checksums", 0, true, 0);
	measure("TCP, IPv6, checksum", 4, true, 0);
	measure("TCP, IPv4, checksums, 1,400 bytes", 0, true, 1400);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest measured[] = {
		cmocka_unit_test(figures),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_and_engine_agree_without_timestamps),
		cmocka_unit_test(program_and_engine_agree_with_timestamps),
		cmocka_unit_test(program_and_engine_agree_on_checksums),
		cmocka_unit_test(
			program_and_engine_agree_with_cached_verdicts_and_counters),
		cmocka_unit_test(program_verifies_checksums_of_every_length),
		cmocka_unit_test(program_leaves_what_it_may_not_decide),
		cmocka_unit_test(program_compares_the_link_layer_after_a_timer),
		cmocka_unit_test(program_stops_with_the_connection_the_rules_and_the_mtu),
	};

	if (argc > 1 && strcmp(argv[1], "--figures") == 0)
		return cmocka_run_group_tests(measured, fixture_eal, fixture_eal_end);
	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
