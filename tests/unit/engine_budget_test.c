/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rate limits of generated segments, per source and per kind. The limits vary at random,
 * so that an attacker cannot find out by them what other hosts do (CVE-2016-5696).
 */
#include "engine_fixture.h"

#define SECONDS 20u

static void
start(struct fixture *f, const char *rules, uint8_t seed)
{
	*f = (struct fixture){.config = fixture_config()};
	memset(f->config.secret, seed, sizeof(f->config.secret));
	f->config.track.tcp_unknown_reset = true;
	fixture_start(f, rules);
}

static const char *
client(unsigned n)
{
	static char text[32];

	snprintf(text, sizeof(text), "10.%u.%u.%u", n >> 16, n >> 8 & 255, n & 255);
	return text;
}

/*
 * Send n segments without a connection from a client. Returns how many were answered with
 * RST.
 */
static unsigned
resets(struct fixture *f, const char *src, unsigned n, uint64_t at_ns)
{
	struct frame frame = segment(LAN, FRAME_ACK, 1, 1);
	unsigned i, made = 0;

	frame.src = src;
	for (i = 0; i < n; i++)
		made += inject_at(f, LAN, &frame, at_ns).action == ACTION_RST;
	return made;
}

static void
every_client_of_a_rejected_port_is_answered(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f, FORWARD("drop", "tcp dport 80 reject with tcp reset\n"), 1);
	for (i = 0; i < 20000; i++) {
		frame.src = client(i);
		assert_int_equal(inject(&f, LAN, &frame).action, ACTION_RST);
	}
	/* so is one client that tries 4,000 times */
	for (i = 0; i < 4000; i++) {
		frame.sport = (uint16_t)(1000 + i);
		assert_int_equal(inject(&f, LAN, &frame).action, ACTION_RST);
	}
	fixture_end(&f);
}

static void
a_source_that_floods_a_rejected_port_is_limited_alone(void **state)
{
	struct frame frame = datagram(LAN, 1000, 99);
	struct fixture f;
	unsigned i, made = 0;

	(void)state;
	start(&f, FORWARD("drop", "udp dport 99 reject with icmpx admin-prohibited\n"),
	      1);
	for (i = 0; i < 20000; i++)
		made += inject(&f, LAN, &frame).action == ACTION_ICMP;
	assert_in_range(made, 5000, 15000);
	frame.src = "10.9.9.9";
	assert_int_equal(inject(&f, LAN, &frame).action, ACTION_ICMP);
	fixture_end(&f);
}

static void
a_source_has_its_own_budget_of_each_kind(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct fixture f;
	unsigned made;

	(void)state;
	start(&f, FORWARD("drop", "tcp dport 80 reject with tcp reset\n"), 1);
	made = resets(&f, HOST, 2000, START);
	assert_in_range(made, 500, 1500);
	assert_int_equal(resets(&f, HOST, 1, START), 0);
	/* each of another source, another kind and another second has its own limit */
	assert_int_equal(resets(&f, "10.7.7.7", 1, START), 1);
	assert_int_equal(inject(&f, LAN, &frame).action, ACTION_RST);
	assert_int_equal(resets(&f, HOST, 1, START + S), 1);
	fixture_end(&f);
}

static void
no_second_has_the_budget_of_another(void **state)
{
	unsigned made[SECONDS], again, i, j, equal = 0;
	struct fixture f;

	(void)state;
	start(&f, OFFICE, 1);
	for (i = 0; i < SECONDS; i++) {
		made[i] = resets(&f, HOST, 2000, START + i * S);
		for (j = 0; j < i; j++)
			equal += made[i] == made[j];
	}
	assert_true(equal < SECONDS);
	fixture_end(&f);
	/* the limits depend only on the seed */
	start(&f, OFFICE, 1);
	for (i = 0; i < SECONDS; i++)
		assert_int_equal(resets(&f, HOST, 2000, START + i * S), made[i]);
	fixture_end(&f);
	start(&f, OFFICE, 2);
	for (i = 0, again = 0; i < SECONDS; i++)
		again += resets(&f, HOST, 2000, START + i * S) == made[i];
	assert_true(again < SECONDS / 2);
	fixture_end(&f);
}

/* The total over many sources is limited, and cannot be predicted either. */
static void
all_sources_together_are_limited(void **state)
{
	struct fixture f;
	unsigned i, made[2] = {0, 0};

	(void)state;
	start(&f, OFFICE, 1);
	for (i = 0; i < 32000; i++)
		made[i / 16000] += resets(&f, client(i), 1, START + i / 16000 * S);
	assert_in_range(made[0], 5000, 15000);
	assert_in_range(made[1], 5000, 15000);
	assert_int_not_equal(made[0], made[1]);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_client_of_a_rejected_port_is_answered),
		cmocka_unit_test(a_source_that_floods_a_rejected_port_is_limited_alone),
		cmocka_unit_test(a_source_has_its_own_budget_of_each_kind),
		cmocka_unit_test(no_second_has_the_budget_of_another),
		cmocka_unit_test(all_sources_together_are_limited),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
