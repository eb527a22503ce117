/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of pcapng, byte by byte and as a file that libpcap reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pcap/pcap.h>

#include "pcapng.h"

static uint8_t buffer[256 * 1024];

static uint32_t
word(size_t at)
{
	uint32_t value;

	memcpy(&value, buffer + at, sizeof(value));
	return value;
}

static uint16_t
half(size_t at)
{
	uint16_t value;

	memcpy(&value, buffer + at, sizeof(value));
	return value;
}

static void
a_packet_has_its_options_behind_padded_data(void **state)
{
	const struct pcapng_packet packet = {
		.interface = 1,
		.time = 0x0000000123456789u,
		.data = "abcde",
		.captured = 5,
		.length = 1500,
		.flags = PCAPNG_OUTBOUND,
		.comment = {"why"},
	};
	size_t n = pcapng_packet(buffer, sizeof(buffer), &packet);

	(void)state;
	assert_int_equal(n, 28 + 8 + 8 + 8 + 4 + 4);
	assert_int_equal(word(0), 6);
	assert_int_equal(word(4), n);
	assert_int_equal(word(n - 4), n);
	assert_int_equal(word(8), 1);
	assert_int_equal(word(12), 1);
	assert_int_equal(word(16), 0x23456789);
	assert_int_equal(word(20), 5);
	assert_int_equal(word(24), 1500);
	assert_memory_equal(buffer + 28, "abcde\0\0\0", 8);
	assert_int_equal(half(36), 1);
	assert_int_equal(half(38), 3);
	assert_memory_equal(buffer + 40, "why\0", 4);
	assert_int_equal(half(44), 2);
	assert_int_equal(word(48), 2);
	assert_int_equal(word(52), 0); /* end of the options */
}

static void
a_packet_without_options_has_no_end_of_options(void **state)
{
	const struct pcapng_packet packet = {.data = "abcd", .captured = 4, .length = 4};

	(void)state;
	assert_int_equal(pcapng_packet(buffer, sizeof(buffer), &packet), 28 + 4 + 4);
}

static void
a_block_that_does_not_fit_is_not_written(void **state)
{
	const struct pcapng_packet packet = {.data = "abcd",
					     .captured = 4,
					     .length = 4,
					     .comment = {"c", "d"}};
	size_t n = pcapng_packet(NULL, 0, &packet);

	(void)state;
	memset(buffer, 0xee, n);
	assert_int_equal(pcapng_packet(buffer, n - 1, &packet), n);
	assert_int_equal(buffer[n - 1], 0xee);
	assert_int_equal(word(4), 0); /* total length 0 is invalid */
	assert_int_equal(pcapng_packet(buffer, n, &packet), n);
	assert_int_equal(word(4), n);
}

static void
a_text_too_long_is_cut_between_two_characters(void **state)
{
	struct pcapng_section section = {0};
	char *text = malloc(70001);

	(void)state;
	memset(text, 'x', 70000);
	text[70000] = '\0';
	/* the limit of 65,535 bytes falls within this character */
	memcpy(text + 65534, "\xc3\xa9", 2);
	section.comment = text;
	assert_true(pcapng_section(buffer, sizeof(buffer), &section) < sizeof(buffer));
	assert_int_equal(half(24), 1);
	assert_int_equal(half(26), 65534);
	free(text);
}

/* Write the first n bytes of the buffer to the file. */
static void
keep(FILE *file, size_t n)
{
	assert_true(n <= sizeof(buffer));
	assert_int_equal(fwrite(buffer, 1, n, file), n);
}

static void
write_file(FILE *file)
{
	const struct pcapng_section section = {"sluice", "Linux", "a test"};
	const struct pcapng_interface lan = {
		.link_type = PCAPNG_ETHERNET,
		.snaplen = 96,
		.tsresol = 9,
		.name = "lan",
		.description = "of wire 0",
		.filter = "tcp",
	};
	struct pcapng_packet packet = {
		.time = UINT64_C(1700000000123456789),
		.data = "0123456789abcdefgh",
		.captured = 17,
		.length = 99,
		.has_id = true,
		.id = 7,
		.comment = {"drop tcp_seq_right", "second"},
	};
	const struct pcapng_statistics statistics = {.received = 1, .dropped = 2};

	keep(file, pcapng_section(buffer, sizeof(buffer), &section));
	keep(file, pcapng_interface(buffer, sizeof(buffer), &lan));
	keep(file, pcapng_packet(buffer, sizeof(buffer), &packet));
	packet.captured = 0;
	keep(file, pcapng_packet(buffer, sizeof(buffer), &packet));
	keep(file, pcapng_statistics(buffer, sizeof(buffer), &statistics));
	rewind(file);
}

static void
libpcap_reads_what_is_written(void **state)
{
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	FILE *file = tmpfile();
	pcap_t *pcap;

	(void)state;
	write_file(file);
	pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO,
							why);
	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	assert_int_equal(pcap_snapshot(pcap), 96);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->ts.tv_sec, 1700000000);
	assert_int_equal(header->ts.tv_usec, 123456789);
	assert_int_equal(header->caplen, 17);
	assert_int_equal(header->len, 99);
	assert_memory_equal(data, "0123456789abcdefg", 17);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->caplen, 0);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_has_its_options_behind_padded_data),
		cmocka_unit_test(a_packet_without_options_has_no_end_of_options),
		cmocka_unit_test(a_block_that_does_not_fit_is_not_written),
		cmocka_unit_test(a_text_too_long_is_cut_between_two_characters),
		cmocka_unit_test(libpcap_reads_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
