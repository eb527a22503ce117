/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read `vlans` of a port, a mapping from VIDs to names. libcyaml needs a fixed set of
 * keys in a mapping, so it is read from libyaml's document. Texts point into that.
 */
#include "yaml_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const yaml_node_t *
node_at(struct yaml_file *file, int number)
{
	return yaml_document_get_node(&file->places.document, number);
}

/* Return the value of a key in a mapping; NULL if there is none. */
static const yaml_node_t *
value_of(struct yaml_file *file, const yaml_node_t *mapping, const char *key)
{
	const yaml_node_pair_t *pair;
	const yaml_node_t *node;

	for (pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		node = node_at(file, pair->key);
		if (node->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)node->data.scalar.value, key) == 0)
			return node_at(file, pair->value);
	}
	return NULL;
}

int
yaml_vlan(struct yaml_file *file, struct config_error *error, unsigned port, unsigned n,
	  const char **vid, const char **name)
{
	const yaml_node_t *ports = place_value(&file->places, "ports"), *vlans, *key;
	const yaml_node_t *value;
	const yaml_node_pair_t *pair;
	char path[64];

	snprintf(path, sizeof(path), "ports[%u].vlans", port);
	vlans = value_of(file, node_at(file, ports->data.sequence.items.start[port]),
			 "vlans");
	if (vlans == NULL)
		return 0;
	if (vlans->type != YAML_MAPPING_NODE)
		return yaml_file_error(file, error, path,
				       "VIDs and names as {10: lan.10} expected");
	pair = vlans->data.mapping.pairs.start + n;
	if (pair >= vlans->data.mapping.pairs.top)
		return 0;
	key = node_at(file, pair->key);
	value = node_at(file, pair->value);
	if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE ||
	    value->data.scalar.length == 0)
		return yaml_file_error(file, error, path,
				       "VIDs and names as {10: lan.10} expected");
	*vid = (const char *)key->data.scalar.value;
	*name = (const char *)value->data.scalar.value;
	return 1;
}
