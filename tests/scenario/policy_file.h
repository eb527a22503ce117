/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of a scenario: rules/NAME.json, what nft prints of rules/NAME.nft. */
#ifndef SCENARIO_POLICY_FILE_H
#define SCENARIO_POLICY_FILE_H

#include <policy/policy.h>

/* Load rules by name, "": everything passes. Says what is wrong. Returns 0 or -errno. */
int policy_file(const char *dir, const char *name, struct policy **policy);

#endif
