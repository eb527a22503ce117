/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"

#include <string.h>

#include "message.h"
#include "options.h"

static bool
is_asked(const struct options *options, const char *name)
{
	return strcmp(options->command, name) == 0;
}

bool
command_takes_records(const struct options *options)
{
	return is_asked(options, "log") || is_asked(options, "capture") ||
	       is_asked(options, "trace") ||
	       (is_asked(options, "drops") && options->follow);
}

/* Return whether an option of `explain` is given. */
static bool
is_explained(const struct options *options)
{
	static const char *const members[] = {"in", "flags", "ct", "type", "code", "ttl"};
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_get(options->request, members[i]) != NULL)
			return true;
	return false;
}

int
command_check(const struct options *options)
{
	if (options->command == NULL)
		return message_misuse(
			"no command, expected one of list, count, events, delete, "
			"flush, stats, states, top, health, drops, log, capture, trace, "
			"rules, reload, explain, set");
	if ((options->verbose || options->follow) && !is_asked(options, "drops"))
		return message_misuse("%s: valid only with drops",
				      options->verbose ? "--verbose" : "--follow");
	if (options->limit != 0 && !is_asked(options, "list"))
		return message_misuse("--limit: valid only with list");
	if ((options->sort != NULL || options->columns_named || options->table) &&
	    !is_asked(options, "list"))
		return message_misuse("--%s: valid only with list",
				      options->sort != NULL    ? "sort"
				      : options->columns_named ? "columns"
							       : "output table");
	if (options->json && is_asked(options, "top"))
		return message_misuse(
			"--output json: not valid with top, which prints screens; "
			"give it with stats, drops, states or list");
	if ((options->batch || options->interval != COMMAND_INTERVAL_S) &&
	    !is_asked(options, "top"))
		return message_misuse("--%s: valid only with top",
				      options->batch ? "batch" : "interval");
	if (is_asked(options, "health") && json_object_size(options->request) > 0)
		return message_misuse("health: a filter selects connections");
	if (options->dry_run && !is_asked(options, "reload"))
		return message_misuse("--dry-run: valid only with reload");
	if ((options->connections != NULL || options->reset) &&
	    (!is_asked(options, "reload") || options->dry_run))
		return message_misuse("--%s: valid only with reload without --dry-run",
				      options->reset ? "reset" : options->connections);
	if (options->reset && options->connections != NULL &&
	    strcmp(options->connections, "keep") == 0)
		return message_misuse("--reset: for connections that end, which --keep "
				      "does not; give --recheck or --flush");
	if (options->verbose && options->follow)
		return message_misuse("--verbose and --follow: one of them expected");
	if (!is_asked(options, "explain") && is_explained(options))
		return message_misuse("--in, --flags, --ct, --type, --code, --ttl: valid "
				      "only with explain");
	if (is_asked(options, "set"))
		return set_request(&options->set, options->request);
	if (options->set.timeout_s != 0)
		return message_misuse("--expires: valid only with set add");
	if (options->count != 0 && !command_takes_records(options) &&
	    !is_asked(options, "top"))
		return message_misuse(
			"--count: valid only with drops --follow, log, capture, "
			"trace and top");
	if (is_asked(options, "capture") != (options->write != NULL))
		return message_misuse(
			options->write == NULL
				? "capture: a file is missing, give --write "
				  "FILE, or - for standard output"
				: "--write: valid only with capture");
	if (options->verdict != NULL && !is_asked(options, "capture"))
		return message_misuse("--verdict: valid only with capture");
	if (is_asked(options, "drops") && !options->verbose && !options->follow &&
	    json_object_size(options->request) > 0)
		return message_misuse(
			"drops: a filter selects packets, give --verbose or --follow");
	return OPTIONS_GO_ON;
}
