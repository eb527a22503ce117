/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes frames of many TCP connections, fast. The clients are on lan, one server is on
 * wan. For each kind of segment there is a template into which only address, port,
 * sequence numbers and checksums are written. Connections are numbered from 0, with 16
 * ports for each client address.
 */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define TRAFFIC_ROOM 128u /* largest frame with little or no data, bytes */
#define TRAFFIC_ROOM_MAX 1536u
#define TRAFFIC_PAYLOAD 6u        /* usual bytes of a data segment */
#define TRAFFIC_PAYLOAD_MAX 1460u /* a full frame of IPv4 without options */
#define TRAFFIC_CONNECTIONS (1u << 28)
#define TRAFFIC_ISS_LAN 1000u
#define TRAFFIC_ISS_WAN 5000u

enum traffic_kind {
	TRAFFIC_SYN,
	TRAFFIC_SYN_ACK,
	TRAFFIC_ACK, /* sent by the lan */
	TRAFFIC_ACK_WAN,
	TRAFFIC_DATA_LAN, /* TRAFFIC_DATA_LAN + side: data of that side */
	TRAFFIC_DATA_WAN,
	TRAFFIC_FIN_LAN,
	TRAFFIC_FIN_WAN,
	TRAFFIC_KINDS,
};

struct traffic_template {
	uint8_t bytes[TRAFFIC_ROOM_MAX];
	uint16_t room; /* number of bytes to copy */
	uint16_t length;
	uint8_t flags;   /* FRAME_* */
	uint16_t ip_sum; /* not complemented, host order */
	uint16_t l4_sum;
	/* offset of the four address bytes that differ between clients */
	uint16_t address;
	uint16_t port;
};

struct traffic {
	uint8_t family; /* 4 or 6 */
	struct traffic_template template[TRAFFIC_KINDS];
};

/* payload: bytes of a data segment, 1 to TRAFFIC_PAYLOAD_MAX. */
void traffic_init(struct traffic *t, uint8_t family, bool timestamps, uint16_t payload);

/* Write a frame into an mbuf that has room for it, and set its lengths. */
void traffic_write(const struct traffic *t, struct rte_mbuf *m, enum traffic_kind kind,
		   uint32_t connection, uint32_t seq, uint32_t ack);

/* Write frame number `step`, from 0, of a handshake. Returns the side that sends it. */
#define TRAFFIC_HANDSHAKE 3u
uint8_t traffic_write_handshake(const struct traffic *t, struct rte_mbuf *m,
				unsigned step, uint32_t connection);

/* The side of the wire that sends this kind: 0 lan, 1 wan. */
uint8_t traffic_side(enum traffic_kind kind);

/* The fields of a frame that traffic_write() has written. */
struct traffic_frame {
	uint32_t connection;
	uint32_t seq;
	uint32_t ack;
	uint8_t side; /* side that sent it */
	uint8_t flags;
};

/* Read a frame. Returns false if traffic_write() has not written it. */
bool traffic_read(const struct traffic *t, const struct rte_mbuf *m,
		  struct traffic_frame *frame);

#endif
