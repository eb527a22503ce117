/* SPDX-License-Identifier: BSD-3-Clause */
#include "offloads.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 512u

/* Features of the port's own interface; the names are valid for `ethtool -K` too. */
static const char *const own_features[] = {
	"rx-gro", "rx-gro-hw",        "rx-gro-list",           "rx-udp-gro-forwarding",
	"rx-lro", "rx-vlan-hw-parse", "rx-vlan-stag-hw-parse", NULL,
};

/* Features of a veth's peer that leave work to the receiver. */
static const char *const peer_features[] = {
	"tx-checksum-ip-generic",     "tx-checksum-ipv4",
	"tx-checksum-ipv6",           "tx-checksum-sctp",
	"tx-generic-segmentation",    "tx-tcp-segmentation",
	"tx-tcp-ecn-segmentation",    "tx-tcp-mangleid-segmentation",
	"tx-tcp-accecn-segmentation", "tx-tcp6-segmentation",
	"tx-udp-segmentation",        "tx-vlan-hw-insert",
	"tx-vlan-stag-hw-insert",     NULL,
};

/* Write the bits of mask as arguments of ethtool: " rx-gro off rx-lro off". */
static const char *
features_text(const char *const *names, uint32_t mask, char *text)
{
	size_t length = 0;
	unsigned i;

	text[0] = '\0';
	for (i = 0; names[i] != NULL && length < TEXT_BYTES; i++)
		if ((mask >> i & 1) != 0)
			length += (size_t)snprintf(text + length, TEXT_BYTES - length,
						   " %s off", names[i]);
	return text;
}

/*
 * Switch off the features in *on and print them. Afterwards *on contains those that are
 * still on.
 */
static void
features_fix(const char *port, const char *name, const char *const *names, uint32_t *on)
{
	const uint32_t before = *on;
	char text[TEXT_BYTES];

	if (netdev_features_set(name, names, before, false) != 0 ||
	    netdev_features(name, names, on) != 0)
		return;
	if ((before & ~*on) != 0)
		printf("port %s: offloads switched off: ethtool -K %s%s\n", port, name,
		       features_text(names, before & ~*on, text));
}

static int
check_own(const char *port, const char *name, bool fix)
{
	char text[TEXT_BYTES];
	uint32_t on;

	/* a driver without this ioctl has no such features */
	if (netdev_features(name, own_features, &on) != 0 || on == 0)
		return 0;
	if (fix)
		features_fix(port, name, own_features, &on);
	if (on == 0)
		return 0;
	printf("warning: port %s: interface %s changes frames before sluice gets them%s: "
	       "ethtool -K %s%s\n",
	       port, name, fix ? ", and does not let that be switched off" : "", name,
	       features_text(own_features, on, text));
	return fix ? -EOPNOTSUPP : 0;
}

struct peer_check {
	const char *port;
	const struct netdev *netdev;
	bool fix;
};

static void
peer_unknown(const struct peer_check *check)
{
	printf("warning: port %s: the other end of %s is in a namespace that sluice "
	       "cannot enter; there, checksums, segmentation and VLAN tags must not be "
	       "left to the receiver: ethtool -K INTERFACE tx off tso off gso off txvlan "
	       "off\n",
	       check->port, check->netdev->name);
}

/* Check what the peer leaves to the receiver. */
static void *
check_peer(void *context)
{
	const struct peer_check *check = context;
	const struct netdev *netdev = check->netdev;
	char text[TEXT_BYTES];
	struct netdev peer;
	uint32_t on;

	if ((netdev->link_nsid >= 0 && netdev_enter(netdev->link_nsid) != 0) ||
	    netdev_read(netdev->link, &peer) != 0) {
		peer_unknown(check);
		return NULL;
	}
	if (netdev_features(peer.name, peer_features, &on) != 0 || on == 0)
		return NULL;
	if (check->fix)
		features_fix(check->port, peer.name, peer_features, &on);
	if (on != 0)
		printf("warning: port %s: %s, the other end of %s, leaves to the "
		       "receiver what sluice has to see: ethtool -K %s%s\n",
		       check->port, peer.name, netdev->name, peer.name,
		       features_text(peer_features, on, text));
	return NULL;
}

static void
no_redirect(const struct peer_check *check, const char *peer)
{
	printf("warning: port %s: the other end of %s takes no frame that the XDP "
	       "program sends there, established connections stall: ethtool -K %s gro "
	       "on\n",
	       check->port, check->netdev->name, peer);
}

/*
 * Check that the peer takes frames that a program redirects: the kernel drops them unless
 * the peer has NAPI, which GRO or an XDP program switches on.
 */
static void *
check_peer_redirect(void *context)
{
	static const char *const gro[] = {"rx-gro", NULL};
	const struct peer_check *check = context;
	const struct netdev *netdev = check->netdev;
	struct netdev peer;
	uint32_t on = 0;

	if ((netdev->link_nsid >= 0 && netdev_enter(netdev->link_nsid) != 0) ||
	    netdev_read(netdev->link, &peer) != 0) {
		no_redirect(check, "INTERFACE");
		return NULL;
	}
	if (peer.xdp_id != 0 || netdev_features(peer.name, gro, &on) != 0 || on != 0)
		return NULL;
	if (!check->fix || netdev_features_set(peer.name, gro, 1, true) != 0 ||
	    netdev_features(peer.name, gro, &on) != 0 || on == 0)
		no_redirect(check, peer.name);
	else
		printf("port %s: the other end of %s takes redirected frames: ethtool -K "
		       "%s gro on\n",
		       check->port, netdev->name, peer.name);
	return NULL;
}

/* Run a check of a veth's peer in a thread, which may enter another namespace. */
static void
peer_run(struct peer_check *check, void *(*run)(void *))
{
	pthread_t thread;

	if (strcmp(check->netdev->kind, "veth") == 0 && check->netdev->link != 0 &&
	    pthread_create(&thread, NULL, run, check) == 0)
		pthread_join(thread, NULL);
}

int
offloads_check(const char *port, const struct netdev *netdev, bool fix)
{
	struct peer_check check = {.port = port, .netdev = netdev, .fix = fix};
	int status = check_own(port, netdev->name, fix);

	peer_run(&check, check_peer);
	return status;
}

void
offloads_check_redirect(const char *port, const struct netdev *netdev, bool fix)
{
	struct peer_check check = {.port = port, .netdev = netdev, .fix = fix};

	peer_run(&check, check_peer_redirect);
}
