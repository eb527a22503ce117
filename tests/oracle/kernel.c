/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_log/libnetfilter_log.h>

#define PACKET_ROOM 4096
#define IP4_TTL 8
#define IP4_CHECKSUM 10
#define IP6_HOPS 7
#define CARRIER_TRIES 1000
#define CARRIER_MS 10

static int device[2];
static struct nfct_handle *conntrack;
static struct nflog_handle *log_of_invalid;
static enum kernel_word said;

static const char *const words[] = {
#define KERNEL_WORD_TEXT(id, text) text,
	KERNEL_WORDS(KERNEL_WORD_TEXT)
#undef KERNEL_WORD_TEXT
};

struct query {
	const struct kernel_tuple *tuple;
	struct kernel_entry entry;
};

static int
attach(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static int
on_entry(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *data)
{
	struct query *query = data;

	(void)type;
	query->entry.there = true;
	query->entry.state = nfct_get_attr_u8(ct, ATTR_TCP_STATE);
	query->entry.orig = nfct_get_attr_u16(ct, ATTR_ORIG_PORT_SRC) ==
			    htons(query->tuple->port[1]);
	return NFCT_CB_CONTINUE;
}

static int
on_word(struct nflog_g_handle *group, struct nfgenmsg *message, struct nflog_data *data,
	void *unused)
{
	enum kernel_word word;
	const char *text;

	(void)group;
	(void)message;
	(void)unused;
	text = nflog_get_prefix(data);
	for (word = KERNEL_NOTHING + 1; word < KERNEL_WORD_COUNT; word++)
		if (text && strstr(text, words[word]))
			break;
	/*
	 * of several messages about a packet keep the first: the later ones follow from
	 * it
	 */
	if (said == KERNEL_NOTHING)
		said = word;
	return 0;
}

static int
listen_to_log(void)
{
	struct nflog_g_handle *group;

	log_of_invalid = nflog_open();
	if (!log_of_invalid || nflog_bind_pf(log_of_invalid, AF_INET) < 0 ||
	    nflog_bind_pf(log_of_invalid, AF_INET6) < 0)
		return -errno;
	group = nflog_bind_group(log_of_invalid, 0);
	if (!group || nflog_set_mode(group, NFULNL_COPY_NONE, 0) < 0 ||
	    nflog_set_qthresh(group, 1) < 0)
		return -errno;
	nflog_callback_register(group, on_word, NULL);
	return 0;
}

/* Set to 0 the fields that a router changes. */
static void
normalise(uint8_t *packet)
{
	if (packet[0] >> 4 == 6) {
		packet[IP6_HOPS] = 0;
		return;
	}
	packet[IP4_TTL] = 0;
	memset(&packet[IP4_CHECKSUM], 0, 2);
}

/*
 * Read the packets that the kernel has sent out of the device of this side; return
 * whether `packet` is among them.
 */
static bool
comes_out(uint8_t side, const uint8_t *packet, size_t len)
{
	uint8_t seen[PACKET_ROOM];
	bool found = false;
	ssize_t got;

	while ((got = read(device[side], seen, sizeof(seen))) > 0) {
		normalise(seen);
		if ((size_t)got == len && memcmp(seen, packet, len) == 0)
			found = true;
	}
	return found;
}

int
kernel_judge(uint8_t side, const uint8_t *packet, size_t len)
{
	uint8_t sent[PACKET_ROOM];
	char message[PACKET_ROOM];
	ssize_t got;
	bool passed;

	said = KERNEL_NOTHING;
	if (len > sizeof(sent) || write(device[side], packet, len) != (ssize_t)len)
		return -1;
	memcpy(sent, packet, len);
	normalise(sent);
	passed = comes_out(!side, sent, len);
	comes_out(side, sent, len); /* discard packets that the kernel itself sends */
	while ((got = recv(nflog_fd(log_of_invalid), message, sizeof(message),
			   MSG_DONTWAIT)) > 0)
		nflog_handle_packet(log_of_invalid, message, (int)got);
	return passed;
}

/*
 * Send UDP datagrams into this side until one leaves the other side. A tun device that no
 * process has opened has no carrier, and for a moment after it gets one its queue still
 * drops packets.
 */
static int
wait_for_carrier(uint8_t side)
{
	static const uint8_t datagram[2][28] = {
		{0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0x66, 0xcd, 10, 1,
		 0,    1, 10, 2,  0, 1, 0, 9, 0,  9,  0,    8,    0,  0},
		{0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0x66, 0xcd, 10, 2,
		 0,    1, 10, 1,  0, 1, 0, 9, 0,  9,  0,    8,    0,  0},
	};
	int tries = CARRIER_TRIES;

	while (tries-- > 0) {
		if (kernel_judge(side, datagram[side], sizeof(datagram[side])) > 0)
			return 0;
		poll(NULL, 0, CARRIER_MS);
	}
	return -ETIMEDOUT;
}

int
kernel_open(const char **what)
{
	static const char *const names[2] = {"lan", "wan"};
	int i, status;

	for (i = 0; i < 2; i++) {
		*what = names[i];
		device[i] = attach(names[i]);
		if (device[i] < 0)
			return device[i];
	}
	*what = "conntrack";
	conntrack = nfct_open(CONNTRACK, 0);
	if (!conntrack)
		return -errno;
	*what = "nfnetlink_log";
	status = listen_to_log();
	for (i = 0; i < 2 && status == 0; i++) {
		*what = names[i];
		status = wait_for_carrier((uint8_t)i);
	}
	return status;
}

enum kernel_word
kernel_said(void)
{
	return said;
}

const char *
kernel_word_text(enum kernel_word word)
{
	return word < KERNEL_WORD_COUNT ? words[word] : "?";
}

static struct nf_conntrack *
conntrack_of(const struct kernel_tuple *tuple)
{
	struct nf_conntrack *ct = nfct_new();
	bool ip4 = tuple->family == AF_INET;

	if (!ct)
		return NULL;
	nfct_set_attr_u8(ct, ATTR_L3PROTO, (uint8_t)tuple->family);
	nfct_set_attr(ct, ip4 ? ATTR_IPV4_SRC : ATTR_IPV6_SRC, tuple->address[0]);
	nfct_set_attr(ct, ip4 ? ATTR_IPV4_DST : ATTR_IPV6_DST, tuple->address[1]);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(tuple->port[0]));
	nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(tuple->port[1]));
	return ct;
}

struct kernel_entry
kernel_look(const struct kernel_tuple *tuple)
{
	struct query query = {.tuple = tuple};
	struct nf_conntrack *ct = conntrack_of(tuple);

	if (!ct)
		return query.entry;
	nfct_callback_register(conntrack, NFCT_T_ALL, on_entry, &query);
	nfct_query(conntrack, NFCT_Q_GET, ct);
	nfct_callback_unregister(conntrack);
	nfct_destroy(ct);
	return query.entry;
}

void
kernel_forget(const struct kernel_tuple *tuple)
{
	struct nf_conntrack *ct = conntrack_of(tuple);

	if (!ct)
		return;
	nfct_query(conntrack, NFCT_Q_DESTROY, ct);
	nfct_destroy(ct);
}

const char *
kernel_state_name(struct kernel_entry entry)
{
	static const char *const names[] = {
		[TCP_CONNTRACK_NONE] = "NONE",
		[TCP_CONNTRACK_SYN_SENT] = "SYN_SENT",
		[TCP_CONNTRACK_SYN_RECV] = "SYN_RECV",
		[TCP_CONNTRACK_ESTABLISHED] = "ESTABLISHED",
		[TCP_CONNTRACK_FIN_WAIT] = "FIN_WAIT",
		[TCP_CONNTRACK_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_CONNTRACK_LAST_ACK] = "LAST_ACK",
		[TCP_CONNTRACK_TIME_WAIT] = "TIME_WAIT",
		[TCP_CONNTRACK_CLOSE] = "CLOSE",
		[TCP_CONNTRACK_SYN_SENT2] = "SYN_SENT2",
	};

	if (!entry.there)
		return "-";
	return entry.state < sizeof(names) / sizeof(names[0]) ? names[entry.state] : "?";
}
