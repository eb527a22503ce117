/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration file as text in a struct, with the places of its values. */
#ifndef COMMON_YAML_FILE_H
#define COMMON_YAML_FILE_H

#include <stdbool.h>

#include "config.h"
#include "place.h"
#include "schema.h"

/* An item of `wires`. */
struct yaml_wire {
	const char *port[2];
	const char *group; /* NULL: none */
	bool has_keys;     /* the ports stand under `ports` */
};

struct yaml_file {
	const char *name;
	struct yaml_config *yaml;
	struct yaml_wire *wires;
	unsigned wire_count;
	struct place_map places;
};

/*
 * Read a file whose keys, lists and mappings are those of the schema; the scalars are not
 * looked at. Returns 0, or -errno and a message. name must stay.
 */
int yaml_file_load(struct yaml_file *file, const char *name, struct config_error *error);

/* Read the list of wires of a file whose other keys have been read (yaml_wires.c). */
int yaml_wires_load(struct yaml_file *file, struct config_error *error);

void yaml_file_free(struct yaml_file *file);

/* Letters to insert, delete or change to make b of a; b counts up to 128 letters. */
unsigned word_distance(const char *a, const char *b);

/* Make the message "file:line:column: path: ..." and return -EINVAL (yaml_error.c). */
int yaml_file_error(struct yaml_file *file, struct config_error *error, const char *path,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for a key of the mapping at path; key NULL: for what stands at path itself. */
int yaml_key_error(struct yaml_file *file, struct config_error *error, const char *path,
		   const char *key, const char *text);

#endif
