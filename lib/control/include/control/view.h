/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows a connection as JSON, with its state in the words of conntrack(8). */
#ifndef CONTROL_VIEW_H
#define CONTROL_VIEW_H

#include <jansson.h>

#include <engine/engine.h>

/* The name of a protocol: "tcp", "icmpv6"; "unknown" where conntrack(8) has none. */
const char *view_proto_name(uint8_t proto);

/* The number of a protocol, given by name or in digits; -1: neither. */
int view_proto_number(const char *text);

/* Whether a protocol has ports. Others have an identifier, or neither. */
bool view_has_ports(uint8_t proto);

/* The state that nf_conntrack has for this pair of endpoint states; NULL: not TCP. */
const char *view_word(const struct conn_view *view);

/* Whether text is a state that view_word() may return. */
bool view_is_word(const char *text);

#define VIEW_TEXT_BYTES 1024u /* more than the longest object has */

/*
 * Write the object that docs/control.md describes, as compact JSON without a terminating
 * 0. names: the names of the `ports` ports, by the engine's port number. Returns its
 * length; 0: there is no room, or no memory.
 */
size_t view_text(const struct conn_view *view, const char *const *names, unsigned ports,
		 char *text, size_t size);

/* Make the same object. Returns NULL when memory runs out. */
json_t *view_json(const struct conn_view *view, const char *const *names, unsigned ports);

#endif
