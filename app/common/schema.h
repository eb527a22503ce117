/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The schema of the YAML file for libcyaml. Every scalar is read as text, because
 * libcyaml 1.3 reads "1x" as 1 and accepts any word as a boolean; config.c converts the
 * text, with limits and with messages that quote it. Keys that are not in the file are
 * NULL.
 */
#ifndef COMMON_SCHEMA_H
#define COMMON_SCHEMA_H

#include <cyaml/cyaml.h>

#include <track/config.h>

#include "keys.h"

struct yaml_port {
	char *name;
	char *device;
	char *mtu;
	char *rx_descriptors;
	char *tx_descriptors;
};

#define YAML_FIELD(name, ...) char *name;

struct yaml_conntrack {
	CONNTRACK_KEYS(YAML_FIELD, YAML_FIELD, YAML_FIELD, YAML_FIELD)
	TRACK_TIMEOUTS(YAML_FIELD)
	TRACK_SWITCHES(YAML_FIELD)
};

struct yaml_config {
	char **eal;
	unsigned eal_count;
	struct yaml_port *ports;
	unsigned ports_count;
	char **bypass;
	unsigned bypass_count;
	CONFIG_KEYS(YAML_FIELD, YAML_FIELD, YAML_FIELD, YAML_FIELD)
	struct yaml_conntrack conntrack;
};

#undef YAML_FIELD

extern const cyaml_schema_value_t yaml_schema;

#endif
