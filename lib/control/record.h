/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows records of packets (engine/records.h) as JSON, and matches them with filters. */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

#include <jansson.h>

#include <control/control.h>
#include <engine/records.h>

#include "filter.h"

struct record_names {
	const char *const *ports; /* names of the ports, by the engine's port number */
	unsigned port_count;
	struct control_rules *rules; /* for the texts of rules; NULL: without texts */
};

static inline struct record_names
record_names(const struct control_config *config)
{
	return (struct record_names){config->port_names, config->port_count,
				     config->rules};
}

/*
 * Make the object that docs/control.md describes: {"drop":{...}}, {"log":{...}} or
 * {"pass":{...}}. A rule has its text if the rules that decided are still in force.
 * with_frame: include the bytes of the frame's head. Returns NULL when memory runs out.
 */
json_t *record_json(const struct packet_record *record, unsigned worker,
		    const struct record_names *names, bool with_frame);

/*
 * Whether a record matches a filter. Addresses, ports and VLANs are those of the packet;
 * states are those before it.
 */
bool record_match(const struct filter *filter, const struct packet_record *record);

#endif
