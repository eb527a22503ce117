/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load a rule file as a policy: sluice-rules converts the file to JSON (rules_run.h),
 * lib/ruleset compiles it. sluice and sluice-replay both use this function.
 */
#ifndef COMMON_RULES_LOAD_H
#define COMMON_RULES_LOAD_H

#include <policy/policy.h>
#include <ruleset/ruleset.h>

#include "rules_run.h"

struct rules_request {
	/* path of the rule file; NULL: no rules, every packet is accepted */
	const char *file;
	struct rules_limits limits;
	struct ruleset_ports ports;
	bool refuse_other; /* member of the same name in ruleset_options */
};

/*
 * Load rules. Returns 0 and *policy, or -errno. In either case the report holds the
 * messages of sluice-rules (possibly of several lines) and of lib/ruleset; the caller
 * frees it with ruleset_report_free(). Messages may quote the file: escape them when
 * printing (streams.h). The function waits for a child process, limits.seconds at most,
 * and then compiles: do not call it in a thread that other threads wait for.
 */
int rules_load_file(const struct rules_request *request, struct policy **policy,
		    struct ruleset_report *report);

/* Print the messages of a report on standard error, each after the program's name. */
void rules_print(const struct ruleset_report *report);

#endif
