/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Converts the text of a configuration to numbers. Each value is checked where it is
 * converted, against the limits of what it configures. Checks that concern several values
 * (names, devices, wires) follow.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <rte_ether.h>

#include <engine/records.h>

#include "address.h"
#include "load.h"
#include "rules_run.h"

#define DEFAULT_CONNECTIONS (1u << 20)
/* bytes, as the kernel's net.ipv4.ipfrag_high_thresh */
#define DEFAULT_FRAGMENT_BYTES (4u << 20)
#define MAX_FRAGMENT_BYTES (1u << 30)
#define MAX_MBUFS (1u << 26)
#define MAX_RULES_SECONDS 3600u
/*
 * Bytes that each mbuf of a held fragment counts against the fragment memory limit: the
 * size of an mbuf with the default data room.
 */
#define FRAGMENT_BUFFER_BYTES                                                            \
	(RTE_MBUF_DEFAULT_BUF_SIZE + (uint32_t)sizeof(struct rte_mbuf))
#define DEFAULT_CONTROL "/run/sluice/control.sock"

/*
 * What config_load() allocates: the struct that callers get, which must be the first
 * member, and the memory that its pointers refer to.
 */
struct loaded {
	struct sluice_config config;
	struct yaml_file file;
	char *rules;
	uint16_t *interfaces; /* for engine_config; NULL: no VLAN has a name */
};

const struct word load_bypass_words[] = {
	{"arp", ENGINE_BYPASS_ARP},
	{"lldp", ENGINE_BYPASS_LLDP},
	{"lacp", ENGINE_BYPASS_LACP},
	{"stp", ENGINE_BYPASS_STP},
	{"nd", ENGINE_BYPASS_ND},
	{"eapol", ENGINE_BYPASS_EAPOL},
	{"rarp", ENGINE_BYPASS_RARP},
	{"ptp", ENGINE_BYPASS_PTP},
	{"cdp", ENGINE_BYPASS_CDP},
	{"isis", ENGINE_BYPASS_ISIS},
	{"macsec", ENGINE_BYPASS_MACSEC},
	{"mpls", ENGINE_BYPASS_MPLS},
	{"pppoe", ENGINE_BYPASS_PPPOE},
	{"non_ip", ENGINE_BYPASS_NON_IP},
	{NULL, 0},
};

const struct word load_connection_words[] = {
	{"keep", CONFIG_KEEP},
	{"recheck", CONFIG_RECHECK},
	{"flush", CONFIG_FLUSH},
	{NULL, 0},
};

/*
 * Read the row of one key of the file. The variables yaml, config and load are those of
 * the function that uses these macros.
 */
#define READ_BOOL(path, key, normal)                                                     \
	config->key = (normal);                                                          \
	if (load_bool(load, path #key, yaml->key, &config->key) != 0)                    \
		return -EINVAL;
#define READ_WORD(path, key, member, no, yes, normal)                                    \
	config->member = (normal);                                                       \
	if (load_switch(load, path #key, yaml->key, no, yes, &config->member) != 0)      \
		return -EINVAL;
#define READ_NUMBER(path, key, normal, min, max)                                         \
	config->key = (normal);                                                          \
	if (load_number(load, path #key, yaml->key, (struct range){min, max},            \
			&config->key) != 0)                                              \
		return -EINVAL;
#define OWN(key, text)

static int
read_keys(struct load *load)
{
	const struct yaml_config *yaml = load->file->yaml;
	struct sluice_config *config = load->config;

#define BOOL(key, normal, text) READ_BOOL("", key, normal)
#define WORD(key, member, no, yes, normal, text)                                         \
	READ_WORD("", key, member, no, yes, normal)
#define NUMBER(key, normal, min, max, text) READ_NUMBER("", key, normal, min, max)
	CONFIG_KEYS(BOOL, WORD, NUMBER, OWN)
#undef BOOL
#undef WORD
#undef NUMBER
	return 0;
}

static int
read_conntrack(struct load *load)
{
	const struct yaml_conntrack *yaml = &load->file->yaml->conntrack;
	struct sluice_config *config = load->config;

#define BOOL(key, normal, text) READ_BOOL("conntrack.", key, normal)
#define WORD(key, member, no, yes, normal, text)                                         \
	READ_WORD("conntrack.", key, member, no, yes, normal)
#define NUMBER(key, normal, min, max, text)                                              \
	READ_NUMBER("conntrack.", key, normal, min, max)
	CONNTRACK_KEYS(BOOL, WORD, NUMBER, OWN)
#undef BOOL
#undef WORD
#undef NUMBER
	return 0;
}

/* Read the tracker's timeouts: seconds in the file, ticks in memory. */
static int
read_trackers(struct load *load)
{
	const struct yaml_conntrack *yaml = &load->file->yaml->conntrack;
	struct track_config *track = &load->config->track;
	uint32_t value;

	*track = TRACK_CONFIG_DEFAULT;
#define TIMEOUT(name, normal, min, max, text)                                            \
	value = (normal);                                                                \
	if (load_number(load, "conntrack." #name, yaml->name, (struct range){min, max},  \
			&value) != 0)                                                    \
		return -EINVAL;                                                          \
	track->name = value * 1000u;
	TRACK_TIMEOUTS(TIMEOUT)
#undef TIMEOUT
#define SWITCH(name, key, no, yes, normal, text)                                         \
	if (load_switch(load, "conntrack." key, yaml->name, no, yes, &track->name) != 0) \
		return -EINVAL;
	TRACK_SWITCHES(SWITCH)
#undef SWITCH
	return 0;
}

/* Read an EtherType that passes without inspection, given as a number. */
static int
read_bypass_type(struct load *load, const char *path, const char *text)
{
	struct sluice_config *config = load->config;
	char *end;
	unsigned long type = strtoul(text, &end, 0);

	if (*end != '\0' || type < 0x600 || type > UINT16_MAX)
		return yaml_file_error(load->file, load->error, path,
				       "'%s' is no EtherType, 0x600 to 0xffff expected "
				       "(below are lengths of 802.3 frames)",
				       text);
	if (type == RTE_ETHER_TYPE_IPV4 || type == RTE_ETHER_TYPE_IPV6)
		return yaml_file_error(load->file, load->error, path,
				       "%s is IP, which the rules judge: accept it there",
				       text);
	if (type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ ||
	    type == RTE_ETHER_TYPE_QINQ1)
		return yaml_file_error(load->file, load->error, path,
				       "%s is a VLAN tag: name what is behind it", text);
	if (config->bypass_types == ENGINE_BYPASS_TYPES)
		return yaml_file_error(load->file, load->error, path,
				       "too many numbers, %u at most expected",
				       ENGINE_BYPASS_TYPES);
	config->bypass_type[config->bypass_types++] = (uint16_t)type;
	return 0;
}

static int
read_eal_and_bypass(struct load *load)
{
	const struct yaml_config *yaml = load->file->yaml;
	struct sluice_config *config = load->config;
	char path[LOAD_MAX_PATH];
	uint32_t bit = 0;
	unsigned i;

	if (yaml->eal_count > CONFIG_MAX_EAL)
		return yaml_file_error(load->file, load->error, "eal",
				       "%u options, %u at most expected", yaml->eal_count,
				       CONFIG_MAX_EAL);
	for (i = 0; i < yaml->eal_count; i++)
		config->eal[i] = yaml->eal[i];
	config->eal_count = yaml->eal_count;
	config->bypass = ENGINE_BYPASS_DEFAULT;
	if (place_exists(&load->file->places, "bypass"))
		config->bypass = 0;
	for (i = 0; i < yaml->bypass_count; i++) {
		snprintf(path, sizeof(path), "bypass[%u]", i);
		if (yaml->bypass[i][0] >= '0' && yaml->bypass[i][0] <= '9') {
			if (read_bypass_type(load, path, yaml->bypass[i]) != 0)
				return -EINVAL;
			continue;
		}
		if (load_word(load, path, yaml->bypass[i], load_bypass_words, &bit) != 0)
			return -EINVAL;
		config->bypass |= bit;
	}
	return 0;
}

/* Resolve a relative path from the file against the directory of the file. */
static int
read_rules(struct load *load)
{
	const char *rules = load->file->yaml->rules, *slash;
	struct sluice_config *config = load->config;
	struct loaded *loaded = (struct loaded *)config;
	int folder = 0;

	if (rules == NULL)
		return 0;
	slash = strrchr(config->file, '/');
	if (rules[0] != '/' && slash != NULL)
		folder = (int)(slash - config->file) + 1;
	if (asprintf(&loaded->rules, "%.*s%s", folder, config->file, rules) < 0) {
		loaded->rules = NULL;
		snprintf(load->error->text, sizeof(load->error->text), "out of memory");
		return -ENOMEM;
	}
	config->rules = loaded->rules;
	return 0;
}

/*
 * Return the engine's number of a configured port, or -1 when no wire contains the port.
 */
static int
engine_port(const struct sluice_config *config, unsigned port)
{
	unsigned w;

	for (w = 0; w < config->wire_count; w++) {
		if (config->wires[w][0] == port)
			return (int)(2 * w);
		if (config->wires[w][1] == port)
			return (int)(2 * w + 1);
	}
	return -1;
}

/* Build the engine's table from port and VID to the interface number of rules. */
static int
number_interfaces(struct load *load)
{
	struct sluice_config *config = load->config;
	struct loaded *loaded = (struct loaded *)config;
	const unsigned ports = 2 * config->wire_count;
	unsigned i;
	int port;

	if (config->vlan_count == 0)
		return 0;
	loaded->interfaces = calloc((size_t)ports * ENGINE_VIDS,
				    sizeof(*loaded->interfaces));
	if (loaded->interfaces == NULL) {
		snprintf(load->error->text, sizeof(load->error->text), "out of memory");
		return -ENOMEM;
	}
	for (i = 0; i < ports * ENGINE_VIDS; i++)
		loaded->interfaces[i] = (uint16_t)(i / ENGINE_VIDS);
	for (i = 0; i < config->vlan_count; i++) {
		port = engine_port(config, config->vlans[i].port);
		if (port >= 0)
			loaded->interfaces[(unsigned)port * ENGINE_VIDS +
					   config->vlans[i].vid] = (uint16_t)(ports + i);
	}
	return 0;
}

static int
read_rest(struct load *load)
{
	const struct yaml_config *yaml = load->file->yaml;
	struct sluice_config *config = load->config;
	struct sockaddr_storage address;

	if (yaml->workers != NULL && strcmp(yaml->workers, "auto") != 0 &&
	    load_number(load, "workers", yaml->workers,
			(struct range){1, CONFIG_MAX_WORKERS}, &config->workers) != 0)
		return -EINVAL;
	if (yaml->mbufs != NULL && strcmp(yaml->mbufs, "auto") != 0 &&
	    load_number(load, "mbufs", yaml->mbufs, (struct range){1, MAX_MBUFS},
			&config->mbufs) != 0)
		return -EINVAL;
	if (load_word(load, "reload_connections", yaml->reload_connections,
		      load_connection_words, &config->reload_connections) != 0)
		return -EINVAL;
	config->control = yaml->control != NULL ? yaml->control : DEFAULT_CONTROL;
	if (strlen(config->control) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return yaml_file_error(
			load->file, load->error, "control",
			"too long for a socket's path, %zu letters at most "
			"expected",
			sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	config->control_group = yaml->control_group;
	config->metrics = yaml->metrics;
	config->record_log = yaml->record_log;
	config->xdp_pin = yaml->xdp_pin;
	config->ipfix = yaml->ipfix;
	if (config->ipfix != NULL && address_parse(config->ipfix, &address) != 0)
		return yaml_file_error(
			load->file, load->error, "ipfix",
			"'%s' is no address, something like 192.0.2.1:4739 "
			"or [2001:db8::1]:4739 expected",
			config->ipfix);
	if (config->metrics != NULL && address_parse(config->metrics, &address) != 0)
		return yaml_file_error(
			load->file, load->error, "metrics",
			"'%s' is no address, something like 127.0.0.1:9464 "
			"or [::1]:9464 expected",
			config->metrics);
	return 0;
}

int
config_load(const char *file, unsigned flags, struct sluice_config **config,
	    struct config_error *error)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	struct load load = {.error = error};
	int status;

	if (loaded == NULL) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -ENOMEM;
	}
	load.config = &loaded->config;
	load.file = &loaded->file;
	loaded->config.file = file;
	status = yaml_file_load(&loaded->file, file, error);
	if (status == 0)
		status = load_ports(&load, flags);
	if (status == 0)
		status = load_wires(&load);
	if (status == 0)
		status = read_keys(&load);
	if (status == 0)
		status = read_conntrack(&load);
	if (status == 0)
		status = read_trackers(&load);
	if (status == 0)
		status = load_vlans(&load);
	if (status == 0)
		status = number_interfaces(&load);
	if (status == 0)
		status = read_eal_and_bypass(&load);
	if (status == 0)
		status = read_rest(&load);
	if (status == 0)
		status = read_rules(&load);
	if (status != 0) {
		config_free(&loaded->config);
		return status;
	}
	*config = &loaded->config;
	return 0;
}

void
config_free(struct sluice_config *config)
{
	struct loaded *loaded =
		(struct loaded *)config; /* config is the first member of struct loaded */

	if (loaded == NULL)
		return;
	config_free(config->taken);
	yaml_file_free(&loaded->file);
	free(loaded->rules);
	free(loaded->interfaces);
	free(loaded);
}

/* Return n / workers, rounded up. */
static uint32_t
share(uint32_t n, unsigned workers)
{
	return n / workers + (n % workers != 0);
}

void
config_engine(const struct sluice_config *config, unsigned workers,
	      struct engine_config *engine)
{
	*engine = (struct engine_config){
		.interfaces = ((const struct loaded *)config)->interfaces,
		.track = config->track,
		.max = share(config->max, workers),
		.max6 = share(config->max_ipv6, workers),
		.wires = (uint16_t)config->wire_count,
		.mirrors = (uint16_t)config_mirrors(config),
		.bypass = config->bypass,
		.bypass_types = config->bypass_types,
		.audit = config->audit,
		.enforce_ruleset = config->enforce_ruleset,
		.verify_checksums = config->checksum,
		.acct = config->acct,
		.pppoe = config->pppoe,
		.vlans_joined = !config->vlan_key,
		.fragments = share(config->ipfrag_high_thresh / FRAGMENT_BUFFER_BYTES,
				   workers),
	};
	memcpy(engine->group, config->group, sizeof(engine->group));
	memcpy(engine->bypass_type, config->bypass_type, sizeof(engine->bypass_type));
}

/* Return the first wire of the unit (group) that a wire belongs to. */
static unsigned
unit_first(const struct sluice_config *config, unsigned wire)
{
	unsigned w;

	for (w = 0; w < wire && config->group[wire] != 0; w++)
		if (config->group[w] == config->group[wire])
			return w;
	return wire;
}

unsigned
config_unit(const struct sluice_config *config, unsigned wire)
{
	unsigned first = unit_first(config, wire), w, unit = 0;

	for (w = 0; w < first; w++)
		unit += unit_first(config, w) == w;
	return unit;
}

unsigned
config_units(const struct sluice_config *config)
{
	unsigned w, units = 0;

	for (w = 0; w < config->wire_count; w++)
		units += unit_first(config, w) == w;
	return units;
}

unsigned
config_shared_units(const struct sluice_config *config)
{
	unsigned w, units = 0;

	for (w = 0; w < config->wire_count; w++)
		units += config->group[w] == 0 && !config->xdp[w];
	return units;
}

unsigned
config_shared_unit(const struct sluice_config *config, unsigned n)
{
	unsigned w;

	for (w = 0; w < config->wire_count; w++)
		if (config->group[w] == 0 && !config->xdp[w] && n-- == 0)
			break;
	return config_unit(config, w);
}

unsigned
config_engine_ports(const struct sluice_config *config, const char **names)
{
	unsigned w;

	for (w = 0; w < config->wire_count; w++) {
		names[2 * w] = config->ports[config->wires[w][0]].name;
		names[2 * w + 1] = config->ports[config->wires[w][1]].name;
	}
	return 2 * config->wire_count;
}

unsigned
config_interfaces(const struct sluice_config *config, const char **names)
{
	unsigned count = config_engine_ports(config, names), i;

	for (i = 0; i < config->vlan_count; i++)
		names[count + i] = config->vlans[i].name;
	return count + config->vlan_count;
}

unsigned
config_mirrors(const struct sluice_config *config)
{
	return config->port_count - 2 * config->wire_count;
}

const struct config_port *
config_mirror(const struct sluice_config *config, unsigned n)
{
	const struct config_port *port = config->ports;

	while (!port->mirror || n-- > 0)
		port++;
	return port;
}

unsigned
config_mirror_names(const struct sluice_config *config, const char **names)
{
	const unsigned count = config_mirrors(config);
	unsigned i;

	for (i = 0; i < count; i++)
		names[i] = config_mirror(config, i)->name;
	return count;
}
