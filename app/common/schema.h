/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shape of the YAML file, as libcyaml wants it. Every scalar is read as text:
 * libcyaml 1.3 takes "1x" for 1 and any word for a boolean, so config.c converts, with
 * limits and with a message that can quote what stood there. Keys that are not in the
 * file are NULL.
 */
#ifndef COMMON_SCHEMA_H
#define COMMON_SCHEMA_H

#include <cyaml/cyaml.h>

#include <track/config.h>

struct yaml_port {
	char *name;
	char *device;
	char *mtu;
	char *rx_descriptors;
	char *tx_descriptors;
};

struct yaml_conntrack {
	char *max;
	char *max_ipv6;
	char *enforce;
	char *acct;
	char *vlan_key;
	char *checksum;
	char *ipfrag_high_thresh;
#define YAML_FIELD(name, ...) char *name;
	TRACK_TIMEOUTS(YAML_FIELD)
	TRACK_SWITCHES(YAML_FIELD)
#undef YAML_FIELD
};

struct yaml_config {
	char **eal;
	unsigned eal_count;
	struct yaml_port *ports;
	unsigned ports_count;
	char **bypass;
	unsigned bypass_count;
	char *pppoe;
	char *workers;
	char *mbufs;
	char *rules;
	char *rules_timeout;
	char *control;
	char *control_group;
	char *metrics;
	char *offloads;
	char *link_propagation;
	struct yaml_conntrack conntrack;
};

/* Keys of the switches that are words in the file, not a boolean of their own name. */
#define YAML_KEY_tcp_loose "tcp_loose"
#define YAML_KEY_tcp_be_liberal "tcp_be_liberal"
#define YAML_KEY_tcp_challenge_ack "tcp_challenge_ack"
#define YAML_KEY_tcp_unknown_reset "tcp_unknown"
#define YAML_KEY_tcp_unsynchronized_reset "tcp_unsynchronized"
#define YAML_KEY_tcp_asymmetric "tcp_asymmetric"
#define YAML_KEY_ip_security_match "ip_security"

extern const cyaml_schema_value_t yaml_schema;

#endif
