/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of many TCP connections between a client network on the lan side and one server
 * on the wan side, written fast: a template a kind, in which only address, port, numbers
 * and checksums are filled in. Connections are numbered from 0; 16 ports an address.
 */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define TRAFFIC_ROOM                                                                     \
	128u /* bytes that a frame without or with little data needs at most */
#define TRAFFIC_ROOM_MAX 1536u
#define TRAFFIC_PAYLOAD 6u        /* of a data segment, usually */
#define TRAFFIC_PAYLOAD_MAX 1460u /* a full frame of IPv4 without options */
#define TRAFFIC_CONNECTIONS (1u << 28)
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
	uint8_t bytes[TRAFFIC_ROOM_MAX];
	uint16_t room; /* what of it is written */
	uint16_t length;
	uint8_t flags;   /* FRAME_* */
	uint16_t ip_sum; /* not complemented, host order */
	uint16_t l4_sum;
	uint16_t address; /* offset of the four bytes that tell clients apart */
	uint16_t port;
};

struct traffic {
	uint8_t family; /* 4 or 6 */
	struct traffic_template template[TRAFFIC_KINDS];
};

/* payload: bytes of a data segment, 1 to TRAFFIC_PAYLOAD_MAX. */
void traffic_init(struct traffic *t, uint8_t family, bool timestamps, uint16_t payload);

/* Write a frame into an mbuf with room, whatever it held before. */
void traffic_write(const struct traffic *t, struct rte_mbuf *m, enum traffic_kind kind,
		   uint32_t connection, uint32_t seq, uint32_t ack);

/* The frames of a handshake, in order; returns the side that sends it. step: from 0. */
#define TRAFFIC_HANDSHAKE 3u
uint8_t traffic_write_handshake(const struct traffic *t, struct rte_mbuf *m,
				unsigned step, uint32_t connection);

/* The side of the wire that sends this kind: 0 lan, 1 wan. */
uint8_t traffic_side(enum traffic_kind kind);

/* What traffic_write() made of the frame. */
struct traffic_frame {
	uint32_t connection;
	uint32_t seq;
	uint32_t ack;
	uint8_t side; /* of its sender */
	uint8_t flags;
};

/* Read such a frame again; false: it is none. */
bool traffic_read(const struct traffic *t, const struct rte_mbuf *m,
		  struct traffic_frame *frame);

#endif
