/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_EXPLAIN_H
#define CONTROL_EXPLAIN_H

#include <control/control.h>
#include <jansson.h>
#include <policy/policy.h>

/*
 * Evaluate a packet by the rules in force: the steps, and the verdict. Nothing changes.
 * matched_only: only the steps of chains, and of rules that match, at most 100. Returns
 * NULL when memory runs out.
 */
json_t *explain_packet(struct control_rules *rules, const struct policy_packet *packet,
		       bool matched_only);

/*
 * Answer a request to explain what the rules in force would do with a packet: the steps
 * of the evaluation, and its verdict. No counter, limit or set changes. The request is
 * modified. Returns NULL, and an error in message, on failure.
 */
json_t *explain_json(const struct control_config *config, json_t *request, char *message,
		     size_t size);

#endif
