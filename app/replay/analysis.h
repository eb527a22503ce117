/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Figures of one connection, from all its packets in capture order: counters,
 * retransmissions, segments out of order, zero windows, handshake times, and Zeek's
 * conn_state and history. They do not depend on the engine's verdicts.
 *
 * Arrays of two are indexed by the endpoint, as in struct conversation.
 */
#ifndef REPLAY_ANALYSIS_H
#define REPLAY_ANALYSIS_H

#include <stdbool.h>
#include <stdint.h>

#include <base/segment.h>
#include <packet/packet.h>

#define ANALYSIS_GAPS 4u
#define ANALYSIS_HISTORY 40u

/*
 * State of an endpoint of a TCP connection as Zeek counts it, from which conn_state
 * follows.
 */
enum analysis_state {
	ANALYSIS_INACTIVE,
	ANALYSIS_SYN_SENT,
	ANALYSIS_SYN_ACK_SENT,
	ANALYSIS_PARTIAL, /* has sent packets, but no SYN */
	ANALYSIS_ESTABLISHED,
	ANALYSIS_CLOSED, /* has sent a FIN */
	ANALYSIS_RESET,  /* has sent a RST */
};

struct analysis_gap {
	uint32_t from, to; /* gap: sequence numbers from..to-1 not seen yet */
	uint64_t ns;       /* time at which the gap appeared */
	bool acked;        /* the peer has acknowledged bytes of it */
};

struct analysis_endpoint {
	uint64_t packets;
	uint64_t bytes;    /* payload bytes, summed over all packets */
	uint64_t ip_bytes; /* bytes from the IP header on */
	uint64_t retransmissions;
	uint64_t out_of_order;
	uint64_t zero_windows;
	uint64_t bad_checksums;
	/* initial sequence number if has_iss; else the first SEQ seen minus 1 */
	uint32_t iss;
	uint32_t nxt;         /* sequence number after the highest one seen */
	uint32_t seen;        /* bit set of the history letters already written */
	uint32_t last_seq[4]; /* sequence number of the last SYN, SYN+ACK, FIN, RST */
	bool has_iss;
	bool has_nxt;
	/* whether the peer has acknowledged more than nxt, up to acked */
	bool has_acked;
	uint32_t acked;
	uint64_t gaps_acked; /* gaps of which the peer has acknowledged bytes */
	uint8_t state;       /* enum analysis_state */
	uint8_t gap_count;
	struct analysis_gap gap[ANALYSIS_GAPS];
};

struct analysis {
	uint64_t number; /* number of the connection, from 1; 0: no packet yet */
	uint32_t conn;   /* the engine's connection number; 0: the engine has none */
	uint16_t rule;   /* rule that accepted the connection */
	uint8_t orig;    /* index of the originator */
	bool picked_up;
	bool incomplete;
	bool has_states;  /* whether state[] has the states after the last packet */
	uint8_t state[2]; /* enum tcp_state of each endpoint */
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t drops;
	uint64_t syn_ns;    /* time of the last SYN; 0: none */
	uint64_t synack_ns; /* time of the first SYN+ACK after it */
	uint64_t ack_ns;    /* time of the first ACK after that */
	struct analysis_endpoint e[2];
	uint8_t history_length;
	char history[ANALYSIS_HISTORY]; /* Zeek's history letters, not terminated */
};

void analysis_clear(struct analysis *a);

/*
 * Count a packet of the connection. sender: index of the endpoint; ns: time of the
 * packet; bad_checksum: the packet is damaged, so its content is ignored; number: number
 * to give the connection if this is its first packet.
 */
void analysis_packet(struct analysis *a, const struct packet *p, unsigned sender,
		     uint64_t ns, bool bad_checksum, uint64_t number);

/* Return whether a packet starts a new connection after the analysed one. */
bool analysis_is_next(const struct analysis *a, const struct packet *p, unsigned sender,
		      uint64_t ns);

/* Return the bytes of data that an endpoint sent, computed from sequence numbers. */
uint64_t analysis_data_bytes(const struct analysis *a, unsigned endpoint);

/* Return how many of the bytes that an endpoint sent are missing in the capture. */
uint64_t analysis_missed_bytes(const struct analysis *a, unsigned endpoint);

/* Return Zeek's conn_state, for example "SF". proto: IPPROTO_*. */
const char *analysis_conn_state(const struct analysis *a, uint8_t proto);

#endif
