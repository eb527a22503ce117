/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timing wheel against a model that stores the time of each entry in an array. By the
 * header's contract, an entry expires once, never late, and early only at the start of a
 * slot of a higher level.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <wheel/wheel.h>

#define ENTRIES 512u

struct entry {
	/* as in a connection, the link is not the first member */
	uint32_t filler;
	struct wheel_link link;
	uint32_t owner[3];
};

struct model {
	struct wheel wheel;
	struct entry entries[ENTRIES];
	uint32_t at[ENTRIES];
	uint32_t armed_at[ENTRIES];
	bool armed[ENTRIES];
	uint32_t count;
	uint32_t now;
	uint64_t random;
};

static void
model_start(struct model *m, uint32_t now)
{
	memset(m, 0, sizeof(*m));
	m->now = now;
	m->random = 88172645463325252u + now;
	wheel_init(&m->wheel, &m->entries[0].link, sizeof(m->entries[0]), now);
}

static uint32_t
model_random(struct model *m, uint32_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (uint32_t)(((m->random >> 32) * below) >> 32);
}

static void
model_arm(struct model *m, uint32_t i, uint32_t at)
{
	wheel_arm(&m->wheel, i, at);
	m->at[i] = at;
	m->armed_at[i] = m->wheel.now;
	m->armed[i] = true;
	m->count++;
	assert_true(wheel_is_armed(&m->wheel, i));
}

static void
model_disarm(struct model *m, uint32_t i)
{
	wheel_disarm(&m->wheel, i);
	m->count -= m->armed[i];
	m->armed[i] = false;
	assert_false(wheel_is_armed(&m->wheel, i));
}

/*
 * Check an expired entry: it was armed, and it is early by at most a slot of a higher
 * level.
 */
static void
model_handed_back(struct model *m, uint32_t i, uint32_t now)
{
	assert_in_range(i, 0, ENTRIES - 1);
	assert_true(m->armed[i]);
	assert_false(wheel_is_armed(&m->wheel, i));
	if ((int32_t)(m->at[i] - now) > 0) /* only level 0 is exact */
		assert_true(m->at[i] - m->armed_at[i] >= WHEEL_SLOTS);
	m->armed[i] = false;
	m->count--;
}

/*
 * Advance to `now` in calls that expire at most `max` entries. Entries that expire early
 * are armed again.
 */
static void
model_advance(struct model *m, uint32_t now, unsigned max)
{
	uint32_t due[ENTRIES], i;
	unsigned n;

	do {
		n = wheel_advance(&m->wheel, now, due, max);
		assert_in_range(n, 0, max);
		for (i = 0; i < n; i++) {
			model_handed_back(m, due[i], now);
			if ((int32_t)(m->at[due[i]] - now) > 0)
				model_arm(m, due[i], m->at[due[i]]);
		}
	} while (n == max);

	m->now = now;
	assert_int_equal(m->wheel.now, now);
	assert_int_equal(m->wheel.armed, m->count);
	for (i = 0; i < ENTRIES; i++)
		if (m->armed[i])
			assert_true((int32_t)(m->at[i] - now) > 0);
}

static void
an_entry_comes_back_at_its_tick_and_not_before(void **state)
{
	static const uint32_t starts[] = {0, 1, 1023, 1024, 0xfffffc00u, 0xffffffffu};
	struct model *m = *state;
	uint32_t due[2], after;
	size_t s;

	for (s = 0; s < sizeof(starts) / sizeof(starts[0]); s++)
		for (after = 1; after < WHEEL_SLOTS; after += 31) {
			model_start(m, starts[s]);
			wheel_arm(&m->wheel, 7, starts[s] + after);
			assert_int_equal(wheel_advance(&m->wheel, starts[s] + after - 1,
						       due, 2),
					 0);
			assert_int_equal(wheel_advance(&m->wheel, starts[s] + after, due,
						       2),
					 1);
			assert_int_equal(due[0], 7);
			assert_int_equal(m->wheel.armed, 0);
		}
}

static void
a_past_time_comes_back_at_the_next_call(void **state)
{
	struct model *m = *state;
	uint32_t due[2];

	model_start(m, 5000);
	wheel_arm(&m->wheel, 1, 4000);
	assert_int_equal(wheel_advance(&m->wheel, 5000, due, 2), 1);
	wheel_arm(&m->wheel, 1, 5000);
	assert_int_equal(wheel_advance(&m->wheel, 5000, due, 2), 1);
	assert_int_equal(wheel_advance(&m->wheel, 5000, due, 2), 0);
}

static void
disarming_twice_and_an_unarmed_entry_do_nothing(void **state)
{
	struct model *m = *state;
	uint32_t due[4], at;

	model_start(m, 0);
	wheel_disarm(&m->wheel, 3);
	wheel_arm(&m->wheel, 3, 10);
	wheel_arm(&m->wheel, 4, 10);
	wheel_arm(&m->wheel, 5, 10);
	wheel_disarm(&m->wheel, 4); /* the middle one of the slot's list */
	wheel_disarm(&m->wheel, 4);
	wheel_disarm(&m->wheel, 5); /* the first one of the slot's list */
	assert_int_equal(m->wheel.armed, 1);
	assert_int_equal(wheel_advance(&m->wheel, 10, due, 4), 1);
	assert_int_equal(due[0], 3);
	assert_false(wheel_next(&m->wheel, &at));
}

/* 200 entries in one slot of each level, expired three at a time. */
static void
a_bounded_advance_goes_on_where_it_stopped(void **state)
{
	static const uint32_t after[] = {100, 5000, 3u << 20};
	struct model *m = *state;
	uint32_t due[3], at, i, got;
	bool seen[ENTRIES];
	unsigned level, n;

	for (level = 0; level < WHEEL_LEVELS; level++) {
		model_start(m, 0xfffffff0u);
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < 200; i++)
			wheel_arm(&m->wheel, i, m->now + after[level]);
		for (got = 0; got < 198; got += n) {
			n = wheel_advance(&m->wheel, m->now + after[level] + 7, due, 3);
			assert_int_equal(n, 3);
			for (i = 0; i < n; i++) {
				assert_false(seen[due[i]]);
				seen[due[i]] = true;
			}
			assert_true(wheel_next(&m->wheel, &at));
			assert_int_equal(at, m->wheel.now);
			/*
			 * arm and disarm an entry in the last slot of the level, which
			 * must not be taken for the one that is partly emptied
			 */
			wheel_arm(&m->wheel, 300, m->wheel.now + (1023u << (10 * level)));
			wheel_disarm(&m->wheel, 300);
		}
		assert_int_equal(wheel_advance(&m->wheel, m->now + after[level] + 7, due,
					       3),
				 2);
		assert_int_equal(m->wheel.armed, 0);
		assert_int_equal(m->wheel.now, m->now + after[level] + 7);
	}
}

static void
entries_come_back_in_the_order_of_their_slots(void **state)
{
	struct model *m = *state;
	uint32_t due[ENTRIES], i, last = 0;
	unsigned n, got = 0;

	model_start(m, 77);
	for (i = 0; i < 300; i++) /* in level 0, where slot and time are the same */
		model_arm(m, i, 77 + model_random(m, 1000));
	do {
		n = wheel_advance(&m->wheel, 2000, due, 7);
		for (i = 0; i < n; i++) {
			assert_true(m->at[due[i]] >= last);
			last = m->at[due[i]];
		}
		got += n;
	} while (n == 7);
	assert_int_equal(got, 300);
}

/*
 * Deadlines up to the longest timeout, with a clock that wraps: entries that come back
 * early are armed again, and expire in time.
 */
static void
far_deadlines_come_back_in_time_by_rearming(void **state)
{
	static const uint32_t starts[] = {0, 0x7fffffffu, 0xfff00000u, 0xffffffffu};
	static const uint32_t afters[] = {1024, 1u << 20, 1u << 21, 1u << 30,
					  0x7fffffffu};
	struct model *m = *state;
	uint32_t due[1], at, before, turns;
	size_t s, a;

	for (s = 0; s < sizeof(starts) / sizeof(starts[0]); s++)
		for (a = 0; a < sizeof(afters) / sizeof(afters[0]); a++) {
			model_start(m, starts[s]);
			wheel_arm(&m->wheel, 9, starts[s] + afters[a]);
			for (turns = 0;; turns++) {
				assert_true(wheel_next(&m->wheel, &at));
				before = m->wheel.now;
				if (at != before)
					assert_int_equal(wheel_advance(&m->wheel, at - 1,
								       due, 1),
							 0);
				assert_int_equal(wheel_advance(&m->wheel, at, due, 1), 1);
				assert_true((int32_t)(starts[s] + afters[a] - at) >= 0);
				if (at == starts[s] + afters[a])
					break;
				wheel_arm(&m->wheel, 9, starts[s] + afters[a]);
			}
			assert_in_range(turns, 0, 4);
		}
}

static void
a_jump_of_weeks_hands_everything_back_at_once(void **state)
{
	struct model *m = *state;
	uint32_t i, due[ENTRIES];

	model_start(m, 0xf0000000u);
	for (i = 0; i < ENTRIES; i++)
		model_arm(m, i, m->now + (i << 21));
	assert_int_equal(wheel_advance(&m->wheel, m->now + 0xf0000000u, due, ENTRIES),
			 ENTRIES);
	assert_int_equal(m->wheel.armed, 0);
	assert_int_equal(m->wheel.now, 0xe0000000u);
}

static void
random_use_agrees_with_the_model(void **state)
{
	static const uint32_t reach[] = {1,        30,       1024,       5000,
					 1u << 20, 1u << 23, 0x7fffffffu};
	static const uint32_t step[] = {1, 2, 100, 3000, 1u << 20, 1u << 28};
	static const unsigned max[] = {1, 2, 5, 64, ENTRIES};
	struct model *m = *state;
	uint32_t round, i, ops;

	model_start(m, 0xfff80000u);
	for (round = 0; round < 60000; round++) {
		for (ops = model_random(m, 12); ops > 0; ops--) {
			i = model_random(m, ENTRIES);
			if (m->armed[i])
				model_disarm(m, i);
			if (model_random(m, 4) != 0)
				model_arm(m, i,
					  m->now - 3 +
						  model_random(m,
							       reach[model_random(m,
										  7)]));
		}
		/* mostly small steps, sometimes one of months */
		i = model_random(m, 200) == 0  ? 5
		    : model_random(m, 200) < 4 ? 4
					       : model_random(m, 4);
		model_advance(m, m->now + model_random(m, step[i] + 1),
			      max[model_random(m, 5)]);
	}
}

static void
next_is_never_after_what_an_advance_hands_back(void **state)
{
	struct model *m = *state;
	uint32_t due[ENTRIES], at, round;

	model_start(m, 123456);
	for (round = 0; round < 2000; round++) {
		model_arm(m, round % ENTRIES, m->wheel.now + model_random(m, 1u << 24));
		assert_true(wheel_next(&m->wheel, &at));
		if (at != m->wheel.now)
			assert_int_equal(wheel_advance(&m->wheel, at - 1, due, ENTRIES),
					 0);
		assert_true(wheel_advance(&m->wheel, at, due, ENTRIES) > 0);
		while (wheel_advance(&m->wheel, at, due, ENTRIES) > 0)
			;
		model_disarm(m, (round + 1) % ENTRIES);
	}
}

static int
start(void **state)
{
	*state = malloc(sizeof(struct model));
	return *state == NULL;
}

static int
end(void **state)
{
	free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_comes_back_at_its_tick_and_not_before),
		cmocka_unit_test(a_past_time_comes_back_at_the_next_call),
		cmocka_unit_test(disarming_twice_and_an_unarmed_entry_do_nothing),
		cmocka_unit_test(a_bounded_advance_goes_on_where_it_stopped),
		cmocka_unit_test(entries_come_back_in_the_order_of_their_slots),
		cmocka_unit_test(far_deadlines_come_back_in_time_by_rearming),
		cmocka_unit_test(a_jump_of_weeks_hands_everything_back_at_once),
		cmocka_unit_test(random_use_agrees_with_the_model),
		cmocka_unit_test(next_is_never_after_what_an_advance_hands_back),
	};

	return cmocka_run_group_tests(tests, start, end);
}
