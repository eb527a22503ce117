/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Says in one sentence why the kernel has not loaded the programs of xdp.h, and what to
 * do. The kernel returns a number that may mean many things (EPERM, EINVAL), so the
 * reason is found from what else is known about this kernel and process.
 */
#ifndef XDP_LOAD_ERROR_H
#define XDP_LOAD_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xdp_load_error {
	int status;    /* of loading, -errno */
	int permitted; /* of loading a program that every kernel accepts: 0, or -errno */
	int af_xdp;    /* of opening an AF_XDP socket: 0, or -errno */
	bool has_btf;  /* the kernel has a description of its types */
	size_t bytes;  /* of the maps */
	uint64_t memlock; /* limit of locked memory, bytes; UINT64_MAX: none */
};

/* Write the sentence, without a full stop, to message. */
void xdp_load_error_say(const struct xdp_load_error *error, char *message, size_t room);

#endif
