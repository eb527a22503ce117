/* SPDX-License-Identifier: BSD-3-Clause */
/* On which side of the wire the packets of a capture with both directions come in. */
#include "sides.h"

#include <errno.h>

#include "replay_fixture.h"

#define TO_B .src = A, .dst = B, .sport = 40000, .dport = 80
#define TO_A .src = B, .dst = A, .sport = 80, .dport = 40000
#define FROM_LAN 0u
#define FROM_WAN 1u

static struct sides sides;
static struct capture c;

/* Choose the sides of a capture of these packets. */
static void
choose(const struct replay_packet *packets, unsigned n, const char *lan)
{
	fixture_capture(&c, packets, n);
	sides = (struct sides){0};
	if (lan != NULL)
		sides_set_lan(&sides, lan);
	assert_int_equal(sides_choose(&sides, &c, 1), 0);
}

/* Return the side of a packet, whose conversation the table gives. */
static unsigned
side(struct conversations *table, const struct replay_packet *p)
{
	uint8_t bytes[FIXTURE_BYTES];
	struct conversation *conversation;
	unsigned sender = 0;
	struct frame fr;
	bool is_new;

	fixture_frame(p, &fr, bytes);
	fr.f.interface = p->interface;
	fr.f.flags = p->direction;
	conversation = conversation_of(table, &fr.p, &sender, &is_new);
	if (conversation != NULL && is_new)
		conversation->lan = (uint8_t)sender;
	return sides_of(&sides, &c, &fr, conversation, sender);
}

static void
assert_sides(const struct replay_packet *packets, const unsigned *expected, unsigned n)
{
	struct conversations table = {0};
	unsigned i;

	assert_int_equal(conversations_init(&table), 0);
	for (i = 0; i < n; i++) {
		print_message("packet %u\n", i);
		assert_int_equal(side(&table, &packets[i]), expected[i]);
	}
	conversations_free(&table);
	capture_close(&c);
}

#define CHECK(packets, lan, method_wanted, text_wanted, ...)                             \
	do {                                                                             \
		choose(packets, RTE_DIM(packets), lan);                                  \
		assert_int_equal(sides.method, method_wanted);                           \
		if (strstr(sides.text, text_wanted) == NULL)                             \
			fail_msg("%s", sides.text);                                      \
		assert_sides(packets, (const unsigned[]){__VA_ARGS__},                   \
			     RTE_DIM(packets));                                          \
	} while (0)

static void
two_interfaces_with_one_direction_each_are_the_sides(void **state)
{
	const struct replay_packet packets[] = {
		{TO_A, .flags = TCP_ACK, .interface = 0},
		{TO_B, .flags = TCP_SYN, .interface = 1},
		{TO_A, .flags = TCP_SYN | TCP_ACK, .interface = 0},
	};

	(void)state;
	/* the first SYN, on wan0, began: its interface is lan */
	CHECK(packets, NULL, SIDES_INTERFACE, "lan is wan0", FROM_WAN, FROM_LAN,
	      FROM_WAN);
}

static void
two_interfaces_that_see_both_directions_are_not(void **state)
{
	const struct replay_packet packets[] = {
		{TO_B, .flags = TCP_SYN, .interface = 0},
		{TO_B, .flags = TCP_SYN, .interface = 1},
	};

	(void)state;
	CHECK(packets, NULL, SIDES_MAC, "by MAC addresses", FROM_LAN, FROM_LAN);
}

static void
what_the_capturing_host_sends_comes_from_lan(void **state)
{
	const struct replay_packet packets[] = {
		{TO_B, .flags = TCP_SYN, .direction = READER_INBOUND},
		{TO_A, .flags = TCP_SYN | TCP_ACK, .direction = READER_OUTBOUND},
	};

	(void)state;
	CHECK(packets, NULL, SIDES_DIRECTION, "by direction", FROM_WAN, FROM_LAN);
}

static void
the_mac_address_that_is_partner_of_all_others_is_a_side(void **state)
{
	/* a router, 7, in front of two servers; one client */
	const struct replay_packet packets[] = {
		{TO_B, .flags = TCP_SYN, .src_mac = 1, .dst_mac = 7},
		{TO_A, .flags = TCP_SYN | TCP_ACK, .src_mac = 7, .dst_mac = 1},
		{.src = C,
		 .dst = B,
		 .sport = 5,
		 .dport = 6,
		 .flags = TCP_SYN,
		 .src_mac = 3,
		 .dst_mac = 7},
	};

	(void)state;
	CHECK(packets, NULL, SIDES_MAC, "wan is 02:00:00:00:00:07", FROM_LAN, FROM_WAN,
	      FROM_LAN);
}

static void
without_a_pattern_the_one_who_began_a_connection_is_on_lan(void **state)
{
	const struct replay_packet packets[] = {
		{TO_B, .flags = TCP_SYN, .src_mac = 1, .dst_mac = 2},
		{TO_A, .flags = TCP_SYN | TCP_ACK, .src_mac = 2, .dst_mac = 1},
		{.src = C,
		 .dst = B,
		 .sport = 5,
		 .dport = 6,
		 .flags = TCP_SYN,
		 .src_mac = 3,
		 .dst_mac = 4},
		{.src = B,
		 .dst = C,
		 .sport = 6,
		 .dport = 5,
		 .flags = TCP_ACK,
		 .src_mac = 4,
		 .dst_mac = 3},
	};

	(void)state;
	CHECK(packets, NULL, SIDES_CONNECTION, "by connection", FROM_LAN, FROM_WAN,
	      FROM_LAN, FROM_WAN);
}

static void
the_users_choice_comes_first(void **state)
{
	const struct replay_packet packets[] = {
		{TO_B, .flags = TCP_SYN, .interface = 0, .direction = READER_OUTBOUND},
		{TO_A, .flags = TCP_ACK, .interface = 1, .direction = READER_INBOUND},
	};

	(void)state;
	CHECK(packets, "02:00:00:00:00:02", SIDES_USER_MAC, "by --lan 02:", FROM_WAN,
	      FROM_LAN);
	CHECK(packets, B, SIDES_USER_PREFIX, "by --lan 192.0.2.2", FROM_WAN, FROM_LAN);
	CHECK(packets, "192.0.2.2/31", SIDES_USER_PREFIX, "by --lan", FROM_WAN, FROM_LAN);
	CHECK(packets, "wan0", SIDES_USER_INTERFACE, "by --lan wan0", FROM_WAN, FROM_LAN);
}

static void
a_prefix_that_covers_both_ends_leaves_the_connection_to_decide(void **state)
{
	const struct replay_packet packets[] = {
		{TO_B, .flags = TCP_SYN},
		{TO_A, .flags = TCP_SYN | TCP_ACK},
	};

	(void)state;
	CHECK(packets, "192.0.2.0/24", SIDES_USER_PREFIX, "by --lan", FROM_LAN, FROM_WAN);
}

static void
fragments_come_from_the_side_of_their_host(void **state)
{
	const struct replay_packet packets[] = {
		{TO_B, .proto = IPPROTO_UDP, .src_mac = 1, .dst_mac = 2},
		{.src = C,
		 .dst = B,
		 .sport = 5,
		 .dport = 6,
		 .flags = TCP_SYN,
		 .src_mac = 3,
		 .dst_mac = 4},
		{TO_A, .proto = IPPROTO_UDP, .id = 5, .fragment = 0x2000, .payload = 16},
		{TO_A, .proto = IPPROTO_UDP, .id = 5, .fragment = 3},
		{TO_B, .proto = IPPROTO_UDP, .id = 6, .fragment = 3},
	};

	(void)state;
	CHECK(packets, NULL, SIDES_CONNECTION, "by connection", FROM_LAN, FROM_LAN,
	      FROM_WAN, FROM_WAN, FROM_LAN);
}

static void
the_value_of_lan_is_a_mac_address_a_prefix_or_a_name(void **state)
{
	static const struct {
		const char *text;
		int status;
		enum sides_method method;
	} rows[] = {
		{"02:00:00:00:00:01", 0, SIDES_USER_MAC},
		{"02-00-00-00-00-01", 0, SIDES_USER_MAC},
		{"10.0.0.1", 0, SIDES_USER_PREFIX},
		{"10.0.0.0/8", 0, SIDES_USER_PREFIX},
		{"0.0.0.0/0", 0, SIDES_USER_PREFIX},
		{"2001:db8::/32", 0, SIDES_USER_PREFIX},
		{"2001:db8::1/128", 0, SIDES_USER_PREFIX},
		{"10.0.0.0/33", -EINVAL, SIDES_USER_INTERFACE},
		{"10.0.0.0/", -EINVAL, SIDES_USER_INTERFACE},
		{"10.0.0.0/-1", -EINVAL, SIDES_USER_INTERFACE},
		{"10.0.0.0/8x", -EINVAL, SIDES_USER_INTERFACE},
		{"2001:db8::/129", -EINVAL, SIDES_USER_INTERFACE},
		{"02:00:00:00:00", -EINVAL, SIDES_USER_INTERFACE},
		{"02:00:00:00:00:01:02", -EINVAL, SIDES_USER_INTERFACE},
		{"eth0", -EINVAL, SIDES_USER_INTERFACE},
		{"", -EINVAL, SIDES_USER_INTERFACE},
	};
	unsigned i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		print_message("%s\n", rows[i].text);
		sides = (struct sides){0};
		assert_int_equal(sides_set_lan(&sides, rows[i].text), rows[i].status);
		assert_int_equal(sides.method, rows[i].method);
	}
}

static void
an_interface_that_no_capture_has_is_refused(void **state)
{
	const struct replay_packet packets[] = {{TO_B, .flags = TCP_SYN}};

	(void)state;
	fixture_capture(&c, packets, 1);
	sides = (struct sides){0};
	sides_set_lan(&sides, "eth7");
	assert_int_equal(sides_choose(&sides, &c, 1), -EINVAL);
	assert_non_null(strstr(sides.text, "--lan eth7: expected a MAC address"));
	capture_close(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_interfaces_with_one_direction_each_are_the_sides),
		cmocka_unit_test(two_interfaces_that_see_both_directions_are_not),
		cmocka_unit_test(what_the_capturing_host_sends_comes_from_lan),
		cmocka_unit_test(the_mac_address_that_is_partner_of_all_others_is_a_side),
		cmocka_unit_test(
			without_a_pattern_the_one_who_began_a_connection_is_on_lan),
		cmocka_unit_test(the_users_choice_comes_first),
		cmocka_unit_test(
			a_prefix_that_covers_both_ends_leaves_the_connection_to_decide),
		cmocka_unit_test(fragments_come_from_the_side_of_their_host),
		cmocka_unit_test(the_value_of_lan_is_a_mac_address_a_prefix_or_a_name),
		cmocka_unit_test(an_interface_that_no_capture_has_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
