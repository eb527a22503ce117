/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The YAML configuration: one struct, checked as a whole before anything starts. sluice,
 * sluice-replay and sluice-xdp read the same file; conf/sluice.yaml shows every key.
 *
 *	struct config_error error;
 *	struct sluice_config *config;
 *
 *	if (config_load(file, CONFIG_NEED_DEVICES, &config, &error) != 0)
 *		fprintf(stderr, "sluice: %s\n", error.text);
 *	...
 *	config_free(config);
 *
 * An error is one line that names file, line, column and key, what stands there and what
 * was expected. Not thread safe; a loaded struct is only read.
 */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/engine.h>
#include <track/config.h>

#define CONFIG_MAX_PORTS (2u * ENGINE_MAX_WIRES)
#define CONFIG_MAX_WORKERS 64u
#define CONFIG_MAX_EAL 64u
#define CONFIG_MAX_NAME 15u /* of a port: what nft allows for iifname */

/* config_load(), flags */
#define CONFIG_NEED_DEVICES 0x1u /* a port without `device` is an error */

struct config_port {
	const char *name;
	const char *device;      /* DPDK's name of it; NULL when not given */
	uint16_t mtu;            /* 0: leave the device's */
	uint16_t rx_descriptors; /* default 1024 */
	uint16_t tx_descriptors;
};

struct sluice_config {
	const char *file; /* as given to config_load() */
	const char *eal[CONFIG_MAX_EAL];
	unsigned eal_count;
	struct config_port ports[CONFIG_MAX_PORTS];
	unsigned port_count;
	/*
	 * Wire w joins ports[wires[w][0]] and ports[wires[w][1]]; engine ports 2w and
	 * 2w+1.
	 */
	uint16_t wires[ENGINE_MAX_WIRES][2];
	unsigned wire_count; /* at least 1 */
	/*
	 * The group that a wire is in, from 1; 0: none. The wires of a group share
	 * connections and have one worker.
	 */
	uint8_t group[ENGINE_MAX_WIRES];
	const char *group_name[ENGINE_MAX_WIRES + 1];
	unsigned group_count;
	unsigned workers; /* 0: auto */
	uint32_t mbufs;   /* of a NUMA node, at least; 0: auto */
	/* Relative paths are the file's; NULL: no rules, everything passes. */
	const char *rules;
	uint32_t rules_timeout; /* seconds that reading and loading them may take */
	uint32_t max;           /* connections of IPv4, over all workers */
	uint32_t max_ipv6;
	struct track_config track;
	uint32_t bypass;                           /* ENGINE_BYPASS_* */
	uint16_t bypass_type[ENGINE_BYPASS_TYPES]; /* EtherTypes besides */
	unsigned bypass_types;
	bool pppoe; /* IP in PPPoE is tracked */
	bool enforce_ruleset;
	bool acct;
	bool vlan_key; /* VLANs are networks of their own */
	bool checksum;
	uint32_t ipfrag_high_thresh; /* bytes of buffers, over all workers */
	bool offloads_fix;     /* what changes frames is switched off, not only told */
	bool link_propagation; /* a port without link takes the other one's away */
	const char *control;   /* path of the socket */
	const char *control_group; /* who may use it, too; NULL: the process's group */
	const char *metrics;       /* address:port, NULL: not served */
	char warning[512];         /* worth saying, but no error; "": nothing */
};

/* One message, ready to print, without the program's name and a line feed. */
struct config_error {
	char text[1024];
};

/*
 * Read and check a file. Returns 0 and *config, or -errno (-ENOENT and the like: the file
 * could not be read; -EINVAL: its content; -ENOMEM) and error->text.
 */
int config_load(const char *file, unsigned flags, struct sluice_config **config,
		struct config_error *error);

void config_free(struct sluice_config *config);

/*
 * What one of `workers` engines needs: its share of the connections, everything else but
 * the secret and the mempool, which are left 0.
 */
void config_engine(const struct sluice_config *config, unsigned workers,
		   struct engine_config *engine);

/*
 * What workers are given: a group of wires, or a wire that is in none. How many there
 * are, and the number of that of a wire.
 */
unsigned config_units(const struct sluice_config *config);
unsigned config_unit(const struct sluice_config *config, unsigned wire);

/*
 * The n-th of the units that several workers may share, which are no groups; and how
 * many.
 */
unsigned config_shared_units(const struct sluice_config *config);
unsigned config_shared_unit(const struct sluice_config *config, unsigned n);

/*
 * The port's names in the order of the engine's port numbers, for ruleset_ports. names
 * has room for CONFIG_MAX_PORTS; returns how many: two a wire.
 */
unsigned config_engine_ports(const struct sluice_config *config, const char **names);

#endif
