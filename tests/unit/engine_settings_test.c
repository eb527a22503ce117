/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings that change while an engine has connections. */
#include "engine_fixture.h"

static void
start(struct fixture *f)
{
	*f = (struct fixture){.config = fixture_config()};
	fixture_start(f, OFFICE);
}

static uint32_t
connections(const struct fixture *f)
{
	return stats(f).connections;
}

static void
expire_until(struct fixture *f, uint64_t now_ns)
{
	while (engine_expire(f->e, now_ns, ENGINE_EXPIRE_MAX) == ENGINE_EXPIRE_MAX)
		drain(f);
}

/* Walk over all connections. Returns the number of timers armed. */
static unsigned
rearm(struct fixture *f, unsigned piece)
{
	uint64_t cursor = 0;
	unsigned armed = 0;

	while (cursor != ENGINE_CURSOR_END)
		armed += engine_rearm(f->e, &cursor, piece);
	return armed;
}

static void
a_shorter_timeout_applies_to_connections_that_are_armed_again(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct engine_config config;
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	for (i = 0; i < 10; i++, frame.sport++)
		assert_passed(inject(&f, LAN, &frame));
	config = f.config;
	config.track.udp_timeout_dns = 5000;
	engine_set_config(f.e, &config);
	assert_int_equal(rearm(&f, 3), 10);
	expire_until(&f, START + 4 * S);
	assert_int_equal(connections(&f), 10);
	expire_until(&f, START + 5 * S);
	assert_int_equal(connections(&f), 0);
	fixture_end(&f);
}

static void
a_longer_timeout_applies_to_all_connections(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct engine_config config;
	struct fixture f;

	(void)state;
	start(&f);
	assert_passed(inject(&f, LAN, &frame));
	config = f.config;
	config.track.udp_timeout_dns = 50000;
	engine_set_config(f.e, &config);
	expire_until(&f, START + 49 * S);
	assert_int_equal(connections(&f), 1);
	expire_until(&f, START + 50 * S);
	assert_int_equal(connections(&f), 0);
	fixture_end(&f);
}

static void
switches_and_bypass_apply_from_the_next_packet_on(void **state)
{
	struct frame lldp = {.ether_type = 0x88cc, .payload_len = 46};
	struct frame middle = segment(LAN, 0x10, 1000, 1000);
	struct engine_config config;
	struct fixture f;

	(void)state;
	f = (struct fixture){.config = fixture_config()};
	f.config.bypass = 0;
	fixture_start(&f, OFFICE);
	assert_int_equal(inject(&f, LAN, &lldp).verdict, VERDICT_DROP);
	assert_int_equal(inject(&f, LAN, &middle).reason, REASON_TCP_NO_CONNECTION);
	config = f.config;
	config.bypass = ENGINE_BYPASS_LLDP;
	config.track.tcp_loose = true;
	engine_set_config(f.e, &config);
	assert_passed(inject(&f, LAN, &lldp));
	assert_passed(inject(&f, LAN, &middle));
	engine_set_config(f.e, &f.config);
	assert_int_equal(inject(&f, LAN, &lldp).verdict, VERDICT_DROP);
	fixture_end(&f);
}

static void
what_needs_memory_stays_as_it_is(void **state)
{
	struct engine_config config = fixture_config(), from = config;

	(void)state;
	from.track.ip_security_match = true;
	from.max = config.max + 1;
	from.acct = !config.acct;
	from.vlans_joined = !config.vlans_joined;
	from.fragments = config.fragments + 1;
	engine_config_change(&config, &from);
	assert_false(config.track.ip_security_match);
	assert_int_not_equal(config.max, from.max);
	assert_int_not_equal(config.acct, from.acct);
	assert_int_not_equal(config.vlans_joined, from.vlans_joined);
	assert_int_not_equal(config.fragments, from.fragments);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_shorter_timeout_applies_to_connections_that_are_armed_again),
		cmocka_unit_test(a_longer_timeout_applies_to_all_connections),
		cmocka_unit_test(switches_and_bypass_apply_from_the_next_packet_on),
		cmocka_unit_test(what_needs_memory_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
