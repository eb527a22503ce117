/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of loading a configuration: config.c goes through them in order. */
#ifndef COMMON_LOAD_H
#define COMMON_LOAD_H

#include "config.h"
#include "yaml_file.h"

#define LOAD_MAX_PATH 256 /* of a key: "ports[1].name" */

struct load {
	struct sluice_config *config; /* to be filled */
	struct yaml_file *file;
	struct config_error *error;
};

struct range {
	uint32_t min;
	uint32_t max;
};

/* A word that a value may be; a list ends with NULL. */
struct word {
	const char *text;
	uint32_t value;
};

extern const struct word load_booleans[]; /* true, false and their synonyms */

/*
 * Values from text. They leave *value as it is when text is NULL: the key is not in the
 * file. Each returns 0, or -EINVAL with a message about the path.
 */
int load_number(struct load *load, const char *path, const char *text, struct range range,
		uint32_t *value);
int load_word(struct load *load, const char *path, const char *text,
	      const struct word *words, uint32_t *value);
int load_bool(struct load *load, const char *path, const char *text, bool *value);
int load_u16(struct load *load, const char *path, const char *text, struct range range,
	     uint16_t *value);

/* Ports, then wires. flags: CONFIG_NEED_DEVICES. */
int load_ports(struct load *load, unsigned flags);
int load_wires(struct load *load);

#endif
