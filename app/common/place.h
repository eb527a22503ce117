/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where in a YAML text a value stands. libcyaml gives values without their place, and an
 * error of ours must name line and column; so the text is parsed once more by libyaml,
 * which also finds errors of syntax first, and places are looked up in its document.
 *
 * A path is "conntrack.max" or "ports[1].name", indices from 0.
 */
#ifndef COMMON_PLACE_H
#define COMMON_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#define PLACE_MAX_DEPTH 16u /* of lists and mappings; a configuration has 3 */
#define PLACE_MAX_ANCHORS 256u

struct place {
	unsigned line; /* from 1 */
	unsigned column;
};

struct place_map {
	yaml_document_t document;
	bool loaded;
};

/*
 * Parse a text. Returns 0, or -EINVAL with where and what (a static text) is wrong. An
 * empty text is an error, and so are a second document and what exceeds the limits above.
 */
int place_open(struct place_map *map, const char *text, size_t length,
	       struct place *where, const char **problem);

void place_close(struct place_map *map);

/*
 * Place of a path: of the key in a mapping, of the item in a list. key, if not NULL, is
 * one more step. What is not there has the place of the nearest thing around it.
 */
struct place place_find(struct place_map *map, const char *path, const char *key);

/* The value of a key at the top of the text; NULL: it has no such key. */
const yaml_node_t *place_value(struct place_map *map, const char *key);

/* Whether the text has a key at its top: libcyaml gives an empty list as no list. */
bool place_exists(struct place_map *map, const char *key);

#endif
