/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The content of a configuration file as text in a struct, with the place of each value.
 */
#ifndef COMMON_YAML_FILE_H
#define COMMON_YAML_FILE_H

#include <stdbool.h>

#include "config.h"
#include "place.h"
#include "schema.h"

/* An item of `wires`. */
struct yaml_wire {
	const char *port[2];
	const char *group; /* name of the group; NULL: none */
	const char *xdp;   /* NULL: the key is not there */
	/* whether the item is a mapping with the key `ports`, not a plain pair */
	bool has_keys;
};

struct yaml_file {
	const char *name;
	struct yaml_config *yaml;
	struct yaml_wire *wires;
	unsigned wire_count;
	struct place_map places;
};

/*
 * Read a file with the keys, lists and mappings of the schema; scalar values are not
 * checked. name must stay valid. Returns 0, or -errno and a message.
 */
int yaml_file_load(struct yaml_file *file, const char *name, struct config_error *error);

/* Read the list `wires` after the file's other keys have been read (yaml_wires.c). */
int yaml_wires_load(struct yaml_file *file, struct config_error *error);

/*
 * The n-th VLAN of a port, both from 0: its key and name as text, which point into the
 * file. Returns 1, 0: the port has fewer, or -EINVAL and a message (yaml_vlans.c).
 */
int yaml_vlan(struct yaml_file *file, struct config_error *error, unsigned port,
	      unsigned n, const char **vid, const char **name);

void yaml_file_free(struct yaml_file *file);

/* Make the message "file:line:column: path: ..." and return -EINVAL (yaml_error.c). */
int yaml_file_error(struct yaml_file *file, struct config_error *error, const char *path,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for a key of the mapping at path. key NULL: the value at path itself. */
int yaml_key_error(struct yaml_file *file, struct config_error *error, const char *path,
		   const char *key, const char *text);

#endif
