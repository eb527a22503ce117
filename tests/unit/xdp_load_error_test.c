/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <xdp/load_error.h>

#define MIB 1048576u

static const struct row {
	const char *name;
	struct xdp_load_error error;
	const char *says; /* what is missing */
	const char *does; /* what to do */
} rows[] = {
	{"no CAP_BPF",
	 {.status = -EPERM, .permitted = -EPERM, .has_btf = true},
	 "does not let this process load BPF programs (Operation not permitted)",
	 "CAP_BPF and CAP_NET_ADMIN"},
	{"no bpf()",
	 {.status = -ENOSYS, .permitted = -ENOSYS, .has_btf = true},
	 "no BPF (CONFIG_BPF_SYSCALL)",
	 "use a wire without xdp"},
	{"a memory limit of the control group",
	 {.status = -ENOMEM, .has_btf = true, .bytes = 90 * MIB, .memlock = UINT64_MAX},
	 "91 MiB are needed",
	 "memory.max of the cgroup, before Linux 5.11 also ulimit -l, now unlimited"},
	{"RLIMIT_MEMLOCK of an old kernel",
	 {.status = -EPERM, .has_btf = true, .bytes = 90 * MIB, .memlock = 8 * MIB},
	 "91 MiB are needed",
	 "ulimit -l, now 8192 KiB), or lower conntrack.max"},
	{"no AF_XDP",
	 {.status = -EINVAL, .af_xdp = -EAFNOSUPPORT, .has_btf = true},
	 "no AF_XDP sockets (CONFIG_XDP_SOCKETS)",
	 "use net_af_packet without xdp"},
	{"no BTF",
	 {.status = -EINVAL},
	 "no BTF (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF)",
	 "use a kernel that has it, or a wire without xdp"},
	{"an old kernel",
	 {.status = -EINVAL, .has_btf = true},
	 "refuses the XDP program (Invalid argument)",
	 "Linux 5.15 or later expected"},
};

static void
each_cause_is_named_with_what_to_do(void **state)
{
	const struct row *row;
	char text[512];

	(void)state;
	for (row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		xdp_load_error_say(&row->error, text, sizeof(text));
		if (strstr(text, row->says) == NULL || strstr(text, row->does) == NULL)
			fail_msg("%s: %s", row->name, text);
		if (strchr(text, '\n') != NULL || strlen(text) > 250)
			fail_msg("%s: not one sentence: %s", row->name, text);
	}
}

/* A process that may load nothing gets EPERM for its maps too. */
static void
a_missing_right_is_not_taken_for_missing_memory(void **state)
{
	const struct xdp_load_error error = {.status = -EPERM, .permitted = -EPERM};
	char text[512];

	(void)state;
	xdp_load_error_say(&error, text, sizeof(text));
	assert_null(strstr(text, "memory"));
	assert_null(strstr(text, "BTF"));
}

static void
a_short_buffer_is_not_overrun(void **state)
{
	const struct xdp_load_error error = {.status = -ENOMEM};
	char text[16];

	(void)state;
	memset(text, 'x', sizeof(text));
	xdp_load_error_say(&error, text, 8);
	assert_int_equal(strlen(text), 7);
	assert_int_equal(text[8], 'x');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cause_is_named_with_what_to_do),
		cmocka_unit_test(a_missing_right_is_not_taken_for_missing_memory),
		cmocka_unit_test(a_short_buffer_is_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
