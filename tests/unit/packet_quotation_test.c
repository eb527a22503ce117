/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that ICMP errors quote. */
#include "packet_fixture.h"

/*
 * Parse an ICMP error `outer` that quotes `quoted` bytes of `inner` from its IP header
 * on.
 */
static int
parse_quotation(struct frame outer, const struct frame *inner, size_t quoted,
		struct packet *out)
{
	uint8_t quote[FRAME_MAX], bytes[FRAME_MAX];
	size_t len = frame_build(inner, quote, sizeof(quote));
	struct rte_mbuf m;
	struct packet p;
	uint8_t *heap;
	int ret;

	assert_true(len >= 14 + quoted);
	outer.payload = quote + 14;
	outer.payload_len = quoted;
	len = frame_build(&outer, bytes, sizeof(bytes));
	heap = malloc(len);
	assert_non_null(heap);
	memcpy(heap, bytes, len);
	frame_mbuf(&m, heap, len, len);
	packet_parse(&m, 1, NETWORK, ALL, &p);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	ret = packet_parse_quoted(&m, &p, out);
	free(heap);
	return ret;
}

static void
a_quotation_has_the_key_of_what_it_quotes(void **state)
{
	struct frame inner = {TCP4,
			      .seq = 99,
			      .ack = 5,
			      .win = 6,
			      .flags = FRAME_ACK,
			      .payload_len = 100,
			      .opt = {.has_ts = true, .tsval = 4},
			      .tags = 0};
	struct frame outer = {.src = "203.0.113.9",
			      .dst = A4,
			      .proto = IPPROTO_ICMP,
			      .icmp_type = 3,
			      .icmp_code = 1,
			      .padding = 30};
	struct packet sent = parse_frame(&inner), p;

	(void)state;
	assert_int_equal(parse_quotation(outer, &inner, 28, &p), 0);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.side, 0);
	assert_memory_equal(&p.key, &sent.key, sizeof(p.key));
	assert_int_equal(p.seg.seq, 99);
	assert_int_equal(p.seg.flags, 0);
	assert_int_equal(p.seg.len, 0);

	assert_int_equal(parse_quotation(outer, &inner, 40, &p), 0);
	assert_int_equal(p.seg.ack, 5);
	assert_int_equal(p.seg.len, 0); /* only the quoted bytes count */
	assert_false(p.seg.has_ts);

	assert_int_equal(parse_quotation(outer, &inner, 52, &p), 0);
	assert_true(p.seg.has_ts);
	assert_int_equal(p.seg.tsval, 4);
	assert_int_equal(p.payload_off, p.l4_off + 32);

	assert_int_equal(parse_quotation(outer, &inner, 27, &p), -EINVAL);
	assert_int_equal(parse_quotation(outer, &inner, 19, &p), -EINVAL);
	assert_int_equal(parse_quotation(outer, &inner, 0, &p), -EINVAL);
	inner.say_version = 6;
	assert_int_equal(parse_quotation(outer, &inner, 40, &p), -EINVAL);
}

static void
quotations_of_other_protocols_are_parsed(void **state)
{
	struct frame outer4 = {.src = "203.0.113.9",
			       .dst = A4,
			       .proto = IPPROTO_ICMP,
			       .icmp_type = 11};
	struct frame outer6 = {.src = "2001:db8::9",
			       .dst = A6,
			       .proto = IPPROTO_ICMPV6,
			       .icmp_type = 1};
	struct frame udp = {UDP6, .payload_len = 1000, .bad_l4_checksum = true};
	struct frame echo = {ICMP4, .icmp_type = 8, .icmp_id = 3};
	struct frame later = {UDP4, .frag_off = 3, .payload_len = 64};
	struct packet p, sent;

	(void)state;
	assert_int_equal(parse_quotation(outer6, &udp, 48, &p), 0);
	assert_int_equal(p.kind, PACKET_UDP);
	assert_int_equal(p.l4_len, 8);
	assert_int_equal(p.key.id.port[0], RTE_BE16(5000));
	assert_int_equal(parse_quotation(outer6, &udp, 47, &p), -EINVAL);
	sent = parse_frame(&echo);
	assert_int_equal(parse_quotation(outer4, &echo, 28, &p), 0);
	assert_int_equal(p.kind, PACKET_ICMP_QUERY);
	assert_memory_equal(&p.key, &sent.key, sizeof(p.key));
	assert_int_equal(parse_quotation(outer4, &later, 28, &p), -EINVAL);
	assert_int_equal(parse_quotation(outer4, &udp, 48, &p), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quotation_has_the_key_of_what_it_quotes),
		cmocka_unit_test(quotations_of_other_protocols_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
