/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <stdlib.h>

#include "exit.h"
#include "message.h"
#include "rules_load.h"

int
rules_load(const struct sluice_config *config, const char *file, struct policy **policy,
	   struct policy_state **state)
{
	const char *names[CONFIG_MAX_INTERFACES], *mirrors[CONFIG_MAX_PORTS];
	const struct rules_request request = {
		.file = file != NULL ? file : config->rules,
		.limits = {.seconds = config->rules_timeout, .cancel = -1},
		.ports = {names, config_interfaces(config, names), mirrors,
			  config_mirror_names(config, mirrors)},
		.refuse_other = config->rules_refuse_other,
	};
	struct ruleset_report report;
	int status = rules_load_file(&request, policy, &report);

	rules_print(&report);
	ruleset_report_free(&report);
	if (status != 0)
		return EXIT_RULES;
	if (policy_state_create(*policy, state) != 0)
		return message_error(EXIT_RULES, "no memory for the state of the rules");
	return EXIT_SUCCESS;
}
