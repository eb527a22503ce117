/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FLAG-1 in each pair of states, and a million SYNs on an established connection (SYN-1).
 */
#include <stdio.h>

#include "tcp_situations.h"
#include "tcp_world.h"

#define KIND (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)
#define COUNT SITUATIONS

static struct world w;

static void
arrive(const struct situation *at)
{
	const struct situation_step *step;
	struct track_conn conn;
	char states[48];

	world_init(&w);
	for (step = at->step; step < at->step + SITUATION_STEPS && step->flags; step++) {
		world_send(&w, step->side,
			   SEGMENT(.flags = step->flags, .seq = step->seq,
				   .ack = step->ack));
		assert_int_equal(w.r.verdict, VERDICT_PASS);
	}
	conn = world_conn(&w);
	snprintf(states, sizeof(states), "%s %s", tcp_state_name(tcp_state(&conn, A)),
		 tcp_state_name(tcp_state(&conn, B)));
	assert_string_equal(states, at->name);
}

/* Send the next segment of x, with these flags. */
static void
send_flags(uint8_t x, uint8_t flags)
{
	world_send(&w, x,
		   SEGMENT(.flags = flags, .seq = w.hot.nxt[x], .ack = w.hot.nxt[!x]));
}

/* Return whether a sender may use this combination of flags (RFC 9293 3.1, 3.10). */
static bool
valid(uint8_t flags)
{
	static const uint8_t kinds[] = {TCP_SYN, TCP_SYN | TCP_ACK,
					TCP_ACK, TCP_FIN | TCP_ACK,
					TCP_RST, TCP_RST | TCP_ACK};
	unsigned i;

	for (i = 0; i < sizeof(kinds); i++) {
		if ((flags & KIND) == kinds[i])
			return true;
	}
	return false;
}

static void
no_state_takes_flags_that_no_sender_sets(void **state)
{
	unsigned i, flags;
	uint8_t x;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		arrive(&situations[i]);
		for (flags = 0; flags < 256; flags++) {
			for (x = 0; x < 2 && !valid((uint8_t)flags); x++)
				DROP(&w, x,
				     SEGMENT(.flags = (uint8_t)flags, .seq = w.hot.nxt[x],
					     .ack = w.hot.nxt[!x]),
				     REASON_TCP_FLAGS);
		}
	}
}

/* PSH, URG, ECE and CWR change no verdict, in any state and with any kind of segment. */
static void
other_flags_make_no_difference(void **state)
{
	struct world reference;
	unsigned i, flags;
	uint8_t x;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		for (flags = 0; flags < 512; flags++) {
			x = flags >> 8;
			if (!valid((uint8_t)flags))
				continue;
			arrive(&situations[i]);
			send_flags(x, flags & KIND);
			reference = w;
			assert_int_not_equal(w.r.reason, REASON_TCP_FLAGS);
			arrive(&situations[i]);
			send_flags(x, (uint8_t)flags);
			assert_int_equal(w.r.verdict, reference.r.verdict);
			assert_int_equal(w.r.reason, reference.r.reason);
			assert_int_equal(w.r.action, reference.r.action);
			assert_memory_equal(&w.hot, &reference.hot, sizeof(w.hot));
			assert_memory_equal(&w.cold, &reference.cold, sizeof(w.cold));
		}
	}
}

static void
a_million_blind_syns_change_no_number(void **state)
{
	struct track_hot hot;
	struct track_cold cold;
	uint32_t i;

	(void)state;
	world_establish(&w);
	world_send(&w, A, ACK(101, 301, .len = 10));
	world_send(&w, B, ACK(301, 111));
	hot = w.hot;
	cold = w.cold;
	for (i = 0; i < 1000000; i++) {
		if (i % 100 == 0)
			world_wait(&w, 1);
		world_send(&w, i & 1, SYN(i * 2654435761u));
		assert_int_equal(w.r.verdict, VERDICT_PASS);
	}
	hot.flags |= TRACK_SLOW; /* makes the tracker check the extension */
	assert_memory_equal(&w.hot, &hot, sizeof(hot));
	assert_memory_equal(&w.cold, &cold, sizeof(cold));
	LEFT(&w, 7430);
	world_wait(&w, 11000); /* all attempts have timed out */
	PASS(&w, A, ACK(111, 301, .len = 10), "ESTABLISHED", "ESTABLISHED");
	DROP(&w, A, ACK(111 + 8000, 301, .len = 2), REASON_TCP_SEQ_RIGHT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_state_takes_flags_that_no_sender_sets),
		cmocka_unit_test(other_flags_make_no_difference),
		cmocka_unit_test(a_million_blind_syns_change_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
