/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of a capture as frames: cut ones, damaged lengths, checksums, options. */
#include "frame.h"

#include <arpa/inet.h>

#include <rte_eal.h>

#include "replay_fixture.h"

#define TO_B .src = A, .dst = B, .sport = 40000, .dport = 80
#define HEADERS (14u + 20u + 20u)

static uint8_t bytes[FIXTURE_BYTES];
static struct frame fr;
static struct rte_mempool *pool;

/* Parse a packet of which only the first `captured` bytes were captured. */
static void
parse_cut(const struct replay_packet *p, uint32_t captured)
{
	fixture_frame(p, &fr, bytes);
	fr.f.captured = captured;
	frame_parse(&fr);
}

static void
a_packet_cut_in_its_payload_keeps_its_length(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK, .payload = 100};

	(void)state;
	parse_cut(&p, HEADERS);
	assert_int_equal(fr.marks, MARK_CUT);
	assert_int_equal(fr.p.kind, PACKET_TCP);
	assert_int_equal(fr.p.seg.len, 100);
	assert_int_equal(fr.length, HEADERS + 100);
	assert_int_equal(frame_checksum(&fr), FRAME_SUM_NONE);
	parse_cut(&p, HEADERS + 100);
	assert_int_equal(fr.marks, 0);
}

static void
a_packet_cut_in_its_headers_is_marked_at_each_length(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_SYN, .mss = 1460};
	uint32_t n;

	(void)state;
	for (n = 0; n < HEADERS + 4; n++) {
		parse_cut(&p, n);
		assert_int_equal(fr.marks, MARK_CUT | MARK_CUT_HEADERS);
	}
}

static void
a_stated_length_near_the_limit_of_32_bits_is_bounded(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK};

	(void)state;
	fixture_frame(&p, &fr, bytes);
	fr.f.length = UINT32_MAX;
	frame_parse(&fr);
	assert_int_equal(fr.length, READER_MAX_PACKET);
	fr.link_type = 113; /* LINUX_SLL: the length of its header is subtracted */
	frame_parse(&fr);
	assert_true(fr.length <= READER_MAX_PACKET);
}

static void
a_length_field_of_zero_is_that_of_the_frame(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK, .payload = 100};

	(void)state;
	fixture_bytes(&p, bytes);
	fixture_frame(&p, &fr, bytes);
	bytes[16] = bytes[17] = 0;
	frame_parse(&fr);
	assert_true(fr.no_length);
	assert_int_equal(fr.p.kind, PACKET_TCP);
	assert_int_equal(fr.p.seg.len, 100);
}

static void
the_source_is_first_and_mac_addresses_are_read(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK};
	static const uint8_t want[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	uint8_t macs[2 * LINKTYPE_MAC];

	(void)state;
	fixture_frame(&p, &fr, bytes);
	assert_int_equal(fr.p.key.id.port[0], htons(40000));
	assert_true(frame_macs(&fr, macs));
	assert_memory_equal(macs, want, sizeof(want));
	assert_true(frame_read(&fr, HEADERS - 1, 1, macs));
	assert_false(frame_read(&fr, HEADERS - 1, 2, macs));
	assert_false(frame_read(&fr, UINT32_MAX, 2, macs));
}

static void
the_mss_option_is_found_behind_others_and_bad_ones_end(void **state)
{
	struct replay_packet p = {TO_B, .flags = TCP_SYN, .mss = 1460};

	(void)state;
	fixture_frame(&p, &fr, bytes);
	assert_int_equal(frame_mss(&fr), 1460);
	bytes[HEADERS] = 1; /* NOP, then an option of length 0 */
	bytes[HEADERS + 1] = 2;
	bytes[HEADERS + 2] = 0;
	frame_parse(&fr);
	assert_int_equal(frame_mss(&fr), 0);
	p.mss = 0;
	fixture_frame(&p, &fr, bytes);
	assert_int_equal(frame_mss(&fr), 0);
}

static void
a_quoted_packet_has_its_own_source_first(void **state)
{
	const struct replay_packet inner = {TO_B, .proto = IPPROTO_UDP, .payload = 8};
	const struct replay_packet error = {.src = B,
					    .dst = A,
					    .proto = IPPROTO_ICMP,
					    .quoted = &inner};
	struct packet quoted;

	(void)state;
	fixture_frame(&error, &fr, bytes);
	assert_int_equal(fr.p.kind, PACKET_ICMP_ERROR);
	assert_true(frame_quoted(&fr, &quoted));
	assert_int_equal(quoted.key.addr.v4[0], inet_addr(A));
	assert_int_equal(quoted.key.id.port[0], htons(40000));
	assert_int_equal(quoted.key.id.port[1], htons(80));
	fr.p.payload_off += 20; /* a quote that is cut */
	fr.captured = fr.length = fr.p.payload_off;
	assert_false(frame_quoted(&fr, &quoted));
}

static void
checksums_are_right_left_to_the_card_or_wrong(void **state)
{
	static const struct {
		uint8_t proto;
		enum fixture_sum sum;
		enum frame_sum expected;
	} rows[] = {
		{IPPROTO_TCP, SUM_RIGHT, FRAME_SUM_RIGHT},
		{IPPROTO_TCP, SUM_PSEUDO, FRAME_SUM_PSEUDO},
		{IPPROTO_TCP, SUM_ZERO, FRAME_SUM_PSEUDO},
		{IPPROTO_TCP, SUM_WRONG, FRAME_SUM_WRONG},
		{IPPROTO_UDP, SUM_RIGHT, FRAME_SUM_RIGHT},
		{IPPROTO_UDP, SUM_PSEUDO, FRAME_SUM_PSEUDO},
		{IPPROTO_UDP, SUM_ZERO, FRAME_SUM_NONE}, /* the sender uses none */
		{IPPROTO_UDP, SUM_WRONG, FRAME_SUM_WRONG},
	};
	struct replay_packet p = {TO_B, .flags = TCP_ACK, .payload = 101};
	unsigned i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		print_message("row %u\n", i);
		p.proto = rows[i].proto;
		p.sum = rows[i].sum;
		fixture_frame(&p, &fr, bytes);
		assert_int_equal(frame_checksum(&fr), rows[i].expected);
	}
	p.fragment = 0x2000;
	fixture_frame(&p, &fr, bytes);
	assert_int_equal(frame_checksum(&fr), FRAME_SUM_NONE);
}

static void
an_mbuf_has_all_bytes_and_zeros_for_missing_ones(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK, .payload = 1000};
	uint8_t copy[FIXTURE_BYTES];
	const uint8_t *read;
	struct rte_mbuf *m;

	(void)state;
	fixture_frame(&p, &fr, bytes);
	m = frame_mbuf(&fr, pool);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, HEADERS + 1000);
	assert_true(m->nb_segs > 1); /* the pool's mbufs are small */
	read = rte_pktmbuf_read(m, 0, m->pkt_len, copy);
	assert_memory_equal(read, bytes, m->pkt_len);
	rte_pktmbuf_free(m);
	parse_cut(&p, HEADERS);
	m = frame_mbuf(&fr, pool);
	assert_non_null(m);
	assert_int_equal(m->pkt_len, HEADERS + 1000);
	memset(bytes + HEADERS, 0, 1000);
	read = rte_pktmbuf_read(m, 0, m->pkt_len, copy);
	assert_memory_equal(read, bytes, m->pkt_len);
	rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void
an_empty_pool_gives_no_mbuf_and_loses_none(void **state)
{
	const struct replay_packet p = {TO_B, .flags = TCP_ACK, .payload = 1900};
	struct rte_mbuf *taken[15];
	unsigned i;

	(void)state;
	fixture_frame(&p, &fr, bytes);
	for (i = 0; i < RTE_DIM(taken); i++)
		taken[i] = rte_pktmbuf_alloc(pool);
	assert_null(frame_mbuf(&fr, pool)); /* needs several, one is left */
	assert_int_equal(rte_mempool_in_use_count(pool), RTE_DIM(taken));
	for (i = 0; i < RTE_DIM(taken); i++)
		rte_pktmbuf_free(taken[i]);
}

static int
begin(void **state)
{
	static const char *const options[] = {"test",
					      "--no-huge",
					      "-m",
					      "32",
					      "--no-pci",
					      "--no-shconf",
					      "--no-telemetry",
					      "--log-level=error"};
	char *argv[RTE_DIM(options)];
	unsigned i;

	for (i = 0; i < RTE_DIM(options); i++)
		argv[i] = (char *)(uintptr_t)options[i];
	(void)state;
	if (rte_eal_init(RTE_DIM(argv), argv) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("frames", 16, 0, 0, RTE_PKTMBUF_HEADROOM + 512,
				       SOCKET_ID_ANY);
	return pool != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	rte_eal_cleanup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_cut_in_its_payload_keeps_its_length),
		cmocka_unit_test(a_packet_cut_in_its_headers_is_marked_at_each_length),
		cmocka_unit_test(a_stated_length_near_the_limit_of_32_bits_is_bounded),
		cmocka_unit_test(a_length_field_of_zero_is_that_of_the_frame),
		cmocka_unit_test(the_source_is_first_and_mac_addresses_are_read),
		cmocka_unit_test(the_mss_option_is_found_behind_others_and_bad_ones_end),
		cmocka_unit_test(a_quoted_packet_has_its_own_source_first),
		cmocka_unit_test(checksums_are_right_left_to_the_card_or_wrong),
		cmocka_unit_test(an_mbuf_has_all_bytes_and_zeros_for_missing_ones),
		cmocka_unit_test(an_empty_pool_gives_no_mbuf_and_loses_none),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
