/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message.h"

#define ERROR_BYTES 8192 /* bytes; messages of nft can be long */

/* Return the offset of local time from UTC now, in seconds. */
static long
utc_offset_s(void)
{
	const time_t now = time(NULL);
	struct tm tm;

	return localtime_r(&now, &tm) != NULL ? tm.tm_gmtoff : 0;
}

static int
json_load(const struct rules_request *request, struct policy **policy,
	  struct ruleset_report *report)
{
	const struct ruleset_options options = {
		.ports = &request->ports,
		.file = request->file,
		.utc_offset_s = utc_offset_s(),
		.refuse_other = request->refuse_other,
	};
	char *json = NULL, *text = malloc(ERROR_BYTES);
	size_t length = 0;
	int status;

	if (text == NULL) {
		ruleset_report_add(report, RULESET_ERROR, "%s: not enough memory",
				   request->file);
		return -ENOMEM;
	}
	/* messages of sluice-rules already contain the file name */
	status = rules_run(request->file, &request->limits, &json, &length, text,
			   ERROR_BYTES);
	if (status != 0)
		ruleset_report_add(report, RULESET_ERROR, "%s", text);
	else
		status = ruleset_read(json, length, &options, policy, report);
	free(text);
	free(json);
	return status;
}

int
rules_load_file(const struct rules_request *request, struct policy **policy,
		struct ruleset_report *report)
{
	int status;

	memset(report, 0, sizeof(*report));
	*policy = NULL;
	if (request->file != NULL)
		return json_load(request, policy, report);
	status = policy_accept_all(policy);
	if (status != 0)
		ruleset_report_add(report, RULESET_ERROR, "not enough memory for rules");
	return status;
}

void
rules_print(const struct ruleset_report *report)
{
	const struct ruleset_message *m;
	unsigned i;

	for (i = 0; i < report->count; i++) {
		m = &report->messages[i];
		if (m->level == RULESET_ERROR)
			message_error(0, "%s", m->text);
		else if (m->level == RULESET_WARNING)
			message_warning("%s", m->text);
		else
			message_note("notice: %s", m->text);
	}
	if (report->total[RULESET_ERROR] + report->total[RULESET_WARNING] >
	    RULESET_MESSAGES_MAX)
		message_note("and more: %u errors and %u warnings in all",
			     report->total[RULESET_ERROR],
			     report->total[RULESET_WARNING]);
}
