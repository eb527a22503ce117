/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>
#include <rte_version.h>

/* What one unit of net_pcap's timestamp is. */
#if RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0)
#define UNITS_PER_US 1000u
#else
#define UNITS_PER_US 1u
#endif

static int time_offset = -1;
static uint64_t time_flag;

static int
refuse(struct capture_error *error, const struct capture *c, int status, const char *what)
{
	snprintf(error->text, sizeof(error->text), "%s: %s", c->file, what);
	return status;
}

/*
 * A time as libpcap and net_pcap hand it over, in units of the latter. The seconds of a
 * capture are 32 bits without a sign, which both extend as if they had one: from 2038 on.
 */
static uint64_t
time_us(uint64_t units)
{
	if ((int64_t)units < 0)
		units += (UINT64_C(1) << 32) * 1000000u * UNITS_PER_US;
	return units / UNITS_PER_US;
}

/* What no capture that we write could hold: its seconds end in 2106. */
static bool
too_late(struct capture *c, const struct pcap_pkthdr *header, uint64_t us)
{
	if (header->ts.tv_sec >= INT32_MIN && header->ts.tv_sec <= UINT32_MAX &&
	    us / 1000000u <= UINT32_MAX)
		return false;
	snprintf(c->damage.text, sizeof(c->damage.text),
		 "%s: packet %" PRIu64 " is of a time that no capture can hold "
		 "(expected 1970 to 2106)",
		 c->file, c->packets + 1);
	return true;
}

/* The longest frame that fits an mbuf's length, and so net_pcap. */
static bool
too_long(struct capture *c, const struct pcap_pkthdr *header)
{
	if (header->caplen <= UINT16_MAX)
		return false;
	snprintf(c->damage.text, sizeof(c->damage.text),
		 "%s: packet %" PRIu64 " has %u bytes; at most %u can be replayed "
		 "(was it captured before segmentation?)",
		 c->file, c->packets + 1, header->caplen, UINT16_MAX);
	return true;
}

static void
look_through(struct capture *c, pcap_t *pcap)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t us, last = 0;
	int status;

	while ((status = pcap_next_ex(pcap, &header, &data)) == 1) {
		us = time_us(((uint64_t)header->ts.tv_sec * 1000000u +
			      (uint64_t)header->ts.tv_usec) *
			     UNITS_PER_US);
		if (too_long(c, header) || too_late(c, header, us)) {
			c->damaged = true;
			return;
		}
		c->backwards += us < last;
		c->cut += header->caplen < header->len;
		c->longest = RTE_MAX(c->longest, header->caplen);
		c->packets++;
		last = us;
	}
	if (status == PCAP_ERROR) {
		c->damaged = true;
		snprintf(c->damage.text, sizeof(c->damage.text),
			 "%s: damaged at packet %" PRIu64 ": %s", c->file, c->packets + 1,
			 pcap_geterr(pcap));
	}
}

/*
 * By descriptor, so that no name is too odd for a device argument, and no file is
 * swapped.
 */
static void
path_of(const struct capture *c, char *path, size_t size)
{
	snprintf(path, size, "/proc/self/fd/%d", c->fd);
}

static int
check(struct capture *c, struct capture_error *error)
{
	char path[64], why[PCAP_ERRBUF_SIZE], what[PCAP_ERRBUF_SIZE + 64];
	int link;
	pcap_t *pcap;

	path_of(c, path, sizeof(path));
	pcap = pcap_open_offline(path, why);
	if (pcap == NULL) {
		snprintf(what, sizeof(what), "no capture: %s", why);
		return refuse(error, c, -EINVAL, what);
	}
	link = pcap_datalink(pcap);
	if (link != DLT_EN10MB) {
		const char *name = pcap_datalink_val_to_name(link);

		snprintf(what, sizeof(what),
			 "link type %s (%d); expected EN10MB (Ethernet)",
			 name != NULL ? name : "unknown", link);
		pcap_close(pcap);
		return refuse(error, c, -EINVAL, what);
	}
	look_through(c, pcap);
	pcap_close(pcap);
	return 0;
}

int
capture_open(struct capture *c, struct capture_error *error)
{
	struct stat st;
	int status = 0;

	c->fd = open(c->file, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0)
		return refuse(error, c, -errno, strerror(errno));
	if (fstat(c->fd, &st) != 0)
		status = refuse(error, c, -errno, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		status = refuse(error, c, -EINVAL, "expected a file (it is read twice)");
	else if (st.st_size == 0)
		status = refuse(error, c, -EINVAL,
				"empty; expected a capture (pcap, pcapng)");
	else
		status = check(c, error);
	if (status != 0)
		capture_close(c);
	return status;
}

static int
configure(struct capture *c, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int status;

	status = rte_eth_dev_info_get(c->device, &info);
	if (status != 0)
		return status;
	/* not offered, and always done, up to 26.03 */
	conf.rxmode.offloads = info.rx_offload_capa & (RTE_ETH_RX_OFFLOAD_TIMESTAMP |
						       RTE_ETH_RX_OFFLOAD_SCATTER);
	status = rte_eth_dev_configure(c->device, 1, 0, &conf);
	if (status == 0)
		status = rte_eth_rx_queue_setup(c->device, 0, CAPTURE_AHEAD,
						SOCKET_ID_ANY, NULL, pool);
	if (status == 0)
		status = rte_eth_dev_start(c->device);
	return status;
}

int
capture_start(struct capture *c, unsigned number, struct rte_mempool *pool,
	      struct capture_error *error)
{
	char name[32], path[64], args[128];
	int status;

	snprintf(name, sizeof(name), "net_pcap%u", number);
	path_of(c, path, sizeof(path));
	snprintf(args, sizeof(args), "rx_pcap=%s", path);
	if (rte_mbuf_dyn_rx_timestamp_register(&time_offset, &time_flag) != 0)
		return refuse(error, c, -rte_errno, "no room for the time in an mbuf");
	status = rte_eal_hotplug_add("vdev", name, args);
	if (status == 0)
		status = rte_eth_dev_get_port_by_name(name, &c->device);
	if (status == 0)
		status = configure(c, pool);
	if (status != 0) {
		snprintf(error->text, sizeof(error->text),
			 "%s: DPDK's driver net_pcap does not take it: %s", c->file,
			 strerror(-status));
		return status;
	}
	c->started = true;
	return 0;
}

static rte_mbuf_timestamp_t *
time_field(const struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, time_offset, rte_mbuf_timestamp_t *);
}

/* Read ahead; no more than the packets that were whole. */
static void
fill(struct capture *c)
{
	uint64_t left = c->packets - c->taken;
	uint16_t i;

	c->next = 0;
	c->ahead = rte_eth_rx_burst(c->device, 0, c->pkts,
				    (uint16_t)RTE_MIN(left, (uint64_t)CAPTURE_AHEAD));
	for (i = 0; i < c->ahead; i++) {
		rte_mbuf_timestamp_t *at = time_field(c->pkts[i]);

		*at = time_us(*at);
		if (*at < c->last_us)
			*at = c->last_us;
		c->last_us = *at;
	}
	c->taken += c->ahead;
}

bool
capture_peek(struct capture *c, uint64_t *us)
{
	if (c->next == c->ahead && c->taken < c->packets)
		fill(c);
	if (c->next == c->ahead)
		return false;
	*us = *time_field(c->pkts[c->next]);
	return true;
}

struct rte_mbuf *
capture_take(struct capture *c)
{
	return c->pkts[c->next++];
}

bool
capture_time(const struct rte_mbuf *m, uint64_t *us)
{
	*us = *time_field(m);
	return (m->ol_flags & time_flag) != 0;
}

void
capture_close(struct capture *c)
{
	if (c->started) {
		rte_pktmbuf_free_bulk(&c->pkts[c->next], c->ahead - c->next);
		rte_eth_dev_stop(c->device);
		rte_eth_dev_close(c->device);
	}
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->started = false;
}
