/* SPDX-License-Identifier: BSD-3-Clause */
#include "need.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <cmocka.h>

void
need_bpf(void)
{
	struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", nothing, 2, NULL);

	if (fd < 0) {
		print_message("BPF programs may not be loaded here: %s\n", strerror(-fd));
		skip();
	}
	close(fd);
}
