/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_STATE_H
#define POLICY_STATE_H

#include <policy/policy.h>

struct policy_state {
	uint32_t ncounters;
	struct policy_counter counter[];
};

#endif
