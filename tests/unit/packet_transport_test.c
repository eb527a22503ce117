/* SPDX-License-Identifier: BSD-3-Clause */
/* Members parsed from TCP and ICMP headers: numbers, options, identifiers. */
#include "packet_fixture.h"

static void
a_segment_is_decoded(void **state)
{
	struct frame f = {TCP4,
			  .seq = 0xfffffff0,
			  .ack = 77,
			  .win = 4321,
			  .payload_len = 10,
			  .flags = FRAME_ACK | FRAME_PSH | FRAME_ECE | FRAME_CWR,
			  .tags = 1,
			  .padding = 9,
			  .opt = {.has_ts = true, .tsval = 5, .tsecr = 0x80000001}};
	struct packet p = parse_frame(&f);

	(void)state;
	assert_int_equal(p.seg.seq, 0xfffffff0);
	assert_int_equal(p.seg.ack, 77);
	assert_int_equal(p.seg.len, 10);
	assert_int_equal(p.seg.win, 4321);
	assert_int_equal(p.seg.flags, TCP_ACK | TCP_PSH);
	assert_int_equal(p.seg.ecn, FRAME_ECE | FRAME_CWR);
	assert_int_equal(p.seg.scale, TCP_NO_SCALE);
	assert_true(p.seg.has_ts);
	assert_int_equal(p.seg.tsval, 5);
	assert_int_equal(p.seg.tsecr, 0x80000001);
	assert_int_equal(p.l3_off, 18);
	assert_int_equal(p.l4_off, 38);
	assert_int_equal(p.payload_off, 38 + 32);
	assert_int_equal(p.l4_len, 32 + 10);
	assert_int_equal(p.ether_type, 0x0800);
	assert_int_equal(p.family, 4);
	f.flags = FRAME_RST;
	assert_int_equal(parse_frame(&f).seg.ack, 0);
}

struct option_row {
	const char *name;
	struct frame_bytes raw;
	uint8_t flags;
	uint8_t scale;
	bool has_ts;
	uint32_t tsval;
};

#define TS(value) 8, 10, 0, 0, 0, value, 0, 0, 0, 9

static const struct option_row option_rows[] = {
	{"scale", BYTES(3, 3, 7, 1), FRAME_SYN, 7, false, 0},
	{"scale without SYN", BYTES(3, 3, 7, 1), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"scale 15", BYTES(3, 3, 15, 1), FRAME_SYN, 14, false, 0},
	{"scale 255", BYTES(3, 3, 255, 1), FRAME_SYN, 14, false, 0},
	{"two scales", BYTES(3, 3, 1, 3, 3, 2), FRAME_SYN, 1, false, 0},
	{"scale of length 4", BYTES(3, 4, 1, 1), FRAME_SYN, TCP_NO_SCALE, false, 0},
	{"MSS and others", BYTES(2, 4, 5, 180, 4, 2, TS(6), 1, 3, 3, 8), FRAME_SYN, 8,
	 true, 6},
	{"usual timestamps", BYTES(1, 1, TS(3)), FRAME_ACK, TCP_NO_SCALE, true, 3},
	{"two timestamps", BYTES(TS(3), TS(4)), FRAME_ACK, TCP_NO_SCALE, true, 3},
	{"timestamps of length 8", BYTES(8, 8, 0, 0, 0, 1, 0, 0), FRAME_ACK, TCP_NO_SCALE,
	 false, 0},
	{"after the end", BYTES(0, 0, TS(3)), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"after length 0", BYTES(9, 0, TS(3)), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"after length 1", BYTES(9, 1, TS(3)), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"length past the header", BYTES(1, 1, 1, 3), FRAME_SYN, TCP_NO_SCALE, false, 0},
	{"timestamps past the header", BYTES(8, 10, 1, 1), FRAME_ACK, TCP_NO_SCALE, false,
	 0},
	{"unknown option", BYTES(253, 6, 1, 1, 1, 1, TS(3)), FRAME_ACK, TCP_NO_SCALE,
	 true, 3},
	{"forty bytes", BYTES(1, [30] = 8, 10, 0, 0, 0, 3, 0, 0, 0, 0), FRAME_ACK,
	 TCP_NO_SCALE, false, 0},
};

static void
options_are_read_tolerantly(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(option_rows); i++) {
		const struct option_row *row = &option_rows[i];
		struct frame f = {TCP4, .flags = row->flags, .opt = {.raw = row->raw}};
		struct packet p = parse_frame(&f);

		if (p.kind != PACKET_TCP || p.seg.scale != row->scale ||
		    p.seg.has_ts != row->has_ts || p.seg.tsval != row->tsval)
			fail_msg("%s: reason %s, scale %u, has_ts %d, tsval %u",
				 row->name, reason_name(p.reason), p.seg.scale,
				 p.seg.has_ts, p.seg.tsval);
	}
}

static void
queries_and_replies_share_identifier_and_type(void **state)
{
	static const uint8_t type[][3] = {{4, 8, 0},   {4, 13, 14},   {4, 15, 16},
					  {4, 17, 18}, {6, 128, 129}, {6, 139, 140}};
	size_t i, reply;

	(void)state;
	for (i = 0; i < RTE_DIM(type); i++)
		for (reply = 0; reply < 2; reply++) {
			struct frame f4 = {ICMP4}, f6 = {ICMP6};
			struct frame *f = type[i][0] == 4 ? &f4 : &f6;
			struct packet p;

			f->icmp_type = type[i][1 + reply];
			f->icmp_id = 0x1234;
			p = parse_frame(f);
			assert_int_equal(p.kind, PACKET_ICMP_QUERY);
			assert_int_equal(p.icmp_reply, reply);
			assert_int_equal(p.icmp_type, type[i][1 + reply]);
			assert_int_equal(p.key.id.port[0], RTE_BE16(0x1234));
			assert_int_equal(p.key.id.port[1], rte_cpu_to_be_16(type[i][1]));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_is_decoded),
		cmocka_unit_test(options_are_read_tolerantly),
		cmocka_unit_test(queries_and_replies_share_identifier_and_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
