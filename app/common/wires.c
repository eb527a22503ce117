/* SPDX-License-Identifier: BSD-3-Clause */
/* Read the ports and check what involves several of them: names, devices, wires. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

#define DEFAULT_DESCRIPTORS 1024u

int
load_interface_name(struct load *load, const char *path, const char *name)
{
	if (strlen(name) <= CONFIG_MAX_NAME && strpbrk(name, "/: \t\"") == NULL)
		return 0;
	return yaml_file_error(load->file, load->error, path,
			       "'%s' is no name of an interface, 1 to %u letters "
			       "without / : \" and blanks expected",
			       name, CONFIG_MAX_NAME);
}

static int
read_port(struct load *load, unsigned index, unsigned flags)
{
	const struct yaml_port *yaml = &load->file->yaml->ports[index];
	struct config_port *port = &load->config->ports[index];
	const struct range descriptors = {64, 32768};
	char path[LOAD_MAX_PATH];

	*port = (struct config_port){
		.name = yaml->name,
		.device = yaml->device,
		.rx_descriptors = DEFAULT_DESCRIPTORS,
		.tx_descriptors = DEFAULT_DESCRIPTORS,
	};
	snprintf(path, sizeof(path), "ports[%u].name", index);
	if (load_interface_name(load, path, port->name) != 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "ports[%u]", index);
	if (port->device == NULL && (flags & CONFIG_NEED_DEVICES) != 0)
		return yaml_file_error(load->file, load->error, path,
				       "port '%s' has no device, the name of a DPDK "
				       "device expected",
				       port->name);
	snprintf(path, sizeof(path), "ports[%u].mtu", index);
	if (load_u16(load, path, yaml->mtu, (struct range){68, 9600}, &port->mtu) != 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "ports[%u].rx_descriptors", index);
	if (load_u16(load, path, yaml->rx_descriptors, descriptors,
		     &port->rx_descriptors) != 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "ports[%u].tx_descriptors", index);
	return load_u16(load, path, yaml->tx_descriptors, descriptors,
			&port->tx_descriptors);
}

/* Check that no two ports have the same name or device. */
static int
check_unique(struct load *load, unsigned index)
{
	const struct config_port *ports = load->config->ports, *port = &ports[index];
	char path[LOAD_MAX_PATH];
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

int
load_ports(struct load *load, unsigned flags)
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
	load->config->port_count = yaml->ports_count;
	return 0;
}

/* Return the first wire below `count` that contains a port; count if none does. */
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
	const struct yaml_wire *yaml = &load->file->wires[wire];
	const char *name = yaml->port[end];
	struct sluice_config *config = load->config;
	char path[LOAD_MAX_PATH];
	uint16_t port;
	unsigned other;

	snprintf(path, sizeof(path),
		 yaml->has_keys ? "wires[%u].ports[%u]" : "wires[%u][%u]", wire, end);
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
read_group(struct load *load, unsigned wire)
{
	const char *name = load->file->wires[wire].group;
	struct sluice_config *config = load->config;
	char path[LOAD_MAX_PATH];
	unsigned group;

	if (name == NULL)
		return 0;
	snprintf(path, sizeof(path), "wires[%u].group", wire);
	if (strlen(name) > CONFIG_MAX_NAME || strpbrk(name, "/: \t\"") != NULL)
		return yaml_file_error(load->file, load->error, path,
				       "'%s' is no name of a group, 1 to %u letters "
				       "without / : \" and blanks expected",
				       name, CONFIG_MAX_NAME);
	for (group = 1; group <= config->group_count; group++)
		if (strcmp(config->group_name[group], name) == 0)
			break;
	if (group > config->group_count)
		config->group_name[++config->group_count] = name;
	config->group[wire] = (uint8_t)group;
	return 0;
}

/* Read `xdp` of a wire. All wires have the value of the first. */
static int
read_xdp(struct load *load, unsigned wire)
{
	const char *text = load->file->wires[wire].xdp;
	struct sluice_config *config = load->config;
	const struct config_port *port;
	char path[LOAD_MAX_PATH];
	unsigned end;

	snprintf(path, sizeof(path), "wires[%u].xdp", wire);
	if (load_bool(load, path, text, &config->xdp[wire]) != 0)
		return -EINVAL;
	if (config->xdp[wire] != config->xdp[0])
		return yaml_file_error(load->file, load->error,
				       text != NULL ? path : "wires",
				       "the wires 0 and %u differ in xdp, the same value "
				       "for all expected: run a process for each kind",
				       wire);
	for (end = 0; end < 2 && config->xdp[wire]; end++) {
		port = &config->ports[config->wires[wire][end]];
		if (port->mtu != 0)
			return yaml_file_error(load->file, load->error, path,
					       "port '%s' has an mtu, with xdp that of "
					       "its interface expected: ip link set mtu",
					       port->name);
		if (port->device == NULL || strlen(port->device) < IF_NAMESIZE)
			continue;
		return yaml_file_error(load->file, load->error, path,
				       "the device of port '%s' is '%s', with xdp the "
				       "name of a network interface expected, as `ip "
				       "link` shows it",
				       port->name, port->device);
	}
	return 0;
}

/*
 * Check groups. A group with one wire is an error: the other wire that should share its
 * connections is missing.
 */
static int
check_groups(struct load *load)
{
	const struct sluice_config *config = load->config;
	unsigned group, w, wires, last = 0;
	char path[LOAD_MAX_PATH];

	for (group = 1; group <= config->group_count; group++) {
		for (w = 0, wires = 0; w < config->wire_count; w++) {
			if (config->group[w] != group)
				continue;
			wires++;
			last = w;
		}
		if (wires > 1)
			continue;
		snprintf(path, sizeof(path), "wires[%u].group", last);
		return yaml_file_error(load->file, load->error, path,
				       "group '%s' has one wire, two at least expected: "
				       "name it at another, or leave it out",
				       config->group_name[group]);
	}
	return 0;
}

static void
mark_mirrors(struct sluice_config *config)
{
	unsigned i;

	for (i = 0; i < config->port_count; i++)
		config->ports[i].mirror = wire_of_port(config, config->wire_count,
						       (uint16_t)i) == config->wire_count;
}

int
load_wires(struct load *load)
{
	const unsigned count = load->file->wire_count;
	struct sluice_config *config = load->config;
	unsigned i;

	if (count == 0)
		return yaml_file_error(load->file, load->error, "wires",
				       "no wire, at least one pair of ports expected");
	if (count > ENGINE_MAX_WIRES)
		return yaml_file_error(load->file, load->error, "wires",
				       "%u wires, %u at most expected", count,
				       ENGINE_MAX_WIRES);
	for (i = 0; i < count; i++)
		if (read_wire_end(load, i, 0) != 0 || read_wire_end(load, i, 1) != 0 ||
		    read_group(load, i) != 0 || read_xdp(load, i) != 0)
			return -EINVAL;
	config->wire_count = count;
	mark_mirrors(config);
	return check_groups(load);
}
