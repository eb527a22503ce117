/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of loading a configuration. config.c calls them in order. */
#ifndef COMMON_LOAD_H
#define COMMON_LOAD_H

#include "config.h"
#include "yaml_file.h"

#define LOAD_MAX_PATH 256 /* bytes of the path of a key, such as "ports[1].name" */

struct load {
	struct sluice_config *config; /* the result; members are filled step by step */
	struct yaml_file *file;
	struct config_error *error;
};

struct range {
	uint32_t min;
	uint32_t max;
};

/*
 * A word that a value may be, and the number that it stands for. A list of words ends
 * with a NULL word.
 */
struct word {
	const char *text;
	uint32_t value;
};

extern const struct word load_booleans[];     /* true, false and their synonyms */
extern const struct word load_bypass_words[]; /* ENGINE_BYPASS_* */
/* words for reload_connections, in the order of enum config_connections */
extern const struct word load_connection_words[];

/*
 * Convert the text of a value. When text is NULL the key is not in the file, and *value
 * keeps its default. Each returns 0, or -EINVAL with a message that names the path.
 */
int load_number(struct load *load, const char *path, const char *text, struct range range,
		uint32_t *value);
int load_word(struct load *load, const char *path, const char *text,
	      const struct word *words, uint32_t *value);
int load_bool(struct load *load, const char *path, const char *text, bool *value);
/*
 * Convert a value with one word for false and one for true; every synonym of true and
 * false that load_bool() knows is accepted too.
 */
int load_switch(struct load *load, const char *path, const char *text, const char *no,
		const char *yes, bool *value);
int load_u16(struct load *load, const char *path, const char *text, struct range range,
	     uint16_t *value);

/* Convert the ports, then the wires. flags: CONFIG_NEED_DEVICES. */
int load_ports(struct load *load, unsigned flags);
int load_wires(struct load *load);

/*
 * Convert the named VLANs of the ports (vlans.c). Call it after conntrack.vlan_key has
 * been converted.
 */
int load_vlans(struct load *load);

/* Check that a name can be used for an interface in rules. */
int load_interface_name(struct load *load, const char *path, const char *name);

#endif
