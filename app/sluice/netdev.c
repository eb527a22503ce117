/* SPDX-License-Identifier: BSD-3-Clause */
#include "netdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>

/* defined in linux/if.h, which conflicts with net/if.h */
#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000
#endif

#define ANSWER_BYTES 32768u
#define FEATURES_MAX 512u

/* ---- rtnetlink ---- */

/* Send one request and read one answer. Returns the answer's length, or -errno. */
static int
ask(const struct nlmsghdr *request, char *answer, size_t size)
{
	struct nlmsghdr *head = (struct nlmsghdr *)answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct timeval limit = {.tv_sec = 1};
	const struct nlmsgerr *error;
	ssize_t length = -1;
	int status;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (send(fd, request, request->nlmsg_len, 0) == (ssize_t)request->nlmsg_len)
		length = recv(fd, answer, size, 0);
	status = length < 0 ? -errno : (int)length;
	close(fd);
	if (status < (int)sizeof(*head))
		return status < 0 ? status : -EIO;
	if (head->nlmsg_type != NLMSG_ERROR)
		return status;
	error = NLMSG_DATA(head);
	return error->error < 0 ? error->error : -EIO;
}

static uint32_t
attr_u32(struct rtattr *attr)
{
	uint32_t value = 0;

	if (RTA_PAYLOAD(attr) >= sizeof(value))
		memcpy(&value, RTA_DATA(attr), sizeof(value));
	return value;
}

static void
attr_text(struct rtattr *attr, char *text, size_t size)
{
	snprintf(text, size, "%.*s", (int)RTA_PAYLOAD(attr),
		 (const char *)RTA_DATA(attr));
}

/* Return the attribute of a type inside another attribute; NULL: none. */
static struct rtattr *
attr_inner(struct rtattr *outer, unsigned short type)
{
	struct rtattr *attr = RTA_DATA(outer);
	int left = (int)RTA_PAYLOAD(outer);

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	return NULL;
}

static void
netdev_attr(struct netdev *netdev, struct rtattr *attr)
{
	struct rtattr *inner;

	switch (attr->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		attr_text(attr, netdev->name, sizeof(netdev->name));
		break;
	case IFLA_MTU:
		netdev->mtu = attr_u32(attr);
		break;
	case IFLA_LINK:
		netdev->link = attr_u32(attr);
		break;
	case IFLA_MASTER:
		netdev->master = attr_u32(attr);
		break;
	case IFLA_ADDRESS:
		memcpy(netdev->mac, RTA_DATA(attr),
		       RTE_MIN(RTA_PAYLOAD(attr), sizeof(netdev->mac)));
		break;
	case IFLA_LINK_NETNSID:
		netdev->link_nsid = (int)attr_u32(attr);
		break;
	case IFLA_LINKINFO:
		inner = attr_inner(attr, IFLA_INFO_KIND);
		if (inner != NULL)
			attr_text(inner, netdev->kind, sizeof(netdev->kind));
		break;
	case IFLA_XDP:
		inner = attr_inner(attr, IFLA_XDP_PROG_ID);
		if (inner != NULL)
			netdev->xdp_id = attr_u32(inner);
		break;
	default:
		break;
	}
}

int
netdev_read(unsigned index, struct netdev *netdev)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_GETLINK,
			 .nlmsg_flags = NLM_F_REQUEST},
		.info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)index},
	};
	char answer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	struct nlmsghdr *head = (struct nlmsghdr *)answer;
	struct ifinfomsg *info;
	struct rtattr *attr;
	int status = ask(&request.head, answer, sizeof(answer)), left;

	*netdev = (struct netdev){.index = index, .link_nsid = -1};
	if (status < 0)
		return status;
	if (!NLMSG_OK(head, (unsigned)status) || head->nlmsg_type != RTM_NEWLINK)
		return -EIO;
	info = NLMSG_DATA(head);
	netdev->up = (info->ifi_flags & IFF_UP) != 0;
	netdev->promiscuous = (info->ifi_flags & IFF_PROMISC) != 0;
	netdev->carrier = (info->ifi_flags & IFF_LOWER_UP) != 0;
	left = (int)IFLA_PAYLOAD(head);
	for (attr = IFLA_RTA(info); RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		netdev_attr(netdev, attr);
	return 0;
}

int
netdev_watch(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE),
	    status;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		status = -errno;
		close(fd);
		return status;
	}
	return fd;
}

/* Return the id by which this namespace knows another, or -1. */
static int
nsid_of(int namespace_fd)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg general;
		char pad[3];
		struct rtattr attr;
		uint32_t fd;
	} request = {
		.head = {.nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_GETNSID,
			 .nlmsg_flags = NLM_F_REQUEST},
		.attr = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = NETNSA_FD},
		.fd = (uint32_t)namespace_fd,
	};
	char answer[1024] __attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	struct nlmsghdr *head = (struct nlmsghdr *)answer;
	struct rtattr *attr;
	int status = ask(&request.head, answer, sizeof(answer)), left;

	if (status < 0 || head->nlmsg_type != RTM_NEWNSID)
		return -1;
	attr = (struct rtattr *)((char *)NLMSG_DATA(head) +
				 NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	left = (int)(head->nlmsg_len - NLMSG_SPACE(sizeof(struct rtgenmsg)));
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == NETNSA_NSID)
			return (int)attr_u32(attr);
	return -1;
}

/* Enter the namespace of a file if it has this id. */
static int
enter_if(const char *path, int nsid)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), status = -ENOENT;

	if (fd < 0)
		return -errno;
	if (nsid_of(fd) == nsid)
		status = setns(fd, CLONE_NEWNET) != 0 ? -errno : 0;
	close(fd);
	return status;
}

/*
 * Try the namespace files of a directory's entries: "/run/netns/%s" or "/proc/%s/ns/net".
 */
static int
enter_one_of(const char *folder, const char *format_end, int nsid)
{
	DIR *entries = opendir(folder);
	char path[PATH_MAX];
	struct dirent *entry;
	int status = -ENOENT;

	if (entries == NULL)
		return -ENOENT;
	while (status != 0 && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", folder, entry->d_name,
			 format_end);
		status = enter_if(path, nsid);
	}
	closedir(entries);
	return status;
}

int
netdev_enter(int nsid)
{
	int status = enter_one_of("/run/netns", "", nsid);

	return status != 0 ? enter_one_of("/proc", "/ns/net", nsid) : 0;
}

/* ---- ioctl ---- */

static int
request(unsigned long number, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), status;

	if (fd < 0)
		return -errno;
	status = ioctl(fd, number, ifr) != 0 ? -errno : 0;
	close(fd);
	return status;
}

/* Set or clear a flag (IFF_*) of an interface. */
static int
flag_set(unsigned index, short flag, bool on)
{
	struct ifreq ifr = {0};
	int status;

	if (if_indextoname(index, ifr.ifr_name) == NULL)
		return -errno;
	status = request(SIOCGIFFLAGS, &ifr);
	if (status != 0)
		return status;
	ifr.ifr_flags = (short)(on ? ifr.ifr_flags | flag : ifr.ifr_flags & ~flag);
	return request(SIOCSIFFLAGS, &ifr);
}

int
netdev_set_up(unsigned index, bool up)
{
	return flag_set(index, IFF_UP, up);
}

int
netdev_set_promiscuous(unsigned index, bool on)
{
	return flag_set(index, IFF_PROMISC, on);
}

static int
ethtool(const char *name, void *data)
{
	struct ifreq ifr = {.ifr_data = data};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return request(SIOCETHTOOL, &ifr);
}

unsigned
netdev_rx_queues(const char *name)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	if (ethtool(name, &channels) != 0 ||
	    channels.combined_count + channels.rx_count == 0)
		return 1;
	return channels.combined_count + channels.rx_count;
}

/* Return the names of all features, in the order of their bits; the caller frees it. */
static struct ethtool_gstrings *
feature_strings(const char *name)
{
	union {
		struct ethtool_sset_info info;
		uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1u << ETH_SS_FEATURES}};
	struct ethtool_gstrings *strings;
	uint32_t count;

	if (ethtool(name, &set) != 0)
		return NULL;
	count = set.info.data[0];
	if (count == 0 || count > FEATURES_MAX)
		return NULL;
	strings = calloc(1, sizeof(*strings) + (size_t)count * ETH_GSTRING_LEN);
	if (strings == NULL)
		return NULL;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = count;
	if (ethtool(name, strings) != 0) {
		free(strings);
		return NULL;
	}
	return strings;
}

/* Return the bit number of a feature, or -1. */
static int
feature_bit(const struct ethtool_gstrings *strings, const char *feature)
{
	unsigned i;

	for (i = 0; i < strings->len; i++)
		if (strncmp((const char *)strings->data + (size_t)i * ETH_GSTRING_LEN,
			    feature, ETH_GSTRING_LEN) == 0)
			return (int)i;
	return -1;
}

int
netdev_features(const char *name, const char *const *names, uint32_t *on)
{
	struct ethtool_gstrings *strings = feature_strings(name);
	union {
		struct ethtool_gfeatures head;
		uint8_t room[sizeof(struct ethtool_gfeatures) +
			     FEATURES_MAX / 32 *
				     sizeof(struct ethtool_get_features_block)];
	} get = {.head = {.cmd = ETHTOOL_GFEATURES, .size = FEATURES_MAX / 32}};
	unsigned i;
	int bit, status;

	*on = 0;
	if (strings == NULL)
		return -EOPNOTSUPP;
	status = ethtool(name, &get);
	for (i = 0; status == 0 && names[i] != NULL; i++) {
		bit = feature_bit(strings, names[i]);
		if (bit >= 0 &&
		    (get.head.features[bit / 32].active >> (bit % 32) & 1) != 0)
			*on |= 1u << i;
	}
	free(strings);
	return status;
}

int
netdev_features_set(const char *name, const char *const *names, uint32_t mask, bool on)
{
	struct ethtool_gstrings *strings = feature_strings(name);
	union {
		struct ethtool_sfeatures head;
		uint8_t room[sizeof(struct ethtool_sfeatures) +
			     FEATURES_MAX / 32 *
				     sizeof(struct ethtool_set_features_block)];
	} set = {.head = {.cmd = ETHTOOL_SFEATURES}};
	unsigned i;
	int bit, status;

	if (strings == NULL)
		return -EOPNOTSUPP;
	set.head.size = (strings->len + 31) / 32;
	for (i = 0; names[i] != NULL; i++) {
		bit = (mask >> i & 1) != 0 ? feature_bit(strings, names[i]) : -1;
		if (bit < 0)
			continue;
		set.head.features[bit / 32].valid |= 1u << (bit % 32);
		if (on)
			set.head.features[bit / 32].requested |= 1u << (bit % 32);
	}
	status = ethtool(name, &set);
	free(strings);
	return status;
}
