/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

static_assert(sizeof(((struct devices *)NULL)->name[0]) == IFNAMSIZ,
	      "names of the kernel");

static int
netlink_ask(const struct nlmsghdr *message)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
	char answer[8192];
	ssize_t length = -1;

	if (socket == NULL)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_sendto(socket, message, message->nlmsg_len) >= 0)
		length = mnl_socket_recvfrom(socket, answer, sizeof(answer));
	if (length > 0)
		length = mnl_cb_run(answer, (size_t)length, message->nlmsg_seq,
				    mnl_socket_get_portid(socket), NULL, NULL);
	length = length < 0 ? -errno : 0;
	mnl_socket_close(socket);
	return (int)length;
}

static int
link_create(const char *name, const char *kind)
{
	char buffer[512];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	struct nlattr *nest;

	message->nlmsg_type = RTM_NEWLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	message->nlmsg_seq = 1;
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(message, nest);
	return netlink_ask(message);
}

/*
 * Create one virtual interface. Several kinds are tried, because kernels differ in the
 * kinds that they support.
 */
static bool
device_create(const char *name)
{
	static const char *const kinds[] = {"dummy", "ifb", "bridge", "veth"};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ret = link_create(name, kinds[i]);
		if (ret == 0 || ret == -EEXIST)
			return ret == 0;
	}
	return false;
}

/* Create an interface unless it is in the list. Returns the number created, 0 or 1. */
static unsigned
device_add(struct devices *devices, const char *name, size_t length)
{
	char text[IFNAMSIZ];
	unsigned i;

	while (length > 0 && (name[0] == '"' || name[0] == ' ' || name[0] == '\t'))
		name++, length--;
	while (length > 0 && strchr("\" \t", name[length - 1]) != NULL)
		length--;
	if (length == 0 || length >= sizeof(text) || devices->count == DEVICES_MAX ||
	    memchr(name, '$', length) != NULL)
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)length, name);
	for (i = 0; i < devices->count; i++)
		if (strcmp(devices->name[i], text) == 0)
			return 0;
	if (!device_create(text))
		return 0;
	memcpy(devices->name[devices->count++], text, sizeof(text));
	return 1;
}

/*
 * Create the interface that an error of nft is about. The message is "FILE:6:7-11: Error:
 * Interface does not exist", then the line of the file, then a marker below the name.
 * Columns count from 1, and a tab counts as one column.
 */
static unsigned
message_create(struct devices *devices, const char *header, size_t length)
{
	static const char text[] = ": Error: Interface does not exist";
	const char *error = memmem(header, length, text, strlen(text)), *columns;
	const char *line = header + length + 1;
	unsigned first, last;
	size_t width;

	if (error == NULL || header[length] == '\0')
		return 0;
	columns = memrchr(header, ':', (size_t)(error - header));
	width = strcspn(line, "\n");
	if (columns == NULL || sscanf(columns, ":%u-%u", &first, &last) != 2 ||
	    first == 0 || last < first || last > width)
		return 0;
	return device_add(devices, line + first - 1, last - first + 1);
}

/*
 * Create the interfaces that a chain or a flowtable lists: `device "lan"`, `devices = {
 * lan, "wan" }`.
 */
static unsigned
list_create(struct devices *devices, const char *text)
{
	const char *word = text, *end;
	unsigned created = 0;

	while ((word = strstr(word, "device")) != NULL) {
		word += strlen("device");
		word += *word == 's';
		word += strspn(word, " \t=");
		if (*word != '{') {
			created += device_add(devices, word, strcspn(word, " \t;\n"));
			continue;
		}
		for (word++; *word != '\0' && *word != '}'; word = end + (*end == ',')) {
			word += strspn(word, " \t\n");
			end = word + strcspn(word, ",}\n");
			created += device_add(devices, word, (size_t)(end - word));
			if (*end == '\n')
				end++;
		}
	}
	return created;
}

unsigned
devices_create(struct devices *devices, const struct source *source, const char *messages)
{
	static const char missing[] = "No such file or directory";
	unsigned created = 0;
	const char *line;
	size_t length;

	for (line = messages; *line != '\0'; line += length + (line[length] == '\n')) {
		length = strcspn(line, "\n");
		created += message_create(devices, line, length);
	}
	if (created == 0 && strstr(messages, missing) != NULL && source->content != NULL)
		created = list_create(devices, source->content);
	return created;
}
