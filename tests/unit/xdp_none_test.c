/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <xdp/xdp.h>

static void
a_build_without_xdp_says_so_and_what_to_do(void **state)
{
	const struct engine_config config = {.wires = 1};
	const int fds[XDP_MAP_COUNT] = {0};
	char text[256] = "", again[256] = "";
	struct xdp *x = NULL;

	(void)state;
	assert_false(xdp_is_built());
	assert_int_equal(xdp_open(&config, &x, text, sizeof(text)), -ENOTSUP);
	assert_null(x);
	assert_non_null(strstr(text, "this build has no XDP"));
	assert_non_null(strstr(text, "install them (clang, bpftool, libbpf-dev)"));
	assert_int_equal(xdp_open_maps(&config, fds, &x, again, sizeof(again)), -ENOTSUP);
	assert_string_equal(again, text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_build_without_xdp_says_so_and_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
