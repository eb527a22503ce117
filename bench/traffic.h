/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of many TCP connections between a client network on the lan side and one server on
 * the wan side, written fast: a template a kind, in which only address, port, numbers and
 * checksums are filled in. Connections are numbered from 0; 16 ports an address.
 */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define TRAFFIC_ROOM 128u /* bytes that a frame needs at most */
#define TRAFFIC_PAYLOAD 6u
#define TRAFFIC_ISS_LAN 1000u
#define TRAFFIC_ISS_WAN 5000u

enum traffic_kind {
	TRAFFIC_SYN,
	TRAFFIC_SYN_ACK,
	TRAFFIC_ACK, /* of the lan */
	TRAFFIC_ACK_WAN,
	TRAFFIC_DATA_LAN, /* + side */
	TRAFFIC_DATA_WAN,
	TRAFFIC_FIN_LAN,
	TRAFFIC_FIN_WAN,
	TRAFFIC_KINDS,
};

struct traffic_template {
	uint8_t bytes[TRAFFIC_ROOM];
	uint16_t length;
	uint16_t ip_sum; /* not complemented, host order */
	uint16_t l4_sum;
	uint16_t address; /* offset of the four bytes that tell clients apart */
	uint16_t port;
};

struct traffic {
	uint8_t family; /* 4 or 6 */
	struct traffic_template template[TRAFFIC_KINDS];
};

void traffic_init(struct traffic *t, uint8_t family, bool timestamps);

/* Write a frame into an mbuf with room, whatever it held before. */
void traffic_write(const struct traffic *t, struct rte_mbuf *m, enum traffic_kind kind,
		   uint32_t connection, uint32_t seq, uint32_t ack);

/* The side of the wire that sends this kind: 0 lan, 1 wan. */
uint8_t traffic_side(enum traffic_kind kind);

#endif
