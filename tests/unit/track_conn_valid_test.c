/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The representation invariant: a sound connection satisfies it, and each way to break it
 * is reported.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <track/conn_valid.h>

#define EP_OPEN (EP_SS | EP_PA | EP_SA)

struct pair {
	struct track_hot hot;
	struct track_cold cold;
};

/* Return a valid connection: both ends ESTABLISHED, side 0 is the originator. */
static struct pair
established(void)
{
	return (struct pair){
		.hot = {.nxt = {1000, 5000},
			.una = {900, 5000},
			.edge = {9000, 13000},
			.ep = {EP_OPEN, EP_OPEN},
			.scale = TCP_MAX_SCALE << 4 | TCP_MAX_SCALE,
			.flags = TRACK_REPLIED | TRACK_ASSURED},
	};
}

static bool
is_valid(const struct pair *p)
{
	return conn_valid(&p->hot, &p->cold, false);
}

static void
a_sound_connection_is_valid(void **state)
{
	struct pair p = established();

	(void)state;
	assert_true(is_valid(&p));
	p.hot.ep[0] |= EP_FS | EP_ACT | EP_FA;
	p.hot.ep[1] |= EP_PF;
	assert_true(is_valid(&p));
	p.hot.ep[1] |= EP_FS | EP_FA;
	p.hot.ep[0] |= EP_PF;
	p.cold.flags = COLD_TIME_WAIT;
	assert_true(is_valid(&p));
	p.cold.flags = COLD_RST_PEND | COLD_CLOSED;
	assert_true(is_valid(&p));
	p = (struct pair){.hot = {.ep = {EP_SS, 0}, .scale = SCALE_NONE}};
	assert_true(is_valid(&p));
}

static void
facts_about_a_fin_need_a_fin(void **state)
{
	struct pair p = established();

	(void)state;
	p.hot.ep[0] |= EP_FA;
	assert_false(is_valid(&p));
	p = established();
	p.hot.ep[1] |= EP_ACT;
	assert_false(is_valid(&p));
	p = established();
	p.hot.ep[0] |= EP_FS; /* a FIN that was not forwarded to the peer */
	assert_false(is_valid(&p));
	p = established();
	p.hot.ep[0] |= EP_PF;
	assert_false(is_valid(&p));
	p = established();
	p.cold.flags = COLD_TIME_WAIT;
	assert_false(is_valid(&p));
}

static void
an_acknowledged_syn_was_sent(void **state)
{
	struct pair p = {.hot = {.ep = {EP_PA, 0}}};

	(void)state;
	assert_false(is_valid(&p));
	p = (struct pair){.hot = {.ep = {EP_SA, EP_SS}}};
	assert_false(is_valid(&p));
}

static void
numbers_are_in_order_unless_liberal(void **state)
{
	struct pair p = established();

	(void)state;
	p.hot.una[0] = p.hot.nxt[0] + 1;
	assert_false(is_valid(&p));
	assert_true(conn_valid(&p.hot, &p.cold, true));
	p = established();
	p.hot.edge[1] = p.hot.una[1] - 1;
	assert_false(is_valid(&p));
	assert_true(conn_valid(&p.hot, &p.cold, true));
	p.hot.nxt[0] = p.hot.una[0] = UINT32_MAX; /* the numbers wrap */
	p.hot.edge[0] = 100;
	p.hot.edge[1] = p.hot.una[1];
	assert_true(is_valid(&p));
}

static void
huge_windows_of_an_asymmetric_connection_leave_no_order(void **state)
{
	struct pair p = established();

	(void)state;
	p.hot.una[0] = p.hot.nxt[0] + 1;
	p.cold.flags |= COLD_ASYMMETRIC;
	assert_false(is_valid(&p));
	p.hot.scale = TCP_MAX_SCALE << 4;
	p.hot.maxwnd[0] = 32768; /* with scale 14: 2^29 */
	assert_true(is_valid(&p));
	p.cold.flags &= (uint8_t)~COLD_ASYMMETRIC;
	assert_false(is_valid(&p));
}

static void
scale_and_flags_are_in_range(void **state)
{
	struct pair p = established();

	(void)state;
	/* SCALE_NONE is valid only before a SYN is answered */
	p.hot.scale = SCALE_NONE;
	assert_false(is_valid(&p));
	assert_false(conn_valid(&p.hot, &p.cold, true));
	p = established();
	p.hot.flags = TRACK_ASSURED;
	assert_false(is_valid(&p));
	p = established();
	p.cold.flags = COLD_CLOSED;
	assert_false(is_valid(&p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_connection_is_valid),
		cmocka_unit_test(facts_about_a_fin_need_a_fin),
		cmocka_unit_test(an_acknowledged_syn_was_sent),
		cmocka_unit_test(numbers_are_in_order_unless_liberal),
		cmocka_unit_test(huge_windows_of_an_asymmetric_connection_leave_no_order),
		cmocka_unit_test(scale_and_flags_are_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
