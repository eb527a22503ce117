/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The burst pipeline: parse, key, hash, find, track, act. It owns the connection tables,
 * their timers and the counters of one worker, and does no I/O. sluice, sluice-replay,
 * the benchmarks and the fuzzers all call it with a burst, a port and a time, and send
 * the packets that it leaves in its transmit buffers.
 *
 * Ports are numbered by wire: port 2w and 2w+1 are the two sides of wire w. The mirror
 * ports follow.
 *
 *	n = rte_eth_rx_burst(...);
 *	engine_burst(e, port, pkts, n, now_ns, NULL);
 *	engine_expire(e, now_ns, ENGINE_EXPIRE_MAX);
 *	for each port: send e's engine_tx(e, port), then empty it with engine_tx_done()
 *
 * One owner thread. No locks, no allocation after engine_init(), no clock: the caller
 * passes times that do not go back.
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
#include <conn/counters.h>
#include <conn/view.h>
#include <flow/shared.h>
#include <flow/table.h>
#include <fragment/fragment.h>
#include <packet/packet.h>
#include <policy/policy.h>
#include <track/config.h>
#include <track/tcp.h>

#define ENGINE_BURST_MAX 64u
#define ENGINE_MAX_WIRES FLOW_WIRES
#define ENGINE_MAX_MIRRORS (2u * ENGINE_MAX_WIRES)
#define ENGINE_EXPIRE_MAX 64u /* a good bound for engine_expire() in a poll loop */
/*
 * Room for one burst: each packet may be sent, and with it or back to its sender a
 * generated one.
 */
#define ENGINE_TX_OWN (4u * ENGINE_BURST_MAX)
/*
 * Room for held fragments in addition: 33 datagrams with the largest number of fragments,
 * or any 63 datagrams. A datagram that does not fit is dropped as a whole (TX_FULL).
 */
#define ENGINE_TX_MAX (ENGINE_TX_OWN + 4032u)

/*
 * Flags of engine_config.bypass: frames that cross a wire without rules and tracking.
 * They are counted.
 */
#define ENGINE_BYPASS_ARP 0x0001u    /* 0x0806 */
#define ENGINE_BYPASS_LLDP 0x0002u   /* 0x88cc */
#define ENGINE_BYPASS_LACP 0x0004u   /* slow protocols, 0x8809 */
#define ENGINE_BYPASS_STP 0x0008u    /* BPDUs: 802.1D, PVST+ */
#define ENGINE_BYPASS_ND 0x0010u     /* neighbour discovery: PACKET_ND */
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

/* number of outer VIDs of a port, including 0 for untagged frames */
#define ENGINE_VIDS 4096u

struct engine_config {
	struct track_config track;
	uint32_t max;  /* largest number of IPv4 connections */
	uint32_t max6; /* largest number of IPv6 connections */
	uint16_t wires;
	/*
	 * Number of mirror ports, at most ENGINE_MAX_MIRRORS: the ports from 2 * wires
	 * on, which only send the copies that `dup` makes.
	 */
	uint16_t mirrors;
	/*
	 * Number of each wire's group, from 1; 0: the wire is alone. The wires of a group
	 * share connections: a packet may cross any of them, and leaves on the other port
	 * of that wire.
	 */
	uint8_t group[ENGINE_MAX_WIRES];
	uint32_t bypass; /* ENGINE_BYPASS_* */
	/* further EtherTypes that cross; 0: unused entry */
	uint16_t bypass_type[ENGINE_BYPASS_TYPES];
	unsigned bypass_types;
	bool audit;            /* what would be dropped passes, and is counted */
	bool enforce_ruleset;  /* the rules decide on invalid packets */
	bool verify_checksums; /* verify checksums that the device has not verified */
	bool acct;             /* count packets and bytes of each connection */
	bool marks;            /* keep `ct mark` for each connection */
	bool timeouts;         /* keep `ct timeout` for each connection */
	bool pppoe;            /* IP in PPPoE sessions is tracked and filtered */
	bool vlans_joined;     /* the VLANs of a wire are one network, not each its own */
	/*
	 * The interface numbers that rules compare, by port and outer VID of the frame
	 * (0: untagged): interfaces[port * ENGINE_VIDS + vid]. The array is not copied.
	 * NULL: the number is that of the port.
	 */
	const uint16_t *interfaces;
	/*
	 * What to add to the engine's time for the time of day, ns, for rules with `meta
	 * time`, `day` and `hour`. Another thread may change it. NULL: 0.
	 */
	const _Atomic int64_t *wall_offset_ns;
	/* number of mbuf segments that may be held in fragments; 0: none */
	uint32_t fragments;
	uint8_t secret[KEY_SECRET_BYTES];
	struct rte_mempool *mempool; /* for generated packets */
	/*
	 * Filled by engine_init() for a BPF program that passes packets of the engine's
	 * connections (lib/xdp), and kept up to date. NULL: there is none. Whether it is
	 * NULL changes engine_bytes().
	 */
	struct flow_shared *shared;
};

struct engine;

/*
 * How an engine with this configuration parses, except for checksums: PACKET_PPPOE or 0.
 */
uint32_t engine_parse_flags(const struct engine_config *config);

/*
 * The network of the untagged frames of a wire (packet_parse()); for a group, that of its
 * first wire.
 */
uint32_t engine_network(const struct engine_config *config, uint16_t wire);

/*
 * Enable the memory that the rules need in each connection: marks for `ct mark`, acct for
 * `ct bytes`, `ct packets` and `ct avgpkt`, timeouts for `ct timeout`. Has to be called
 * before engine_init(). Later rules can only need what is enabled then: engine_provides()
 * returns these POLICY_NEEDS_MEMORY.
 */
void engine_config_rules(struct engine_config *config, const struct policy *policy);
unsigned engine_provides(const struct engine_config *config);

/*
 * Set the MTU of a port, for rules with `rt mtu`. It may be called at any time; the
 * initial value is 1500, that of Ethernet.
 */
void engine_set_mtu(struct engine *e, uint16_t port, uint16_t mtu);

/* Bytes of memory that engine_init() needs. */
size_t engine_bytes(const struct engine_config *config);

/* What the bytes of engine_bytes() are used for; the members add up to it. */
struct engine_sizes {
	struct engine_family_sizes {
		struct flow_sizes table;
		size_t rules;     /* generation of the rules, for each connection */
		size_t states;    /* states in which connections are counted */
		size_t acct;      /* engine_config.acct */
		size_t marks;     /* engine_config.marks */
		size_t timeouts;  /* engine_config.timeouts */
		size_t seclabels; /* track_config.ip_security_match */
	} family[2];              /* IPv4, IPv6 */
	/* the part of the wheels that does not depend on the number of connections */
	size_t timers;
	size_t fragments; /* descriptions of held fragments, without their buffers */
	size_t links;     /* link layers of connections */
	size_t other;     /* transmit buffers, counters */
};

void engine_sizes(const struct engine_config *config, struct engine_sizes *sizes);

/*
 * Build an engine at time now_ns, in zeroed memory of engine_bytes(), aligned to 64
 * bytes. The caller keeps ownership of policy and of its state, which only this engine
 * uses, and frees them after engine_set_policy() or at the end. A policy without counters
 * needs no state (NULL). Returns 0, or -EINVAL for a number out of range.
 */
int engine_init(void *memory, const struct engine_config *config,
		const struct policy *policy, struct policy_state *state, uint64_t now_ns,
		struct engine **engine);

/*
 * Replace the rules. For each connection, the next packet is evaluated again. A
 * connection stores the generation of the rules in 8 bits. So after each 254th call,
 * connections store none until engine_expire() has visited all of them, a number in each
 * call. Meanwhile the rules are evaluated more often, with the same verdicts.
 */
void engine_set_policy(struct engine *e, const struct policy *policy,
		       struct policy_state *state);

/*
 * Copy the members of a configuration that can change while an engine runs: timeouts and
 * switches of the tracker except ip_security_match, bypass, audit, enforce_ruleset,
 * verify_checksums and pppoe.
 */
void engine_config_change(struct engine_config *config, const struct engine_config *from);

/*
 * Put these members in force, from the next packet on. A timeout that has become longer
 * applies to all connections. One that has become shorter applies to a connection after
 * engine_rearm() has visited it.
 */
void engine_set_config(struct engine *e, const struct engine_config *config);

/*
 * Arm the timers of at most max connections again, max > 0; returns how many. A walk as
 * that of engine_flush(), to be made after engine_set_config().
 */
unsigned engine_rearm(struct engine *e, uint64_t *cursor, unsigned max);

/*
 * From the next packet on, set whether connections are picked up in mid-stream
 * (engine_config.track.tcp_loose). sluice-replay uses it, since it knows for each packet
 * whether the capture contains the beginning of its connection.
 */
void engine_set_loose(struct engine *e, bool loose);

/* The result for one packet; for replay and tests. */
struct engine_record {
	uint8_t verdict;  /* enum verdict */
	uint8_t reason;   /* enum reason */
	uint8_t action;   /* enum action */
	bool has_conn;    /* the members below are filled */
	bool has_states;  /* a TCP connection: state is filled */
	bool held;        /* a fragment that was held when it arrived */
	uint8_t orig;     /* side of the initiator */
	uint8_t state[2]; /* enum tcp_state by side, after the packet */
	/*
	 * policy_verdict.rule: of a drop by the rules, the rule that decided; else, with
	 * has_conn, the rule that let the connection in.
	 */
	uint16_t rule;
	uint32_t conn; /* serial number of the connection, from 1, for both families */
	/* for a drop, with has_states: the numbers that the segment was tested against */
	struct tcp_numbers numbers;
};

/*
 * Process a burst of at most ENGINE_BURST_MAX packets that a port received. The engine
 * takes ownership of the mbufs: they are in a transmit buffer afterwards, or freed.
 * records: NULL, or n of them to be filled. A record with VERDICT_HELD is filled again by
 * the later call that decides about its datagram, so it has to stay in place until then,
 * or until engine_stop().
 */
void engine_burst(struct engine *e, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		  uint64_t now_ns, struct engine_record *records);

/* Drop packets that cannot be passed to engine_burst(): count and free them. */
void engine_refuse(struct engine *e, struct rte_mbuf **pkts, uint16_t n,
		   enum reason reason);

/*
 * Process a burst before engine_burst(): drop the frames whose packet is longer than mtu,
 * that of the port that they would leave by, and answer with "fragmentation needed" or
 * "packet too big" where IP requires it. The remaining packets move to the front of pkts;
 * returns their number. Frames that cannot be parsed remain, for engine_burst() to drop
 * with a reason.
 */
uint16_t engine_limit(struct engine *e, uint16_t port, struct rte_mbuf **pkts, uint16_t n,
		      uint16_t mtu, uint64_t now_ns);

/*
 * Set the time, handle at most max timers that are due: remove connections, send probes.
 * Returns the number of timers handled; max means that more may be due.
 */
unsigned engine_expire(struct engine *e, uint64_t now_ns, unsigned max);

/* Drop the held fragments, at the end. Packets in the transmit buffers stay there. */
void engine_stop(struct engine *e);

/*
 * Get the earliest time at which engine_expire() may have something to do. Returns false
 * when there is none.
 */
bool engine_next_ns(const struct engine *e, uint64_t *at_ns);

/* The packets to be sent from a port, in order. */
struct engine_tx {
	uint16_t count;
	struct rte_mbuf *pkts[ENGINE_TX_MAX];
};

struct engine_tx *engine_tx(struct engine *e, uint16_t port);

/*
 * Empty a transmit buffer after the device took its first `taken` packets; frees the
 * others. lost: number of taken packets that were freed without being sent. Received
 * packets that were not sent count as dropped, not as passed; copies for a mirror port as
 * lost copies.
 */
void engine_tx_done(struct engine *e, struct engine_tx *tx, uint16_t taken,
		    uint16_t lost);

struct engine_stats {
#define ENGINE_STATS_MEMBER(member, ...) uint64_t member;
	ENGINE_COUNTERS(ENGINE_STATS_MEMBER) /* conn/counters.h says what each is */
#undef ENGINE_STATS_MEMBER
	uint64_t drops[REASON_COUNT]; /* [REASON_NONE] stays 0 */
	/* in audit mode: packets that passed in place of being dropped */
	uint64_t audited[REASON_COUNT];
	uint64_t audit;                      /* 1: engine_config.audit, else 0 */
	uint64_t generated[ACTION_ICMP + 1]; /* generated packets, by enum action */
	/* connections evicted, by enum track_eviction; their sum is `evicted` */
	uint64_t evictions[TRACK_EVICT_NEVER];
	uint32_t connections; /* current number */
	uint32_t connections6;
	uint32_t max; /* largest possible number of connections */
	uint32_t max6;
};

/* Get the counters. They are current between two bursts. */
void engine_stats(const struct engine *e, struct engine_stats *stats);

/*
 * Count packets that a BPF program has passed, those of *taken, as if the engine had. Of
 * the constant ones the rules in force are thought to be the ones that accepted them.
 */
void engine_count_taken(struct engine *e, const struct flow_taken *taken);

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
 * The cursor of the entry at part / parts of a family's table (4 or 6), for reading a
 * sample from there. A walk from there goes on to the end of all tables.
 */
uint64_t engine_cursor(const struct engine *e, uint8_t family, unsigned part,
		       unsigned parts);

/* Fill at most n views, n > 0; returns how many. */
unsigned engine_list(const struct engine *e, uint64_t now_ns, uint64_t *cursor,
		     struct conn_view *views, unsigned n);

/*
 * Remove the connection with this key; false when there is none. reset: put RSTs for both
 * endpoints of a TCP connection into the transmit buffers (GEN-6), if their link layers
 * are known. end: why, for the event.
 */
bool engine_delete(struct engine *e, const struct flow_key *key, uint8_t family,
		   bool reset, enum conn_end end);

/* Remove at most max connections, max > 0, as CONN_END_FLUSHED; returns how many. */
unsigned engine_flush(struct engine *e, uint64_t *cursor, unsigned max);

/*
 * Put events into ring, which has elements of struct conn_event (rte_ring_create_elem(),
 * one producer). NULL: no events. An event that does not fit is lost, and counted in
 * *lost unless lost is NULL.
 */
void engine_set_events(struct engine *e, struct rte_ring *ring, uint64_t *lost);

#endif
