/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/ticks.h>

#include "assign.h"
#include "exit.h"
#include "message.h"
#include "monotonic.h"
#include "port_xdp.h"
#include "worker_xdp.h"
#include "xdp_pin.h"

/* Describe what has to be the same in the process that takes the maps over. */
static void
about_fill(const struct sluice *s, const struct engine_config *config,
	   struct xdp_about *about)
{
	unsigned i;

	*about = (struct xdp_about){
		.layout = XDP_ABOUT_LAYOUT,
		.bytes = engine_bytes(config),
		.max = config->max,
		.max6 = config->max6,
		.wires = config->wires,
		.workers = s->worker_count,
		.fragments = config->fragments,
		.acct = config->acct,
		.marks = config->marks,
		.labels = config->track.ip_security_match,
		.vlans_joined = config->vlans_joined,
		.pppoe = config->pppoe,
		.mirrors = config->mirrors,
		.timeouts = config->timeouts,
	};
	snprintf(about->version, sizeof(about->version), "%s", SLUICE_VERSION);
	for (i = 0; i < s->port_count; i++)
		about->ifindex[i] = s->ports[i].ifindex;
	memcpy(about->group, config->group, sizeof(about->group));
	memcpy(about->secret, config->secret, sizeof(about->secret));
}

/*
 * Go on with the time of the programs, which the connections have, if the system time was
 * set meanwhile.
 */
static void
clock_go_on(struct clock *clock, const struct flow_shared *shared)
{
	int32_t ahead; /* of the programs, ticks */

	ahead = (int32_t)(shared->tick_base + flow_shared_ms(monotonic_ns()) -
			  ticks_from_ns(clock_ns(clock)));
	clock->start_ns += (uint64_t)((int64_t)ahead * (int64_t)TICKS_NS);
}

/*
 * Open the maps that are pinned, or pin new ones. Returns 0, or -errno and a message.
 */
static int
open_pinned(struct sluice *s, unsigned worker, struct engine_config *config, char *text,
	    size_t size)
{
	const char *folder = s->config->xdp_pin;
	struct worker_xdp *xdp = s->workers[worker].xdp;
	struct xdp_about about;
	int fds[XDP_MAP_COUNT], status;
	unsigned map;

	about_fill(s, config, &about);
	status = xdp_pin_open(folder, worker, &about, fds, text, size);
	if (status < 0)
		return status;
	if (status == 0) {
		status = xdp_open(config, &xdp->programs, text, size);
		return status != 0 ? status
				   : xdp_pin_save(folder, worker, &about, xdp->programs,
						  text, size);
	}
	status = xdp_open_maps(config, fds, &xdp->programs, text, size);
	for (map = 0; map < XDP_MAP_COUNT; map++)
		close(fds[map]);
	if (status != 0)
		return status;
	memcpy(config->secret, about.secret, sizeof(config->secret));
	xdp->adopted = true;
	clock_go_on(&s->clock, xdp_shared(xdp->programs));
	return 0;
}

int
xdp_wire_open(struct sluice *s, unsigned worker, struct engine_config *config,
	      void **memory)
{
	static struct flow_shared unset; /* for sizes, before there is the real one */
	struct worker *w = &s->workers[worker];
	char text[1024];
	int status;

	w->xdp = worker_xdp_create();
	if (w->xdp == NULL)
		return message_error(EXIT_DEVICE, "no memory, or no descriptor, for the "
						  "sleep of a worker");
	config->shared = &unset;
	if (s->config->xdp_pin != NULL)
		status = open_pinned(s, worker, config, text, sizeof(text));
	else
		status = xdp_open(config, &w->xdp->programs, text, sizeof(text));
	if (status != 0)
		return message_error(EXIT_DEVICE, "%s", text);
	*memory = xdp_memory(w->xdp->programs);
	config->shared = xdp_shared(w->xdp->programs);
	s->memory[worker].bytes = engine_bytes(config);
	s->memory[worker].kind = "a BPF map, which the XDP programs read too";
	return 0;
}

/* Give the sockets of a port to its program. Returns 0, or -errno and a message. */
static int
sockets_set(struct xdp *programs, const struct port *port, struct ports_error *error)
{
	const struct port_xdp *xdp = port->xdp;
	unsigned queue;
	int status;

	for (queue = 0; queue < xdp->queues; queue++) {
		status = xdp_set_socket(programs, xdp->number, queue,
					xsk_fd(xdp->xsk[queue]));
		if (status == 0)
			continue;
		snprintf(error->text, sizeof(error->text),
			 "port '%s': the XDP program does not get the socket of queue "
			 "%u: %s",
			 port->config->name, queue, strerror(-status));
		return status;
	}
	return 0;
}

static int
port_attach(struct sluice *s, unsigned number, struct ports_error *error)
{
	struct port *port = &s->ports[number];
	struct worker *w = &s->workers[wire_worker(s, number / 2, 0)];
	int status;

	status = xdp_set_port(w->xdp->programs, (uint16_t)number, port->ifindex,
			      port->mtu);
	if (status != 0) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': the XDP program cannot send to interface %s: %s",
			 port->config->name, port->ifname, strerror(-status));
		return status;
	}
	status = sockets_set(w->xdp->programs, port, error);
	if (status != 0)
		return status;
	wait_add(w->xdp->wait, port->xdp);
	return xdp_attach(port, number,
			  xdp_program_fd(w->xdp->programs, (uint16_t)number),
			  s->config->xdp_pin, &port->xdp->link, error);
}

int
xdp_wire_start(struct sluice *s)
{
	struct ports_error error;
	unsigned i;

	for (i = 0; i < s->worker_count && s->config->xdp[0]; i++)
		s->workers[i].control->wake = s->workers[i].xdp->wait->wake;
	for (i = 0; i < s->port_count && s->config->xdp[0]; i++)
		if (port_attach(s, i, &error) != 0)
			return message_error(EXIT_DEVICE, "%s", error.text);
	return 0;
}

void
xdp_wire_stop(struct sluice *s)
{
	unsigned i;

	for (i = 0; i < s->port_count; i++)
		if (s->ports[i].xdp != NULL)
			xdp_detach(&s->ports[i].xdp->link);
	for (i = 0; i < s->worker_count; i++)
		if (s->workers[i].xdp != NULL && s->workers[i].xdp->programs != NULL)
			xdp_stop(s->workers[i].xdp->programs);
}

void
xdp_wire_close(struct sluice *s)
{
	unsigned i;

	for (i = 0; i < s->worker_count; i++)
		worker_xdp_free(s->workers[i].xdp);
}
