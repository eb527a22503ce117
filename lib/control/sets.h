/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_SETS_H
#define CONTROL_SETS_H

#include <control/control.h>
#include <jansson.h>

/*
 * Answer a request to list a set of the rules in force, or to add or delete an element.
 * Returns NULL, and an error in message, on failure.
 */
json_t *set_json(const struct control_config *config, const json_t *request,
		 char *message, size_t size);

#endif
