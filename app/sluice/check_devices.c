/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_devices.h"

#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_config.h>

#include <xdp/xdp.h>

#include "message.h"
#include "netdev.h"
#include "port_xdp.h"

/*
 * Return the value of an option at argv[*i], "--vdev=x" or "--vdev" "x" or "-l0-1", and
 * move *i to its last word; NULL: another option.
 */
static const char *
option_value(int argc, char *const *argv, int *i, const char *name)
{
	const size_t length = strlen(name);
	const char *word = argv[*i];

	if (strncmp(word, name, length) != 0)
		return NULL;
	if (word[length] == '=' && word[1] == '-')
		return word + length + 1;
	if (word[length] != '\0')
		return word[1] != '-' ? word + length : NULL;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

const char *
check_option(int argc, char *const *argv, const char *name)
{
	const char *last = NULL, *value;
	int i;

	for (i = 1; i < argc; i++) {
		value = option_value(argc, argv, &i, name);
		last = value != NULL ? value : last;
	}
	return last;
}

/* Find the --vdev of a device. Returns its text, "net_af_xdp0,iface=eth1", or NULL. */
static const char *
vdev_find(const char *device, int argc, char *const *argv)
{
	const size_t length = strlen(device);
	const char *value;
	int i;

	for (i = 1; i < argc; i++) {
		value = option_value(argc, argv, &i, "--vdev");
		if (value != NULL && strncmp(value, device, length) == 0 &&
		    (value[length] == ',' || value[length] == '\0'))
			return value;
	}
	return NULL;
}

/*
 * Check that the driver of a virtual device is installed: net_af_xdp0 is of
 * librte_net_af_xdp.so.
 */
static bool
driver_exists(const struct config_port *port)
{
#ifdef RTE_EAL_PMD_PATH
	char name[64], pattern[PATH_MAX];
	size_t length;
	glob_t found;
	int status;

	snprintf(name, sizeof(name), "%s", port->device);
	for (length = strlen(name);
	     length > 0 && isdigit((unsigned char)name[length - 1]); length--)
		name[length - 1] = '\0';
	/* other drivers have names that differ from their libraries' */
	if (strcmp(name, "net_af_xdp") != 0 && strcmp(name, "net_af_packet") != 0 &&
	    strcmp(name, "net_memif") != 0 && strcmp(name, "net_pcap") != 0)
		return true;
	if (access(RTE_EAL_PMD_PATH, X_OK) != 0)
		return true; /* drivers are part of the program, or elsewhere */
	snprintf(pattern, sizeof(pattern), "%s/librte_%s.so*", RTE_EAL_PMD_PATH, name);
	status = glob(pattern, 0, NULL, &found);
	if (status == 0)
		globfree(&found);
	if (status != GLOB_NOMATCH)
		return true;
	message_error(0,
		      "port '%s': the driver %s is not installed (%s): apt install "
		      "librte-meta-net",
		      port->name, name, pattern);
	return false;
#else
	(void)port;
	return true;
#endif
}

/* Check the kernel interface of a virtual device. */
static bool
interface_fits(const struct config_port *port, const char *vdev)
{
	const char *iface = strstr(vdev, "iface=");
	char name[IF_NAMESIZE];
	struct netdev netdev;
	unsigned index;

	/* net_tap and net_pcap create or open an interface in their own ways */
	if (iface == NULL || strncmp(vdev, "net_af_", 7) != 0)
		return true;
	iface += strlen("iface=");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(iface, ","), iface);
	index = if_nametoindex(name);
	if (index == 0) {
		message_error(0,
			      "port '%s': there is no interface %s: 'ip -br link' lists "
			      "those there are; iface= of %s names it",
			      port->name, name, port->device);
		return false;
	}
	if (netdev_read(index, &netdev) != 0 || netdev.xdp_id == 0 ||
	    strncmp(vdev, "net_af_xdp", 10) != 0)
		return true;
	message_error(
		0,
		"port '%s': interface %s has an XDP program (id %u) already: find its "
		"owner with 'bpftool prog show id %u', or take it off: ip link set "
		"dev %s xdp off",
		port->name, name, netdev.xdp_id, netdev.xdp_id, name);
	return false;
}

/* Check a card, whose device is a PCI address. */
static bool
card_fits(const struct config_port *port)
{
	/* cards that DPDK drives while the kernel's driver stays */
	static const char *const shared[] = {"mlx4_core", "mlx5_core", "vfio-pci",
					     "igb_uio", "uio_pci_generic"};
	char path[PATH_MAX], link[PATH_MAX];
	const char *driver;
	ssize_t length;
	size_t i;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", port->device);
	if (access(path, F_OK) != 0) {
		message_error(
			0,
			"port '%s': there is no card %s: 'dpdk-devbind.py --status' "
			"lists those there are",
			port->name, port->device);
		return false;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", port->device);
	length = readlink(path, link, sizeof(link) - 1);
	link[length > 0 ? length : 0] = '\0';
	driver = strrchr(link, '/') != NULL ? strrchr(link, '/') + 1 : "no driver";
	for (i = 0; i < RTE_DIM(shared); i++)
		if (strcmp(driver, shared[i]) == 0)
			return true;
	message_error(
		0,
		"port '%s': card %s belongs to %s: if nothing else uses it, modprobe "
		"vfio-pci && dpdk-devbind.py --bind=vfio-pci %s",
		port->name, port->device, driver, port->device);
	return false;
}

static bool
device_fits(const struct config_port *port, int argc, char *const *argv)
{
	unsigned domain, bus, slot, function;
	const char *vdev;

	if (sscanf(port->device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) == 4)
		return card_fits(port);
	vdev = vdev_find(port->device, argc, argv);
	/* a name that is no --vdev may be of a bus that only the EAL looks at */
	if (vdev == NULL && strncmp(port->device, "net_", 4) != 0)
		return true;
	if (vdev == NULL) {
		message_error(
			0,
			"port '%s': no --vdev in `eal` or on the command line makes "
			"the device %s: add \"--vdev=%s\" and its arguments",
			port->name, port->device, port->device);
		return false;
	}
	return driver_exists(port) && interface_fits(port, vdev);
}

/* Check the interface of a port of a wire with XDP. */
static bool
xdp_fits(const struct config_port *port)
{
	struct ports_error error;
	struct netdev netdev;

	if (port_xdp_check(port, &netdev, &error) == 0)
		return true;
	message_error(0, "%s", error.text);
	return false;
}

bool
check_devices(const struct sluice_config *config, int argc, char *const *argv)
{
	const struct config_port *port;
	bool good = true;
	unsigned i;

	for (i = 0; i < 2 * config->wire_count; i++) {
		port = &config->ports[config->wires[i / 2][i % 2]];
		good &= config->xdp[0] ? xdp_fits(port) : device_fits(port, argc, argv);
	}
	for (i = 0; i < config_mirrors(config); i++)
		good &= device_fits(config_mirror(config, i), argc, argv);
	if (config->xdp[0] && !xdp_is_built()) {
		message_error(
			0, "xdp: sluice was built without clang, bpftool or libbpf-dev: "
			   "build it where they are installed");
		good = false;
	}
	return good;
}

/* Count the cores of a list such as "0-2,5". *last is the highest; 0: no such list. */
static unsigned
cores_count(const char *list, unsigned long *last)
{
	unsigned long first, end;
	unsigned count = 0;
	char *at;

	*last = 0;
	while (isdigit((unsigned char)*list)) {
		first = end = strtoul(list, &at, 10);
		if (*at == '-')
			end = strtoul(at + 1, &at, 10);
		count += end >= first ? (unsigned)(end - first + 1) : 0;
		*last = RTE_MAX(*last, end);
		if (*at == '\0')
			return count;
		if (*at != ',')
			return 0;
		list = at + 1;
	}
	return 0;
}

bool
check_cores(const struct sluice_config *config, int argc, char *const *argv)
{
	const long online = sysconf(_SC_NPROCESSORS_CONF);
	const char *list = check_option(argc, argv, "-l");
	unsigned long last;
	unsigned count, workers;

	count = list != NULL ? cores_count(list, &last) : 0;
	if (count == 0)
		return true; /* another option, or a form that only the EAL knows */
	if (online > 0 && last >= (unsigned long)online) {
		message_error(0,
			      "eal: -l %s: this machine has the cores 0-%ld: name those "
			      "('lscpu -e' lists them)",
			      list, online - 1);
		return false;
	}
	/* the only core of one runs the worker, too */
	workers = count > 1 ? count - 1 : 1;
	if (config->workers <= workers)
		return true;
	message_error(0,
		      "workers: %u, but -l %s has cores for %u: name %u more, or lower "
		      "workers",
		      config->workers, list, workers, config->workers - workers);
	return false;
}
