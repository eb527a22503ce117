/* SPDX-License-Identifier: BSD-3-Clause */
#include "event.h"

#include <stdio.h>
#include <stdlib.h>

char *
event_text(const json_t *json)
{
	char *line = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	char *text = NULL;

	if (line != NULL && asprintf(&text, "data: %s\n\n", line) < 0)
		text = NULL;
	free(line);
	return text;
}
