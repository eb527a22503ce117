/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The request for sets of the rules in force. The control thread reads all parts of a set
 * and writes its own part (lib/policy/object.h), so no worker is involved.
 */
#include "sets.h"

#include <stdio.h>
#include <string.h>

#include <ruleset/sets.h>

#define TIMEOUT_MAX (100ll * 366 * 86400) /* in seconds */

/* Whether the request has the members that its op needs, and no others. */
static bool
members_check(const json_t *request, const char *op, char *message, size_t size)
{
	const json_t *timeout = json_object_get(request, "timeout");
	const json_t *element = json_object_get(request, "element");
	bool list = strcmp(op, "list") == 0, add = strcmp(op, "add") == 0;

	if (!list && !add && strcmp(op, "delete") != 0)
		snprintf(message, size, "op: list, add or delete expected");
	else if (!json_is_string(json_object_get(request, "set")))
		snprintf(message, size, "set: the name of a set expected");
	else if (list ? element != NULL : !json_is_string(element))
		snprintf(message, size, "element: %s",
			 list ? "only add and delete have one"
			      : "a text expected, as nft writes it");
	else if (timeout != NULL &&
		 (!add || !json_is_integer(timeout) || json_integer_value(timeout) < 1 ||
		  json_integer_value(timeout) > TIMEOUT_MAX))
		snprintf(message, size, "timeout: only add has one, 1 to %lld seconds",
			 TIMEOUT_MAX);
	else if (json_object_size(request) != 3u + (element != NULL) + (timeout != NULL))
		snprintf(message, size,
			 "op, set, element and timeout are the members of "
			 "this request");
	else
		return true;
	return false;
}

static json_t *
set_run(const struct ruleset_sets *sets, const json_t *request, const char *op,
	char *message, size_t size)
{
	const char *name = json_string_value(json_object_get(request, "set"));
	const char *element = json_string_value(json_object_get(request, "element"));
	json_int_t timeout = json_integer_value(json_object_get(request, "timeout"));
	int status;

	if (op[0] == 'l')
		return ruleset_set_list(sets, name, message, size);
	if (op[0] == 'a')
		status = ruleset_set_add(sets, name, element, (uint64_t)timeout, message,
					 size);
	else
		status = ruleset_set_delete(sets, name, element, message, size);
	return status == 0 ? json_pack("{ss ss}", "name", name,
				       op[0] == 'a' ? "added" : "deleted", element)
			   : NULL;
}

json_t *
set_json(const struct control_config *config, const json_t *request, char *message,
	 size_t size)
{
	const char *op = json_string_value(json_object_get(request, "op"));
	struct control_rules *rules = config->rules;
	struct ruleset_sets sets;
	json_t *json;

	if (!members_check(request, op != NULL ? op : "", message, size))
		return NULL;
	pthread_mutex_lock(&rules->lock);
	sets = (struct ruleset_sets){
		.policy = rules->policy,
		.states = rules->states,
		.workers = rules->workers,
		.ports = {.names = config->port_names, .count = config->port_count},
	};
	json = set_run(&sets, request, op, message, size);
	pthread_mutex_unlock(&rules->lock);
	return json;
}
