/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The figures of a connection. conn_state and history must be those in Zeek's
 * documentation of conn.log.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis.h"
#include "community_id.h"

#define MS UINT64_C(1000000)

static struct analysis a;
static uint64_t now;

/* Make a segment whose flags are given as letters: "S" SYN, "A" ACK, "F" FIN, "R" RST. */
static void
segment(unsigned sender, const char *flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct packet p = {.kind = PACKET_TCP, .family = 4, .proto = IPPROTO_TCP};

	p.seg = (struct tcp_segment){.seq = seq, .ack = ack, .len = len, .win = 1000};
	p.seg.flags = (uint8_t)((strchr(flags, 'S') ? TCP_SYN : 0) |
				(strchr(flags, 'A') ? TCP_ACK : 0) |
				(strchr(flags, 'F') ? TCP_FIN : 0) |
				(strchr(flags, 'R') ? TCP_RST : 0));
	p.ip_len = 40 + len;
	now += MS;
	analysis_packet(&a, &p, sender, now, false, 1);
}

static int
begin(void **state)
{
	(void)state;
	analysis_clear(&a);
	now = 0;
	return 0;
}

static void
assert_zeek(const char *conn_state, const char *history)
{
	char text[ANALYSIS_HISTORY + 1];

	snprintf(text, sizeof(text), "%.*s", (int)a.history_length, a.history);
	assert_string_equal(text, history);
	assert_string_equal(analysis_conn_state(&a, IPPROTO_TCP), conn_state);
}

static void
handshake(void)
{
	segment(0, "S", 100, 0, 0);
	segment(1, "SA", 500, 101, 0);
	segment(0, "A", 101, 501, 0);
}

static void
a_syn_without_an_answer_is_s0(void **state)
{
	(void)state;
	segment(0, "S", 100, 0, 0);
	segment(0, "S", 100, 0, 0);
	assert_zeek("S0", "S");
	assert_int_equal(a.e[0].retransmissions, 1);
}

static void
an_open_connection_is_s1(void **state)
{
	(void)state;
	handshake();
	segment(0, "A", 101, 501, 10);
	segment(1, "A", 501, 111, 0);
	assert_zeek("S1", "ShADa");
}

static void
a_connection_closed_by_both_is_sf(void **state)
{
	(void)state;
	handshake();
	segment(0, "A", 101, 501, 10);
	segment(1, "A", 501, 111, 20);
	segment(0, "FA", 111, 521, 0);
	segment(1, "FA", 521, 112, 0);
	segment(0, "A", 112, 522, 0);
	assert_zeek("SF", "ShADdFf");
	assert_int_equal(analysis_data_bytes(&a, 0), 10);
	assert_int_equal(analysis_data_bytes(&a, 1), 20);
}

static void
a_refused_connection_is_rej(void **state)
{
	(void)state;
	segment(0, "S", 100, 0, 0);
	segment(1, "RA", 0, 101, 0);
	assert_zeek("REJ", "Sr");
}

static void
a_fin_of_one_endpoint_is_s2_or_s3(void **state)
{
	(void)state;
	handshake();
	segment(0, "FA", 101, 501, 0);
	assert_zeek("S2", "ShAF");
	begin(NULL);
	handshake();
	segment(1, "FA", 501, 101, 0);
	assert_zeek("S3", "ShAf");
}

static void
a_reset_is_rsto_or_rstr(void **state)
{
	(void)state;
	handshake();
	segment(0, "R", 101, 0, 0);
	assert_zeek("RSTO", "ShAR");
	begin(NULL);
	handshake();
	segment(1, "R", 501, 0, 0);
	assert_zeek("RSTR", "ShAr");
}

static void
a_reset_after_a_syn_is_rstos0(void **state)
{
	(void)state;
	segment(0, "S", 100, 0, 0);
	segment(0, "R", 101, 0, 0);
	assert_zeek("RSTOS0", "SR");
}

static void
an_answer_without_a_syn_and_a_reset_is_rstrh(void **state)
{
	(void)state;
	segment(1, "SA", 500, 101, 0);
	segment(1, "R", 501, 0, 0);
	assert_int_equal(a.orig, 0);
	assert_zeek("RSTRH", "hr");
}

static void
a_syn_and_a_fin_without_an_answer_is_sh(void **state)
{
	(void)state;
	segment(0, "S", 100, 0, 0);
	segment(0, "FA", 101, 0, 0);
	assert_zeek("SH", "SF");
}

static void
an_answer_without_a_syn_and_a_fin_is_shr(void **state)
{
	(void)state;
	segment(1, "SA", 500, 101, 0);
	segment(1, "FA", 501, 101, 0);
	assert_zeek("SHR", "hf");
}

static void
traffic_without_a_handshake_is_oth(void **state)
{
	(void)state;
	segment(0, "A", 100, 500, 10);
	segment(1, "A", 500, 110, 0);
	assert_zeek("OTH", "Da");
}

static void
a_gap_that_the_peer_acknowledges_is_g(void **state)
{
	(void)state;
	handshake();
	segment(0, "A", 101, 501, 10);
	segment(0, "A", 121, 501, 10);
	segment(1, "A", 501, 111, 0); /* acknowledges only what the capture holds */
	assert_zeek("S1", "ShADa");
	segment(1, "A", 501, 131, 0);
	assert_zeek("S1", "ShADaG");
	segment(1, "A", 501, 131, 0);
	assert_zeek("S1", "ShADaG");
	assert_int_equal(analysis_missed_bytes(&a, 0), 10);
	assert_int_equal(a.e[0].gaps_acked, 1);
}

static void
an_ack_of_bytes_at_the_end_that_the_capture_misses_is_g(void **state)
{
	(void)state;
	handshake();
	segment(0, "A", 101, 801, 10);
	assert_zeek("S1", "ShADg");
	assert_int_equal(analysis_missed_bytes(&a, 1), 300);
	/* the data after them shows the same gap */
	segment(1, "A", 801, 111, 20);
	segment(0, "A", 111, 821, 0);
	assert_zeek("S1", "ShADgd");
	assert_int_equal(analysis_missed_bytes(&a, 1), 300);
	/* a forged ACK, far ahead, is not a gap */
	segment(0, "A", 111, 821 + (1u << 25), 0);
	assert_zeek("S1", "ShADgd");
}

static void
what_fills_a_gap_soon_is_out_of_order_and_later_a_retransmission(void **state)
{
	(void)state;
	handshake();
	segment(0, "A", 111, 501, 10);
	segment(0, "A", 101, 501, 10);
	assert_int_equal(a.e[0].out_of_order, 1);
	assert_int_equal(a.e[0].retransmissions, 0);
	assert_int_equal(analysis_missed_bytes(&a, 0), 0);
	segment(0, "A", 131, 501, 10);
	assert_int_equal(analysis_missed_bytes(&a, 0), 10);
	now += 200 * MS;
	segment(0, "A", 121, 501, 10);
	assert_int_equal(a.e[0].out_of_order, 1);
	assert_int_equal(a.e[0].retransmissions, 1);
	assert_int_equal(analysis_missed_bytes(&a, 0), 0);
	assert_zeek("S1", "ShADT");
}

static void
an_old_ack_ahead_of_the_data_is_forgotten(void **state)
{
	const uint32_t step = 60000;
	uint32_t seq;

	(void)state;
	handshake();
	segment(1, "A", 501, 121, 0);
	assert_int_equal(analysis_missed_bytes(&a, 0), 20);
	segment(0, "A", 101, 501, 20);
	assert_int_equal(analysis_missed_bytes(&a, 0), 0);
	for (seq = 121; seq < UINT32_MAX / 4 * 3; seq += step)
		segment(0, "A", seq, 501, step);
	assert_int_equal(analysis_missed_bytes(&a, 0), 0);
}

static void
a_keepalive_is_no_retransmission(void **state)
{
	(void)state;
	handshake();
	segment(0, "A", 100, 501, 0);
	segment(0, "A", 100, 501, 1);
	assert_int_equal(a.e[0].retransmissions, 0);
}

static void
the_times_of_the_handshake_are_kept(void **state)
{
	(void)state;
	handshake();
	assert_int_equal(a.synack_ns - a.syn_ns, MS);
	assert_int_equal(a.ack_ns - a.synack_ns, MS);
}

/* Examples from the Community ID specification. */
static void
community_ids_are_those_of_the_specification(void **state)
{
	static const struct {
		const char *name, *from, *to;
		enum flow_class class;
		uint16_t sport, dport;
		const char *id;
	} rows[] = {
		{"tcp", "128.232.110.120", "66.35.250.204", FLOW_TCP, 34855, 80,
		 "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"udp", "192.168.1.52", "8.8.8.8", FLOW_UDP, 54585, 53,
		 "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{"icmp echo", "192.168.0.89", "192.168.0.1", FLOW_ICMP, 0, 8,
		 "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	};
	char id[COMMUNITY_ID_TEXT];
	struct flow_key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		key = (struct flow_key){.id.network = rows[i].class};
		inet_pton(AF_INET, rows[i].from, &key.addr.v4[0]);
		inet_pton(AF_INET, rows[i].to, &key.addr.v4[1]);
		key.id.port[0] = htons(rows[i].sport);
		key.id.port[1] = htons(rows[i].dport);
		community_id(&key, 4, 0, id);
		print_message("%s\n", rows[i].name);
		assert_string_equal(id, rows[i].id);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_syn_without_an_answer_is_s0),
		TEST(an_open_connection_is_s1),
		TEST(a_connection_closed_by_both_is_sf),
		TEST(a_refused_connection_is_rej),
		TEST(a_fin_of_one_endpoint_is_s2_or_s3),
		TEST(a_reset_is_rsto_or_rstr),
		TEST(a_reset_after_a_syn_is_rstos0),
		TEST(an_answer_without_a_syn_and_a_reset_is_rstrh),
		TEST(a_syn_and_a_fin_without_an_answer_is_sh),
		TEST(an_answer_without_a_syn_and_a_fin_is_shr),
		TEST(traffic_without_a_handshake_is_oth),
		TEST(a_gap_that_the_peer_acknowledges_is_g),
		TEST(an_ack_of_bytes_at_the_end_that_the_capture_misses_is_g),
		TEST(what_fills_a_gap_soon_is_out_of_order_and_later_a_retransmission),
		TEST(an_old_ack_ahead_of_the_data_is_forgotten),
		TEST(a_keepalive_is_no_retransmission),
		TEST(the_times_of_the_handshake_are_kept),
		TEST(community_ids_are_those_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
