/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults of a capture: checksums left to the card, duplicates, clocks that differ. */
#include "faults.h"
#include "replay_fixture.h"

#define PACKETS 20u

#define TO_B .src = A, .dst = B, .sport = 40000, .dport = 80
#define TO_A .src = B, .dst = A, .sport = 80, .dport = 40000

static struct capture c[2];
static struct sides sides;

/* Choose what to verify in a capture of which `wrong` of A's packets have this sum. */
static void
choose(struct checksums *cs, unsigned wrong, enum fixture_sum sum)
{
	struct replay_packet packets[2 * PACKETS];
	unsigned i;

	for (i = 0; i < PACKETS; i++) {
		packets[2 * i] = (struct replay_packet){TO_B, .flags = TCP_ACK,
							.sum = i < wrong ? sum
									 : SUM_RIGHT};
		packets[2 * i + 1] = (struct replay_packet){TO_A, .flags = TCP_ACK};
	}
	fixture_capture(&c[0], packets, 2 * PACKETS);
	sides = (struct sides){0};
	assert_int_equal(sides_choose(&sides, c, 1), 0);
	checksums_choose(cs, c, 1, &sides);
	capture_close(&c[0]);
}

static void
nine_of_ten_wrong_checksums_of_a_side_are_left_to_its_card(void **state)
{
	struct checksums cs = {.verify = FAULTS_AUTO};

	(void)state;
	choose(&cs, 18, SUM_WRONG);
	assert_true(cs.off[0]);
	assert_false(cs.off[1]);
	assert_int_equal(cs.wrong[0], 18);
	assert_int_equal(cs.judged[0], PACKETS);
	assert_int_equal(cs.wrong[1], 0);
	assert_int_equal(cs.judged[1], PACKETS);
	cs = (struct checksums){.verify = FAULTS_AUTO};
	choose(&cs, 17, SUM_WRONG);
	assert_false(cs.off[0]);
}

/* Set the flags of a packet from A. Returns whether its checksum was left to the card. */
static bool
set(struct checksums *cs, enum fixture_sum sum, uint64_t *flags)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK, .sum = sum};
	uint8_t bytes[FIXTURE_BYTES];
	struct rte_mbuf m = {.nb_segs = 1};
	struct frame fr;
	bool offloaded;

	fixture_frame(&p, &fr, bytes);
	offloaded = checksums_set(cs, &fr, 0, &m);
	*flags = m.ol_flags;
	return offloaded;
}

static void
only_a_checksum_left_to_the_card_is_not_verified(void **state)
{
	static const struct {
		enum faults_switch verify;
		bool off; /* nearly all of the side are wrong */
		enum fixture_sum sum;
		bool offloaded, good; /* expected: the engine takes it for good */
	} rows[] = {
		{FAULTS_AUTO, false, SUM_RIGHT, false, true},
		{FAULTS_AUTO, false, SUM_PSEUDO, true, true},
		{FAULTS_AUTO, false, SUM_ZERO, true, true},
		{FAULTS_AUTO, false, SUM_WRONG, false, false},
		{FAULTS_AUTO, true, SUM_WRONG, true, true},
		{FAULTS_YES, true, SUM_WRONG, false, false},
		{FAULTS_YES, false, SUM_PSEUDO, false, false},
		{FAULTS_CONFIG, true, SUM_PSEUDO, false, false},
		{FAULTS_NO, false, SUM_WRONG, false, true},
	};
	struct checksums cs;
	uint64_t flags;
	unsigned i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		print_message("row %u\n", i);
		cs = (struct checksums){.verify = rows[i].verify, .off = {rows[i].off}};
		assert_int_equal(set(&cs, rows[i].sum, &flags), rows[i].offloaded);
		assert_int_equal(cs.offloaded, rows[i].offloaded);
		assert_int_equal((flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) ==
					 RTE_MBUF_F_RX_L4_CKSUM_GOOD,
				 rows[i].good);
	}
}

/* Return whether the second packet, a time later, counts as a duplicate of the first. */
static bool
is_duplicate(const struct replay_packet *first, const struct replay_packet *second,
	     uint64_t later_ns)
{
	static struct duplicates d;
	uint8_t bytes[FIXTURE_BYTES];
	struct frame fr;
	bool found;

	d = (struct duplicates){0};
	fixture_frame(first, &fr, bytes);
	assert_false(duplicates_check(&d, &fr, 1000 * FIXTURE_MS));
	fixture_frame(second, &fr, bytes);
	found = duplicates_check(&d, &fr, 1000 * FIXTURE_MS + later_ns);
	assert_int_equal(d.found, found);
	return found;
}

static void
the_same_ip_packet_within_a_millisecond_is_a_duplicate(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK, .id = 7, .payload = 5};
	struct replay_packet q = p;

	(void)state;
	assert_true(is_duplicate(&p, &p, 0));
	assert_true(is_duplicate(&p, &p, FIXTURE_MS));
	assert_false(is_duplicate(&p, &p, FIXTURE_MS + 1));
	q.ttl = 63; /* the same packet behind a router, with other MAC addresses */
	q.src_mac = 9;
	assert_true(is_duplicate(&p, &q, 0));
	q = p;
	q.id = 8; /* a retransmission has another identification */
	assert_false(is_duplicate(&p, &q, 0));
	q = p;
	q.payload = 6;
	assert_false(is_duplicate(&p, &q, 0));
}

/*
 * Open two captures, of what A and of what B sends, with a handshake; the clock of the
 * second is ahead by ahead_ms.
 */
static bool
compare_clocks(int64_t ahead_ms, int64_t *offset_ns)
{
	const uint64_t start = 10000 * FIXTURE_MS;
	const uint64_t synack = start + (uint64_t)((1 + ahead_ms) * (int64_t)FIXTURE_MS);
	const struct replay_packet a[] = {
		{TO_B, .flags = TCP_SYN, .seq = 99, .ns = start},
		{TO_B, .flags = TCP_ACK, .seq = 100, .ack = 500,
		 .ns = start + 2 * FIXTURE_MS},
	};
	const struct replay_packet b[] = {
		{TO_A, .flags = TCP_SYN | TCP_ACK, .seq = 499, .ack = 100, .ns = synack},
	};
	bool differ;

	fixture_capture(&c[0], a, RTE_DIM(a));
	fixture_capture(&c[1], b, RTE_DIM(b));
	differ = clocks_differ(c, 2, offset_ns);
	capture_close(&c[0]);
	capture_close(&c[1]);
	return differ;
}

static void
clocks_differ_when_an_answer_comes_before_its_question(void **state)
{
	int64_t offset = 0;

	(void)state;
	assert_false(compare_clocks(0, &offset));
	assert_true(compare_clocks(-300, &offset));
	assert_int_equal(offset, 300 * (int64_t)FIXTURE_MS);
	assert_true(compare_clocks(300, &offset));
	assert_int_equal(offset, -300 * (int64_t)FIXTURE_MS);
}

static void
clocks_are_not_compared_with_an_offset_or_one_capture(void **state)
{
	const struct replay_packet a[] = {{TO_B, .flags = TCP_SYN}};
	int64_t offset;

	(void)state;
	fixture_capture(&c[0], a, 1);
	fixture_capture(&c[1], a, 1);
	assert_false(clocks_differ(c, 1, &offset));
	c[1].offset_ns = 1;
	assert_false(clocks_differ(c, 2, &offset));
	capture_close(&c[0]);
	capture_close(&c[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			nine_of_ten_wrong_checksums_of_a_side_are_left_to_its_card),
		cmocka_unit_test(only_a_checksum_left_to_the_card_is_not_verified),
		cmocka_unit_test(the_same_ip_packet_within_a_millisecond_is_a_duplicate),
		cmocka_unit_test(clocks_differ_when_an_answer_comes_before_its_question),
		cmocka_unit_test(clocks_are_not_compared_with_an_offset_or_one_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
