/* SPDX-License-Identifier: BSD-3-Clause */
/* A server-sent event (WHATWG HTML, 9.2) whose data is JSON. */
#ifndef PAGE_EVENT_H
#define PAGE_EVENT_H

#include <jansson.h>

/*
 * Return "data: JSON\n\n", to be freed by the caller; NULL: no memory, or json is NULL.
 * The data is one line of ASCII, whatever the strings of the JSON hold, so that no string
 * can begin another line or event.
 */
char *event_text(const json_t *json);

#endif
