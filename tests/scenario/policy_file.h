/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load the rules of a scenario from rules/NAME.json, which is nft's output for
 * rules/NAME.nft.
 */
#ifndef SCENARIO_POLICY_FILE_H
#define SCENARIO_POLICY_FILE_H

#include <policy/policy.h>

/*
 * Load rules by name; "": everything is accepted. Prints what is wrong. Returns 0 or
 * -errno.
 */
int policy_file(const char *dir, const char *name, struct policy **policy);

#endif
