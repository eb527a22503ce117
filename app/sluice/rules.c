/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <stdio.h>
#include <string.h>

int
rules_load(const struct sluice_config *config, const struct sluice_config *running,
	   int cancel, struct policy **policy, struct ruleset_report *report)
{
	const char *names[CONFIG_MAX_INTERFACES], *mirrors[CONFIG_MAX_PORTS];
	const struct rules_request request = {
		.file = config->rules,
		.limits = {.seconds = config->rules_timeout, .cancel = cancel},
		.ports = {.names = names,
			  .count = config_interfaces(running, names),
			  .mirrors = mirrors,
			  .mirror_count = config_mirror_names(running, mirrors)},
		.refuse_other = config->rules_refuse_other,
	};

	return rules_load_file(&request, policy, report);
}

int
rules_reload(const struct sluice_config *config, const struct sluice_config *running,
	     int cancel, struct policy **policy, char *message, size_t size)
{
	struct ruleset_report report;
	int status = rules_load(config, running, cancel, policy, &report);
	size_t used = 0;

	if (status == 0 && config->rules == NULL)
		used = (size_t)snprintf(message, size,
					"there is no rule file, everything is accepted");
	else if (status == 0)
		used = (size_t)snprintf(message, size, "%.500s: %u rules%s",
					config->rules, policy_rules(*policy),
					report.count > 0 ? "\n" : "");
	if (used < size)
		ruleset_report_text(&report, status == 0 ? RULESET_NOTICE : RULESET_ERROR,
				    message + used, size - used);
	ruleset_report_free(&report);
	return status;
}
