/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the text of a configuration to numbers. Each value is checked where it is converted,
 * against the limits of what it configures; what concerns several values (names, devices,
 * wires) follows.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "address.h"
#include "yaml_file.h"

#define DEFAULT_CONNECTIONS (1u << 20)
#define DEFAULT_DESCRIPTORS 1024u
#define DEFAULT_CONTROL "/run/sluice/control.sock"
#define MAX_PATH 256

/* The struct that callers see, and what it points into. */
struct loaded {
	struct sluice_config config;
	struct yaml_file file;
	char *rules;
};

struct load {
	struct loaded *out;
	struct yaml_file *file;
	struct config_error *error;
};

struct range {
	uint32_t least;
	uint32_t most;
};

struct word {
	const char *text;
	uint32_t value;
};

static const struct word booleans[] = {
	{"true", true}, {"false", false}, {"yes", true}, {"no", false},
	{"on", true},   {"off", false},   {NULL, 0},
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
	{"non_ip", ENGINE_BYPASS_NON_IP},
	{NULL, 0},
};

/* What the values of each switch of the trackers are called. */
#define WORDS_tcp_loose booleans
#define WORDS_tcp_be_liberal booleans
#define WORDS_tcp_challenge_ack booleans
#define WORDS_tcp_unknown_reset unknown_words
#define WORDS_tcp_unsynchronized_reset unsynchronized_words

static const struct word unknown_words[] = {{"drop", false}, {"reset", true}, {NULL, 0}};
static const struct word unsynchronized_words[] = {{"forward", false},
						   {"reset", true},
						   {NULL, 0}};

/* These leave *value as it is when text is NULL: the key is not in the file. */
static int
read_number(struct load *load, const char *path, const char *text, struct range range,
	    uint32_t *value)
{
	unsigned long long number;
	char *end;

	if (text == NULL)
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (*end != '\0' || text[strspn(text, "0123456789")] != '\0')
		return yaml_file_error(load->file, load->error, path,
				       "'%s' is not a number, %u to %u expected", text,
				       range.least, range.most);
	if (errno != 0 || number < range.least || number > range.most)
		return yaml_file_error(load->file, load->error, path,
				       "%s is out of range, %u to %u expected", text,
				       range.least, range.most);
	*value = (uint32_t)number;
	return 0;
}

static int
read_word(struct load *load, const char *path, const char *text, const struct word *words,
	  uint32_t *value)
{
	const struct word *word;
	char expected[256];
	size_t length = 0;

	if (text == NULL)
		return 0;
	expected[0] = '\0';
	for (word = words; word->text != NULL; word++) {
		if (strcmp(text, word->text) == 0) {
			*value = word->value;
			return 0;
		}
		if (words == booleans && word - words >= 2)
			continue; /* the first pair says it */
		length += (size_t)snprintf(expected + length, sizeof(expected) - length,
					   "%s%s", length > 0 ? ", " : "", word->text);
	}
	return yaml_file_error(load->file, load->error, path,
			       "'%s' is not known, one of %s expected", text, expected);
}

static int
read_bool(struct load *load, const char *path, const char *text, bool *value)
{
	uint32_t number = *value;
	int status = read_word(load, path, text, booleans, &number);

	*value = number != 0;
	return status;
}

static int
read_u16(struct load *load, const char *path, const char *text, struct range range,
	 uint16_t *value)
{
	uint32_t number = *value;
	int status = read_number(load, path, text, range, &number);

	*value = (uint16_t)number;
	return status;
}

static int
read_trackers(struct load *load)
{
	const struct yaml_conntrack *yaml = &load->file->yaml->conntrack;
	struct track_config *track = &load->out->config.track;
	uint32_t value;

	*track = TRACK_CONFIG_DEFAULT;
#define READ_TIMEOUT(name, normal, least, most, text)                                    \
	value = (normal);                                                                \
	if (read_number(load, "conntrack." #name, yaml->name,                            \
			(struct range){least, most}, &value) != 0)                       \
		return -EINVAL;                                                          \
	track->name = value * 1000u;
	TRACK_TIMEOUTS(READ_TIMEOUT)
#undef READ_TIMEOUT
#define READ_SWITCH(name, normal, text)                                                  \
	value = (normal);                                                                \
	if (read_word(load, "conntrack." YAML_KEY_##name, yaml->name, WORDS_##name,      \
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
	struct sluice_config *config = &load->out->config;
	uint32_t enforce = false;

	config->max = DEFAULT_CONNECTIONS;
	config->checksum = true;
	if (read_number(load, "conntrack.max", yaml->max, connections, &config->max) != 0)
		return -EINVAL;
	config->max_ipv6 = config->max;
	if (read_number(load, "conntrack.max_ipv6", yaml->max_ipv6, connections,
			&config->max_ipv6) != 0 ||
	    read_word(load, "conntrack.enforce", yaml->enforce, enforce_words,
		      &enforce) != 0 ||
	    read_bool(load, "conntrack.acct", yaml->acct, &config->acct) != 0 ||
	    read_bool(load, "conntrack.checksum", yaml->checksum, &config->checksum) != 0)
		return -EINVAL;
	config->enforce_ruleset = enforce != 0;
	return read_trackers(load);
}

static int
read_port(struct load *load, unsigned index, unsigned flags)
{
	const struct yaml_port *yaml = &load->file->yaml->ports[index];
	struct config_port *port = &load->out->config.ports[index];
	const struct range descriptors = {64, 32768};
	char path[MAX_PATH];

	*port = (struct config_port){
		.name = yaml->name,
		.device = yaml->device,
		.rx_descriptors = DEFAULT_DESCRIPTORS,
		.tx_descriptors = DEFAULT_DESCRIPTORS,
	};
	snprintf(path, sizeof(path), "ports[%u].name", index);
	if (strlen(port->name) > CONFIG_MAX_NAME ||
	    strpbrk(port->name, "/: \t\"") != NULL)
		return yaml_file_error(load->file, load->error, path,
				       "'%s' is no name of an interface, 1 to %u letters "
				       "without / : \" and blanks expected",
				       port->name, CONFIG_MAX_NAME);
	snprintf(path, sizeof(path), "ports[%u]", index);
	if (port->device == NULL && (flags & CONFIG_NEED_DEVICES) != 0)
		return yaml_file_error(load->file, load->error, path,
				       "port '%s' has no device, the name of a DPDK "
				       "device expected",
				       port->name);
	snprintf(path, sizeof(path), "ports[%u].mtu", index);
	if (read_u16(load, path, yaml->mtu, (struct range){68, 9600}, &port->mtu) != 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "ports[%u].rx_descriptors", index);
	if (read_u16(load, path, yaml->rx_descriptors, descriptors,
		     &port->rx_descriptors) != 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "ports[%u].tx_descriptors", index);
	return read_u16(load, path, yaml->tx_descriptors, descriptors,
			&port->tx_descriptors);
}

/* No two ports may have a name or a device in common. */
static int
check_unique(struct load *load, unsigned index)
{
	const struct config_port *ports = load->out->config.ports, *port = &ports[index];
	char path[MAX_PATH];
	unsigned i;

	for (i = 0; i < index; i++) {
		snprintf(path, sizeof(path), "ports[%u].name", index);
		if (strcmp(ports[i].name, port->name) == 0)
			return yaml_file_error(load->file, load->error, path,
					       "there is already a port '%s'",
					       port->name);
		snprintf(path, sizeof(path), "ports[%u].device", index);
		if (port->device != NULL && ports[i].device != NULL &&
		    strcmp(ports[i].device, port->device) == 0)
			return yaml_file_error(load->file, load->error, path,
					       "'%s' is the device of port '%s' already",
					       port->device, ports[i].name);
	}
	return 0;
}

static int
read_ports(struct load *load, unsigned flags)
{
	const struct yaml_config *yaml = load->file->yaml;
	unsigned i;

	if (yaml->ports_count < 2)
		return yaml_file_error(load->file, load->error, "ports",
				       "%u ports, two at least expected",
				       yaml->ports_count);
	if (yaml->ports_count > CONFIG_MAX_PORTS)
		return yaml_file_error(load->file, load->error, "ports",
				       "%u ports, %u at most expected", yaml->ports_count,
				       CONFIG_MAX_PORTS);
	for (i = 0; i < yaml->ports_count; i++)
		if (read_port(load, i, flags) != 0 || check_unique(load, i) != 0)
			return -EINVAL;
	load->out->config.port_count = yaml->ports_count;
	return 0;
}

/* The wire, from 0, that a port is in before wire `count`; count: in none. */
static unsigned
wire_of_port(const struct sluice_config *config, unsigned count, uint16_t port)
{
	unsigned w;

	for (w = 0; w < count; w++)
		if (config->wires[w][0] == port || config->wires[w][1] == port)
			break;
	return w;
}

static int
read_wire_end(struct load *load, unsigned wire, unsigned end)
{
	const char *name = load->file->yaml->wires[wire][end];
	struct sluice_config *config = &load->out->config;
	char path[MAX_PATH];
	uint16_t port;
	unsigned other;

	snprintf(path, sizeof(path), "wires[%u][%u]", wire, end);
	for (port = 0; port < config->port_count; port++)
		if (strcmp(config->ports[port].name, name) == 0)
			break;
	if (port == config->port_count)
		return yaml_file_error(
			load->file, load->error, path,
			"no port is called '%s', a name from ports expected", name);
	if (end == 1 && config->wires[wire][0] == port)
		return yaml_file_error(
			load->file, load->error, path,
			"port '%s' is joined to itself, two ports expected", name);
	other = wire_of_port(config, wire, port);
	if (other != wire)
		return yaml_file_error(load->file, load->error, path,
				       "port '%s' is in the wire [%s, %s] already", name,
				       config->ports[config->wires[other][0]].name,
				       config->ports[config->wires[other][1]].name);
	config->wires[wire][end] = port;
	return 0;
}

static int
read_wires(struct load *load)
{
	const struct yaml_config *yaml = load->file->yaml;
	struct sluice_config *config = &load->out->config;
	size_t length = 0;
	unsigned i;

	if (yaml->wires_count == 0)
		return yaml_file_error(load->file, load->error, "wires",
				       "no wire, at least one pair of ports expected");
	if (yaml->wires_count > ENGINE_MAX_WIRES)
		return yaml_file_error(load->file, load->error, "wires",
				       "%u wires, %u at most expected", yaml->wires_count,
				       ENGINE_MAX_WIRES);
	for (i = 0; i < yaml->wires_count; i++)
		if (read_wire_end(load, i, 0) != 0 || read_wire_end(load, i, 1) != 0)
			return -EINVAL;
	config->wire_count = yaml->wires_count;
	for (i = 0; i < config->port_count && length < sizeof(config->warning); i++) {
		if (wire_of_port(config, config->wire_count, (uint16_t)i) !=
		    config->wire_count)
			continue;
		length += (size_t)snprintf(config->warning + length,
					   sizeof(config->warning) - length, "%s %s",
					   length == 0 ? "in no wire, and not used: port"
						       : ",",
					   config->ports[i].name);
	}
	return 0;
}

static int
read_eal_and_bypass(struct load *load)
{
	const struct yaml_config *yaml = load->file->yaml;
	struct sluice_config *config = &load->out->config;
	char path[MAX_PATH];
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
		if (read_word(load, path, yaml->bypass[i], bypass_words, &bit) != 0)
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
	struct sluice_config *config = &load->out->config;
	int folder = 0;

	if (rules == NULL)
		return 0;
	slash = strrchr(config->file, '/');
	if (rules[0] != '/' && slash != NULL)
		folder = (int)(slash - config->file) + 1;
	if (asprintf(&load->out->rules, "%.*s%s", folder, config->file, rules) < 0) {
		load->out->rules = NULL;
		snprintf(load->error->text, sizeof(load->error->text), "out of memory");
		return -ENOMEM;
	}
	config->rules = load->out->rules;
	return 0;
}

static int
read_rest(struct load *load)
{
	const struct yaml_config *yaml = load->file->yaml;
	struct sluice_config *config = &load->out->config;
	struct sockaddr_storage address;

	if (yaml->workers != NULL && strcmp(yaml->workers, "auto") != 0 &&
	    read_number(load, "workers", yaml->workers,
			(struct range){1, ENGINE_MAX_WIRES}, &config->workers) != 0)
		return -EINVAL;
	config->control = yaml->control != NULL ? yaml->control : DEFAULT_CONTROL;
	if (strlen(config->control) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return yaml_file_error(
			load->file, load->error, "control",
			"too long for a socket's path, %zu letters at most "
			"expected",
			sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
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
	struct load load = {loaded, loaded != NULL ? &loaded->file : NULL, error};
	int status;

	if (loaded == NULL) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -ENOMEM;
	}
	loaded->config.file = file;
	status = yaml_file_load(&loaded->file, file, error);
	if (status == 0)
		status = read_ports(&load, flags);
	if (status == 0)
		status = read_wires(&load);
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
		.enforce_ruleset = config->enforce_ruleset,
		.verify_checksums = config->checksum,
		.acct = config->acct,
	};
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
