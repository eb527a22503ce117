/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load the YAML configuration into one struct. It is checked as a whole before anything
 * starts. sluice, sluice-replay and sluice-xdp read the same file; conf/sluice.yaml shows
 * every key.
 *
 *	struct config_error error;
 *	struct sluice_config *config;
 *
 *	if (config_load(file, CONFIG_NEED_DEVICES, &config, &error) != 0)
 *		fprintf(stderr, "sluice: %s\n", error.text);
 *	...
 *	config_free(config);
 *
 * An error is one line with file, line, column and key, the text found there, and what
 * was expected. Loading is not thread safe; a loaded struct is not changed and any thread
 * may read it.
 */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/engine.h>
#include <track/config.h>

#include "keys.h"

#define CONFIG_MAX_PORTS (2u * ENGINE_MAX_WIRES)
#define CONFIG_MAX_WORKERS 64u
#define CONFIG_MAX_EAL 64u
#define CONFIG_MAX_VLANS 1024u /* VLANs with a name, of all ports together */
#define CONFIG_MAX_INTERFACES (CONFIG_MAX_PORTS + CONFIG_MAX_VLANS)
#define CONFIG_MAX_NAME 15u /* longest name of a port in bytes: nft's limit for iifname */

/* config_load(), flags */
#define CONFIG_NEED_DEVICES 0x1u /* a port without `device` is an error */

struct config_port {
	const char *name;
	/*
	 * Name of the DPDK device, or of the kernel's interface on a wire with XDP; NULL:
	 * not given.
	 */
	const char *device;
	uint16_t mtu;            /* bytes; 0: keep the MTU of the device */
	uint16_t rx_descriptors; /* descriptors of each receive queue, default 1024 */
	uint16_t tx_descriptors;
	bool mirror; /* in no wire: it sends copies that rules make with `dup` */
};

/* A VLAN of a port that has its own name in rules. */
struct config_vlan {
	const char *name;
	uint16_t vid;
	uint16_t port; /* index into ports */
};

#define CONFIG_BOOL(key, ...) bool key;
#define CONFIG_WORD(key, member, ...) bool member;
#define CONFIG_NUMBER(key, ...) uint32_t key;
#define CONFIG_OWN(key, ...)

/* Values of reload_connections, those of enum reload_connections (control/reload.h). */
enum config_connections {
	CONFIG_KEEP,
	CONFIG_RECHECK,
	CONFIG_FLUSH,
};

struct sluice_config {
	const char *file; /* file name, as given to config_load() */
	const char *eal[CONFIG_MAX_EAL];
	unsigned eal_count;
	struct config_port ports[CONFIG_MAX_PORTS];
	unsigned port_count;
	struct config_vlan vlans[CONFIG_MAX_VLANS]; /* named VLANs, ordered by port */
	unsigned vlan_count;
	/*
	 * Wire w joins ports[wires[w][0]] and ports[wires[w][1]]; engine ports 2w and
	 * 2w+1.
	 */
	uint16_t wires[ENGINE_MAX_WIRES][2];
	unsigned wire_count; /* entries of wires[], at least 1 */
	/*
	 * Group of each wire, counted from 1; 0: the wire is in no group. The wires of a
	 * group share connections and run on one worker.
	 */
	uint8_t group[ENGINE_MAX_WIRES];
	const char *group_name[ENGINE_MAX_WIRES + 1];
	unsigned group_count;
	/*
	 * The kernel passes established traffic of this wire by an XDP program, and its
	 * ports are AF_XDP sockets. All wires are like this, or none.
	 */
	bool xdp[ENGINE_MAX_WIRES];
	/* directory for what outlives the process of these wires; NULL: nothing does */
	const char *xdp_pin;
	unsigned workers; /* number of worker threads; 0: automatic */
	uint32_t mbufs;   /* minimum number of mbufs on each NUMA node; 0: automatic */
	/*
	 * Path of the rule file; a relative path starts at the directory of the
	 * configuration file. NULL: no rules, every packet is accepted.
	 */
	const char *rules;
	/* what a reload does with connections: enum config_connections */
	uint32_t reload_connections;
	struct track_config track;
	/* ENGINE_BYPASS_* flags: traffic that passes without inspection */
	uint32_t bypass;
	/* further EtherTypes that pass without inspection */
	uint16_t bypass_type[ENGINE_BYPASS_TYPES];
	unsigned bypass_types;
	const char *control; /* path of the control socket */
	/* group that may use the socket; NULL: the group of the process */
	const char *control_group;
	const char *metrics; /* address:port of the metrics server; NULL: no server */
	const char *ipfix;   /* address:port of the collector; NULL: none */
	/* path of the log of records, "stdout" or "journal"; NULL: no log */
	const char *record_log;
	/* the configuration that config_take() was last given; freed with this one */
	struct sluice_config *taken;
	/* The members for keys with a single value; keys.h says what each key means. */
	CONFIG_KEYS(CONFIG_BOOL, CONFIG_WORD, CONFIG_NUMBER, CONFIG_OWN)
	CONNTRACK_KEYS(CONFIG_BOOL, CONFIG_WORD, CONFIG_NUMBER, CONFIG_OWN)
};

#undef CONFIG_BOOL
#undef CONFIG_WORD
#undef CONFIG_NUMBER
#undef CONFIG_OWN

/* An error message, ready to print, without program name and line feed. */
struct config_error {
	char text[1024];
};

/*
 * Read and check a file. Returns 0 and *config, or -errno and error->text. -EINVAL: the
 * content is wrong; -ENOMEM: out of memory; others, such as -ENOENT: the file cannot be
 * read.
 */
int config_load(const char *file, unsigned flags, struct sluice_config **config,
		struct config_error *error);

void config_free(struct sluice_config *config);

/*
 * Fill the configuration of one of `workers` engines: its share of the connections and a
 * copy of everything else. The secret and the mempool are left 0; the caller sets them.
 */
void config_engine(const struct sluice_config *config, unsigned workers,
		   struct engine_config *engine);

/*
 * A unit is what is assigned to a worker: a group of wires, or one wire without a group.
 * config_units() returns the number of units, config_unit() the unit of a wire.
 */
unsigned config_units(const struct sluice_config *config);
unsigned config_unit(const struct sluice_config *config, unsigned wire);

/*
 * Units that several workers may share, which are the wires without a group and without
 * XDP: their number, and the wire of the n-th such unit.
 */
unsigned config_shared_units(const struct sluice_config *config);
unsigned config_shared_unit(const struct sluice_config *config, unsigned n);

/*
 * Write the names of the ports, in the order of the engine's port numbers, for
 * ruleset_ports. names has room for CONFIG_MAX_PORTS. Returns the number of names: two
 * for each wire.
 */
unsigned config_engine_ports(const struct sluice_config *config, const char **names);

/*
 * The ports that are in no wire, in the order of the file, which is that of the engine's
 * mirror ports: their number, and the n-th of them.
 */
unsigned config_mirrors(const struct sluice_config *config);
const struct config_port *config_mirror(const struct sluice_config *config, unsigned n);

/*
 * Write the names of the mirror ports, for ruleset_ports. names has room for
 * CONFIG_MAX_PORTS. Returns their number.
 */
unsigned config_mirror_names(const struct sluice_config *config, const char **names);

/*
 * Write the interface names that rules can use, for ruleset_ports: the names from
 * config_engine_ports(), then the names of the VLANs. Compiled rules number interfaces in
 * this order. names has room for CONFIG_MAX_INTERFACES. Returns the number of names.
 */
unsigned config_interfaces(const struct sluice_config *config, const char **names);

#endif
