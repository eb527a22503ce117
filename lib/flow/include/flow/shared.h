/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * What a program needs beside the memory of an engine to pass packets of the engine's
 * connections: where the tables are in that memory, the secret of the hash, the rules in
 * force, the time. The engine fills it; a BPF program in the kernel reads it (lib/xdp).
 *
 * The memory is an array of lines of FLOW_LINE_BYTES. A connection is two lines for IPv4
 * and three for IPv6. All numbers of lines count from the beginning of the memory.
 */
#ifndef FLOW_SHARED_H
#define FLOW_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flow/layout.h>

#define FLOW_LINE_BYTES 64u
#define FLOW_SHARED_VERSION 1u
#define FLOW_SHARED_PORTS (2u * FLOW_WIRES)

/* flow_shared.rules: the generation of the rules, and whether they accept all packets of
 * established connections. 0: no packet passes without the engine. */
#define FLOW_RULES_GENERATION 0xffu
#define FLOW_RULES_ACCEPT 0x100u

/* The table of an address family. */
struct flow_shared_family {
	uint32_t buckets; /* number of buckets; 0: the family has no connections */
	uint32_t connections;
	uint32_t conn_lines; /* lines of a connection */
	uint32_t bucket_line;
	uint32_t conn_line;
	uint32_t generation_line; /* a byte for each connection */
	uint32_t acct_line;       /* two connections in a line; 0: no counters */
	uint32_t unused;
};

struct flow_shared {
	uint32_t version; /* FLOW_SHARED_VERSION, written last */
	uint32_t lines;   /* number of lines */
	uint32_t rules;   /* FLOW_RULES_* */
	/* tick of the engine's time minus flow_shared_ms() of the kernel's clock */
	uint32_t tick_base;
	bool tick_fixed; /* tick_base is the time itself; for tests */
	bool verify;     /* verify checksums */
	bool link_each;  /* compare the link layer of each segment, not one in a tick */
	uint8_t unused;
	uint32_t link_line; /* line of the first pair of link layers, FLOW_LINK_* */
	/* secret of the hash: its first 64 bytes, and what XXH3 uses for 16 bytes */
	uint64_t secret[8];
	uint64_t flip[2];
	struct flow_shared_family family[2]; /* IPv4, IPv6 */
	uint32_t network[FLOW_WIRES];        /* network of each wire's untagged frames */
	/* longest packet that each port can send; 0: any */
	uint32_t mtu[FLOW_SHARED_PORTS];
};

/* What a processor has passed; one for each. Only that processor writes it. */
struct flow_taken {
	uint64_t packets;
	uint64_t bytes; /* of frames */
	/* of them, those accepted because the rules accept all established packets */
	uint64_t constant_packets;
	uint64_t constant_bytes; /* of IP packets */
	uint64_t up;             /* frames for the engine */
	uint64_t busy;           /* of them, those whose connection was locked */
	uint64_t lost;           /* of them, those dropped, for want of a socket */
	uint64_t unused;
};

_Static_assert(sizeof(struct flow_taken) == FLOW_LINE_BYTES, "no line has two writers");

/*
 * Milliseconds of a clock that counts nanoseconds, without a division: ns / 2^20 times
 * 1.048576. It may be 1 ms too small, and never goes back.
 */
static inline uint32_t
flow_shared_ms(uint64_t clock_ns)
{
	uint64_t units = clock_ns >> 20;

	return (uint32_t)(units + ((units * 3259880u) >> 26));
}

/*
 * A pair of link layers is a line: the first byte of each direction, and where in it. The
 * members are those of struct reply_l2.
 */
#define FLOW_LINK_BYTES 26u
#define FLOW_LINK_MACS 12u /* destination and source, as in a frame */
#define FLOW_LINK_PORT 12u
#define FLOW_LINK_VLANS 14u
#define FLOW_LINK_TAGS 16u
#define FLOW_LINK_PPPOE 24u

#endif
