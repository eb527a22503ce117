/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What outlives the process of wires with XDP (`xdp_pin`): the maps and links of their
 * programs, as files of a bpffs. A description of the configuration lies beside them, so
 * that only a process with the same one takes them over.
 *
 *	DIR/worker0_memory, .._shared, ..	enum xdp_map
 *	DIR/worker0_about			struct xdp_about
 *	DIR/port0_link				the link of the program of port 0
 */
#ifndef SLUICE_XDP_PIN_H
#define SLUICE_XDP_PIN_H

#include <stddef.h>
#include <stdint.h>

#include <xdp/xdp.h>

#include "config.h"

#define XDP_ABOUT_LAYOUT 2u /* to be raised when a struct in the maps changes */

/* What has to be equal for a process to take over the maps of another. */
struct xdp_about {
	uint32_t layout;
	char version[28];
	uint64_t bytes; /* of the engine */
	uint32_t max, max6;
	uint32_t wires, workers;
	uint32_t fragments;
	uint32_t acct, marks, labels, vlans_joined, pppoe, mirrors, timeouts;
	uint32_t ifindex[CONFIG_MAX_PORTS];
	uint8_t group[ENGINE_MAX_WIRES];
	uint8_t secret[KEY_SECRET_BYTES]; /* need not be equal */
};

/*
 * Create the directory, and open the maps of a worker that are there. Returns 1: they are
 * those of this configuration, about->secret is set to theirs, and the caller closes fds;
 * 0: there are none; -errno, and a message.
 */
int xdp_pin_open(const char *folder, unsigned worker, struct xdp_about *about,
		 int fds[XDP_MAP_COUNT], char *message, size_t size);

/* Pin the maps of a worker. Returns 0, or -errno and a message. */
int xdp_pin_save(const char *folder, unsigned worker, const struct xdp_about *about,
		 const struct xdp *programs, char *message, size_t size);

/*
 * Open the pinned link of a port; -1: there is none. One of another interface, which is
 * gone, is removed.
 */
int xdp_pin_link_open(const char *folder, unsigned port, unsigned ifindex);

/* Pin the link of a port, and remove it again. Return 0 or -errno. */
int xdp_pin_link_save(const char *folder, unsigned port, int link);
void xdp_pin_link_remove(const char *folder, unsigned port);

#endif
