/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic.h"

#include <string.h>

#include <netinet/in.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_common.h>

#include <frame/frame.h>

#define FIRST_ADDRESS 0x0a000000u
#define FIRST_PORT 20000u
#define PORTS 16u /* ports for each client address */

static uint32_t
add32(uint8_t *at, uint32_t value)
{
	rte_be32_t word = rte_cpu_to_be_32(value);

	memcpy(at, &word, sizeof(word));
	return (value >> 16) + (value & 0xffff);
}

static uint32_t
get32(const uint8_t *at)
{
	rte_be32_t word;

	memcpy(&word, at, sizeof(word));
	return rte_be_to_cpu_32(word);
}

static void
put_sum(uint8_t *at, uint32_t sum)
{
	rte_be16_t word;

	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	word = rte_cpu_to_be_16((uint16_t)~sum);
	memcpy(at, &word, sizeof(word));
}

static uint16_t
get_sum(const uint8_t *at)
{
	return (uint16_t) ~(at[0] << 8 | at[1]);
}

uint8_t
traffic_side(enum traffic_kind kind)
{
	return kind == TRAFFIC_SYN_ACK || kind == TRAFFIC_ACK_WAN ||
	       kind == TRAFFIC_DATA_WAN || kind == TRAFFIC_FIN_WAN;
}

static void
template_make(struct traffic_template *t, enum traffic_kind kind, uint8_t family,
	      bool timestamps, uint16_t payload)
{
	static const uint8_t flags[TRAFFIC_KINDS] = {
		[TRAFFIC_SYN] = FRAME_SYN,
		[TRAFFIC_SYN_ACK] = FRAME_SYN | FRAME_ACK,
		[TRAFFIC_ACK] = FRAME_ACK,
		[TRAFFIC_ACK_WAN] = FRAME_ACK,
		[TRAFFIC_DATA_LAN] = FRAME_ACK | FRAME_PSH,
		[TRAFFIC_DATA_WAN] = FRAME_ACK | FRAME_PSH,
		[TRAFFIC_FIN_LAN] = FRAME_ACK | FRAME_FIN,
		[TRAFFIC_FIN_WAN] = FRAME_ACK | FRAME_FIN,
	};
	const char *client = family == 4 ? "0.0.0.0" : "2001:db8::";
	const char *server = family == 4 ? "192.0.2.1" : "2001:db8:1::1";
	bool from_wan = traffic_side(kind) == 1;
	bool data = kind == TRAFFIC_DATA_LAN || kind == TRAFFIC_DATA_WAN;
	struct frame frame = {
		.src_mac = {0x02, 0, 0, 0, 0, from_wan ? 0xb : 0xa},
		.dst_mac = {0x02, 0, 0, 0, 0, from_wan ? 0xa : 0xb},
		.src = from_wan ? server : client,
		.dst = from_wan ? client : server,
		.sport = from_wan ? 80 : 0,
		.dport = from_wan ? 0 : 80,
		.proto = IPPROTO_TCP,
		.flags = flags[kind],
		.win = 65535,
		.payload_len = data ? payload : 0,
		.opt = {.has_scale = kind <= TRAFFIC_SYN_ACK,
			.scale = 10,
			.has_ts = timestamps,
			.tsval = 1,
			.tsecr = kind == TRAFFIC_SYN ? 0 : 1},
	};
	uint16_t l4 = family == 4 ? 34 : 54;

	*t = (struct traffic_template){0};
	t->length = (uint16_t)frame_build(&frame, t->bytes, sizeof(t->bytes));
	t->room = RTE_MAX(t->length, (uint16_t)TRAFFIC_ROOM);
	t->flags = flags[kind];
	if (family == 4)
		t->address = from_wan ? 30 : 26;
	else
		t->address = from_wan ? 50 : 34;
	t->port = from_wan ? l4 + 2 : l4;
	t->ip_sum = family == 4 ? get_sum(t->bytes + 24) : 0;
	t->l4_sum = get_sum(t->bytes + l4 + 16);
}

void
traffic_init(struct traffic *t, uint8_t family, bool timestamps, uint16_t payload)
{
	int kind;

	t->family = family;
	for (kind = 0; kind < TRAFFIC_KINDS; kind++)
		template_make(&t->template[kind], (enum traffic_kind)kind, family,
			      timestamps, payload);
}

void
traffic_write(const struct traffic *t, struct rte_mbuf *m, enum traffic_kind kind,
	      uint32_t connection, uint32_t seq, uint32_t ack)
{
	const struct traffic_template *template = &t->template[kind];
	uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t l4 = t->family == 4 ? 34 : 54;
	uint16_t port = (uint16_t)(FIRST_PORT + connection % PORTS);
	uint32_t sum;

	if (likely(template->room == TRAFFIC_ROOM))
		memcpy(bytes, template->bytes, TRAFFIC_ROOM);
	else
		memcpy(bytes, template->bytes, template->room);
	sum = add32(bytes + template->address, FIRST_ADDRESS + connection / PORTS);
	if (t->family == 4)
		put_sum(bytes + 24, template->ip_sum + sum);
	bytes[template->port] = (uint8_t)(port >> 8);
	bytes[template->port + 1] = (uint8_t)port;
	sum += add32(bytes + l4 + 4, seq);
	sum += add32(bytes + l4 + 8, ack);
	put_sum(bytes + l4 + 16, template->l4_sum + port + sum);
	m->data_len = template->length;
	m->pkt_len = template->length;
}

uint8_t
traffic_write_handshake(const struct traffic *t, struct rte_mbuf *m, unsigned step,
			uint32_t connection)
{
	static const struct {
		enum traffic_kind kind;
		uint32_t seq, ack;
	} steps[TRAFFIC_HANDSHAKE] = {
		{TRAFFIC_SYN, TRAFFIC_ISS_LAN, 0},
		{TRAFFIC_SYN_ACK, TRAFFIC_ISS_WAN, TRAFFIC_ISS_LAN + 1},
		{TRAFFIC_ACK, TRAFFIC_ISS_LAN + 1, TRAFFIC_ISS_WAN + 1},
	};

	traffic_write(t, m, steps[step].kind, connection, steps[step].seq,
		      steps[step].ack);
	return traffic_side(steps[step].kind);
}

bool
traffic_read(const struct traffic *t, const struct rte_mbuf *m,
	     struct traffic_frame *frame)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint16_t type = t->family == 4 ? 0x0800 : 0x86dd;
	const uint16_t l4 = t->family == 4 ? 34 : 54;
	const struct traffic_template *template;
	uint32_t address, port;

	if (m->data_len < l4 + 20 || bytes[12] != type >> 8 ||
	    bytes[13] != (type & 0xff) || bytes[t->family == 4 ? 23 : 20] != IPPROTO_TCP)
		return false;
	frame->side = bytes[l4] == 0 && bytes[l4 + 1] == 80;
	template = &t->template[frame->side ? TRAFFIC_SYN_ACK : TRAFFIC_SYN];
	address = get32(bytes + template->address) - FIRST_ADDRESS;
	port = (uint32_t)(bytes[template->port] << 8 | bytes[template->port + 1]) -
	       FIRST_PORT;
	if (address >= TRAFFIC_CONNECTIONS / PORTS || port >= PORTS)
		return false;
	frame->connection = address * PORTS + port;
	frame->seq = get32(bytes + l4 + 4);
	frame->ack = get32(bytes + l4 + 8);
	frame->flags = bytes[l4 + 13];
	return true;
}
