/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole frames: the right kind or drop reason, and the same result in chained segments,
 * in two stages, truncated, and with wrong checksums.
 */
#include "packet_fixture.h"

/* Compare the members that must not depend on how a frame is stored or parsed. */
static void
assert_packets_equal(const struct packet *a, const struct packet *b, const char *name)
{
	if (a->kind != b->kind || a->reason != b->reason)
		fail_msg("%s: kind %u, reason %s; kind %u, reason %s", name, a->kind,
			 reason_name(a->reason), b->kind, reason_name(b->reason));
	assert_memory_equal(&a->key, &b->key, sizeof(a->key));
	assert_int_equal(a->payload_off, b->payload_off);
	assert_int_equal(a->l4_off, b->l4_off);
	assert_int_equal(a->l4_len, b->l4_len);
	assert_int_equal(a->ip_len, b->ip_len);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->seg.seq, b->seg.seq);
	assert_int_equal(a->seg.ack, b->seg.ack);
	assert_int_equal(a->seg.len, b->seg.len);
	assert_int_equal(a->seg.win, b->seg.win);
	assert_int_equal(a->seg.flags, b->seg.flags);
	assert_int_equal(a->seg.scale, b->seg.scale);
	assert_int_equal(a->seg.has_ts, b->seg.has_ts);
	assert_int_equal(a->seg.tsval, b->seg.tsval);
	assert_int_equal(a->seg.tsecr, b->seg.tsecr);
	assert_int_equal(a->fragment, b->fragment);
	assert_int_equal(a->icmp_type, b->icmp_type);
	assert_int_equal(a->vlans, b->vlans);
}

/* Assert that what packet_peek() reports agrees with the complete parsing. */
static void
assert_peek_agrees(const struct packet_row *row, uint8_t *bytes, size_t len,
		   uint32_t flags, const struct packet *whole)
{
	struct packet_fast fast;
	struct tcp_segment seg;
	struct rte_mbuf m;
	struct packet p;
	bool timestamps;

	frame_mbuf(&m, bytes, len, len);
	m.ol_flags = row->ol_flags;
	if (!packet_peek(&m, 0, NETWORK, flags, &fast))
		return;
	assert_int_equal(whole->kind, PACKET_TCP);
	assert_int_equal(fast.family, whole->family);
	assert_memory_equal(&fast.key, &whole->key, packet_key_bytes(whole));
	packet_fast_segment(fast.tcp, fast.l4_len, &seg);
	timestamps = packet_fast_timestamps(fast.tcp, &seg);
	assert_true(whole->seg.has_ts || !timestamps);
	assert_int_equal(seg.seq, whole->seg.seq);
	assert_int_equal(seg.len, whole->seg.len);
	assert_int_equal(seg.win, whole->seg.win);
	assert_int_equal(seg.flags & 0x3f, whole->seg.flags);
	if (whole->seg.flags & TCP_ACK)
		assert_int_equal(seg.ack, whole->seg.ack);
	if (timestamps) {
		assert_int_equal(seg.tsval, whole->seg.tsval);
		assert_int_equal(seg.tsecr, whole->seg.tsecr);
	}
	packet_finish(&m, &fast, 0, &p);
	assert_packets_equal(whole, &p, row->name);
}

/*
 * A frame in two segments, split at each offset, is parsed like one in a single segment.
 */
static void
assert_same_in_segments(const struct packet_row *row, uint8_t *bytes, size_t len,
			uint32_t flags, const struct packet *whole)
{
	struct rte_mbuf seg[3];
	struct packet p;
	size_t i;

	for (i = 0; i <= len && i < 160; i++) {
		size_t cut[3] = {i, i % 7, 0};

		frame_mbuf_chain(seg, 3, cut, bytes, len);
		seg[0].ol_flags = row->ol_flags;
		packet_parse(seg, 0, NETWORK, flags, &p);
		assert_packets_equal(whole, &p, row->name);
	}
}

static void
check_row(const struct packet_row *row)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(&row->f, bytes, sizeof(bytes));
	uint32_t flags = row->flags != 0 ? row->flags : ALL;
	struct packet p;

	assert_true(len > row->cut);
	len -= row->cut;
	p = parse_bytes(bytes, len, flags, row->ol_flags);
	if (p.reason != row->reason)
		fail_msg("%s: %s, not %s", row->name, reason_name(p.reason),
			 reason_name(row->reason));
	if (row->reason == REASON_NONE && p.kind != row->kind)
		fail_msg("%s: kind %u, not %u", row->name, p.kind, row->kind);
	if (row->reason != REASON_NONE) {
		assert_int_equal(p.kind, PACKET_BAD);
		assert_int_equal(p.proto, 0);
	}
	assert_int_equal(flow_id_wire(&p.key.id), WIRE_NUMBER);
	assert_same_in_segments(row, bytes, len, flags, &p);
	assert_peek_agrees(row, bytes, len, flags, &p);
}

static void
each_frame_gets_its_kind_or_its_reason(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < PACKET_ROWS; i++)
		check_row(&packet_rows[i]);
}

static void
every_prefix_of_a_packet_is_refused(void **state)
{
	size_t i, cut, len;
	uint8_t bytes[FRAME_MAX];

	(void)state;
	for (i = 0; i < PACKET_ROWS; i++) {
		const struct packet_row *row = &packet_rows[i];

		if (row->reason != REASON_NONE || row->f.src == NULL ||
		    row->f.padding > 0 || row->kind == PACKET_NON_IP ||
		    row->f.payload_len > 2000)
			continue;
		len = frame_build(&row->f, bytes, sizeof(bytes));
		for (cut = 0; cut < len; cut++)
			assert_int_equal(parse_bytes(bytes, cut, ALL, 0).kind,
					 PACKET_BAD);
	}
}

static void
checksums_are_verified_at_every_length(void **state)
{
	struct frame udp = {UDP4}, tcp = {TCP6};
	struct frame *f[] = {&udp, &tcp};
	size_t i, len;

	(void)state;
	for (i = 0; i < RTE_DIM(f); i++)
		for (len = 0; len < 80; len++) {
			f[i]->payload_len = len;
			f[i]->bad_l4_checksum = false;
			assert_int_equal(parse_frame(f[i]).reason, REASON_NONE);
			f[i]->bad_l4_checksum = true;
			assert_int_equal(parse_frame(f[i]).reason, REASON_L4_CHECKSUM);
		}
}

static void
short_frames_are_refused(void **state)
{
	uint8_t bytes[14] = {0};
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(bytes); len++)
		assert_int_equal(parse_bytes(bytes, len, ALL, 0).reason,
				 REASON_FRAME_SHORT);
	assert_int_equal(parse_bytes(bytes, len, ALL, 0).reason, REASON_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_gets_its_kind_or_its_reason),
		cmocka_unit_test(every_prefix_of_a_packet_is_refused),
		cmocka_unit_test(checksums_are_verified_at_every_length),
		cmocka_unit_test(short_frames_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
