/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

#include <ruleset/ruleset.h>

#include "exit.h"
#include "rules_run.h"

static int
parse(const char *file, unsigned seconds, const struct ruleset_ports *ports,
      struct policy **policy)
{
	const struct rules_limits limits = {.seconds = seconds, .cancel = -1};
	static char text[8192]; /* nft explains at length */
	struct ruleset_error error;
	char *json = NULL;
	size_t length;
	int status = rules_run(file, &limits, &json, &length, text, sizeof(text));

	if (status == 0) {
		status = ruleset_load(json, length, ports, policy, &error);
		free(json);
		if (status != 0)
			snprintf(text, sizeof(text), "%s: %s", file, error.text);
	}
	if (status != 0)
		fprintf(stderr, "sluice-replay: %s\n", text);
	return status == 0 ? EXIT_SUCCESS : EXIT_RULES;
}

int
rules_load(const struct sluice_config *config, const char *file, const char *const *names,
	   unsigned ports, struct policy **policy, struct policy_state **state)
{
	const struct ruleset_ports policy_ports = {names, ports};
	int status = EXIT_SUCCESS;

	if (file == NULL)
		file = config->rules;
	if (file != NULL)
		status = parse(file, config->rules_timeout, &policy_ports, policy);
	else if (policy_accept_all(policy) != 0)
		status = EXIT_RULES;
	if (status != EXIT_SUCCESS)
		return status;
	if (policy_state_create(*policy, state) != 0) {
		fprintf(stderr, "sluice-replay: no memory for the rules' counters\n");
		return EXIT_RULES;
	}
	return EXIT_SUCCESS;
}
