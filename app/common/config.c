/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the text of a configuration to numbers. Each value is checked where it is
 * converted, against the limits of what it configures; what concerns several values
 * (names, devices, wires) follows.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <rte_ether.h>

#include "address.h"
#include "load.h"
#include "rules_run.h"

#define DEFAULT_CONNECTIONS (1u << 20)
#define DEFAULT_FRAGMENT_BYTES (4u << 20) /* the kernel's */
#define MAX_FRAGMENT_BYTES (1u << 30)
#define MAX_MBUFS (1u << 26)
#define MAX_RULES_SECONDS 3600u
/* What a buffer counts for: an mbuf of the default size. */
#define FRAGMENT_BUFFER_BYTES                                                            \
	(RTE_MBUF_DEFAULT_BUF_SIZE + (uint32_t)sizeof(struct rte_mbuf))
#define DEFAULT_CONTROL "/run/sluice/control.sock"

/* The struct that callers see, first, and what it points into. */
struct loaded {
	struct sluice_config config;
	struct yaml_file file;
	char *rules;
};

static const struct word enforce_words[] = {{"strict", false},
					    {"ruleset", true},
					    {NULL, 0}};

static const struct word bypass_words[] = {
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

static const struct word offloads_words[] = {{"fix", true}, {"warn", false}, {NULL, 0}};
static const struct word pppoe_words[] = {{"ignore", false}, {"track", true}, {NULL, 0}};

/* What the values of each switch of the trackers are called. */
#define WORDS_tcp_loose load_booleans
#define WORDS_tcp_be_liberal load_booleans
#define WORDS_tcp_challenge_ack load_booleans
#define WORDS_tcp_unknown_reset unknown_words
#define WORDS_tcp_unsynchronized_reset unsynchronized_words
#define WORDS_tcp_asymmetric load_booleans
#define WORDS_ip_security_match security_words

static const struct word unknown_words[] = {{"drop", false}, {"reset", true}, {NULL, 0}};
static const struct word unsynchronized_words[] = {{"forward", false},
						   {"reset", true},
						   {NULL, 0}};
static const struct word security_words[] = {{"ignore", false},
					     {"match", true},
					     {NULL, 0}};

static int
read_trackers(struct load *load)
{
	const struct yaml_conntrack *yaml = &load->file->yaml->conntrack;
	struct track_config *track = &load->config->track;
	uint32_t value;

	*track = TRACK_CONFIG_DEFAULT;
#define READ_TIMEOUT(name, normal, min, max, text)                                       \
	value = (normal);                                                                \
	if (load_number(load, "conntrack." #name, yaml->name, (struct range){min, max},  \
			&value) != 0)                                                    \
		return -EINVAL;                                                          \
	track->name = value * 1000u;
	TRACK_TIMEOUTS(READ_TIMEOUT)
#undef READ_TIMEOUT
#define READ_SWITCH(name, normal, text)                                                  \
	value = (normal);                                                                \
	if (load_word(load, "conntrack." YAML_KEY_##name, yaml->name, WORDS_##name,      \
		      &value) != 0)                                                      \
		return -EINVAL;                                                          \
	track->name = value != 0;
	TRACK_SWITCHES(READ_SWITCH)
#undef READ_SWITCH
	return 0;
}

static int
read_conntrack(struct load *load)
{
	const struct yaml_conntrack *yaml = &load->file->yaml->conntrack;
	const struct range connections = {1, FLOW_MAX_CONNECTIONS};
	struct sluice_config *config = load->config;
	uint32_t enforce = false;

	config->max = DEFAULT_CONNECTIONS;
	config->ipfrag_high_thresh = DEFAULT_FRAGMENT_BYTES;
	config->checksum = true;
	config->vlan_key = true;
	if (load_number(load, "conntrack.max", yaml->max, connections, &config->max) != 0)
		return -EINVAL;
	config->max_ipv6 = config->max;
	if (load_number(load, "conntrack.max_ipv6", yaml->max_ipv6, connections,
			&config->max_ipv6) != 0 ||
	    load_word(load, "conntrack.enforce", yaml->enforce, enforce_words,
		      &enforce) != 0 ||
	    load_bool(load, "conntrack.acct", yaml->acct, &config->acct) != 0 ||
	    load_bool(load, "conntrack.vlan_key", yaml->vlan_key, &config->vlan_key) !=
		    0 ||
	    load_bool(load, "conntrack.checksum", yaml->checksum, &config->checksum) !=
		    0 ||
	    load_number(load, "conntrack.ipfrag_high_thresh", yaml->ipfrag_high_thresh,
			(struct range){0, MAX_FRAGMENT_BYTES},
			&config->ipfrag_high_thresh) != 0)
		return -EINVAL;
	config->enforce_ruleset = enforce != 0;
	return read_trackers(load);
}

/* An EtherType that is to cross, by its number. */
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
	if (load_word(load, "pppoe", yaml->pppoe, pppoe_words, &bit) != 0)
		return -EINVAL;
	config->pppoe = bit != 0;
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
		if (load_word(load, path, yaml->bypass[i], bypass_words, &bit) != 0)
			return -EINVAL;
		config->bypass |= bit;
	}
	return 0;
}

/* A path in the file is meant from the file's folder. */
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

static int
read_rest(struct load *load)
{
	const struct yaml_config *yaml = load->file->yaml;
	struct sluice_config *config = load->config;
	struct sockaddr_storage address;
	uint32_t offloads = true;

	if (load_word(load, "offloads", yaml->offloads, offloads_words, &offloads) != 0 ||
	    load_bool(load, "link_propagation", yaml->link_propagation,
		      &config->link_propagation) != 0)
		return -EINVAL;
	if (yaml->workers != NULL && strcmp(yaml->workers, "auto") != 0 &&
	    load_number(load, "workers", yaml->workers,
			(struct range){1, CONFIG_MAX_WORKERS}, &config->workers) != 0)
		return -EINVAL;
	if (yaml->mbufs != NULL && strcmp(yaml->mbufs, "auto") != 0 &&
	    load_number(load, "mbufs", yaml->mbufs, (struct range){1, MAX_MBUFS},
			&config->mbufs) != 0)
		return -EINVAL;
	config->rules_timeout = RULES_RUN_SECONDS;
	if (load_number(load, "rules_timeout", yaml->rules_timeout,
			(struct range){1, MAX_RULES_SECONDS},
			&config->rules_timeout) != 0)
		return -EINVAL;
	config->control = yaml->control != NULL ? yaml->control : DEFAULT_CONTROL;
	if (strlen(config->control) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return yaml_file_error(
			load->file, load->error, "control",
			"too long for a socket's path, %zu letters at most "
			"expected",
			sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	config->control_group = yaml->control_group;
	config->offloads_fix = offloads != 0;
	config->metrics = yaml->metrics;
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
		status = read_conntrack(&load);
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
	struct loaded *loaded = (struct loaded *)config; /* its first member */

	if (loaded == NULL)
		return;
	yaml_file_free(&loaded->file);
	free(loaded->rules);
	free(loaded);
}

/* A worker's part of n, none left out. */
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
		.track = config->track,
		.max = share(config->max, workers),
		.max6 = share(config->max_ipv6, workers),
		.wires = (uint16_t)config->wire_count,
		.bypass = config->bypass,
		.bypass_types = config->bypass_types,
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

/* The first wire of a wire's unit. */
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
		units += config->group[w] == 0;
	return units;
}

unsigned
config_shared_unit(const struct sluice_config *config, unsigned n)
{
	unsigned w;

	for (w = 0; w < config->wire_count; w++)
		if (config->group[w] == 0 && n-- == 0)
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
