/* SPDX-License-Identifier: BSD-3-Clause */
/* Each link type becomes Ethernet; the bytes are those of tcpdump.org's descriptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linktype.h"
#include "reader.h"

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define MAC 2, 0, 0, 0, 0, 9

static const struct row {
	const char *name;
	uint16_t type;
	const uint8_t *bytes;
	size_t captured;
	/* expected: EtherType in the new header, its source, and what is skipped */
	uint16_t ether_type;
	uint32_t skip;
	uint8_t direction;
	uint32_t ifindex;
	bool has_source;
} rows[] = {
	{"RAW, IPv4", 101, BYTES(0x45, 0), 0x0800, 0, 0, 0, false},
	{"RAW, IPv6", 101, BYTES(0x60, 0), 0x86dd, 0, 0, 0, false},
	{"RAW, neither", 101, BYTES(0x10, 0), 0x88b5, 0, 0, 0, false},
	{"RAW of BSD", 12, BYTES(0x45), 0x0800, 0, 0, 0, false},
	{"RAW of OpenBSD", 14, BYTES(0x45), 0x0800, 0, 0, 0, false},
	{"IPV4", 228, BYTES(0x45), 0x0800, 0, 0, 0, false},
	{"IPV6", 229, BYTES(0x60), 0x86dd, 0, 0, 0, false},
	{"NULL, little-endian AF_INET", 0, BYTES(2, 0, 0, 0, 0x45), 0x0800, 4, 0, 0,
	 false},
	{"NULL, big-endian AF_INET6 of macOS", 0, BYTES(0, 0, 0, 30, 0x60), 0x86dd, 4, 0,
	 0, false},
	{"LOOP", 108, BYTES(0, 0, 0, 2, 0x45), 0x0800, 4, 0, 0, false},
	{"PPP with address and control", 9, BYTES(0xff, 3, 0, 0x21, 0x45), 0x0800, 4, 0,
	 0, false},
	{"PPP without them", 9, BYTES(0, 0x57, 0x60), 0x86dd, 2, 0, 0, false},
	{"PPP, protocol of one byte", 50, BYTES(0x21, 0x45), 0x0800, 1, 0, 0, false},
	{"PPP, LCP", 9, BYTES(0xc0, 0x21, 1), 0x88b5, 2, 0, 0, false},
	{"PPP_WITH_DIR, received", 204, BYTES(0, 0xff, 3, 0, 0x21, 0x45), 0x0800, 5,
	 READER_INBOUND, 0, false},
	{"PPP_WITH_DIR, sent", 204, BYTES(1, 0xff, 3, 0, 0x21, 0x45), 0x0800, 5,
	 READER_OUTBOUND, 0, false},
	{"SLL, received", 113, BYTES(0, 0, 0, 1, 0, 6, MAC, 0, 0, 8, 0, 0x45), 0x0800, 16,
	 READER_INBOUND, 0, true},
	{"SLL, sent", 113, BYTES(0, 4, 0, 1, 0, 6, MAC, 0, 0, 0x86, 0xdd, 0x60), 0x86dd,
	 16, READER_OUTBOUND, 0, true},
	{"SLL, an address that is not a MAC address", 113,
	 BYTES(0, 0, 2, 0, 0, 4, MAC, 0, 0, 8, 0, 0x45), 0x0800, 16, READER_INBOUND, 0,
	 false},
	{"SLL, 802.3", 113, BYTES(0, 0, 0, 1, 0, 6, MAC, 0, 0, 0, 4, 0x42, 0x42, 3), 3,
	 16, READER_INBOUND, 0, true},
	{"SLL2", 276, BYTES(8, 0, 0, 0, 0, 0, 1, 3, 0, 1, 4, 6, MAC, 0, 0, 0x45), 0x0800,
	 20, READER_OUTBOUND, 259, true},
};

static void
each_link_type_becomes_ethernet(void **state)
{
	static const uint8_t mac[] = {MAC}, none[LINKTYPE_MAC];
	struct linktype_frame f;
	const struct row *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = &rows[i];
		print_message("%s\n", r->name);
		assert_true(linktype_is_known(r->type));
		assert_true(linktype_decode(r->type, r->bytes, (uint32_t)r->captured,
					    &f));
		assert_int_equal(f.header_bytes, LINKTYPE_HEADER);
		assert_int_equal(f.header[12] << 8 | f.header[13], r->ether_type);
		assert_int_equal(f.skip, r->skip);
		assert_int_equal(f.direction, r->direction);
		assert_int_equal(f.ifindex, r->ifindex);
		assert_memory_equal(f.header + LINKTYPE_MAC, r->has_source ? mac : none,
				    LINKTYPE_MAC);
		assert_false(f.has_macs);
	}
}

static void
a_packet_that_ends_in_its_link_header_is_refused(void **state)
{
	struct linktype_frame f;
	uint32_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].name);
		for (n = 0; n < rows[i].skip; n++)
			assert_false(linktype_decode(rows[i].type, rows[i].bytes, n, &f));
	}
}

static void
an_ethernet_frame_stays_as_it_is(void **state)
{
	static const uint8_t bytes[LINKTYPE_HEADER];
	struct linktype_frame f;

	(void)state;
	assert_true(linktype_decode(LINKTYPE_ETHERNET, bytes, LINKTYPE_HEADER, &f));
	assert_int_equal(f.header_bytes, 0);
	assert_int_equal(f.skip, 0);
	assert_true(f.has_macs);
	assert_false(linktype_decode(LINKTYPE_ETHERNET, bytes, LINKTYPE_HEADER - 1, &f));
}

static void
link_types_are_named_and_others_are_unknown(void **state)
{
	static const uint16_t unknown[] = {2, 105, 189, 147, 65535};
	struct linktype_frame f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_not_equal(linktype_name(rows[i].type), "unknown");
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_false(linktype_is_known(unknown[i]));
		assert_false(linktype_decode(unknown[i], rows[0].bytes, 2, &f));
	}
	assert_string_equal(linktype_name(105), "IEEE802_11");
	assert_string_equal(linktype_name(101), "RAW");
	assert_string_equal(linktype_name(65535), "unknown");
	assert_non_null(strstr(linktype_list(), "LINUX_SLL2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_link_type_becomes_ethernet),
		cmocka_unit_test(a_packet_that_ends_in_its_link_header_is_refused),
		cmocka_unit_test(an_ethernet_frame_stays_as_it_is),
		cmocka_unit_test(link_types_are_named_and_others_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
