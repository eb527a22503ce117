/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The burst pipeline: parse, key, hash, find, track, act. It owns the connection tables,
 * their timers and the counters of one worker, and does no I/O: sluice, sluice-replay,
 * the benchmarks and the fuzzers all call it with a burst, a port and a time, and send
 * what it leaves in its transmit buffers.
 *
 * Ports are numbered by wire: port 2w and 2w+1 are the two sides of wire w.
 *
 *	n = rte_eth_rx_burst(...);
 *	engine_burst(e, port, pkts, n, now_ns, NULL);
 *	engine_expire(e, now_ns, ENGINE_EXPIRE_MAX);
 *	for each port: send e's engine_tx(e, port), then empty it with engine_tx_done()
 *
 * One owner thread. No locks, no allocation after engine_init(), no clock: a time is
 * never before the last one.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <base/reason.h>
#include <base/verdict.h>
#include <engine/counters.h>
#include <flow/table.h>
#include <fragment/fragment.h>
#include <packet/packet.h>
#include <policy/policy.h>
#include <track/config.h>
#include <track/tcp.h>

#define ENGINE_BURST_MAX 64u
#define ENGINE_MAX_WIRES FLOW_WIRES
#define ENGINE_EXPIRE_MAX 64u /* a good bound for engine_expire() in a poll loop */
/* Each packet of a burst may be sent on, and a generated one with it or back. */
#define ENGINE_TX_OWN (4u * ENGINE_BURST_MAX)
/*
 * Room for held fragments beside these: 33 datagrams of the largest number of fragments,
 * or any 63 datagrams. A datagram that does not fit is dropped as a whole (TX_FULL).
 */
#define ENGINE_TX_MAX (ENGINE_TX_OWN + 4032u)

/* engine_config.bypass: what crosses a wire without rules and tracking, counted. */
#define ENGINE_BYPASS_ARP 0x0001u    /* 0x0806 */
#define ENGINE_BYPASS_LLDP 0x0002u   /* 0x88cc */
#define ENGINE_BYPASS_LACP 0x0004u   /* slow protocols, 0x8809 */
#define ENGINE_BYPASS_STP 0x0008u    /* BPDUs: 802.1D, PVST+ */
#define ENGINE_BYPASS_ND 0x0010u     /* PACKET_ND */
#define ENGINE_BYPASS_NON_IP 0x0020u /* all other frames that carry no IP */
#define ENGINE_BYPASS_EAPOL 0x0040u  /* 802.1X, 0x888e, 0x88c7 */
#define ENGINE_BYPASS_RARP 0x0080u   /* 0x8035 */
#define ENGINE_BYPASS_PTP 0x0100u    /* IEEE 1588, 0x88f7 */
#define ENGINE_BYPASS_MACSEC 0x0200u /* 0x88e5 */
#define ENGINE_BYPASS_MPLS 0x0400u   /* 0x8847, 0x8848 */
#define ENGINE_BYPASS_PPPOE 0x0800u  /* 0x8863, 0x8864 */
#define ENGINE_BYPASS_CDP 0x1000u    /* CDP, VTP, DTP, UDLD, PAgP */
#define ENGINE_BYPASS_ISIS 0x2000u   /* IS-IS, ES-IS, CLNP */
#define ENGINE_BYPASS_DEFAULT                                                            \
	(ENGINE_BYPASS_ARP | ENGINE_BYPASS_RARP | ENGINE_BYPASS_LLDP |                   \
	 ENGINE_BYPASS_LACP | ENGINE_BYPASS_STP | ENGINE_BYPASS_EAPOL |                  \
	 ENGINE_BYPASS_ND)
#define ENGINE_BYPASS_TYPES 16u

struct engine_config {
	struct track_config track;
	uint32_t max;  /* IPv4 connections */
	uint32_t max6; /* IPv6 connections */
	uint16_t wires;
	/*
	 * The wires of a group, by its number from 1, share connections: a packet may
	 * come over any of them, and leaves on the other port of that. 0: the wire is
	 * alone.
	 */
	uint8_t group[ENGINE_MAX_WIRES];
	uint32_t bypass;                           /* ENGINE_BYPASS_* */
	uint16_t bypass_type[ENGINE_BYPASS_TYPES]; /* EtherTypes that cross as well */
	unsigned bypass_types;
	bool enforce_ruleset;  /* the rules decide on invalid packets */
	bool verify_checksums; /* those that the device has not verified */
	bool acct;             /* count packets and bytes a connection */
	bool pppoe;            /* IP in PPPoE sessions is tracked and filtered */
	bool vlans_joined;     /* the VLANs of a wire are one network, not each its own */
	uint32_t fragments;    /* mbuf segments that may be held in fragments; 0: none */
	uint8_t secret[KEY_SECRET_BYTES];
	struct rte_mempool *mempool; /* for what we send ourselves */
};

struct engine;

/* PACKET_PPPOE, or 0: how an engine of this configuration parses, beside checksums. */
uint32_t engine_parse_flags(const struct engine_config *config);

/*
 * The network of the untagged frames of a wire (packet_parse()): of a group, its first's.
 */
uint32_t engine_network(const struct engine_config *config, uint16_t wire);

/* Bytes of memory that engine_init() needs. */
size_t engine_bytes(const struct engine_config *config);

/* What these bytes are for; they add up to engine_bytes(). */
struct engine_sizes {
	struct engine_family_sizes {
		struct flow_sizes table;
		size_t rules;     /* generation of the rules of each connection */
		size_t acct;      /* engine_config.acct */
		size_t seclabels; /* track_config.ip_security_match */
	} family[2];              /* IPv4, IPv6 */
	size_t timers;    /* the wheels: what does not depend on the connections */
	size_t fragments; /* what is known of those that wait, not their buffers */
	size_t links;     /* link layers of connections */
	size_t other;     /* transmit buffers, counters */
};

void engine_sizes(const struct engine_config *config, struct engine_sizes *sizes);

/*
 * Build an engine in zeroed memory of engine_bytes(), aligned to 64 bytes, at time
 * now_ns. policy and its state, which only this engine uses, are not taken over: the
 * caller frees them, after engine_set_policy() or the end. A policy without counters
 * needs no state (NULL). Returns 0, or -EINVAL for a number out of range.
 */
int engine_init(void *memory, const struct engine_config *config,
		const struct policy *policy, struct policy_state *state, uint64_t now_ns,
		struct engine **engine);

/*
 * Replace the rules. They are evaluated again for the next packet of each connection. The
 * generation of the rules that a connection holds has 8 bits: after each 254th call, none
 * holds one until engine_expire() has gone over all of them, some a call. Meanwhile the
 * rules are evaluated more often, with the same verdicts.
 */
void engine_set_policy(struct engine *e, const struct policy *policy,
		       struct policy_state *state);

/* What became of one packet; for replay and tests. */
struct engine_record {
	uint8_t verdict;  /* enum verdict */
	uint8_t reason;   /* enum reason */
	uint8_t action;   /* enum action */
	bool has_conn;    /* the rest is filled */
	bool has_states;  /* a TCP connection: state is filled */
	bool held;        /* a fragment that did not leave when it came */
	uint8_t orig;     /* side of the endpoint that began */
	uint8_t state[2]; /* enum tcp_state by side, after the packet */
	uint32_t conn;    /* serial number, from 1, over both families */
};

/*
 * A burst of at most ENGINE_BURST_MAX packets that came in on a port. The mbufs are the
 * engine's from now on: they stand in a transmit buffer, or have been freed. records:
 * NULL, or n of them to be filled. One of VERDICT_HELD is filled by a later call that
 * decides about its datagram, and has to stay where it is until then, or until
 * engine_stop().
 */
void engine_burst(struct engine *e, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		  uint64_t now_ns, struct engine_record *records);

/* Drop packets that cannot be passed to engine_burst(): count and free them. */
void engine_refuse(struct engine *e, struct rte_mbuf **pkts, uint16_t n,
		   enum reason reason);

/*
 * A burst as for engine_burst(), before it: drop the frames whose packet is longer than
 * mtu, that of the port that they would leave by, and answer with "fragmentation needed"
 * or "packet too big" where IP asks for it. What is left moves to the front of pkts;
 * returns how many. Frames that cannot be parsed are left, for engine_burst() to say why.
 */
uint16_t engine_limit(struct engine *e, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		      uint16_t mtu, uint64_t now_ns);

/*
 * Set the time, handle at most max timers that are due: remove connections, send probes.
 * Returns the number of timers handled; max means that more may be due.
 */
unsigned engine_expire(struct engine *e, uint64_t now_ns, unsigned max);

/*
 * At the end: drop the fragments held. Packets in the transmit buffers stay there.
 */
void engine_stop(struct engine *e);

/* The earliest time at which engine_expire() may have something to do; false: never. */
bool engine_next_ns(const struct engine *e, uint64_t *at_ns);

/* What is to be sent from a port, in order. */
struct engine_tx {
	uint16_t count;
	struct rte_mbuf *pkts[ENGINE_TX_MAX];
};

struct engine_tx *engine_tx(struct engine *e, uint16_t port);

/*
 * Of what stood in tx, the device took the first `taken`: free the others, empty it.
 * lost: how many of those taken it has freed without sending them. Received packets that
 * were not sent have not passed, but are dropped.
 */
void engine_tx_done(struct engine *e, struct engine_tx *tx, uint16_t taken,
		    uint16_t lost);

struct engine_stats {
#define ENGINE_STATS_MEMBER(member, ...) uint64_t member;
	ENGINE_COUNTERS(ENGINE_STATS_MEMBER) /* engine/counters.h says what each is */
#undef ENGINE_STATS_MEMBER
	uint64_t drops[REASON_COUNT];        /* [REASON_NONE] stays 0 */
	uint64_t generated[ACTION_ICMP + 1]; /* packets of ours by enum action */
	uint32_t connections;                /* now */
	uint32_t connections6;
	uint32_t max; /* connections that there is room for */
	uint32_t max6;
};

/* The counters; current when no burst is in work. */
void engine_stats(const struct engine *e, struct engine_stats *stats);

/* A connection, as lists and events show it. */
struct engine_view {
	struct flow_key key;
	uint8_t family;
	uint8_t orig; /* side of the endpoint that began */
	bool replied;
	bool assured;
	bool asymmetric; /* one direction goes another way, ACC-10 */
	bool has_states;
	uint8_t state[2]; /* enum tcp_state by side */
	uint16_t rule;
	uint32_t id;
	uint64_t left_ms; /* until it is gone, if nothing more comes */
	uint64_t age_ms;
	uint64_t packets[2]; /* sent by each side; 0 without acct */
	uint64_t bytes[2];
};

/*
 * engine_list() and engine_flush() walk once over all connections in several calls. The
 * caller keeps the cursor: 0 before the first call, ENGINE_CURSOR_END after the last. A
 * call reads at most ENGINE_WALK_PLACES entries of the tables, used or free, so it may
 * return 0 before the end. A connection that exists from the first call to the last is
 * found; one that is opened or removed between two calls may be missed.
 *
 *	for (cursor = 0; cursor != ENGINE_CURSOR_END;)
 *		n = engine_list(e, now_ns, &cursor, views, RTE_DIM(views));
 */
#define ENGINE_CURSOR_END UINT64_MAX
#define ENGINE_WALK_PLACES 1024u

/*
 * The cursor of the entry at part / parts of a family's table (4 or 6), to read a sample
 * from there. A walk from there goes on to the end.
 */
uint64_t engine_cursor(const struct engine *e, uint8_t family, unsigned part,
		       unsigned parts);

/* Fill at most n views, n > 0; returns how many. */
unsigned engine_list(const struct engine *e, uint64_t now_ns, uint64_t *cursor,
		     struct engine_view *views, unsigned n);

/* Remove the connection with this key; false when there is none. */
bool engine_delete(struct engine *e, const struct flow_key *key, uint8_t family);

/* Remove at most max connections, max > 0; returns how many. */
unsigned engine_flush(struct engine *e, uint64_t *cursor, unsigned max);

enum engine_event_kind {
	ENGINE_EVENT_NEW,
	ENGINE_EVENT_UPDATE,
	ENGINE_EVENT_DESTROY,
};

struct engine_event {
	uint64_t at_ns;
	uint8_t kind; /* enum engine_event_kind */
	struct engine_view view;
};

/*
 * Put events into ring, whose elements are struct engine_event (rte_ring_create_elem(),
 * one producer); NULL: no events. An event that does not fit is lost, and counted in
 * *lost unless lost is NULL.
 */
void engine_set_events(struct engine *e, struct rte_ring *ring, uint64_t *lost);

#endif
