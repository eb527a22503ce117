/* SPDX-License-Identifier: BSD-3-Clause */
/* Security labels: which IP options are labels, and that all their bytes are compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <netinet/in.h>

#include <cmocka.h>

#include <frame/frame.h>
#include <packet/packet.h>

#define OPTIONS(...)                                                                     \
	(struct frame_bytes)                                                             \
	{                                                                                \
		(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})   \
	}

static uint8_t secret[KEY_SECRET_BYTES];

static uint32_t
seclabel_of(const struct frame *f, size_t cut)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(f, bytes, sizeof(bytes));
	struct rte_mbuf seg[2];
	struct packet p;

	assert_int_not_equal(len, 0);
	frame_mbuf_chain(seg, 2, &cut, bytes, len);
	packet_parse(seg, 0, 0, PACKET_VERIFY_IP | PACKET_VERIFY_L4, &p);
	assert_int_equal(p.kind, PACKET_TCP);
	return packet_seclabel(seg, &p, secret);
}

/*
 * Return the label of IPv4 options; it must not depend on where a segment of the mbuf
 * ends.
 */
static uint32_t
seclabel4(struct frame_bytes options)
{
	struct frame f = {.src = "192.0.2.1",
			  .dst = "198.51.100.2",
			  .proto = IPPROTO_TCP,
			  .flags = FRAME_ACK,
			  .ip_option = options};
	uint32_t seclabel = seclabel_of(&f, 1000);
	size_t cut;

	for (cut = 14; cut < 14 + 20 + options.len; cut++)
		assert_int_equal(seclabel_of(&f, cut), seclabel);
	return seclabel;
}

static uint32_t
seclabel6(uint8_t next, struct frame_bytes extensions)
{
	struct frame f = {.src = "2001:db8:1::1",
			  .dst = "2001:db8:2::2",
			  .proto = IPPROTO_TCP,
			  .flags = FRAME_ACK,
			  .ext_next = next,
			  .ext = extensions};
	uint32_t seclabel = seclabel_of(&f, 1000);
	size_t cut;

	for (cut = 14; cut < 14 + 40 + extensions.len; cut++)
		assert_int_equal(seclabel_of(&f, cut), seclabel);
	return seclabel;
}

static void
no_options_and_other_options_are_no_label(void **state)
{
	(void)state;
	assert_int_equal(seclabel4((struct frame_bytes){NULL, 0}), 0);
	assert_int_equal(seclabel4(OPTIONS(1, 1, 1, 1)), 0);
	assert_int_equal(seclabel4(OPTIONS(7, 7, 4, 1, 2, 3, 4, 0)),
			 0); /* record route is not a label */
	assert_int_equal(seclabel4(OPTIONS(148, 4, 0, 0, 0, 0, 0, 0)),
			 0); /* router alert is not a label */
	/* the option exceeds the header */
	assert_int_equal(seclabel4(OPTIONS(0, 130, 3, 1)), 0);
	/* malformed options */
	assert_int_equal(seclabel4(OPTIONS(7, 0, 130, 3, 1, 1, 1, 1)), 0);
	assert_int_equal(seclabel4(OPTIONS(7, 99, 130, 3, 1, 1, 1, 1)),
			 0); /* malformed options */
	assert_int_equal(seclabel4(OPTIONS(1, 1, 1, 130)), 0);
	assert_int_equal(seclabel6(0, OPTIONS(6, 0, 5, 2, 0, 0, 1, 0)), 0);
	assert_int_equal(seclabel6(60, OPTIONS(6, 0, 7, 4, 1, 2, 3, 4)), 0);
}

static void
basic_extended_and_cipso_are_labels(void **state)
{
	uint32_t basic, extended, cipso;

	(void)state;
	basic = seclabel4(OPTIONS(130, 4, 0x3d, 0));
	extended = seclabel4(OPTIONS(133, 4, 0x3d, 0));
	cipso = seclabel4(OPTIONS(134, 8, 0, 0, 0, 1, 1, 2));
	assert_int_not_equal(basic, 0);
	assert_int_not_equal(extended, 0);
	assert_int_not_equal(cipso, 0);
	assert_int_not_equal(basic, extended);
	assert_int_not_equal(seclabel4(OPTIONS(134, 8, 0, 0, 0, 2, 1, 2)), cipso);
	assert_int_not_equal(seclabel4(OPTIONS(130, 4, 0x3d, 1)), basic);
}

static void
only_the_labels_count_all_of_them_in_their_order(void **state)
{
	uint32_t basic, both;

	(void)state;
	basic = seclabel4(OPTIONS(130, 4, 0x3d, 0));
	assert_int_equal(seclabel4(OPTIONS(1, 130, 4, 0x3d, 0, 0, 0, 0)), basic);
	assert_int_equal(seclabel4(OPTIONS(148, 4, 9, 9, 130, 4, 0x3d, 0)), basic);
	both = seclabel4(OPTIONS(130, 4, 0x3d, 0, 133, 4, 1, 0));
	assert_int_not_equal(both, basic);
	assert_int_not_equal(seclabel4(OPTIONS(133, 4, 1, 0, 130, 4, 0x3d, 0)), both);
}

static void
calipso_is_a_label_in_hop_by_hop_options_alone(void **state)
{
	uint32_t seclabel;

	(void)state;
	seclabel = seclabel6(0, OPTIONS(6, 1, 7, 8, 0, 0, 0, 1, 0, 3, 0, 0, 1, 2, 0, 0));
	assert_int_not_equal(seclabel, 0);
	assert_int_equal(seclabel6(0, OPTIONS(6, 1, 0, 0, 7, 8, 0, 0, 0, 1, 0, 3, 0, 0, 1,
					      0)),
			 seclabel);
	assert_int_not_equal(seclabel6(0, OPTIONS(6, 1, 7, 8, 0, 0, 0, 1, 0, 4, 0, 0, 1,
						  2, 0, 0)),
			     seclabel);
	/* longer than the header: malformed */
	assert_int_equal(seclabel6(0, OPTIONS(6, 0, 7, 5, 0, 0, 0, 1)), 0);
}

static void
the_number_depends_on_the_secret(void **state)
{
	uint32_t seclabel;
	size_t i;

	(void)state;
	seclabel = seclabel4(OPTIONS(130, 4, 0x3d, 0));
	for (i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	assert_int_not_equal(seclabel4(OPTIONS(130, 4, 0x3d, 0)), seclabel);
	memset(secret, 0, sizeof(secret));
	assert_int_equal(seclabel4(OPTIONS(130, 4, 0x3d, 0)), seclabel);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_options_and_other_options_are_no_label),
		cmocka_unit_test(basic_extended_and_cipso_are_labels),
		cmocka_unit_test(only_the_labels_count_all_of_them_in_their_order),
		cmocka_unit_test(calipso_is_a_label_in_hop_by_hop_options_alone),
		cmocka_unit_test(the_number_depends_on_the_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
