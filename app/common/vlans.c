/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VLANs with their own names in rules, like VLAN interfaces of the kernel: `iifname
 * "lan.10"` is VLAN 10 of port lan.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

static const struct range vids = {1, 4094};

/* Check that the name is not used by a port or another VLAN, and the VID only once. */
static int
check_vlan(struct load *load, const char *path, const struct config_vlan *vlan)
{
	const struct sluice_config *config = load->config;
	unsigned i;

	for (i = 0; i < config->port_count; i++)
		if (strcmp(config->ports[i].name, vlan->name) == 0)
			return yaml_file_error(load->file, load->error, path,
					       "'%s' is the name of a port already",
					       vlan->name);
	for (i = 0; i < config->vlan_count; i++) {
		if (strcmp(config->vlans[i].name, vlan->name) == 0)
			return yaml_file_error(load->file, load->error, path,
					       "'%s' is the name of VLAN %u of port '%s' "
					       "already",
					       vlan->name, config->vlans[i].vid,
					       config->ports[config->vlans[i].port].name);
		if (config->vlans[i].port == vlan->port &&
		    config->vlans[i].vid == vlan->vid)
			return yaml_file_error(load->file, load->error, path,
					       "VLAN %u is given twice", vlan->vid);
	}
	return 0;
}

/* Read VLAN n of a port. Returns 1; 0 if the port has fewer; or -EINVAL and a message. */
static int
read_vlan(struct load *load, unsigned port, unsigned n)
{
	struct sluice_config *config = load->config;
	struct config_vlan vlan = {.port = (uint16_t)port};
	const char *vid, *name;
	char path[LOAD_MAX_PATH];
	int ret = yaml_vlan(load->file, load->error, port, n, &vid, &name);

	if (ret <= 0)
		return ret;
	snprintf(path, sizeof(path), "ports[%u].vlans", port);
	if (load_u16(load, path, vid, vids, &vlan.vid) != 0)
		return -EINVAL;
	snprintf(path, sizeof(path), "ports[%u].vlans.%u", port, vlan.vid);
	vlan.name = name;
	if (load_interface_name(load, path, name) != 0 ||
	    check_vlan(load, path, &vlan) != 0)
		return -EINVAL;
	if (!config->vlan_key)
		return yaml_file_error(load->file, load->error, path,
				       "conntrack.vlan_key is false, so VLANs are not "
				       "told apart: set it to true, or leave vlans out");
	if (config->vlan_count == CONFIG_MAX_VLANS)
		return yaml_file_error(load->file, load->error, path,
				       "too many VLANs with names, %u at most expected",
				       CONFIG_MAX_VLANS);
	config->vlans[config->vlan_count++] = vlan;
	return 1;
}

int
load_vlans(struct load *load)
{
	unsigned port, n;
	int ret;

	for (port = 0; port < load->config->port_count; port++) {
		for (n = 0; (ret = read_vlan(load, port, n)) > 0; n++)
			;
		if (ret < 0)
			return ret;
	}
	return 0;
}
