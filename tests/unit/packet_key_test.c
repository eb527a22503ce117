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
parse_on(const struct frame *f, uint8_t side, uint16_t wire)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(f, bytes, sizeof(bytes));
	struct rte_mbuf m;
	struct packet p;

	assert_int_not_equal(len, 0);
	frame_mbuf(&m, bytes, len, len);
	packet_parse(&m, side, flow_network(wire, 0, 0),
		     PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
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

/*
 * SYN-2: the side that a packet comes from is part of its key, so a host on side 1 cannot
 * send in the name of one on side 0.
 */
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
	struct packet a = parse_on(&there4, 0, 1), wire = parse_on(&there4, 0, 2);
	struct frame other = there4;
	struct packet port, proto;

	(void)state;
	other.sport++;
	port = parse_on(&other, 0, 1);
	other = there4;
	other.proto = IPPROTO_UDP;
	proto = parse_on(&other, 0, 1);
	assert_false(flow_key4_equal(&a.key, &wire.key));
	assert_false(flow_key4_equal(&a.key, &port.key));
	assert_false(flow_key4_equal(&a.key, &proto.key));
}

/*
 * Return the network of a frame with these tags, on a port where untagged frames have the
 * network `untagged`.
 */
static uint32_t
network_of(uint32_t untagged, uint8_t tags, struct frame_tag outer,
	   struct frame_tag inner)
{
	struct frame f = there4;
	uint8_t bytes[FRAME_MAX];
	struct rte_mbuf m;
	struct packet p;
	size_t len;

	f.tags = tags;
	f.tag[0] = outer;
	f.tag[1] = inner;
	len = frame_build(&f, bytes, sizeof(bytes));
	frame_mbuf(&m, bytes, sizeof(bytes), len);
	packet_parse(&m, 0, untagged, PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(flow_id_wire(&p.key.id), 3);
	assert_int_equal(flow_id_proto(&p.key.id), IPPROTO_TCP);
	return flow_id_network(&p.key.id);
}

#define TAG(...) ((struct frame_tag){__VA_ARGS__})
#define NO_TAG TAG(0, 0)
#define WIRE3 flow_network(3, 0, 0)
#define JOINED flow_network_joined(3)

static void
a_vlan_is_a_network_of_its_own(void **state)
{
	const uint32_t none = network_of(WIRE3, 0, NO_TAG, NO_TAG);

	(void)state;
	assert_int_equal(none, flow_network(3, 0, 0));
	assert_int_equal(network_of(WIRE3, 1, TAG(0, 10), NO_TAG),
			 flow_network(3, 10, 0));
	assert_int_equal(network_of(WIRE3, 1, TAG(0, 4094), NO_TAG),
			 flow_network(3, 4094, 0));
	/* both tags of QinQ count, in their order, with any TPID */
	assert_int_equal(network_of(WIRE3, 2, TAG(0x88a8, 10), TAG(0, 20)),
			 flow_network(3, 10, 20));
	assert_int_equal(network_of(WIRE3, 2, TAG(0, 20), TAG(0, 10)),
			 flow_network(3, 20, 10));
	assert_int_equal(network_of(WIRE3, 2, TAG(0x9100, 10), TAG(0, 10)),
			 flow_network(3, 10, 10));
}

static void
priority_bits_are_no_vlan(void **state)
{
	(void)state;
	assert_int_equal(network_of(WIRE3, 1, TAG(0, 0xf00a), NO_TAG),
			 flow_network(3, 10, 0));
	assert_int_equal(network_of(WIRE3, 1, TAG(0, 0xe000), NO_TAG),
			 flow_network(3, 0, 0));
	assert_int_equal(network_of(WIRE3, 2, TAG(0, 0x2000), TAG(0, 10)),
			 flow_network(3, 10, 0));
	assert_int_equal(network_of(WIRE3, 2, TAG(0x88a8, 10), TAG(0, 0x2000)),
			 flow_network(3, 10, 0));
}

static void
joined_vlans_are_one_network(void **state)
{
	struct flow_id id = {.network = JOINED};

	(void)state;
	assert_int_equal(network_of(JOINED, 0, NO_TAG, NO_TAG), JOINED);
	assert_int_equal(network_of(JOINED, 1, TAG(0, 10), NO_TAG), JOINED);
	assert_int_equal(network_of(JOINED, 2, TAG(0x88a8, 10), TAG(0, 20)), JOINED);
	assert_int_equal(flow_id_vid(&id, 0), 0);
	assert_int_equal(flow_id_vid(&id, 1), 0);
}

static void
no_bit_of_a_network_is_lost(void **state)
{
	struct flow_id id = {.network = flow_network(31, 4093, 4094) | FLOW_UDPLITE};

	(void)state;
	assert_int_equal(flow_id_wire(&id), 31);
	assert_int_equal(flow_id_vid(&id, 0), 4093);
	assert_int_equal(flow_id_vid(&id, 1), 4094);
	assert_int_equal(flow_id_class(&id), FLOW_UDPLITE);
}

static void
each_protocol_is_told_apart(void **state)
{
	unsigned proto;

	(void)state;
	for (proto = 0; proto < 256; proto++) {
		struct flow_id id = {.network = flow_network(1, 2, 3)};

		flow_id_set_proto(&id, (uint8_t)proto);
		assert_int_equal(flow_id_proto(&id), proto);
		assert_int_equal(flow_id_network(&id), flow_network(1, 2, 3));
		if (flow_id_class(&id) != FLOW_OTHER)
			assert_int_equal(id.port[0], 0);
	}
}

static void
an_id_is_packed_as_it_stands_in_memory(void **state)
{
	struct packet p = parse_on(&there4, 0, 1);
	uint32_t ports;

	(void)state;
	memcpy(&ports, p.key.id.port, sizeof(ports));
	assert_true(flow_word(&p.key.id) ==
		    flow_id_pack(ports, flow_network(1, 0, 0), FLOW_TCP));
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
		cmocka_unit_test(a_vlan_is_a_network_of_its_own),
		cmocka_unit_test(priority_bits_are_no_vlan),
		cmocka_unit_test(joined_vlans_are_one_network),
		cmocka_unit_test(no_bit_of_a_network_is_lost),
		cmocka_unit_test(each_protocol_is_told_apart),
		cmocka_unit_test(an_id_is_packed_as_it_stands_in_memory),
		cmocka_unit_test(an_ipv4_key_is_zero_past_its_addresses),
		cmocka_unit_test(the_hash_depends_on_key_and_secret),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
