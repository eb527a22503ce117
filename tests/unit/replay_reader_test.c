/* SPDX-License-Identifier: BSD-3-Clause */
/* The reader of captures: each format, and each kind of damage. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

#include "pcapng.h"
#include "reader.h"

static uint8_t file[64 * 1024];
static size_t length;
static char text[512];

static void
put(const void *bytes, size_t n)
{
	assert_true(length + n <= sizeof(file));
	memcpy(file + length, bytes, n);
	length += n;
}

static void
put32(uint32_t value, bool swapped)
{
	value = swapped ? __builtin_bswap32(value) : value;
	put(&value, sizeof(value));
}

/* Write the file header of pcap. */
static void
begin_pcap(uint32_t magic, uint32_t link, bool swapped)
{
	length = 0;
	put32(magic, swapped);
	put32(swapped ? 0x00020004u : 0x00040002u, swapped);
	put32(0, swapped);
	put32(0, swapped);
	put32(96, swapped);
	put32(link, swapped);
}

static void
put_packet(uint32_t seconds, uint32_t fraction, const char *data, uint32_t len,
	   bool swapped)
{
	put32(seconds, swapped);
	put32(fraction, swapped);
	put32((uint32_t)strlen(data), swapped);
	put32(len, swapped);
	put(data, strlen(data));
}

static void
open_it(struct reader *r)
{
	int status = reader_open_memory(r, file, length, text, sizeof(text));

	if (status != 0)
		fail_msg("%s", text);
}

static void
assert_packet(struct reader *r, uint64_t ns, const char *data, uint32_t len)
{
	struct reader_frame f;

	assert_int_equal(reader_next(r, &f), 1);
	assert_int_equal(f.ns, ns);
	assert_int_equal(f.captured, strlen(data));
	assert_memory_equal(f.data, data, strlen(data));
	assert_int_equal(f.length, len);
}

static void
pcap_of_either_order_and_unit_is_read(void **state)
{
	static const struct {
		const char *name;
		uint32_t magic;
		bool swapped;
		uint64_t ns;
	} rows[] = {{"microseconds", 0xa1b2c3d4, false, 5000007000},
		    {"microseconds, swapped", 0xa1b2c3d4, true, 5000007000},
		    {"nanoseconds", 0xa1b23c4d, false, 5000000007},
		    {"nanoseconds, swapped", 0xa1b23c4d, true, 5000000007}};
	struct reader_frame f;
	struct reader r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_pcap(rows[i].magic, 113, rows[i].swapped);
		put_packet(5, 7, "first", 60, rows[i].swapped);
		put_packet(5, 7, "", 0, rows[i].swapped);
		open_it(&r);
		print_message("%s\n", rows[i].name);
		assert_int_equal(r.interfaces[0].link_type, 113);
		assert_int_equal(r.interfaces[0].snaplen, 96);
		assert_packet(&r, rows[i].ns, "first", 60);
		assert_packet(&r, rows[i].ns, "", 0);
		assert_int_equal(reader_next(&r, &f), 0);
		reader_close(&r);
	}
}

static void
the_times_of_pcap_end_in_2106(void **state)
{
	struct reader r;

	(void)state;
	begin_pcap(0xa1b2c3d4, 1, false);
	put_packet(UINT32_MAX, 999999, "x", 1, false);
	open_it(&r);
	assert_packet(&r, UINT64_C(4294967295999999000), "x", 1);
	reader_close(&r);
}

static void
a_packet_that_ends_early_is_named(void **state)
{
	struct reader_frame f;
	struct reader r;

	(void)state;
	begin_pcap(0xa1b2c3d4, 1, false);
	put_packet(1, 0, "first", 5, false);
	put_packet(2, 0, "second", 6, false);
	length--;
	open_it(&r);
	assert_packet(&r, 1000000000, "first", 5);
	assert_int_equal(reader_next(&r, &f), -EINVAL);
	assert_string_equal(r.error,
			    "memory: damaged at packet 2: the file ends 21 bytes "
			    "into a packet of 22 bytes");
	assert_int_equal(reader_next(&r, &f), -EINVAL);
	reader_close(&r);
}

static void
what_is_no_capture_is_refused(void **state)
{
	struct reader r;

	(void)state;
	length = 0;
	put("a text that is no capture", 25);
	assert_int_equal(reader_open_memory(&r, file, length, text, sizeof(text)),
			 -EINVAL);
	assert_non_null(strstr(text, "expected pcap or pcapng"));
	assert_int_equal(reader_open_memory(&r, file, 3, text, sizeof(text)), -EINVAL);
	assert_non_null(strstr(text, "less than 4 bytes"));
	begin_pcap(0xa1b2c3d4, 1, false);
	assert_int_equal(reader_open_memory(&r, file, 20, text, sizeof(text)), -EINVAL);
	assert_non_null(strstr(text, "24 bytes"));
}

/* Write a block made by app/common/pcapng.c. */
static void
put_block(size_t n)
{
	length += n;
	assert_true(length <= sizeof(file));
}

static void
begin_pcapng(uint8_t tsresol, int64_t tsoffset)
{
	const struct pcapng_section section = {.application = "test"};
	const struct pcapng_interface lan = {.link_type = 1,
					     .tsresol = tsresol,
					     .tsoffset = tsoffset,
					     .name = "lan"};
	const struct pcapng_interface any = {.link_type = 276, .tsresol = 6};

	length = 0;
	put_block(pcapng_section(file, sizeof(file), &section));
	put_block(pcapng_interface(file + length, sizeof(file) - length, &lan));
	put_block(pcapng_interface(file + length, sizeof(file) - length, &any));
}

static void
put_block_packet(uint32_t interface, uint64_t time, const char *data)
{
	const struct pcapng_packet packet = {
		.interface = interface,
		.time = time,
		.data = data,
		.captured = (uint32_t)strlen(data),
		.length = 100,
		.flags = PCAPNG_OUTBOUND,
		.has_id = true,
		.id = 77,
		.comment = {"a comment"},
	};

	put_block(pcapng_packet(file + length, sizeof(file) - length, &packet));
}

static void
pcapng_tells_interface_direction_id_and_comment(void **state)
{
	struct reader_frame f;
	struct reader r;

	(void)state;
	begin_pcapng(9, 0);
	put_block_packet(1, 2000000, "one");
	put_block_packet(0, 3000000001, "two");
	open_it(&r);
	assert_int_equal(reader_next(&r, &f), 1);
	assert_int_equal(f.interface, 1);
	assert_int_equal(r.interfaces[f.interface].link_type, 276);
	assert_int_equal(f.ns, 2000000000);
	assert_int_equal(f.flags & READER_DIRECTION, READER_OUTBOUND);
	assert_true(f.has_id);
	assert_int_equal(f.id, 77);
	assert_string_equal(f.comment, "a comment");
	assert_int_equal(reader_next(&r, &f), 1);
	assert_int_equal(f.ns, 3000000001);
	assert_int_equal(f.number, 2);
	assert_string_equal(r.interfaces[f.interface].name, "lan");
	assert_int_equal(reader_next(&r, &f), 0);
	reader_close(&r);
}

static void
each_unit_of_time_is_exact_in_nanoseconds(void **state)
{
	static const struct {
		const char *name;
		uint8_t tsresol;
		int64_t tsoffset;
		uint64_t time, ns;
	} rows[] = {{"seconds", 0, 0, 3, 3000000000},
		    {"milliseconds", 3, 0, 1234, 1234000000},
		    {"picoseconds are cut", 12, 0, 1999, 1},
		    {"2^-10 s", 0x80 | 10, 0, 1536, 1500000000},
		    {"an offset", 9, 100, 5, 100000000005},
		    {"an offset backwards", 0, -1, 3, 2000000000},
		    {"1700000000.123456789", 9, 0, 1700000000123456789,
		     1700000000123456789}};
	struct reader_frame f;
	struct reader r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_pcapng(rows[i].tsresol, rows[i].tsoffset);
		put_block_packet(0, rows[i].time, "x");
		open_it(&r);
		print_message("%s\n", rows[i].name);
		assert_int_equal(reader_next(&r, &f), 1);
		assert_int_equal(f.ns, rows[i].ns);
		assert_int_equal(f.time, rows[i].time);
		reader_close(&r);
	}
}

static void
damage_of_pcapng_is_named(void **state)
{
	static const struct {
		const char *name, *says;
		size_t back; /* offset from the end of the file */
		uint32_t value;
	} rows[] = {{"the second length", "ends with the length", 4, 12},
		    {"the captured length", "do not fit into its block", 56, 5000},
		    {"the interface", "interface 9, which is not described", 68, 9}};
	struct reader_frame f;
	struct reader r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_pcapng(9, 0);
		put_block_packet(0, 1, "abcd");
		memcpy(file + length - rows[i].back, &rows[i].value, 4);
		open_it(&r);
		print_message("%s\n", rows[i].name);
		assert_int_equal(reader_next(&r, &f), -EINVAL);
		assert_non_null(strstr(r.error, rows[i].says));
		reader_close(&r);
	}
}

static void
a_second_section_has_interfaces_of_its_own(void **state)
{
	struct reader_frame f;
	struct reader r;
	size_t first;

	(void)state;
	begin_pcapng(9, 0);
	put_block_packet(0, 1, "one");
	first = length;
	assert_true(2 * first <= sizeof(file));
	memcpy(file + first, file, first);
	length = 2 * first;
	open_it(&r);
	assert_int_equal(reader_next(&r, &f), 1);
	assert_int_equal(reader_next(&r, &f), 1);
	assert_int_equal(f.interface, 2);
	assert_int_equal(r.interface_count, 4);
	assert_int_equal(reader_next(&r, &f), 0);
	reader_close(&r);
}

static void
gzip_and_zstd_are_read_and_cut_ones_are_told(void **state)
{
	static uint8_t packed[64 * 1024];
	uLongf n = sizeof(packed) - 64;
	struct reader_frame f;
	struct reader r;
	z_stream z = {0};

	(void)state;
	begin_pcap(0xa1b2c3d4, 1, false);
	put_packet(1, 0, "first", 5, false);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	z.next_in = file;
	z.avail_in = (uInt)length;
	z.next_out = packed;
	z.avail_out = (uInt)n;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(reader_open_memory(&r, packed, z.total_out, text, sizeof(text)),
			 0);
	assert_string_equal(source_compression(&r.source), "gzip");
	assert_packet(&r, 1000000000, "first", 5);
	assert_int_equal(reader_next(&r, &f), 0);
	reader_close(&r);
	deflateEnd(&z);
	n = ZSTD_compress(packed, sizeof(packed), file, length, 3);
	assert_int_equal(reader_open_memory(&r, packed, n, text, sizeof(text)), 0);
	assert_packet(&r, 1000000000, "first", 5);
	assert_int_equal(reader_next(&r, &f), 0);
	reader_close(&r);
	assert_int_not_equal(reader_open_memory(&r, packed, n - 5, text, sizeof(text)),
			     0);
	assert_non_null(strstr(text, "zstd data ends early"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_of_either_order_and_unit_is_read),
		cmocka_unit_test(the_times_of_pcap_end_in_2106),
		cmocka_unit_test(a_packet_that_ends_early_is_named),
		cmocka_unit_test(what_is_no_capture_is_refused),
		cmocka_unit_test(pcapng_tells_interface_direction_id_and_comment),
		cmocka_unit_test(each_unit_of_time_is_exact_in_nanoseconds),
		cmocka_unit_test(damage_of_pcapng_is_named),
		cmocka_unit_test(a_second_section_has_interfaces_of_its_own),
		cmocka_unit_test(gzip_and_zstd_are_read_and_cut_ones_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
