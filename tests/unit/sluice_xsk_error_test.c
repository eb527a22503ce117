/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xsk_error.h"

static const struct row {
	int status;
	const char *says;
} rows[] = {
	{-EAFNOSUPPORT,
	 "port 'lan': this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS): use "
	 "net_af_packet without xdp"},
	{-EBUSY, "port 'lan': queue 3 of interface eth1 has an AF_XDP socket of another "
		 "program already: end that program"},
	{-ENOBUFS,
	 "port 'lan': it failed: 12.0 MiB of locked memory needed for queue 3 of "
	 "interface eth1: raise the limit (ulimit -l, LimitMEMLOCK=), or lower "
	 "rx_descriptors and tx_descriptors"},
	{-EPERM, "port 'lan': it failed: CAP_NET_RAW and CAP_NET_ADMIN needed"},
	{-EINVAL,
	 "port 'lan': queue 3 of interface eth1 cannot be had (Invalid argument): "
	 "the interface has 2 receive queues now, whose number must not change "
	 "(ethtool -L)"},
	{-EOPNOTSUPP,
	 "port 'lan': queue 3 of interface eth1 cannot be had (Operation not "
	 "supported): its driver takes no AF_XDP socket: use net_af_packet "
	 "without xdp"},
	{-ENETDOWN, "port 'lan': interface eth1 is down: ip link set eth1 up"},
	{-ENODEV, "port 'lan': interface eth1 is gone: ip link shows what there is"},
	{-EIO, "port 'lan': it failed: queue 3 of interface eth1: Input/output error"},
};

static void
each_error_names_its_cause(void **state)
{
	struct xsk_error error = {
		.port = "lan",
		.interface = "eth1",
		.what = "it failed",
		.queue = 3,
		.queues = 2,
		.bytes = 12u << 20,
	};
	const struct row *row;
	char text[512];

	(void)state;
	for (row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		error.status = row->status;
		xsk_error_say(&error, text, sizeof(text));
		assert_string_equal(text, row->says);
	}
}

static void
a_short_buffer_is_not_overrun(void **state)
{
	const struct xsk_error error = {.status = -EBUSY,
					.port = "lan",
					.interface = "eth1"};
	char text[32];
	size_t room;

	(void)state;
	for (room = 1; room < sizeof(text); room++) {
		memset(text, 'x', sizeof(text));
		xsk_error_say(&error, text, room);
		assert_int_equal(strlen(text), room - 1);
		assert_int_equal(text[room], 'x');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_names_its_cause),
		cmocka_unit_test(a_short_buffer_is_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
