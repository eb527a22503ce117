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
	CYAML_FIELD_END};

static const cyaml_schema_value_t port_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_port, port_fields)};

#define CONNTRACK_TEXT(key, member)                                                      \
	CYAML_FIELD_STRING_PTR(key, OPTIONAL, struct yaml_conntrack, member, 1, MAX_TEXT)
#define CONNTRACK_TIMEOUT(name, value, min, max, text) CONNTRACK_TEXT(#name, name),
#define CONNTRACK_SWITCH(name, value, text) CONNTRACK_TEXT(YAML_KEY_##name, name),

static const cyaml_schema_field_t conntrack_fields[] = {
	CONNTRACK_TEXT("max", max),
	CONNTRACK_TEXT("max_ipv6", max_ipv6),
	CONNTRACK_TEXT("enforce", enforce),
	CONNTRACK_TEXT("acct", acct),
	CONNTRACK_TEXT("vlan_key", vlan_key),
	CONNTRACK_TEXT("checksum", checksum),
	CONNTRACK_TEXT("ipfrag_high_thresh", ipfrag_high_thresh),
	TRACK_TIMEOUTS(CONNTRACK_TIMEOUT) TRACK_SWITCHES(CONNTRACK_SWITCH)
		CYAML_FIELD_END};

#define TOP_TEXT(name)                                                                   \
	CYAML_FIELD_STRING_PTR(#name, OPTIONAL, struct yaml_config, name, 1, MAX_TEXT)

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE("eal", OPTIONAL, struct yaml_config, eal, &text_entry, 0,
			     ANY),
	CYAML_FIELD_SEQUENCE("ports", POINTER, struct yaml_config, ports, &port_entry, 0,
			     ANY),
	CYAML_FIELD_IGNORE("wires", CYAML_FLAG_DEFAULT), /* yaml_wires.c */
	CYAML_FIELD_SEQUENCE("bypass", OPTIONAL, struct yaml_config, bypass, &text_entry,
			     0, ANY),
	TOP_TEXT(pppoe),
	TOP_TEXT(workers),
	TOP_TEXT(mbufs),
	TOP_TEXT(rules),
	TOP_TEXT(rules_timeout),
	TOP_TEXT(control),
	TOP_TEXT(control_group),
	TOP_TEXT(metrics),
	TOP_TEXT(offloads),
	TOP_TEXT(link_propagation),
	CYAML_FIELD_MAPPING("conntrack", CYAML_FLAG_OPTIONAL, struct yaml_config,
			    conntrack, conntrack_fields),
	CYAML_FIELD_END};

const cyaml_schema_value_t yaml_schema = {
	CYAML_VALUE_MAPPING(POINTER, struct yaml_config, top_fields)};
