/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Find line and column of a value in a YAML text, for messages. libcyaml returns values
 * without their places; so libyaml parses the text first, which also finds syntax errors,
 * and places are looked up in its document.
 *
 * A path is "conntrack.max" or "ports[1].name", with indices from 0.
 */
#ifndef COMMON_PLACE_H
#define COMMON_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

/* nesting limit of lists and mappings; a configuration needs 3 */
#define PLACE_MAX_DEPTH 16u
#define PLACE_MAX_ANCHORS 256u

struct place {
	unsigned line; /* both counted from 1 */
	unsigned column;
};

struct place_map {
	yaml_document_t document;
	bool loaded;
};

/*
 * Parse a text. Returns 0, or -EINVAL with the place and a static text that describes the
 * error. An empty text, a second document and a text that exceeds the limits above are
 * errors.
 */
int place_open(struct place_map *map, const char *text, size_t length,
	       struct place *where, const char **problem);

void place_close(struct place_map *map);

/*
 * Return the place of a path: of the key in a mapping, or of the item in a list. key, if
 * not NULL, is appended to the path. For a path that does not exist, the place of the
 * nearest existing parent is returned.
 */
struct place place_find(struct place_map *map, const char *path, const char *key);

/* Return the value of a top-level key; NULL: there is no such key. */
const yaml_node_t *place_value(struct place_map *map, const char *key);

/*
 * Return whether a top-level key is present. libcyaml cannot tell an empty list from a
 * missing one.
 */
bool place_exists(struct place_map *map, const char *key);

#endif
