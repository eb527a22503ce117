/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read the list `wires`. An item is a pair of names, or a mapping that contains a pair.
 * libcyaml has no type for either form, so the list is read from libyaml's document, with
 * the same messages. Names point into that document.
 */
#include "yaml_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH 64

/* Values of the keys of an item; NULL: the key is not present. */
struct item {
	const yaml_node_t *ports;
	const yaml_node_t *group;
	const yaml_node_t *xdp;
};

static const yaml_node_t *
node_at(struct yaml_file *file, int number)
{
	return yaml_document_get_node(&file->places.document, number);
}

static size_t
list_count(const yaml_node_t *list)
{
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

static const char *
kind_of(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_SEQUENCE_NODE:
		return "a list stands here";
	case YAML_MAPPING_NODE:
		return "keys and values stand here";
	default:
		return "a single value stands here";
	}
}

static int
read_name(struct yaml_file *file, struct config_error *error, const char *path,
	  const yaml_node_t *node, const char **name)
{
	if (node->type != YAML_SCALAR_NODE) {
		yaml_file_error(file, error, path, "%s, a single value expected",
				kind_of(node));
		return -EINVAL;
	}
	if (node->data.scalar.length == 0) {
		yaml_file_error(file, error, path, "empty, a value expected");
		return -EINVAL;
	}
	*name = (const char *)node->data.scalar.value;
	return 0;
}

/* Read the two ports of a wire: a list of two names at path. */
static int
read_pair(struct yaml_file *file, struct config_error *error, const char *path,
	  const yaml_node_t *list, struct yaml_wire *wire)
{
	char name[MAX_PATH + 8];
	unsigned end;

	if (list->type != YAML_SEQUENCE_NODE)
		return yaml_file_error(file, error, path, "%s, a list expected",
				       kind_of(list));
	if (list_count(list) < 2)
		return yaml_file_error(file, error, path, "%zu entries, 2 expected",
				       list_count(list));
	if (list_count(list) > 2)
		return yaml_file_error(file, error, path, "too many entries, 2 expected");
	for (end = 0; end < 2; end++) {
		snprintf(name, sizeof(name), "%s[%u]", path, end);
		if (read_name(file, error, name,
			      node_at(file, list->data.sequence.items.start[end]),
			      &wire->port[end]) != 0)
			return -EINVAL;
	}
	return 0;
}

static int
read_keys(struct yaml_file *file, struct config_error *error, const char *path,
	  const yaml_node_t *mapping, struct item *item)
{
	const yaml_node_pair_t *pair;
	const yaml_node_t **value;
	const char *key = NULL;

	for (pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		if (read_name(file, error, path, node_at(file, pair->key), &key) != 0)
			return -EINVAL;
		if (strcmp(key, "ports") == 0)
			value = &item->ports;
		else if (strcmp(key, "group") == 0)
			value = &item->group;
		else if (strcmp(key, "xdp") == 0)
			value = &item->xdp;
		else
			return yaml_file_error(file, error, path,
					       "unknown key '%s', expected one of ports, "
					       "group, xdp",
					       key);
		if (*value != NULL)
			return yaml_file_error(file, error, path, "'%s' given twice",
					       key);
		*value = node_at(file, pair->value);
	}
	return 0;
}

static int
read_wire(struct yaml_file *file, struct config_error *error, unsigned index,
	  const yaml_node_t *node, struct yaml_wire *wire)
{
	struct item item = {NULL, NULL, NULL};
	char path[MAX_PATH], name[MAX_PATH + 8];

	snprintf(path, sizeof(path), "wires[%u]", index);
	if (node->type == YAML_SEQUENCE_NODE)
		return read_pair(file, error, path, node, wire);
	if (node->type != YAML_MAPPING_NODE)
		return yaml_file_error(file, error, path,
				       "a single value stands here, two ports as [lan, "
				       "wan] expected, or ports, group and xdp");
	wire->has_keys = true;
	if (read_keys(file, error, path, node, &item) != 0)
		return -EINVAL;
	if (item.ports == NULL)
		return yaml_file_error(file, error, path, "ports are missing");
	snprintf(name, sizeof(name), "%s.ports", path);
	if (read_pair(file, error, name, item.ports, wire) != 0)
		return -EINVAL;
	snprintf(name, sizeof(name), "%s.group", path);
	if (item.group != NULL &&
	    read_name(file, error, name, item.group, &wire->group) != 0)
		return -EINVAL;
	snprintf(name, sizeof(name), "%s.xdp", path);
	return item.xdp == NULL ? 0 : read_name(file, error, name, item.xdp, &wire->xdp);
}

int
yaml_wires_load(struct yaml_file *file, struct config_error *error)
{
	const yaml_node_t *list = place_value(&file->places, "wires");
	size_t i, count;

	if (list->type != YAML_SEQUENCE_NODE)
		return yaml_file_error(file, error, "wires", "%s, a list expected",
				       kind_of(list));
	count = list_count(list);
	file->wires = calloc(count + 1, sizeof(*file->wires));
	if (file->wires == NULL) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -ENOMEM;
	}
	for (i = 0; i < count; i++)
		if (read_wire(file, error, (unsigned)i,
			      node_at(file, list->data.sequence.items.start[i]),
			      &file->wires[i]) != 0)
			return -EINVAL;
	file->wire_count = (unsigned)count;
	return 0;
}
