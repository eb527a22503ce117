/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_TRACE_H
#define CONTROL_TRACE_H

#include <control/control.h>
#include <engine/records.h>
#include <jansson.h>

/*
 * What the rules in force do with a packet of which a worker has made a record, as
 * explain_packet() with matched_only. The rules are evaluated now, after the worker has
 * decided: limits, quotas, sets and time are asked as they stand, and marks are 0.
 * Returns NULL when the frame has no IP header, or memory runs out.
 */
json_t *trace_json(const struct control_config *config,
		   const struct packet_record *record);

#endif
