/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets that change at run time: timeouts, add, update, delete, stateful statements in
 * elements, meters; for one and for several workers.
 */
#include <stdio.h>

#include "policy_fixture.h"

#define SECOND 1000000000ull
#define WORKERS_MAX 4

static bool
accepts(const struct rules *rules, const char *src, uint16_t dport, uint64_t now_ns)
{
	const struct pk pk = TCP(.src = src, .dport = dport);

	return eval_at(rules, &pk, now_ns).kind == POLICY_ACCEPT;
}

static void
elements_expire(void **state)
{
	struct rules rules =
		rules_of_chain("set ban { type ipv4_addr; flags timeout; elements = { "
			       "192.0.2.1 timeout 1h, 192.0.2.2 }\n}",
			       "ip saddr @ban drop\naccept");

	(void)state;
	assert_false(accepts(&rules, "192.0.2.1", 80, 3599 * SECOND));
	assert_true(accepts(&rules, "192.0.2.1", 80, 3600 * SECOND));
	assert_false(accepts(&rules, "192.0.2.2", 80, 99999 * SECOND));
	assert_true(accepts(&rules, "192.0.2.3", 80, 0));
	rules_free(&rules);
}

static void
intervals_and_maps_expire(void **state)
{
	struct rules rules = rules_of_chain(
		"set ban { type ipv4_addr; flags interval,timeout; elements = { "
		"192.0.2.0/30 timeout 1h, 192.0.2.4-192.0.2.9 }\n}\n"
		"map ports { type inet_service : verdict; flags timeout; elements = { "
		"80 timeout 2h : drop, 81 : drop }\n}",
		"ip saddr @ban drop\ntcp dport vmap @ports\naccept");

	(void)state;
	assert_false(accepts(&rules, "192.0.2.1", 1, 3599 * SECOND));
	assert_true(accepts(&rules, "192.0.2.1", 1, 3600 * SECOND));
	assert_false(accepts(&rules, "192.0.2.9", 1, 3600 * SECOND));
	assert_false(accepts(&rules, "192.0.2.1", 80, 3600 * SECOND));
	assert_true(accepts(&rules, "192.0.2.1", 80, 7200 * SECOND));
	assert_false(accepts(&rules, "192.0.2.1", 81, 7200 * SECOND));
	rules_free(&rules);
}

static void
a_packet_adds_its_source_for_a_time(void **state)
{
	struct rules rules = rules_of_chain(
		"set seen { type ipv4_addr; size 65535; flags dynamic,timeout; "
		"timeout 5m\n}",
		"ip saddr @seen drop\ntcp dport 23 add @seen { ip saddr } drop\naccept");

	(void)state;
	assert_true(accepts(&rules, "192.0.2.1", 80, 0));
	assert_false(accepts(&rules, "192.0.2.1", 23, 0));
	assert_false(accepts(&rules, "192.0.2.1", 80, 299 * SECOND));
	assert_true(accepts(&rules, "192.0.2.2", 80, 299 * SECOND));
	assert_true(accepts(&rules, "192.0.2.1", 80, 300 * SECOND));
	rules_free(&rules);
}

static void
add_keeps_the_time_of_an_element_update_renews_it(void **state)
{
	static const char *const objects =
		"set s { type ipv4_addr . inet_service; size 100; flags dynamic,timeout; "
		"timeout 10s\n}";
	struct rules add =
		rules_of_chain(objects,
			       "tcp dport 1 add @s { ip saddr . tcp sport } accept\n"
			       "ip saddr . tcp sport @s accept");
	struct rules update = rules_of_chain(
		objects,
		"tcp dport 1 update @s { ip saddr . tcp sport timeout 20s } accept\n"
		"ip saddr . tcp sport @s accept");

	(void)state;
	accepts(&add, "192.0.2.1", 1, 0);
	accepts(&add, "192.0.2.1", 1, 5 * SECOND);
	assert_true(accepts(&add, "192.0.2.1", 2, 9 * SECOND));
	assert_false(accepts(&add, "192.0.2.1", 2, 10 * SECOND));
	accepts(&update, "192.0.2.1", 1, 0);
	accepts(&update, "192.0.2.1", 1, 5 * SECOND);
	assert_true(accepts(&update, "192.0.2.1", 2, 24 * SECOND));
	assert_false(accepts(&update, "192.0.2.1", 2, 25 * SECOND));
	rules_free(&add);
	rules_free(&update);
}

static void
delete_takes_an_element_out(void **state)
{
	struct rules rules = rules_of_chain(
		"set s { type ipv6_addr; size 100; flags dynamic\n}",
		"tcp dport 1 add @s { ip6 saddr } drop\n"
		"tcp dport 2 delete @s { ip6 saddr } drop\nip6 saddr @s accept");

	(void)state;
	accepts(&rules, "2001:db8::1", 1, 0);
	assert_true(accepts(&rules, "2001:db8::1", 3, 0));
	assert_false(accepts(&rules, "2001:db8::2", 3, 0));
	accepts(&rules, "2001:db8::1", 2, 0);
	assert_false(accepts(&rules, "2001:db8::1", 3, 0));
	accepts(&rules, "2001:db8::1", 1, 0);
	assert_true(accepts(&rules, "2001:db8::1", 3, 0));
	rules_free(&rules);
}

/* Limits in set elements: `add`, `update` and `meter` of nft. */
static void
each_source_has_a_limit_of_its_own(void **state)
{
	static const struct {
		const char *objects, *rules;
	} rows[] = {
		{"set rate { type ipv4_addr; size 65535; flags dynamic,timeout; "
		 "timeout 1m\n}",
		 "update @rate { ip saddr limit rate over 10/minute } drop\naccept"},
		{"", "meter m1 size 4096 { ip saddr limit rate over 10/minute } drop\n"
		     "accept"},
		{"set lim { type ipv4_addr; size 100; flags dynamic; "
		 "limit rate over 10/minute\n}",
		 "add @lim { ip saddr } drop\naccept"},
	};
	unsigned row, i, passed[2];

	(void)state;
	for (row = 0; row < COUNT_OF(rows); row++) {
		struct rules rules = rules_of_chain(rows[row].objects, rows[row].rules);

		passed[0] = passed[1] = 0;
		for (i = 0; i < 20; i++) {
			passed[0] += accepts(&rules, "192.0.2.1", 22, 0);
			passed[1] += accepts(&rules, "192.0.2.2", 22, 0);
		}
		if (passed[0] != 5 || passed[1] != 5)
			fail_msg("row %u: %u, %u", row, passed[0], passed[1]);
		assert_true(accepts(&rules, "192.0.2.1", 22, 6 * SECOND));
		assert_false(accepts(&rules, "192.0.2.1", 22, 6 * SECOND));
		rules_free(&rules);
	}
}

static void
a_lookup_evaluates_the_statements_of_the_element(void **state)
{
	struct rules rules = rules_of_chain(
		"set s { type ipv4_addr; size 10; limit rate 1/minute burst 2 packets; "
		"elements = { 192.0.2.1 }\n}",
		"ip saddr @s accept");

	(void)state;
	assert_true(accepts(&rules, "192.0.2.1", 1, 0));
	assert_true(accepts(&rules, "192.0.2.1", 1, 0));
	assert_false(accepts(&rules, "192.0.2.1", 1, 0));
	assert_false(accepts(&rules, "192.0.2.2", 1, 0));
	rules_free(&rules);
}

/*
 * As in nft_dynset_eval(): when the set is full, `add` does not match, and the rest of
 * the rule is not evaluated.
 */
static void
what_finds_no_room_in_a_set_leaves_the_rule(void **state)
{
	struct rules rules =
		rules_of_chain("set s { type ipv4_addr; size 2; flags dynamic,timeout; "
			       "timeout 10s\n}",
			       "add @s { ip saddr } accept");

	(void)state;
	assert_true(accepts(&rules, "192.0.2.1", 1, 0));
	assert_true(accepts(&rules, "192.0.2.2", 1, 5 * SECOND));
	assert_false(accepts(&rules, "192.0.2.3", 1, 5 * SECOND));
	assert_true(accepts(&rules, "192.0.2.1", 1, 5 * SECOND));
	/* the first element has expired, and its slot is reused */
	assert_true(accepts(&rules, "192.0.2.3", 1, 10 * SECOND));
	assert_false(accepts(&rules, "192.0.2.1", 1, 10 * SECOND));
	rules_free(&rules);
}

/*
 * Give random packets of some sources to one worker, and to any of several; they must
 * agree on each.
 */
static void
workers_agree(const struct rules *rules, unsigned workers, unsigned sources)
{
	struct rules one = *rules, other = *rules;
	struct policy_state *states[WORKERS_MAX];
	unsigned i, w;
	char src[16];
	uint64_t now;

	assert_int_equal(policy_state_create(rules->policy, &one.state), 0);
	policy_state_start(one.state, 1);
	assert_int_equal(policy_states_create(rules->policy, NULL, states, workers), 0);
	for (w = 0; w < workers; w++)
		policy_state_start(states[w], 1);
	random_state = 11;
	for (now = 1, i = 0; i < 20000; i++) {
		uint16_t dport = (uint16_t)(1 + pick(5));

		other.state = states[pick(workers)];
		snprintf(src, sizeof(src), "192.0.2.%u", 1 + pick(sources));
		now += pick(10) == 0 ? pick(8000000000 / sources)
				     : 1 + pick(360000000 / sources);
		if (accepts(&one, src, dport, now) != accepts(&other, src, dport, now))
			fail_msg("%u workers, packet %u: %s, port %u", workers, i, src,
				 dport);
		policy_state_expire(states[pick(workers)], now);
		policy_state_expire(one.state, now);
	}
	policy_state_free(one.state);
	for (w = 0; w < workers; w++)
		policy_state_free(states[w]);
}

static void
a_set_is_the_same_for_all_workers(void **state)
{
	static const char *const changes =
		"tcp dport 1 add @s { ip saddr } accept\n"
		"tcp dport 2 update @s { ip saddr } accept\n"
		"tcp dport 3 delete @s { ip saddr } accept\n"
		"tcp dport 4 ip saddr @s accept\n"
		"tcp dport 5 update @s { ip saddr timeout 3s } accept\n";
	static const struct {
		const char *set;
		unsigned sources;
	} rows[] = {
		{"set s { type ipv4_addr; size 4; flags dynamic,timeout; timeout 10s; "
		 "limit rate 1/second burst 3 packets\n}",
		 4},
		{"set s { type ipv4_addr; size 4; flags dynamic,timeout; timeout 10s\n}",
		 4},
		{"set s { type ipv4_addr; size 300; flags dynamic,timeout; "
		 "timeout 10s\n}",
		 200},
	};
	unsigned workers, row;

	(void)state;
	for (row = 0; row < COUNT_OF(rows); row++) {
		struct rules rules = rules_of_chain(rows[row].set, changes);

		for (workers = 1; workers <= WORKERS_MAX; workers *= 2)
			workers_agree(&rules, workers, rows[row].sources);
		rules_free(&rules);
	}
}

/* A worker must not trust its own slot after another one has shortened a timeout. */
static void
what_another_worker_shortens_ends_for_all(void **state)
{
	static const struct {
		uint16_t dport;
		bool after[2]; /* in the set 2 s and 4 s after the change */
	} rows[] = {
		{2, {true, true}},   /* renewed */
		{3, {false, false}}, /* deleted */
		{5, {true, false}},  /* shortened to 3 s */
	};
	struct rules rules = rules_of_chain(
		"set s { type ipv4_addr; size 9; flags dynamic,timeout; timeout 10s\n}",
		"tcp dport 2 update @s { ip saddr } accept\n"
		"tcp dport 3 delete @s { ip saddr } accept\n"
		"tcp dport 5 update @s { ip saddr timeout 3s } accept\n"
		"ip saddr @s accept");
	struct policy_state *states[2];
	struct rules worker[2] = {rules, rules};
	unsigned row, i;

	(void)state;
	for (row = 0; row < COUNT_OF(rows); row++) {
		assert_int_equal(policy_states_create(rules.policy, NULL, states, 2), 0);
		for (i = 0; i < 2; i++) {
			policy_state_start(states[i], 1);
			worker[i].state = states[i];
		}
		for (i = 0; i < 4; i++) /* the second time in their own parts */
			accepts(&worker[i % 2], "192.0.2.1", 2, SECOND + i);
		accepts(&worker[1], "192.0.2.1", rows[row].dport, 2 * SECOND);
		for (i = 0; i < 2; i++)
			if (accepts(&worker[0], "192.0.2.1", 80, (4 + 2 * i) * SECOND) !=
			    rows[row].after[i])
				fail_msg("row %u, time %u", row, i);
		policy_state_free(states[0]);
		policy_state_free(states[1]);
	}
	rules_free(&rules);
}

static void
expired_elements_give_their_memory_back(void **state)
{
	struct rules rules = rules_of_chain("set s { type inet_service; size 1000; "
					    "flags dynamic,timeout; timeout 1s\n}",
					    "add @s { tcp dport } accept");
	unsigned i, round;

	(void)state;
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 1000; i++)
			assert_true(accepts(&rules, "192.0.2.1",
					    (uint16_t)(round * 1000 + i),
					    2 * round * SECOND + i));
		for (i = 1; i <= 1000; i++)
			policy_state_expire(rules.state,
					    (2 * round + 1) * SECOND + i * 2000000);
	}
	rules_free(&rules);
}

static void
a_reload_keeps_the_elements_of_a_set(void **state)
{
	static const char *const objects =
		"set s { type ipv4_addr; size 10; flags dynamic,timeout; timeout 10s; "
		"elements = { 192.0.2.1 timeout 1h, 192.0.2.2 timeout 1h }\n}";
	struct rules rules = rules_of_chain(
		objects, "tcp dport 1 update @s { ip saddr } accept\nip saddr @s accept");
	struct rules next = rules_of_chain(
		"set s { type ipv4_addr; size 10; flags dynamic,timeout; timeout 10s; "
		"elements = { 192.0.2.2 timeout 1h, 192.0.2.4 timeout 1h }\n}",
		"ip saddr @s accept");

	(void)state;
	accepts(&rules, "192.0.2.3", 1, SECOND);
	policy_state_expire(rules.state, 2 * SECOND);
	policy_state_free(next.state);
	assert_int_equal(policy_states_create(next.policy, &rules.state, &next.state, 1),
			 0);
	policy_state_start(next.state, 2 * SECOND);
	rules_free(&rules);
	/*
	 * a packet under the new rules adds an element, which the old rules' set lists
	 * too; an element that was deleted is added again
	 */
	assert_true(accepts(&next, "192.0.2.3", 2, 10 * SECOND));
	assert_false(accepts(&next, "192.0.2.3", 2, 11 * SECOND));
	assert_true(accepts(&next, "192.0.2.2", 2, 10 * SECOND));
	assert_false(accepts(&next, "192.0.2.1", 2, 10 * SECOND));
	assert_true(accepts(&next, "192.0.2.4", 2, 10 * SECOND));
	assert_true(accepts(&next, "192.0.2.4", 2, 3601 * SECOND));
	assert_false(accepts(&next, "192.0.2.4", 2, 3602 * SECOND));
	rules_free(&next);
}

static void
no_verdict_behind_such_a_set_is_cached(void **state)
{
	static const char *const rules_text[] = {
		"ip saddr @s accept\naccept",
		"ip saddr != @s accept",
		"add @s { ip saddr } accept",
		"meter m { ip saddr counter } accept",
	};
	const struct pk pk = TCP();
	struct policy_verdict verdict;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rules_text); i++) {
		struct rules rules = rules_of_chain(
			"set s { type ipv4_addr; size 10; flags dynamic\n}",
			rules_text[i]);

		verdict = eval(&rules, &pk);
		if (verdict.kind != POLICY_ACCEPT || verdict.cacheable)
			fail_msg("%s", rules_text[i]);
		rules_free(&rules);
	}
}

static void
a_dry_run_changes_no_set(void **state)
{
	struct rules rules = rules_of_chain(
		"set s { type ipv4_addr; size 10; flags dynamic\n}",
		"tcp dport 1 add @s { ip saddr } accept\nip saddr @s accept");
	const struct pk pk = TCP(.src = "192.0.2.1", .dport = 1);
	struct policy_packet packet;
	struct policy_verdict verdict;
	uint8_t address[2][16];

	(void)state;
	packet_make(&pk, &packet, address);
	packet.dry_run = true;
	policy_eval(rules.policy, rules.state, &packet, 0, &verdict);
	assert_int_equal(verdict.kind, POLICY_ACCEPT);
	assert_false(accepts(&rules, "192.0.2.1", 2, 0));
	rules_free(&rules);
}

/*
 * Evaluate a packet of a new connection on a worker. number 0: a packet that opens no
 * connection.
 */
static bool
opens(const struct rules *rules, struct policy_state *state, const char *src,
      uint32_t number)
{
	const struct pk pk = TCP(.src = src, .dport = 80);
	struct rules one = {rules->policy, state};
	struct policy_verdict verdict = eval_at(&one, &pk, 0);

	if (verdict.kind == POLICY_ACCEPT && number != 0)
		policy_connection_opened(state, number, verdict.effects.counts);
	return verdict.kind == POLICY_ACCEPT;
}

/* `ct count` as a match, and in the elements of a set. */
static void
connections_are_counted_while_they_exist(void **state)
{
	static const struct {
		const char *objects, *rules;
		bool each; /* each source has a connection count of its own */
	} rows[] = {
		{"", "ct count over 3 drop\naccept", false},
		{"", "ct count 3 accept", false},
		{"set cc { type ipv4_addr; size 100; flags dynamic\n}",
		 "add @cc { ip saddr ct count over 3 } drop\naccept", true},
		{"", "meter m size 10 { ip saddr ct count over 3 } drop\naccept", true},
	};
	struct policy_state *states[2];
	uint32_t i;
	size_t row;

	(void)state;
	for (row = 0; row < COUNT_OF(rows); row++) {
		struct rules rules = rules_of_chain(rows[row].objects, rows[row].rules);

		assert_true(policy_counts_connections(rules.policy));
		assert_int_equal(policy_states_create(rules.policy, NULL, states, 2), 0);
		policy_state_start(states[0], 0);
		policy_state_start(states[1], 0);
		for (i = 1; i <= 6; i++)
			if (opens(&rules, states[i % 2], "192.0.2.1", i) != (i <= 3))
				fail_msg("%s: connection %u", rows[row].rules, i);
		if (opens(&rules, states[0], "192.0.2.2", 0) != rows[row].each)
			fail_msg("%s: another source", rows[row].rules);
		/* when a connection of one worker ends, another worker may open one */
		policy_connection_closed(states[1], 3);
		policy_connection_closed(states[1], 3);
		assert_true(opens(&rules, states[0], "192.0.2.1", 0));
		assert_true(opens(&rules, states[0], "192.0.2.1", 8));
		assert_false(opens(&rules, states[0], "192.0.2.1", 9));
		policy_state_free(states[0]);
		policy_state_free(states[1]);
		rules_free(&rules);
	}
}

static void
a_packet_of_a_counted_connection_does_not_count_again(void **state)
{
	struct rules rules = rules_of_chain("", "ct count over 1 drop\naccept");
	const struct pk pk = TCP(.dport = 80);
	struct policy_packet packet;
	struct policy_verdict verdict;
	uint8_t address[2][16];
	unsigned i;

	(void)state;
	assert_true(opens(&rules, rules.state, "192.0.2.1", 7));
	packet_make(&pk, &packet, address);
	packet.conn = 7;
	for (i = 0; i < 3; i++) {
		policy_eval(rules.policy, rules.state, &packet, 0, &verdict);
		assert_int_equal(verdict.kind, POLICY_ACCEPT);
		assert_int_equal(verdict.effects.counts, 0);
	}
	assert_false(opens(&rules, rules.state, "192.0.2.1", 8));
	/* a connection older than the rules is counted from its next packet on */
	packet.conn = 6;
	policy_eval(rules.policy, rules.state, &packet, 0, &verdict);
	assert_int_equal(verdict.kind, POLICY_DROP);
	policy_connection_closed(rules.state, 7);
	policy_connection_closed(rules.state, 6);
	assert_true(opens(&rules, rules.state, "192.0.2.1", 9));
	rules_free(&rules);
}

static void
a_source_without_connections_leaves_the_set(void **state)
{
	struct rules rules =
		rules_of_chain("set cc { type ipv4_addr; size 2; flags dynamic\n}",
			       "add @cc { ip saddr ct count 9 } accept");

	(void)state;
	assert_true(opens(&rules, rules.state, "192.0.2.1", 1));
	assert_true(opens(&rules, rules.state, "192.0.2.2", 2));
	assert_false(opens(&rules, rules.state, "192.0.2.3", 3));
	policy_connection_closed(rules.state, 1);
	assert_true(opens(&rules, rules.state, "192.0.2.3", 4));
	assert_false(opens(&rules, rules.state, "192.0.2.1", 5));
	rules_free(&rules);
}

static void
a_reload_keeps_what_a_set_counts(void **state)
{
	static const char *const set =
		"set cc { type ipv4_addr; size 100; flags dynamic\n}";
	struct rules rules =
		rules_of_chain(set, "ct count over 9 drop\n"
				    "add @cc { ip saddr ct count over 2 } drop\naccept");
	struct rules next =
		rules_of_chain(set, "add @cc { ip saddr ct count over 2 } drop\naccept");

	(void)state;
	assert_true(opens(&rules, rules.state, "192.0.2.1", 1));
	assert_true(opens(&rules, rules.state, "192.0.2.1", 2));
	policy_state_free(next.state);
	assert_int_equal(policy_states_create(next.policy, &rules.state, &next.state, 1),
			 0);
	policy_state_start(next.state, 0);
	rules_free(&rules);
	assert_false(opens(&next, next.state, "192.0.2.1", 3));
	policy_connection_closed(next.state, 1);
	assert_true(opens(&next, next.state, "192.0.2.1", 4));
	rules_free(&next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_expire),
		cmocka_unit_test(intervals_and_maps_expire),
		cmocka_unit_test(a_packet_adds_its_source_for_a_time),
		cmocka_unit_test(add_keeps_the_time_of_an_element_update_renews_it),
		cmocka_unit_test(delete_takes_an_element_out),
		cmocka_unit_test(each_source_has_a_limit_of_its_own),
		cmocka_unit_test(a_lookup_evaluates_the_statements_of_the_element),
		cmocka_unit_test(what_finds_no_room_in_a_set_leaves_the_rule),
		cmocka_unit_test(a_set_is_the_same_for_all_workers),
		cmocka_unit_test(what_another_worker_shortens_ends_for_all),
		cmocka_unit_test(expired_elements_give_their_memory_back),
		cmocka_unit_test(a_reload_keeps_the_elements_of_a_set),
		cmocka_unit_test(no_verdict_behind_such_a_set_is_cached),
		cmocka_unit_test(a_dry_run_changes_no_set),
		cmocka_unit_test(connections_are_counted_while_they_exist),
		cmocka_unit_test(a_packet_of_a_counted_connection_does_not_count_again),
		cmocka_unit_test(a_source_without_connections_leaves_the_set),
		cmocka_unit_test(a_reload_keeps_what_a_set_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
