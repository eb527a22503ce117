/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_BPF_NEED_H
#define TESTS_BPF_NEED_H

/*
 * Skip the test where BPF programs may not be loaded, and only there. The verifier's
 * rejection can return EACCES or EINVAL too, so a minimal program, which each verifier
 * accepts, tells the cases apart.
 */
void need_bpf(void);

#endif
