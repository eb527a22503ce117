/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>

#include <bpf/bpf.h>

#include "xdp_pin.h"

/* Make a link in one mode. Returns its descriptor, or -errno. */
static int
link_make(const struct port *port, int program, uint32_t mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode);
	int fd = bpf_link_create(program, (int)port->ifindex, BPF_XDP, &opts);

	return fd < 0 ? -errno : fd;
}

static int
attach_failed(const struct port *port, int status, struct ports_error *error)
{
	const char *name = port->config->name;

	switch (-status) {
	case EBUSY:
	case EEXIST:
		snprintf(error->text, sizeof(error->text),
			 "port '%s': interface %s has an XDP program already, which "
			 "would lose its frames: take it off (bpftool net, ip link set "
			 "%s xdp off)",
			 name, port->ifname, port->ifname);
		break;
	case EPERM:
	case EACCES:
		snprintf(error->text, sizeof(error->text),
			 "port '%s': no XDP program may be attached to %s: CAP_NET_ADMIN "
			 "and CAP_BPF needed",
			 name, port->ifname);
		break;
	default:
		snprintf(error->text, sizeof(error->text),
			 "port '%s': the kernel attaches no XDP program to %s: %s", name,
			 port->ifname, strerror(-status));
	}
	return status;
}

/* Replace the program of a pinned link. Returns false when there is none. */
static bool
take_over(const struct port *port, unsigned number, int program, struct xdp_link *link)
{
	int fd = xdp_pin_link_open(link->folder, number, port->ifindex);

	if (fd < 0)
		return false;
	if (bpf_link_update(fd, program, NULL) != 0) {
		/* of another kind than sluice makes: without it, the port is free */
		close(fd);
		xdp_pin_link_remove(link->folder, number);
		return false;
	}
	link->fd = fd;
	printf("port %s: XDP: took over the link to %s, which traffic goes on through\n",
	       port->config->name, port->ifname);
	return true;
}

int
xdp_attach(const struct port *port, unsigned number, int program, const char *folder,
	   struct xdp_link *link, struct ports_error *error)
{
	int native, fd, status;

	*link = (struct xdp_link){.fd = -1, .port = number, .folder = folder};
	if (folder != NULL && take_over(port, number, program, link))
		return 0;
	native = fd = link_make(port, program, XDP_FLAGS_DRV_MODE);
	/* a program that is there in the way does not go away in the other mode */
	if (native < 0 && native != -EBUSY && native != -EEXIST)
		fd = link_make(port, program, XDP_FLAGS_SKB_MODE);
	if (fd < 0)
		return attach_failed(port, fd, error);
	link->fd = fd;
	if (native >= 0)
		printf("port %s: XDP native: the driver of %s runs the program\n",
		       port->config->name, port->ifname);
	else
		printf("port %s: XDP generic: the program runs on %s after the kernel "
		       "has allocated each frame, and is slower, because the driver "
		       "refuses it: %s\n",
		       port->config->name, port->ifname, strerror(-native));
	status = folder != NULL ? xdp_pin_link_save(folder, number, fd) : 0;
	if (status != 0)
		snprintf(error->text, sizeof(error->text),
			 "port '%s': the link of the XDP program cannot be pinned in %s: "
			 "%s",
			 port->config->name, folder, strerror(-status));
	return status;
}

void
xdp_detach(struct xdp_link *link)
{
	if (link->fd < 0)
		return;
	if (link->folder != NULL)
		xdp_pin_link_remove(link->folder, link->port);
	bpf_link_detach(link->fd);
	close(link->fd);
	link->fd = -1;
}
