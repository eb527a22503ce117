/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection as JSON and in conntrack's words. Pure.
 */
#ifndef CONTROL_VIEW_H
#define CONTROL_VIEW_H

#include <jansson.h>

#include <engine/engine.h>

/* "tcp", "icmpv6"; "unknown" as conntrack(8) has it. */
const char *view_proto_name(uint8_t proto);

/* Number of a protocol by name or in digits, -1: neither. */
int view_proto_number(const char *text);

/* Whether a protocol has ports, and not an identifier or nothing. */
bool view_has_ports(uint8_t proto);

/*
 * The one word that nf_conntrack would have for the pair of states, NULL for what is not
 * TCP.
 */
const char *view_word(const struct engine_view *view);

/* Whether the word is one of view_word()'s. */
bool view_is_word(const char *text);

/*
 * The object that docs/control.md describes. names: of the ports by the engine's number,
 * of which there are `ports`. NULL: out of memory.
 */
json_t *view_json(const struct engine_view *view, const char *const *names,
		  unsigned ports);

#endif
