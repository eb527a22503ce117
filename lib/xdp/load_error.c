/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xdp/load_error.h>

#define MIB 1048576u

static void
say_not_permitted(int status, char *message, size_t room)
{
	if (status == -ENOSYS)
		(void)snprintf(
			message, room,
			"this kernel has no BPF (CONFIG_BPF_SYSCALL), which a wire "
			"with xdp needs: use a wire without xdp");
	else
		(void)snprintf(message, room,
			       "the kernel does not let this process load BPF programs "
			       "(%s): it needs CAP_BPF and CAP_NET_ADMIN, or root, and "
			       "in a container a seccomp profile that allows bpf()",
			       strerror(-status));
}

static void
say_no_memory(const struct xdp_load_error *error, char *message, size_t room)
{
	char limit[64] = "unlimited";

	if (error->memlock != UINT64_MAX)
		(void)snprintf(limit, sizeof(limit), "%llu KiB",
			       (unsigned long long)error->memlock / 1024);
	(void)snprintf(message, room,
		       "no memory for the maps of XDP: %zu MiB are needed; raise the "
		       "memory limit (memory.max of the cgroup, before Linux 5.11 also "
		       "ulimit -l, now %s), or lower conntrack.max",
		       error->bytes / MIB + 1, limit);
}

void
xdp_load_error_say(const struct xdp_load_error *error, char *message, size_t room)
{
	if (error->permitted != 0)
		say_not_permitted(error->permitted, message, room);
	else if (error->status == -ENOMEM || error->status == -EPERM ||
		 error->status == -E2BIG)
		say_no_memory(error, message, room);
	else if (error->af_xdp == -EAFNOSUPPORT)
		(void)snprintf(message, room,
			       "this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS), "
			       "which a wire with xdp needs: use net_af_packet without "
			       "xdp");
	else if (!error->has_btf)
		(void)snprintf(
			message, room,
			"this kernel has no BTF (/sys/kernel/btf/vmlinux, "
			"CONFIG_DEBUG_INFO_BTF), which the XDP program needs: use a "
			"kernel that has it, or a wire without xdp");
	else
		(void)snprintf(message, room,
			       "the kernel refuses the XDP program (%s): Linux 5.15 or "
			       "later expected",
			       strerror(-error->status));
}
