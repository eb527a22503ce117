/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules_run.h"

static int
load_json(const struct sluice_config *config, const char *json, size_t length,
	  struct policy **policy, struct ruleset_error *error)
{
	const char *names[CONFIG_MAX_PORTS];
	struct ruleset_ports ports = {.names = names};
	int status;

	ports.count = config_engine_ports(config, names);
	status = ruleset_load(json, length, &ports, policy, error);
	if (status == 0 && error->text[0] != '\0')
		printf("warning: %s: %s\n", config->rules, error->text);
	return status;
}

int
rules_load(const struct sluice_config *config, int cancel, struct policy **policy,
	   struct ruleset_error *error)
{
	const struct rules_limits limits = {.seconds = config->rules_timeout,
					    .cancel = cancel};
	struct ruleset_error inner;
	char *json = NULL;
	size_t length = 0;
	int status;

	error->text[0] = '\0';
	if (config->rules == NULL) {
		status = policy_accept_all(policy);
		if (status != 0)
			snprintf(error->text, sizeof(error->text), "out of memory");
		return status;
	}
	/* what sluice-rules says names the file itself */
	status = rules_run(config->rules, &limits, &json, &length, error->text,
			   sizeof(error->text));
	if (status != 0)
		return status;
	inner.text[0] = '\0';
	status = load_json(config, json, length, policy, &inner);
	if (status != 0)
		snprintf(error->text, sizeof(error->text), "%.300s: %.700s",
			 config->rules, inner.text);
	free(json);
	return status;
}

int
rules_reload(void *context, int cancel, struct policy **policy, char *message,
	     size_t size)
{
	const struct sluice_config *config = context;
	struct ruleset_error error;
	int status = rules_load(config, cancel, policy, &error);

	if (status != 0)
		snprintf(message, size, "%s", error.text);
	else if (config->rules == NULL)
		snprintf(message, size, "there is no rule file, everything is accepted");
	else
		snprintf(message, size, "rules reloaded: %.500s: %u rules", config->rules,
			 policy_rules(*policy));
	return status;
}

void
rules_report(void *context, int status, const char *message)
{
	(void)context;
	if (status == 0)
		printf("%s\n", message);
	else
		fprintf(stderr, "sluice: %s\n", message);
}
