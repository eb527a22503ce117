/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "exit.h"
#include "helper.h"
#include "message.h"
#include "monotonic.h"
#include "netdev.h"
#include "offloads.h"
#include "sluice.h"

#define PERIOD_MS 500
#define LINK_S                                                                           \
	10 /* seconds that a port may take to regain its link after it was set up */

static struct helper helper = HELPER_NONE;
static int changes = -1; /* socket of netdev_watch() */

/* Return the other port of the wire. */
static struct port *
port_peer(struct sluice *s, unsigned i)
{
	return &s->ports[i ^ 1];
}

/*
 * Set the length limit of frames that enter a port. Frames must be checked if the
 * outgoing port has a smaller MTU than this one, or a driver that silently loses long
 * frames.
 */
static void
limits_set(struct sluice *s)
{
	const struct port *out;
	unsigned i;

	for (i = 0; i + 1 < s->port_count; i += 2)
		if (s->ports[i].mtu != s->ports[i + 1].mtu)
			printf("warning: port %s has an MTU of %u, port %s one of "
			       "%u: what is "
			       "too long for the other is dropped (mtu)\n",
			       s->ports[i].config->name, s->ports[i].mtu,
			       s->ports[i + 1].config->name, s->ports[i + 1].mtu);

	for (i = 0; i < s->port_count; i++) {
		out = port_peer(s, i);
		atomic_store(&s->ports[i].mtu_now, s->ports[i].mtu);
		atomic_store(&s->ports[i].limit,
			     out->ifindex != 0 || out->mtu < s->ports[i].mtu ? out->mtu
									     : 0);
	}
}

/* Write the name of a port for messages: "port lan (eth1)". */
static const char *
port_text(const struct port *port, char *text, size_t size)
{
	snprintf(text, size, "port %s (%s)", port->config->name,
		 port->ifindex != 0 ? port->ifname : port->config->device);
	return text;
}

static void
port_lost(struct sluice *s, struct port *port, const char *why)
{
	char text[64];

	if (port->lost)
		return;
	port->lost = true;
	atomic_store(&port->down, true);
	if (port->config->mirror) { /* the wires go on without copies */
		printf("warning: %s: %s: copies (dup) are lost until sluice is started "
		       "again\n",
		       port_text(port, text, sizeof(text)), why);
		return;
	}
	message_error(EXIT_PORT, "%s: %s: stopping with status %d",
		      port_text(port, text, sizeof(text)), why, EXIT_PORT);
	s->port_lost = true;
	kill(getpid(), SIGTERM);
}

static uint64_t
clock_s(void)
{
	return monotonic_ns() / 1000000000;
}

/*
 * Set a port up or down for link_propagation, and print, for example, "port wan (eth2):
 * set up, as port lan is".
 */
static void
port_set_up(struct port *port, bool up, const char *why)
{
	char text[64];
	int status;

	if (port->ifindex != 0)
		status = netdev_set_up(port->ifindex, up);
	else
		status = up ? rte_eth_dev_set_link_up(port->id)
			    : rte_eth_dev_set_link_down(port->id);
	printf("%s: set %s, %s%s%s\n", port_text(port, text, sizeof(text)),
	       up ? "up" : "down", why, status != 0 ? ": " : "",
	       status != 0 ? strerror(-status) : "");
}

/* Propagate the loss or the return of a port's link to the other port. */
static void
link_propagate(struct sluice *s, unsigned i, bool up)
{
	struct port *peer = port_peer(s, i);
	char why[32];

	if (!s->config->link_propagation || s->ports[i].config->mirror ||
	    s->ports[i].held_down || peer->held_down == !up)
		return;
	peer->held_down = !up;
	peer->released_s = up ? clock_s() : 0;
	snprintf(why, sizeof(why), "as port %s is", s->ports[i].config->name);
	port_set_up(peer, up, why);
}

/* Set a port up again after link_propagation has set it down. */
static void
links_release(struct sluice *s)
{
	unsigned i;

	for (i = 0; i < s->port_count; i++)
		if (s->ports[i].held_down && !s->ports[i].lost)
			port_set_up(&s->ports[i], true, "as sluice ends");
}

static void
link_is(struct sluice *s, unsigned i, bool up)
{
	struct port *port = &s->ports[i];
	char text[64];

	if (up)
		port->released_s = 0;
	if (atomic_load(&port->down) == !up) {
		/*
		 * its link was lost while it was set down, when that could not be
		 * detected
		 */
		if (port->released_s != 0 && clock_s() - port->released_s >= LINK_S) {
			port->released_s = 0;
			link_propagate(s, i, false);
		}
		return;
	}
	atomic_store(&port->down, !up);
	port->link_changes++;
	printf("%s: link %s\n", port_text(port, text, sizeof(text)), up ? "up" : "down");
	link_propagate(s, i, up);
}

static void
mtu_is(struct sluice *s, struct port *port, uint32_t mtu)
{
	char text[64];

	if (mtu == port->mtu_seen || mtu > UINT16_MAX)
		return;
	printf("%s: MTU %u, was %u\n", port_text(port, text, sizeof(text)), mtu,
	       port->mtu_seen);
	port->mtu_seen = mtu;
	port->mtu = (uint16_t)mtu;
	if (port->mtu_max != 0 && mtu > port->mtu_max) {
		printf("warning: %s: %s takes an MTU of %u at most, set at start: longer "
		       "frames are lost\n",
		       port_text(port, text, sizeof(text)), port->config->device,
		       port->mtu_max);
		port->mtu = port->mtu_max;
	}
	limits_set(s);
}

static void
look_at_interface(struct sluice *s, unsigned i, bool changed)
{
	struct port *port = &s->ports[i];
	struct netdev netdev;
	int status = netdev_read(port->ifindex, &netdev);

	if (status == -ENODEV) {
		port_lost(s, port, "the interface is gone");
		return;
	}
	if (status != 0)
		return; /* the request failed; this says nothing about the interface */
	if (port->xdp_id != 0 && netdev.xdp_id != port->xdp_id) {
		port_lost(s, port,
			  netdev.xdp_id == 0 ? "its XDP program was taken off"
					     : "its XDP program was replaced");
		return;
	}
	link_is(s, i, netdev.up && netdev.carrier);
	mtu_is(s, port, netdev.mtu);
	netdev.link = 0; /* rtnetlink reports no changes of a veth's peer */
	if (changed && s->config->offloads_fix && (port->is_xdp || port->is_packet))
		offloads_check(port->config->name, &netdev, true);
}

static void
look_at_device(struct sluice *s, unsigned i)
{
	struct rte_eth_link link;

	if (rte_eth_link_get_nowait(s->ports[i].id, &link) == 0)
		link_is(s, i, link.link_status == RTE_ETH_LINK_UP);
}

static void
look(struct sluice *s, bool changed)
{
	unsigned i;

	for (i = 0; i < s->all_port_count; i++) {
		if (s->ports[i].lost)
			continue;
		if (s->ports[i].ifindex != 0)
			look_at_interface(s, i, changed);
		else
			look_at_device(s, i);
	}
}

static void *
watch_thread(void *context)
{
	struct sluice *s = context;
	struct pollfd fds[] = {{.fd = helper.wake, .events = POLLIN},
			       {.fd = changes, .events = POLLIN}};
	char buf[8192];

	for (;;) {
		fds[1].revents = 0;
		if (poll(fds, changes >= 0 ? 2 : 1, PERIOD_MS) < 0)
			continue;
		if (fds[0].revents != 0)
			return NULL;
		if (fds[1].revents != 0)
			while (recv(changes, buf, sizeof(buf), 0) > 0)
				;
		look(s, fds[1].revents != 0);
		clock_follow(&s->clock);
	}
}

void
watch_begin(struct sluice *s)
{
	struct netdev netdev;
	struct port *port;
	unsigned i;

	for (i = 0; i < s->all_port_count; i++) {
		port = &s->ports[i];
		if (port->ifindex == 0)
			continue;
		if (netdev_read(port->ifindex, &netdev) != 0)
			continue;
		if (port->is_xdp)
			port->xdp_id = netdev.xdp_id;
		port->mtu_seen = port->mtu;
		/*
		 * a killed sluice may have left the port down, and the other port may
		 * wait for its link
		 */
		if (s->config->link_propagation && !port->config->mirror && !netdev.up)
			port_set_up(port, true, "as link_propagation needs it at start");
	}
	limits_set(s);
	look(s, false);
	clock_follow(&s->clock);
}

int
watch_start(struct sluice *s)
{
	changes = netdev_watch();
	return helper_start(&helper, watch_thread, s);
}

void
watch_stop(struct sluice *s)
{
	helper_stop(&helper);
	if (changes >= 0)
		close(changes);
	changes = -1;
	links_release(s);
}
