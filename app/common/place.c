/* SPDX-License-Identifier: BSD-3-Clause */
#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct place
place_of_mark(const yaml_mark_t *mark)
{
	return (struct place){(unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* Return whether an event defines an anchor. */
static bool
has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL;
	default:
		return false;
	}
}

/*
 * Check the limits of depth and anchors event by event. libyaml takes quadratic time for
 * texts that nest deeply or have many anchors: it scans all open lists for each token and
 * all earlier anchors for each anchor. Returns the problem, or NULL.
 */
static const char *
place_excess(const char *text, size_t length, struct place *where)
{
	unsigned depth = 0, anchors = 0;
	const char *problem = NULL;
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;

	if (!yaml_parser_initialize(&parser))
		return NULL;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	while (more && problem == NULL && yaml_parser_parse(&parser, &event)) {
		anchors += has_anchor(&event);
		if (event.type == YAML_SEQUENCE_START_EVENT ||
		    event.type == YAML_MAPPING_START_EVENT)
			depth++;
		else if (event.type == YAML_SEQUENCE_END_EVENT ||
			 event.type == YAML_MAPPING_END_EVENT)
			depth--;
		if (depth > PLACE_MAX_DEPTH)
			problem = "lists and mappings within each other, 16 deep at "
				  "most expected";
		else if (anchors > PLACE_MAX_ANCHORS)
			problem = "too many anchors, 256 at most expected";
		more = event.type != YAML_STREAM_END_EVENT;
		*where = place_of_mark(&event.start_mark);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return problem;
}

/* Check that no second document follows; its content would be ignored. */
static bool
place_is_last(yaml_parser_t *parser, struct place *where)
{
	yaml_document_t next;
	yaml_node_t *root;
	bool last = true;

	if (!yaml_parser_load(parser, &next))
		/* what follows is not YAML; libcyaml does not read it either */
		return true;
	root = yaml_document_get_root_node(&next);
	if (root != NULL) {
		*where = place_of_mark(&root->start_mark);
		last = false;
	}
	yaml_document_delete(&next);
	return last;
}

int
place_open(struct place_map *map, const char *text, size_t length, struct place *where,
	   const char **problem)
{
	yaml_parser_t parser;

	map->loaded = false;
	*problem = place_excess(text, length, where);
	if (*problem != NULL)
		return -EINVAL;
	if (!yaml_parser_initialize(&parser)) {
		*where = (struct place){1, 1};
		*problem = "out of memory";
		return -EINVAL;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	*problem = NULL;
	if (!yaml_parser_load(&parser, &map->document)) {
		*where = place_of_mark(&parser.problem_mark);
		/* texts of libyaml are literals and outlive the parser */
		*problem = parser.problem != NULL ? parser.problem : "not YAML";
	} else {
		map->loaded = true;
		if (yaml_document_get_root_node(&map->document) == NULL) {
			*where = (struct place){1, 1};
			*problem = "the file is empty, ports and wires expected";
		} else if (!place_is_last(&parser, where)) {
			*problem = "a second document, only one expected";
		}
	}
	yaml_parser_delete(&parser);
	if (*problem == NULL)
		return 0;
	place_close(map);
	return -EINVAL;
}

void
place_close(struct place_map *map)
{
	if (map->loaded)
		yaml_document_delete(&map->document);
	map->loaded = false;
}

/* Return the value of a key in a mapping, and the place of the key; NULL: not present. */
static yaml_node_t *
place_key(struct place_map *map, const yaml_node_t *node, const char *key, size_t length,
	  struct place *where)
{
	const yaml_node_pair_t *pair;
	const yaml_node_t *name;

	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
	     pair++) {
		name = yaml_document_get_node(&map->document, pair->key);
		if (name == NULL || name->type != YAML_SCALAR_NODE ||
		    name->data.scalar.length != length ||
		    memcmp(name->data.scalar.value, key, length) != 0)
			continue;
		*where = place_of_mark(&name->start_mark);
		return yaml_document_get_node(&map->document, pair->value);
	}
	return NULL;
}

static yaml_node_t *
place_item(struct place_map *map, const yaml_node_t *node, unsigned long index,
	   struct place *where)
{
	const yaml_node_item_t *item;
	yaml_node_t *value;

	if (node->type != YAML_SEQUENCE_NODE)
		return NULL;
	item = node->data.sequence.items.start;
	if (index >= (size_t)(node->data.sequence.items.top - item))
		return NULL;
	value = yaml_document_get_node(&map->document, item[index]);
	if (value != NULL)
		*where = place_of_mark(&value->start_mark);
	return value;
}

struct place
place_find(struct place_map *map, const char *path, const char *key)
{
	yaml_node_t *node = yaml_document_get_root_node(&map->document);
	struct place where = place_of_mark(&node->start_mark);
	char *end;
	size_t length;

	while (node != NULL && *path != '\0') {
		if (*path == '[') {
			node = place_item(map, node, strtoul(path + 1, &end, 10), &where);
			path = end + (*end == ']');
			continue;
		}
		path += *path == '.';
		length = strcspn(path, ".[");
		node = place_key(map, node, path, length, &where);
		path += length;
	}
	if (node != NULL && key != NULL)
		place_key(map, node, key, strlen(key), &where);
	return where;
}

const yaml_node_t *
place_value(struct place_map *map, const char *key)
{
	struct place where;

	return place_key(map, yaml_document_get_root_node(&map->document), key,
			 strlen(key), &where);
}

bool
place_exists(struct place_map *map, const char *key)
{
	return place_value(map, key) != NULL;
}
