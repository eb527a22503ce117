/* SPDX-License-Identifier: BSD-3-Clause */
#include "schema.h"

#define MAX_TEXT 4095
#define ANY CYAML_UNLIMITED
#define POINTER CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t text_entry = {
	CYAML_VALUE_STRING(POINTER, char *, 1, MAX_TEXT)};

static const cyaml_schema_field_t port_fields[] = {
	CYAML_FIELD_STRING_PTR("name", POINTER, struct yaml_port, name, 1, MAX_TEXT),
	CYAML_FIELD_STRING_PTR("device", OPTIONAL, struct yaml_port, device, 1, MAX_TEXT),
	CYAML_FIELD_STRING_PTR("mtu", OPTIONAL, struct yaml_port, mtu, 1, MAX_TEXT),
	CYAML_FIELD_STRING_PTR("rx_descriptors", OPTIONAL, struct yaml_port,
			       rx_descriptors, 1, MAX_TEXT),
	CYAML_FIELD_STRING_PTR("tx_descriptors", OPTIONAL, struct yaml_port,
			       tx_descriptors, 1, MAX_TEXT),
	CYAML_FIELD_IGNORE("vlans", CYAML_FLAG_OPTIONAL), /* read by yaml_vlans.c */
	CYAML_FIELD_END};

static const cyaml_schema_value_t port_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_port, port_fields)};

#define TEXT(parent, key, member)                                                        \
	CYAML_FIELD_STRING_PTR(key, OPTIONAL, struct parent, member, 1, MAX_TEXT)
#define CONNTRACK_KEY(key, ...) TEXT(yaml_conntrack, #key, key),
#define CONNTRACK_SWITCH(name, key, ...) TEXT(yaml_conntrack, key, name),
#define TOP_KEY(key, ...) TEXT(yaml_config, #key, key),

static const cyaml_schema_field_t conntrack_fields[] = {
	CONNTRACK_KEYS(CONNTRACK_KEY, CONNTRACK_KEY, CONNTRACK_KEY, CONNTRACK_KEY)
		TRACK_TIMEOUTS(CONNTRACK_KEY) TRACK_SWITCHES(CONNTRACK_SWITCH)
			CYAML_FIELD_END};

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE("eal", OPTIONAL, struct yaml_config, eal, &text_entry, 0,
			     ANY),
	CYAML_FIELD_SEQUENCE("ports", POINTER, struct yaml_config, ports, &port_entry, 0,
			     ANY),
	CYAML_FIELD_IGNORE("wires", CYAML_FLAG_DEFAULT), /* read by yaml_wires.c */
	CYAML_FIELD_SEQUENCE("bypass", OPTIONAL, struct yaml_config, bypass, &text_entry,
			     0, ANY),
	CONFIG_KEYS(TOP_KEY, TOP_KEY, TOP_KEY, TOP_KEY)
		CYAML_FIELD_MAPPING("conntrack", CYAML_FLAG_OPTIONAL, struct yaml_config,
				    conntrack, conntrack_fields),
	CYAML_FIELD_END};

const cyaml_schema_value_t yaml_schema = {
	CYAML_VALUE_MAPPING(POINTER, struct yaml_config, top_fields)};
