/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <frame/frame.h>
#include <packet/packet.h>

static struct packet
parse_on(const struct frame *f, uint8_t side, uint16_t zone)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(f, bytes, sizeof(bytes));
	struct rte_mbuf m;
	struct packet p;

	assert_int_not_equal(len, 0);
	frame_mbuf(&m, bytes, len, len);
	packet_parse(&m, side, zone, PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
	assert_int_equal(p.reason, REASON_NONE);
	return p;
}

static const struct frame there4 = {.src = "10.0.0.1",
				    .dst = "10.0.0.2",
				    .sport = 1000,
				    .dport = 80,
				    .proto = IPPROTO_TCP};
static const struct frame back4 = {.src = "10.0.0.2",
				   .dst = "10.0.0.1",
				   .sport = 80,
				   .dport = 1000,
				   .proto = IPPROTO_TCP};
static const struct frame there6 = {.src = "2001:db8::1",
				    .dst = "2001:db8::2",
				    .sport = 1000,
				    .dport = 80,
				    .proto = IPPROTO_UDP};
static const struct frame back6 = {.src = "2001:db8::2",
				   .dst = "2001:db8::1",
				   .sport = 80,
				   .dport = 1000,
				   .proto = IPPROTO_UDP};

static void
both_directions_give_one_key(void **state)
{
	struct packet a = parse_on(&there4, 0, 1), b = parse_on(&back4, 1, 1);
	struct packet c = parse_on(&there6, 1, 1), d = parse_on(&back6, 0, 1);

	(void)state;
	assert_memory_equal(&a.key, &b.key, sizeof(a.key));
	assert_true(flow_key4_equal(&a.key, &b.key));
	assert_memory_equal(&c.key, &d.key, sizeof(c.key));
	assert_true(flow_key6_equal(&c.key, &d.key));
}

static void
the_index_of_an_endpoint_is_its_side(void **state)
{
	struct packet a = parse_on(&there4, 0, 1), b = parse_on(&there4, 1, 1);

	(void)state;
	assert_int_equal(a.key.addr.v4[0], RTE_BE32(0x0a000001));
	assert_int_equal(a.key.addr.v4[1], RTE_BE32(0x0a000002));
	assert_int_equal(a.key.id.port[0], RTE_BE16(1000));
	assert_int_equal(a.key.id.port[1], RTE_BE16(80));
	assert_int_equal(b.key.addr.v4[1], RTE_BE32(0x0a000001));
	assert_int_equal(b.key.id.port[1], RTE_BE16(1000));
	assert_int_equal(a.side, 0);
	assert_int_equal(b.side, 1);
}

/* SYN-2: who is behind side 1 cannot speak as the host behind side 0. */
static void
the_same_bytes_from_the_other_side_are_another_key(void **state)
{
	struct packet a = parse_on(&there4, 0, 1), b = parse_on(&there4, 1, 1);
	struct packet c = parse_on(&there6, 0, 1), d = parse_on(&there6, 1, 1);

	(void)state;
	assert_false(flow_key4_equal(&a.key, &b.key));
	assert_false(flow_key6_equal(&c.key, &d.key));
}

static void
wires_ports_and_protocols_tell_keys_apart(void **state)
{
	struct packet a = parse_on(&there4, 0, 1), zone = parse_on(&there4, 0, 2);
	struct frame other = there4;
	struct packet port, proto;

	(void)state;
	other.sport++;
	port = parse_on(&other, 0, 1);
	other = there4;
	other.proto = IPPROTO_UDP;
	proto = parse_on(&other, 0, 1);
	assert_false(flow_key4_equal(&a.key, &zone.key));
	assert_false(flow_key4_equal(&a.key, &port.key));
	assert_false(flow_key4_equal(&a.key, &proto.key));
}

static void
the_generation_does_not_tell_keys_apart(void **state)
{
	struct packet a = parse_on(&there4, 0, 1), b = a;

	(void)state;
	assert_int_equal(a.key.id.generation, 0);
	b.key.id.generation = 9;
	assert_true(flow_key4_equal(&a.key, &b.key));
}

static void
an_ipv4_key_is_zero_past_its_addresses(void **state)
{
	struct packet p = parse_on(&there4, 0, 1);
	const uint8_t zero[sizeof(p.key) - KEY4_BYTES] = {0};

	(void)state;
	assert_int_equal(packet_key_bytes(&p), KEY4_BYTES);
	assert_memory_equal((const uint8_t *)&p.key + KEY4_BYTES, zero, sizeof(zero));
}

static void
the_hash_depends_on_key_and_secret(void **state)
{
	uint8_t secret[KEY_SECRET_BYTES], other[KEY_SECRET_BYTES];
	struct packet a = parse_on(&there4, 0, 1), b = parse_on(&back4, 1, 1);
	struct packet c = parse_on(&there4, 1, 1);
	uint64_t hash;
	size_t i;

	(void)state;
	for (i = 0; i < KEY_SECRET_BYTES; i++) {
		secret[i] = (uint8_t)(i * 37 + 11);
		other[i] = (uint8_t)(i * 41 + 5);
	}
	hash = flow_hash(&a.key, KEY4_BYTES, secret);
	assert_true(hash == flow_hash(&b.key, KEY4_BYTES, secret));
	assert_true(hash != flow_hash(&c.key, KEY4_BYTES, secret));
	assert_true(hash != flow_hash(&a.key, KEY4_BYTES, other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_give_one_key),
		cmocka_unit_test(the_index_of_an_endpoint_is_its_side),
		cmocka_unit_test(the_same_bytes_from_the_other_side_are_another_key),
		cmocka_unit_test(wires_ports_and_protocols_tell_keys_apart),
		cmocka_unit_test(the_generation_does_not_tell_keys_apart),
		cmocka_unit_test(an_ipv4_key_is_zero_past_its_addresses),
		cmocka_unit_test(the_hash_depends_on_key_and_secret),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
